"""What the engine refuses before a teacher is fitted, and what it warns about after."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import caller_level
from skdistill.crossfit._bag_votes import check_oob
from skdistill.crossfit._calibration import check_calibration
from skdistill.crossfit._plan import check_cv
from skdistill.crossfit._record import CrossFit
from skdistill.crossfit._teacher import check_refittable, check_teacher
from skdistill.exceptions import CoverageWarning, MissingClassWarning

__all__ = ["check_engine", "refuse_groups", "refuse_missing", "warn_about"]

Array = npt.NDArray[Any]
Splits = tuple[tuple[Array, Array], ...]


def check_engine(
    teacher: Any, cv: Any, n_repeats: Any, calibration: Any, missing_class: Any
) -> None:
    """Refuse parameters of the engine that are out of range, before anything is fitted.

    Raises
    ------
    ValueError, TypeError
        Naming the parameter, the requirement and the value.
    """
    check_calibration(calibration)
    check_teacher(teacher, margins=calibration is not None)
    check_refittable(teacher)
    if isinstance(cv, str):
        if cv != "oob":
            raise ValueError(f"cv must be an int, a splitter or 'oob', got {cv!r}.")
        check_oob(teacher)
        check_cv(2, n_repeats)
    else:
        check_cv(cv, n_repeats)
    if missing_class not in ("prior", "error"):
        raise ValueError(
            f"missing_class must be 'prior' or 'error', got {missing_class!r}."
        )


def warn_about(record: CrossFit) -> None:
    """Warn once, with counts, about filled classes and rows without a teacher."""
    if record.filled:
        what = ", ".join(f"{label!r} ({rows} rows)" for label, rows in record.filled)
        warnings.warn(
            f"Some teachers were fitted on rows without the classes {what}; in the "
            "rows they labelled these classes got the smoothed prior 1 / (n_train + "
            "n_classes). Use fewer folds or more rows of the class; "
            "missing_class='error' refuses it.",
            MissingClassWarning,
            stacklevel=caller_level(),
        )
    if record.n_uncovered:
        warnings.warn(
            f"{record.n_uncovered} of {len(record.proba)} rows were labelled by no "
            "teacher, because cv never held them out; a distiller uses their labels.",
            CoverageWarning,
            stacklevel=caller_level(),
        )


def refuse_groups(groups: Any, split_params: dict[str, Any] | None) -> None:
    """Refuse groups out of bag: a tree may have seen other rows of a row's group."""
    given = "groups" if groups is not None else ", ".join(split_params or {})
    if given:
        raise ValueError(
            f"cv must be an int or a splitter when {given} are given, got 'oob': "
            "bootstrap samples know no groups, so trees would label rows whose group "
            "they saw."
        )


def refuse_missing(
    missing_class: str, splits: Splits, classes: Array, codes: Array
) -> None:
    """With ``missing_class="error"``, refuse before any teacher is fitted."""
    if missing_class != "error":
        return
    counts = np.bincount(codes, minlength=len(classes))
    for fold, (train, _) in enumerate(splits):
        # Out of bag, the row of a class of one row has no tree that knows the class.
        seen = (
            np.bincount(codes[train], minlength=len(classes))
            if train.size
            else (counts - 1)
        )
        if (seen == 0).any():
            label = classes.tolist()[int((seen == 0).argmax())]
            rows = int(counts[int((seen == 0).argmax())])
            raise ValueError(
                "missing_class must be 'prior' when a class is absent from a training "
                f"fold, got 'error' and class {label!r} with {rows} rows (fold "
                f"{fold}). Use fewer folds, more rows, or missing_class='prior'."
            )
