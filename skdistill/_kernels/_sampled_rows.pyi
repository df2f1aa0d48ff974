from typing import Any

import numpy as np
import numpy.typing as npt

__test__: dict[str, str]

FORMS: dict[str, int]
NEGATIVES: dict[str, int]

def sampled_rows(
    rows: Any,
    model: Any,
    rule: Any,
    support: Any,
    order: npt.NDArray[np.int64],
    rate: float,
    rate_end: float,
    coef_rate: float,
    only_look: bool,
    level: int,
) -> int: ...
