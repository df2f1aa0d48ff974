from typing import Any

import numpy as np
import numpy.typing as npt

__test__: dict[str, str]
RULES: dict[str, int]

def use_level(level: int) -> None: ...
def gamma(
    proba: npt.NDArray[np.floating[Any]],
    labels: npt.NDArray[np.intp] | None,
    rule: int,
    strength: float,
    on_log: bool,
    floor: float,
    out: npt.NDArray[np.floating[Any]],
) -> None: ...
