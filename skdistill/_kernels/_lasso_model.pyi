import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

Doubles = npt.NDArray[np.float64]

def lasso_model(
    gradient: Doubles,
    at: Doubles,
    lasso: Doubles,
    scale: float,
    left: Doubles,
    right: Doubles,
    tol: float,
    max_sweeps: int,
    move: Doubles,
    product: Doubles,
) -> None: ...
