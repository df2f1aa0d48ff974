"""Everything a report is made from, predicted and measured once."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.crossfit import align, raw_proba
from skdistill.diagnostics._features import read_features
from skdistill.diagnostics._intervals import Interval, bootstrap
from skdistill.diagnostics._measure import (
    ModelMeasure,
    codes_of,
    held_out_brier,
    held_out_losses,
    measure_model,
)
from skdistill.diagnostics._segments import Segment, worst_segments
from skdistill.students import student_proba, timed

__all__ = [
    "DISTILLED",
    "LABELS",
    "TEACHER",
    "Evidence",
    "Training",
    "check_held_out",
    "gather",
    "gather_models",
    "row_divergences",
]

Array = npt.NDArray[Any]

#: Names of the models, in the order of the tables.
DISTILLED, LABELS, TEACHER = "distilled", "labels only", "teacher"
#: Seconds after which predictions of all rows are not timed again.
_TIMING_SECONDS = 0.5
#: Single rows whose predictions are timed, for half a second at most.
_SINGLE_ROWS = 200
#: Fewer rows than these have no intervals: their draws are nearly all alike.
_FEW_ROWS = 10
#: Training rows on which student and out-of-fold teacher are compared, at most.
_MOST_TRAINING_ROWS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """The teacher's own probabilities of training rows, beside the student's.

    Attributes
    ----------
    rows : ndarray of shape (n_samples,), int
        Which of the rows of `fit` they are.
    teacher, student : ndarray of shape (n_samples, n_classes)
    raw_teacher : ndarray of shape (n_samples, n_classes) or None
        Before calibration and out-of-bag votes, where there were any.
    codes : ndarray of shape (n_samples,), int
    source : str
        ``CrossFit.source``: "cv", "oob", "teacher" or "teacher_proba".
    """

    rows: Array
    teacher: Array
    student: Array
    raw_teacher: Array | None
    codes: Array
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Held-out rows with what each model says about them.

    Attributes
    ----------
    distiller : estimator
        Fitted.
    X : container with n_samples rows
        Held out.
    codes : ndarray of shape (n_samples,), int
        Their labels, as columns of the probabilities.
    proba : dict of str to ndarray of shape (n_samples, n_classes)
        Of the models at hand, in the order of the tables.
    losses : dict of str to ndarray of shape (n_samples,), in nats
    measures : tuple of ModelMeasure
    intervals : tuple of Interval
    training : Training or None
        None where the training data are gone, or no row was labelled.
    from_teacher, from_labels : tuple of Segment
        Where the student departs most from the teacher and from the labels, both by
        squared distance, which for labels is the Brier score.
    has_columns : bool
        Whether the rows have features that segments can be said in.
    n_bootstrap : int
    """

    distiller: Any
    X: Any
    codes: Array
    proba: dict[str, Array]
    losses: dict[str, Array]
    measures: tuple[ModelMeasure, ...]
    intervals: tuple[Interval, ...]
    training: Training | None
    from_teacher: tuple[Segment, ...]
    from_labels: tuple[Segment, ...]
    has_columns: bool
    n_bootstrap: int

    def is_same_as(self, other: str) -> bool:
        """Whether the distilled student says of every row what another model does."""
        return np.array_equal(self.proba[DISTILLED], self.proba[other])

    def interval(self, model: str, metric: str) -> Interval:
        """Return that of a model, or of a difference ``"a - b"``."""
        for one in self.intervals:
            if (one.model, one.metric) == (model, metric):
                return one
        raise KeyError((model, metric))


