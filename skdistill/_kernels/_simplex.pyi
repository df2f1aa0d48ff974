from typing import Any

import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

def two_columns(
    second: npt.NDArray[np.floating[Any]], proba: npt.NDArray[np.float64]
) -> None: ...
def project_rows(
    raw: npt.NDArray[np.floating[Any]], proba: npt.NDArray[np.float64]
) -> None: ...
