from typing import Any

import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

HAS_VECTORS: bool

def scratch_size(d: int, k: int) -> int: ...
def linear_ce(
    rows: npt.NDArray[np.floating[Any]],
    target: npt.NDArray[np.floating[Any]],
    weight: npt.NDArray[np.float64] | None,
    coef: npt.NDArray[np.float64],
    temperature: float,
    alpha: float,
    gradient: npt.NDArray[np.float64],
    scratch: npt.NDArray[np.uint8],
    level: int,
) -> float: ...