def gather(
    distiller: Any, X: Any, y: npt.ArrayLike, *, n_bootstrap: int, random_state: Any
) -> Evidence:
    """Check the held-out rows, predict them, measure the models.

    Raises
    ------
    TypeError, ValueError
        If the distiller is none or not fitted, or the rows are not like those of fit.
    """
    if not isinstance(n_bootstrap, int | np.integer) or n_bootstrap < 0:
        raise ValueError(
            f"n_bootstrap must be an integer of at least 0, got {n_bootstrap!r}."
        )
    labels, codes = check_held_out(distiller, X, y)
    if len(codes) < _FEW_ROWS:
        n_bootstrap = 0
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    rng = np.random.default_rng(seed)
    proba, measures = {}, []
    for name, model in _models(distiller).items():
        proba[name], microseconds = timed(
            model.predict_proba, X, 5, seconds=_TIMING_SECONDS
        )
        measure = measure_model(
            model,
            X,
            labels,
            proba=proba[name],
            name=name,
            n_single_rows=_SINGLE_ROWS,
        )
        measures.append(replace(measure, microseconds_per_row=microseconds))
    losses = {
        name: held_out_losses(p, labels, distiller.classes_)
        for name, p in proba.items()
    }
    others = [name for name in proba if name != DISTILLED]
    features = read_features(X)
    from_teacher, from_labels = _segments(features, proba, codes, rng)
    return Evidence(
        distiller=distiller,
        X=X,
        codes=codes,
        proba=proba,
        losses=losses,
        measures=tuple(measures),
        intervals=bootstrap(
            {name: (p, losses[name]) for name, p in proba.items()},
            codes,
            [(DISTILLED, other) for other in others],
            n_bootstrap,
            rng,
        ),
        training=_training(distiller, rng),
        from_teacher=from_teacher,
        from_labels=from_labels,
        has_columns=features is not None,
        n_bootstrap=n_bootstrap,
    )


