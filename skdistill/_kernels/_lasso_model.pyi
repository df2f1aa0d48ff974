import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

_Doubles = npt.NDArray[np.float64]

def lasso_model(
    gradient: _Doubles,
    at: _Doubles,
    lasso: _Doubles,
    scale: float,
    left: _Doubles,
    right: _Doubles,
    tol: float,
    max_sweeps: int,
    move: _Doubles,
    product: _Doubles,
) -> None: ...
