from typing import Any

import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

def use_level(level: int) -> None: ...
def soft_ce(
    target: npt.NDArray[np.floating[Any]],
    logit: npt.NDArray[np.floating[Any]],
    temperature: float,
    alpha: float,
    weight: npt.NDArray[np.float64] | None,
    loss: npt.NDArray[np.float64] | None,
    grad: npt.NDArray[np.floating[Any]] | None,
    hess: npt.NDArray[np.floating[Any]] | None,
    floor: float,
    column: int,
) -> None: ...
