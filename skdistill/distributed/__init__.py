"""Distillation of rows that no machine can hold: Dask arrays and dataframes.

Importing this package loads no Dask; fitting does, and names the extra if it is not
there.
"""

from skdistill.distributed._crossfit import CrossFitDistiller

__all__ = ["CrossFitDistiller"]
