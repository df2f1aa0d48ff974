"""The MAGIC gamma telescope data, shipped with the package (CC BY 4.0)."""

from importlib import resources
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from skdistill.datasets._optional import import_data_library

_FEATURES = (
    "fLength", "fWidth", "fSize", "fConc", "fConc1",
    "fAsym", "fM3Long", "fM3Trans", "fAlpha", "fDist",
)  # fmt: skip

_DESCR = """\
MAGIC gamma telescope
---------------------
Simulated images of air showers seen by a Cherenkov telescope, each reduced to ten
numbers of the ellipse it fills. Tell gamma rays ("g", the signal) from hadrons
("h", the background).

Rows: 19,020 (12,332 "g", then 6,688 "h"), no missing values, 115 repeated rows.
Classifying a background event as signal is worse than the reverse, so the ROC
curve is the usual measure; the class shares are those of the simulation, not of
the sky.

fLength, fWidth      major and minor axis of the ellipse [mm]
fSize                log10 of the sum of the content of all pixels [photons]
fConc, fConc1        share of the two highest pixels, of the highest pixel [0, 1]
fAsym                distance from highest pixel to centre, along the axis [mm]
fM3Long, fM3Trans    cube root of the third moment along major, minor axis [mm]
fAlpha               angle of the major axis with the vector to the origin [deg]
fDist                distance from the origin to the centre of the ellipse [mm]

Bock, R. (2004). MAGIC Gamma Telescope [Dataset]. UCI Machine Learning Repository.
https://doi.org/10.24432/C52C8B. Licence: CC BY 4.0,
https://creativecommons.org/licenses/by/4.0/. Changed: the file format only; every
value equals the published one exactly.
"""


def _read_values() -> tuple[np.ndarray, np.ndarray]:
    """Return data (19020, 10) float64 and target (19020,) of "g" and "h"."""
    file = resources.files("skdistill.datasets") / "data" / "magic.npz"
    with resources.as_file(file) as path, np.load(path, allow_pickle=False) as stored:
        low, middle, high = stored["planes"].astype(np.int64)
        units = (low + (middle << 8) + (high << 16)).T + stored["lowest"]
        target = np.where(stored["is_hadron"], "h", "g")
    # Division, not multiplication by 1e-4: it rounds correctly, so each value is
    # the double nearest to the published decimal.
    return np.ascontiguousarray(units / 1e4), target


def load_magic(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    """Load the MAGIC gamma telescope data: 19,020 rows, 10 numbers, 2 classes.

    The data are part of the package: nothing is downloaded, and neither pandas nor
    pyarrow is needed unless `as_frame` is true.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return pandas objects: data as a DataFrame of float64 columns, target as a
        Series named "target".

    Returns
    -------
    Bunch or tuple
        With `return_X_y`, ``(data, target)``. Otherwise a Bunch with

        * ``data``: ndarray of shape (19020, 10), float64, C-contiguous, or a
          DataFrame. Each value is the double nearest to the decimal published by
          UCI, so it equals a parse of the original text exactly. Units and
          meanings are in ``DESCR``.
        * ``target``: ndarray of shape (19020,) of str, "g" (gamma) or "h" (hadron),
          or a Series.
        * ``frame``: with `as_frame`, a DataFrame of both; else None.
        * ``feature_names``: list of 10 str. ``target_names``: ndarray ["g", "h"].
        * ``DESCR``: str, the description with attribution and licence (CC BY 4.0).

    Raises
    ------
    MissingDependencyError
        If `as_frame` is true and pandas is not installed.

    References
    ----------
    .. [1] Bock, R. (2004). MAGIC Gamma Telescope [Dataset]. UCI Machine Learning
       Repository. https://doi.org/10.24432/C52C8B

    Examples
    --------
    >>> from skdistill.datasets import load_magic
    >>> magic = load_magic()
    >>> magic.data.shape, magic.feature_names[0], float(magic.data[0, 0])
    ((19020, 10), 'fLength', 28.7967)
    >>> X, y = load_magic(return_X_y=True)
    >>> [str(label) for label in sorted(set(y))]
    ['g', 'h']
    """
    data: Any
    target: Any
    data, target = _read_values()
    frame = None
    if as_frame:
        pandas = import_data_library("pandas", "load_magic(as_frame=True)")
        data = pandas.DataFrame(data, columns=list(_FEATURES))
        target = pandas.Series(target, name="target")
        frame = data.assign(target=target)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=list(_FEATURES),
        target_names=np.array(["g", "h"]),
        DESCR=_DESCR,
    )
