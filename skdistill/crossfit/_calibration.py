"""Calibration of out-of-fold probabilities, by scikit-learn's calibrators.

A row is calibrated by a map that was fitted on other rows, so that even the few
numbers of a calibrator do not carry a row's own label into its target.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import KFold

from skdistill._sklearn_compat import HAS_TEMPERATURE_CALIBRATION

__all__ = ["METHODS", "calibrate", "check_calibration"]

Array = npt.NDArray[Any]

AUTO = "auto"
METHODS = ("temperature", "sigmoid", "isotonic")
_N_FOLDS = 5


def check_calibration(calibration: Any) -> None:
    """Refuse an unknown method, or one this scikit-learn does not have.

    Raises
    ------
    ValueError
        If `calibration` is neither None, "auto" nor one of `METHODS`.
    """
    if calibration is not None and calibration not in (AUTO, *METHODS):
        names = ", ".join(repr(name) for name in (AUTO, *METHODS))
        raise ValueError(
            f"calibration must be None or one of {names}, got {calibration!r}."
        )
    if calibration == "temperature" and not HAS_TEMPERATURE_CALIBRATION:
        raise ValueError(
            "calibration must be 'sigmoid' or 'isotonic' with scikit-learn before 1.8, "
            "got 'temperature'. Upgrade scikit-learn."
        )


def calibrate(
    proba: Array,
    codes: Array,
    *,
    method: str,
    margins: bool,
    sample_weight: Array | None = None,
    unlabeled_proba: Array | None = None,
    random_state: Any = None,
) -> tuple[Array, Array | None]:
    """Calibrate rows by maps fitted on the other rows.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities; rows of NaN are left alone.
    codes : ndarray of shape (n_samples,), int
    method : {"temperature", "sigmoid", "isotonic"}
    margins : bool
        Whether the probabilities are squashed decision values; then the calibrator
        gets the decision values back for two classes, as scikit-learn would hand it,
        and their log-softmax for more.
    sample_weight : ndarray of shape (n_samples,) or None
    unlabeled_proba : ndarray of shape (n_unlabeled, n_classes) or None
        Calibrated by a map fitted on all rows.
    random_state : int or None
        Seed of the folds of the calibrator.

    Returns
    -------
    proba, unlabeled_proba
        Of the shapes given.
    """
    covered = np.flatnonzero(~np.isnan(proba).any(axis=1))
    calibrated = proba.copy()

    def apply(fit_rows: Array, rows: Array) -> Array:
        weight = None if sample_weight is None else sample_weight[fit_rows]
        return _map(proba[fit_rows], codes[fit_rows], weight, rows, method, margins)

    n_folds = min(_N_FOLDS, len(covered))
    folds = KFold(n_folds, shuffle=True, random_state=random_state).split(covered)
    for fit_rows, rows in folds:
        calibrated[covered[rows]] = apply(covered[fit_rows], proba[covered[rows]])
    if unlabeled_proba is not None:
        unlabeled_proba = apply(covered, unlabeled_proba)
    return calibrated, unlabeled_proba


class _Scores(ClassifierMixin, BaseEstimator):
    """A classifier whose features are its own scores."""

    def __init__(self, classes: Any = None) -> None:
        self.classes = classes

    @property
    def classes_(self) -> Array:
        return np.asarray(self.classes)

    def fit(self, X: Array, y: Array, sample_weight: Any = None) -> "_Scores":
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, X: Array) -> Array:
        return X

    def predict(self, X: Array) -> Array:
        return np.asarray(self.classes_[X.argmax(axis=1)])


class _Margins(_Scores):
    """The same, for decision values recovered from their logistic function."""

    def decision_function(self, X: Array) -> Array:
        log_proba = np.log(np.maximum(X, np.finfo(np.float64).tiny))
        if X.shape[1] == 2:
            margin: Array = log_proba[:, 1] - log_proba[:, 0]
            return margin
        return log_proba


def _map(
    proba: Array,
    codes: Array,
    sample_weight: Array | None,
    rows: Array,
    method: str,
    margins: bool,
) -> Array:
    """Fit one calibrator and apply it; classes that it did not see stay as they are.

    So do all rows where those to fit it on have one class, or no weight.
    """
    present = np.unique(codes)
    if len(present) < 2 or (sample_weight is not None and not sample_weight.any()):
        return rows
    share = rows[:, present].sum(axis=1, keepdims=True)
    kind = _Margins if margins else _Scores
    everything = np.arange(len(codes))
    calibrator = CalibratedClassifierCV(
        kind(classes=present),
        method=method,
        cv=[(everything, everything)],
        ensemble=False,
    )
    with config_context(enable_metadata_routing=False):  # nothing to route in here
        calibrator.fit(_renormalised(proba[:, present]), codes, sample_weight)
    calibrated = rows.copy()
    calibrated[:, present] = share * calibrator.predict_proba(
        _renormalised(rows[:, present])
    )
    return _renormalised(calibrated)


def _renormalised(proba: Array) -> Array:
    total = proba.sum(axis=1, keepdims=True)
    uniform = np.full_like(proba, 1 / proba.shape[1])
    return np.asarray(np.divide(proba, total, out=uniform, where=total > 0))
