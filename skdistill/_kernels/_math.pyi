from typing import Any

import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

def exponential(
    x: npt.NDArray[np.floating[Any]], out: npt.NDArray[np.floating[Any]], level: int
) -> None: ...
def log_one_plus(
    x: npt.NDArray[np.float64], out: npt.NDArray[np.float64], level: int
) -> None: ...
def move(
    target: npt.NDArray[np.floating[Any]],
    logit: npt.NDArray[np.floating[Any]],
    grad: npt.NDArray[np.floating[Any]],
    hess: npt.NDArray[np.floating[Any]],
    level: int,
) -> None: ...
