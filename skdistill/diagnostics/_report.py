"""Step 5 of five: evidence whether distilling paid, on rows nobody was fitted on."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import column_or_1d

from skdistill.crossfit import align, raw_proba
from skdistill.diagnostics._measure import (
    ModelMeasure,
    held_out_losses,
    measure_model,
)
from skdistill.exceptions import MissingDependencyError
from skdistill.metrics import fidelity_score
from skdistill.students import student_proba

__all__ = ["DistillationReport", "distillation_report"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class DistillationReport:
    """What distilling brought on held-out rows.

    Attributes
    ----------
    verdict : str
        One sentence.
    models : tuple of ModelMeasure
        The distilled student, the same student on labels alone, and the teacher where
        it was kept (a single one, before a temperature and without other calibration).
    gain : float
        Log-loss of the student on labels minus that of the distilled one, in nats per
        row; positive when distilling pays. NaN without a baseline.
    gain_error : float
        Standard error of `gain`, paired over rows.
    fidelity : float
        Share of rows where the distilled student and the teacher agree; NaN without
        the teacher.
    alpha, correction, route : as chosen by the distiller
    """

    verdict: str
    models: tuple[ModelMeasure, ...]
    gain: float
    gain_error: float
    fidelity: float
    alpha: float
    correction: Any
    route: str

    def to_frame(self) -> Any:
        """Return the table as a :class:`pandas.DataFrame`, one row a model.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415
        except ImportError as error:
            raise MissingDependencyError(
                "to_frame needs pandas: pip install 'skdistill[data]'."
            ) from error
        return pd.DataFrame([asdict(model) for model in self.models]).set_index("name")

    def __str__(self) -> str:
        """Verdict and table as text."""
        return f"{self.verdict}\n{_text_table(self.models)}"

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(model)) + "</tr>"
            for model in self.models
        )
        head = "".join(f"<th>{name}</th>" for name in _HEADER)
        return f"<p>{self.verdict}</p><table><tr>{head}</tr>{rows}</table>"


def distillation_report(distiller: Any, X: Any, y: npt.ArrayLike) -> DistillationReport:
    """Compare a fitted distiller with the same student trained on labels alone.

    Parameters
    ----------
    distiller : DistilledClassifier or CrossFitDistiller
        Fitted. The baseline is trained now, on the training data the distiller holds
        (they are not pickled with it: then there is no baseline).
    X : container with n_samples rows
        Held out: neither teacher nor student was fitted on them.
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    DistillationReport

    Raises
    ------
    ValueError
        If there are no rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skdistill import CrossFitDistiller
    >>> from skdistill.diagnostics import distillation_report
    >>> X, y = load_iris(return_X_y=True)
    >>> distiller = CrossFitDistiller(RandomForestClassifier(20), random_state=0)
    >>> report = distillation_report(distiller.fit(X[::2], y[::2]), X[1::2], y[1::2])
    >>> [model.name for model in report.models]
    ['distilled', 'labels only']
    """
    y = np.asarray(column_or_1d(y))
    if not len(y):
        raise ValueError("X must hold at least one held-out row, got none.")
    classes = distiller.classes_
    models = [measure_model(distiller, X, y, name="distilled")]
    proba = distiller.predict_proba(X)
    gain = error = fidelity = float("nan")
    if hasattr(distiller, "_problem"):
        baseline = _Baseline(distiller)
        models.append(measure_model(baseline, X, y, name="labels only"))
        gap = held_out_losses(baseline.predict_proba(X), y, classes)
        gap = gap - held_out_losses(proba, y, classes)
        gain = float(gap.mean())
        if len(gap) > 1:
            error = float(gap.std(ddof=1) / np.sqrt(len(gap)))
    if _is_what_labelled(distiller):
        teacher = _MeanTeacher(distiller.crossfit_.teachers, classes)
        models.append(measure_model(teacher, X, y, name="teacher"))
        fidelity = fidelity_score(teacher.predict_proba(X), proba)
    return DistillationReport(
        verdict=_verdict(distiller, gain, error),
        models=tuple(models),
        gain=gain,
        gain_error=error,
        fidelity=fidelity,
        alpha=distiller.alpha_,
        correction=distiller.correction_,
        route=distiller.route_,
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


def _verdict(distiller: Any, gain: float, error: float) -> str:
    if np.isnan(gain):
        return (
            "No verdict: the training data are gone, so there is no student on labels "
            "alone to compare with."
        )
    if distiller.alpha_ == 0:
        return f"Do not distil: {_why_labels(distiller.selection_)}."
    size = f"{abs(gain):.4f} nats per row (standard error {error:.4f})"
    why = _why_chosen(distiller)
    if gain > 2 * error:
        return f"Distil: the student's log-loss is lower by {size} than on labels{why}."
    if gain < -2 * error:
        return f"Do not distil: the student's log-loss is higher by {size}{why}."
    return f"No difference beyond noise: the log-loss differs by {size}{why}."


def _why_labels(selection: Any) -> str:
    """Say how close the best use of the teacher came."""
    if not selection:
        return "alpha=0 was asked for, and labels alone is what the student was given"
    taught = [one for one in selection if one.alpha > 0]
    if not taught:
        return "labels alone is all that could be tried"
    best = min(taught, key=lambda one: one.expected)
    given = "and labels alone is what the student was given"
    measured = (
        f"of {len(selection)} candidates the best use of the teacher ({best}) "
        f"{'gained' if best.gain >= 0 else 'lost'} {abs(best.gain):.4f} nats per row "
        f"(standard error {best.gain_error:.4f}) in cross-validation"
    )
    if best.penalty > 0:
        worse = best.penalty / best.alpha
        return (
            f"{measured}, but the teachers that label all rows are worse by "
            f"{worse:.4f} nats than those it was judged with, {given}"
        )
    return f"{measured}, which is no gain beyond noise, {given}"


def _why_chosen(distiller: Any) -> str:
    """Say which candidate was taken and by how much it led."""
    used = (distiller.alpha_, distiller.correction_, distiller.synthetic_)
    for one in distiller.selection_:
        if (one.alpha, one.correction, one.synthetic) == used:
            lead = ""
            if not np.isnan(one.gain):
                lead = (
                    f", which gained {one.gain:.4f} (standard error "
                    f"{one.gain_error:.4f}) on labels in cross-validation"
                )
            n_tried = len(distiller.selection_)
            return f"; chosen of {n_tried} candidates: {one}{lead}"
    return ""


_HEADER = ("model", "AUC", "log-loss", "accuracy", "bytes", "µs/row")


def _cells(model: ModelMeasure) -> Iterable[str]:
    return (
        model.name,
        f"{model.auc:.4f}",
        f"{model.log_loss:.4f}",
        f"{model.accuracy:.4f}",
        f"{model.n_bytes:,}",
        f"{model.microseconds_per_row:.2f}",
    )


def _text_table(models: tuple[ModelMeasure, ...]) -> str:
    rows = [_HEADER, *(tuple(_cells(model)) for model in models)]
    widths = [max(len(row[j]) for row in rows) for j in range(len(_HEADER))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if j == 0 else cell.rjust(width)
            for j, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
