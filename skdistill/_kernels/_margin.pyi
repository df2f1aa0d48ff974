from typing import Any

import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

def margin_derivatives(
    target: npt.NDArray[np.floating[Any]],
    margin: npt.NDArray[np.floating[Any]],
    tau: float,
    alpha: float,
    curvature: float,
    floor: float,
    grad: npt.NDArray[np.floating[Any]],
    hess: npt.NDArray[np.floating[Any]],
) -> None: ...