def _segments(
    features: Any, proba: dict[str, Array], codes: Array, rng: np.random.Generator
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Where the student departs most from the teacher, and from the labels."""
    if features is None:
        return (), ()
    student = proba[DISTILLED]
    from_teacher: tuple[Segment, ...] = ()
    if TEACHER in proba:
        apart = ((proba[TEACHER] - student) ** 2).sum(axis=1)
        from_teacher = worst_segments(features, apart, rng)
    # Not by log-loss: the few rows whose label got probability 0 would draw every
    # split, and no segment would ever stand out of their noise.
    return from_teacher, worst_segments(features, held_out_brier(student, codes), rng)


def gather_models(distiller: Any, X: Any, y: npt.ArrayLike) -> dict[str, Array]:
    """Probabilities of the held-out rows by name of model, after the same checks."""
    check_held_out(distiller, X, y)
    return {name: one.predict_proba(X) for name, one in _models(distiller).items()}


def check_held_out(distiller: Any, X: Any, y: npt.ArrayLike) -> tuple[Array, Array]:
    """Labels and codes of held-out rows that fit a fitted distiller."""
    if not hasattr(distiller, "baseline_student"):
        raise TypeError(
            "distiller must be a DistilledClassifier or a CrossFitDistiller, got "
            f"{type(distiller).__name__}."
        )
    check_is_fitted(distiller)
    labels = np.asarray(column_or_1d(y))
    if not len(labels):
        raise ValueError("X must hold at least one held-out row, got none.")
    if n_rows(X) != len(labels):
        raise ValueError(
            f"y must have a label for each row of X, {n_rows(X)}, got {len(labels)}."
        )
    _check_columns(distiller, X)
    codes = codes_of(labels, distiller.classes_)
    if (codes < 0).any():
        unknown = np.unique(labels[codes < 0].astype(str))
        raise ValueError(
            f"y must hold labels of fit, {distiller.classes_.tolist()!r:.80}, got "
            f"{', '.join(unknown[:5])} in {(codes < 0).sum()} rows."
        )
    # One row has one class whatever it is; a batch of one class is a slice of sorted
    # data or the wrong column, and has neither a curve nor a calibration.
    if len(labels) > 1 and len(np.unique(codes)) < 2:
        raise ValueError(
            f"y must hold at least 2 classes, got {labels[0]!s} in all "
            f"{len(labels)} rows. Draw held-out rows at random."
        )
    return labels, codes


def _check_columns(distiller: Any, X: Any) -> None:
    names = getattr(distiller, "feature_names_in_", None)
    columns = getattr(X, "columns", None)
    if names is not None and columns is not None:
        missing = sorted(set(map(str, names)) - set(map(str, columns)))
        if missing:
            raise ValueError(
                f"X must have the columns of fit, got none of the name {missing[0]!r}"
                + (f" and {len(missing) - 1} others." if missing[1:] else ".")
            )
        return
    wanted = getattr(distiller, "n_features_in_", None)
    shape: tuple[int, ...] = np.shape(X) if hasattr(X, "shape") else ()
    if wanted is not None and len(shape) == 2 and shape[1] != wanted:
        raise ValueError(
            f"X must have the {wanted} columns of fit, got {shape[1]} columns."
        )


def row_divergences(P: Array, Q: Array) -> Array:
    """Divergence of each row of `Q` from `P` in nats, `Q` raised to machine epsilon."""
    floor = np.maximum(Q, np.finfo(np.float64).eps)
    divergence: Array = (rel_entr(P, floor) - P + floor).sum(axis=1)
    return divergence


def _models(distiller: Any) -> dict[str, Any]:
    """Return the models at hand by name."""
    models = {DISTILLED: distiller}
    if hasattr(distiller, "_problem") or hasattr(distiller, "_baseline"):
        models[LABELS] = _Baseline(distiller)
    if _is_what_labelled(distiller):
        models[TEACHER] = _MeanTeacher(distiller.crossfit_.teachers, distiller.classes_)
    return models


def _training(distiller: Any, rng: np.random.Generator) -> Training | None:
    if not hasattr(distiller, "_problem"):
        return None
    problem, record = distiller._problem, distiller.crossfit_
    rows = np.flatnonzero(~np.isnan(record.proba).any(axis=1))
    if not len(rows):
        return None
    if len(rows) > _MOST_TRAINING_ROWS:
        rows = np.sort(rng.choice(rows, _MOST_TRAINING_ROWS, replace=False))
    raw = record.fold_proba
    if raw is not None and (
        np.array_equal(raw[rows], record.proba[rows]) or np.isnan(raw[rows]).any()
    ):
        raw = None
    return Training(
        rows=rows,
        teacher=record.proba[rows],
        student=distiller.predict_proba(take_rows(problem.X, rows)),
        raw_teacher=None if raw is None else raw[rows],
        codes=problem.codes[rows],
        source=record.source,
    )


def _is_what_labelled(distiller: Any) -> bool:
    """Whether the kept teachers, averaged, are the teacher that labelled the rows.

    Calibrated teachers and weighted lists of them are not: their maps and weights
    belong to the training rows. A temperature that "auto" chose is left away: it
    changes no prediction.
    """
    record = distiller.crossfit_
    return (
        bool(record.teachers)
        and len(record.teacher_weights) == 1
        and (
            record.calibration is None
            or (record.calibration, distiller.calibration) == ("temperature", "auto")
        )
    )


class _Baseline:
    """The labels-only student behind the interface of a distiller."""

    def __init__(self, distiller: Any) -> None:
        self.student_ = distiller.baseline_student()
        self.classes_ = distiller.classes_
        self._scale = distiller.scale_

    def predict_proba(self, X: Any) -> Array:
        return student_proba(self.student_, X, self.classes_, self._scale)


class _MeanTeacher:
    """The mean of the fold teachers, columns by class."""

    def __init__(self, teachers: tuple[Any, ...], classes: Array) -> None:
        self.teachers = teachers
        self.classes_ = classes

    def predict_proba(self, X: Any) -> Array:
        probas = []
        for teacher in self.teachers:
            proba, _ = raw_proba(teacher, X)
            # n_train enters the prior of absent classes only; the order of the rows
            # is what matters here.
            probas.append(align(proba, teacher.classes_, self.classes_, len(proba)))
        mean: Array = np.mean([aligned.proba for aligned in probas], axis=0)
        return mean
