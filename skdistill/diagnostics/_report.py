"""Step 5 of five: evidence whether distilling paid, on rows nobody was fitted on."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._frames import as_frame
from skdistill.diagnostics._evidence import (
    DISTILLED,
    LABELS,
    TEACHER,
    gather,
    row_divergences,
)
from skdistill.diagnostics._intervals import METRICS, Interval
from skdistill.diagnostics._measure import ModelMeasure
from skdistill.diagnostics._page import notebook_fragment, page
from skdistill.diagnostics._sections import Section, Table, sections_of
from skdistill.diagnostics._segments import Segment
from skdistill.diagnostics._verdict_words import verdict_of as _verdict
from skdistill.metrics import fidelity_score

__all__ = ["DistillationReport", "distillation_report"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class DistillationReport:
    """What distilling brought on held-out rows.

    In a notebook it shows itself; ``print`` gives the verdict and a table.

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
    divergence : float
        Mean divergence of the distilled student from the teacher in nats; NaN without
        the teacher.
    intervals : tuple of Interval
        95% bootstrap intervals of log-loss, Brier score, accuracy and AUC of each
        model, and of the differences, paired over rows.
    segments : tuple of Segment
        Where the student departs most from the teacher, then from the labels.
    sections : tuple of Section
        All that the page shows: findings, tables, figures.
    """

    verdict: str
    models: tuple[ModelMeasure, ...]
    gain: float
    gain_error: float
    fidelity: float
    alpha: float
    correction: Any
    route: str
    divergence: float = float("nan")
    intervals: tuple[Interval, ...] = ()
    segments: tuple[Segment, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def findings(self) -> tuple[str, ...]:
        """All that was found, a sentence each."""
        return tuple(one for section in self.sections for one in section.findings)

    def to_frame(self) -> Any:
        """Return the models as a :class:`pandas.DataFrame`, one row each.

        Their measures, and ``<metric>_low`` and ``<metric>_high`` of the intervals.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        frame = as_frame([asdict(model) for model in self.models], "name")
        for metric in METRICS:
            of_models = {
                one.model: one for one in self.intervals if one.metric == metric
            }
            for limit in ("low", "high"):
                frame[f"{metric}_{limit}"] = [
                    getattr(of_models[name], limit, np.nan)
                    if name in of_models
                    else np.nan
                    for name in frame.index
                ]
        return frame

    def save(self, path: str | Path) -> Path:
        """Write the report as one HTML file that needs nothing else.

        Figures are inside; without matplotlib they are left out, and the page says so.

        Parameters
        ----------
        path : str or Path
            Such as ``"report.html"``; its folder must exist.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If `path` ends in anything but .html.
        """
        file = Path(path)
        if file.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"path must end in .html, got {str(path)!r}.")
        file.write_text(page(self.verdict, self.sections), encoding="utf-8")
        return file

    def __str__(self) -> str:
        """Verdict and table as text."""
        return f"{self.verdict}\n{_text_table(self.models)}"

    def _repr_html_(self) -> str:
        rows = tuple(tuple(_cells(model)) for model in self.models)
        table = Table("Models on the held-out rows", _HEADER, rows)
        return notebook_fragment(self.verdict, table, self.sections)


def distillation_report(
    distiller: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    n_bootstrap: int = 500,
    random_state: Any = None,
) -> DistillationReport:
    """Compare a fitted distiller with the same student trained on labels alone.

    Parameters
    ----------
    distiller : DistilledClassifier or CrossFitDistiller
        Fitted. The baseline is trained now, on the training data the distiller holds,
        or was by an earlier report (the data are not pickled with a distiller, that
        baseline is: without either there is none).
    X : container with n_samples rows
        Held out: neither teacher nor student was fitted on them.
    y : array-like of shape (n_samples,)
        Labels.
    n_bootstrap : int, default=500
        Draws of the rows that the intervals are taken over; 0 gives none, as do fewer
        than 10 rows.
    random_state : int, RandomState instance or None, default=None
        Seeds these draws, and the halves on which the worst segments are found and
        measured.

    Returns
    -------
    DistillationReport

    Raises
    ------
    TypeError
        If `distiller` is none.
    ValueError
        If it is not fitted, there are no rows, columns of `fit` are missing, or `y`
        has a label that `fit` had not, another length, or a single class.

    Notes
    -----
    The intervals cover the draw of the held-out rows, not that of the training rows.
    Where the student departs most from the teacher and from the labels (by squared
    distance of the probabilities, in [0, 2]), a regression tree of depth 3 finds on a
    random half of the rows; what those segments are worth is measured on the other.

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
    evidence = gather(
        distiller, X, y, n_bootstrap=n_bootstrap, random_state=random_state
    )
    gain = error = fidelity = divergence = float("nan")
    student = evidence.proba[DISTILLED]
    if LABELS in evidence.losses:
        gap = evidence.losses[LABELS] - evidence.losses[DISTILLED]
        gain = float(gap.mean())
        if len(gap) > 1:
            error = float(gap.std(ddof=1) / np.sqrt(len(gap)))
    if TEACHER in evidence.proba:
        teacher = evidence.proba[TEACHER]
        fidelity = fidelity_score(teacher, student)
        divergence = float(row_divergences(teacher, student).mean())
    return DistillationReport(
        verdict=_verdict(distiller, gain, error),
        models=evidence.measures,
        gain=gain,
        gain_error=error,
        fidelity=fidelity,
        alpha=distiller.alpha_,
        correction=distiller.correction_,
        route=distiller.route_,
        divergence=divergence,
        intervals=evidence.intervals,
        segments=evidence.from_teacher + evidence.from_labels,
        sections=sections_of(evidence),
    )


_HEADER = (
    "model", "AUC", "log-loss", "Brier", "accuracy", "ECE", "bytes", "µs/row",
)  # fmt: skip


def _cells(model: ModelMeasure) -> Iterable[str]:
    return (
        model.name,
        f"{model.auc:.4f}",
        f"{model.log_loss:.4f}",
        f"{model.brier:.4f}",
        f"{model.accuracy:.4f}",
        f"{model.ece:.4f}",
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
