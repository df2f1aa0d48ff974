"""Very many classes: labels and teacher scores as sparse rows, never (n, K)."""

from skdistill.extreme._cross_fit import cross_fit_top_k, fit_folds
from skdistill.extreme._distiller import ExtremeDistiller
from skdistill.extreme._labels import Labels, check_targets
from skdistill.extreme._record import CrossFitTopK, warn_about
from skdistill.extreme._top_k import check_teacher_proba, largest, row_blocks

__all__ = [
    "CrossFitTopK",
    "ExtremeDistiller",
    "Labels",
    "check_targets",
    "check_teacher_proba",
    "cross_fit_top_k",
    "fit_folds",
    "largest",
    "row_blocks",
    "warn_about",
]
