"""A model card in Markdown, from what a distiller's report measured."""

import platform
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.utils.validation import check_is_fitted

import skdistill
from skdistill.diagnostics import distillation_report
from skdistill.export._door import check_out
from skdistill.export._libraries import library

__all__ = ["model_card"]


def model_card(
    distiller: Any,
    X: Any,
    y: Any,
    path: str | Path | None = None,
    *,
    random_state: Any = None,
) -> Any:
    """Write what a reader should know before using a distilled student.

    Parameters
    ----------
    distiller : DistilledClassifier, CrossFitDistiller or OnlineDistiller
        Fitted.
    X : array-like or data frame of shape (n_samples, ...)
        Held-out rows.
    y : array-like of shape (n_samples,)
        Their labels.
    path : str or Path, default=None
        Markdown file to write, such as ``"README.md"``.
    random_state : int, RandomState instance or None, default=None
        Seeds the intervals of the report.

    Returns
    -------
    skops.card.Card
        With the sections verdict, measures, student, teacher and targets, limits and
        versions; ``card.add(**{"Licence": "BSD-3-Clause"})`` adds one,
        ``card.render()`` is the text.

    Raises
    ------
    MissingDependencyError
        If skops is not installed.
    NotFittedError
        If `distiller` is not fitted.
    ValueError, TypeError
        If the rows or labels cannot be reported on.
    FileNotFoundError, IsADirectoryError
        If the folder of `path` does not exist, or `path` is a folder.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skdistill import CrossFitDistiller
    >>> from skdistill.export import model_card
    >>> X, y = load_iris(return_X_y=True)
    >>> distiller = CrossFitDistiller(RandomForestClassifier(20), random_state=0)
    >>> card = model_card(distiller.fit(X[::2], y[::2]), X[1::2], y[1::2])
    >>> print(card.render().strip().splitlines()[0])
    # DecisionTreeClassifier, distilled
    """
    cards = library("skops.card", "A model card")
    file = None if path is None else check_out(path)
    check_is_fitted(distiller)
    report = distillation_report(distiller, X, y, random_state=random_state)
    name = type(distiller.student_).__name__
    top = f"{name}, distilled"
    card = cards.Card(distiller.student_, template=None, model_diagram=False)
    card.add(**{top: report.verdict})
    above = (
        f"On {len(np.asarray(y))} rows that neither teacher nor student was fitted on. "
        "Log-loss in nats, lower is better; ± is half the 95% bootstrap interval over "
        "these rows."
    )
    card.add_table(**{f"{top}/Measures": _measures(report)}, description=above)
    card.select(f"{top}/Measures").title = "Measures"
    card.add(
        **{
            f"{top}/Student": _student(distiller, report),
            f"{top}/Teacher and targets": _targets(distiller),
            f"{top}/Limits": _limits(report),
            f"{top}/Versions": _versions(),
        }
    )
    if file is not None:
        card.save(file)
    return card


def _measures(report: Any) -> dict[str, list[Any]]:
    """Columns of the table of measures."""
    half = {
        (one.model, one.metric): (one.high - one.low) / 2 for one in report.intervals
    }

    def column(metric: str, digits: int = 4) -> list[str]:
        cells = []
        for model in report.models:
            cell = f"{getattr(model, metric):.{digits}f}"
            spread = half.get((model.name, metric))
            cells.append(cell if spread is None else f"{cell} ± {spread:.{digits}f}")
        return cells

    return {
        "model": [model.name for model in report.models],
        "log-loss": column("log_loss"),
        "accuracy": column("accuracy"),
        "AUC": column("auc"),
        "calibration error": column("ece"),
        "bytes of the pickle": [f"{model.n_bytes:,}" for model in report.models],
        "µs per row": column("microseconds_per_row", 2),
    }


def _student(distiller: Any, report: Any) -> str:
    labels = ", ".join(_code(repr(one)) for one in distiller.classes_.tolist()[:20])
    more = len(distiller.classes_) - 20
    several = f" and {more} more" if more > 0 else ""
    return _list(
        f"Learner: `{distiller.student_!r}`",
        f"Classes: {labels}{several}",
        f"Features: {getattr(distiller, 'n_features_in_', 'see the pipeline')}",
        f"Fitted by the route `{report.route}` of skdistill",
    )


def _targets(distiller: Any) -> str:
    record = distiller.crossfit_
    correction = (
        "none" if distiller.correction_ is None else f"{distiller.correction_!r}"
    )
    return _list(
        f"Teacher: `{distiller.teacher!r}`",
        _SOURCES[record.source],
        f"Weight of the teacher against the labels (alpha): {distiller.alpha_:g}",
        f"Loss correction: {correction}",
        f"Calibration of the teacher: {record.calibration or 'none'}",
        f"Scale of the targets: {distiller.scale_}",
    )


def _code(text: str) -> str:
    """Return Markdown that shows a text as it is, whatever is in it."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


_SOURCES = {
    "cv": "Its probabilities are out of fold: no row was labelled by a teacher that "
    "saw it",
    "oob": "Its probabilities are out of bag: no row was labelled by a tree that saw "
    "it",
    "teacher": "Its probabilities are those of rows it was fitted on",
    "teacher_proba": "Its probabilities were given by the user",
    "none": "No teacher was asked: the targets need none",
}


def _limits(report: Any) -> str:
    general = (
        "Measured on one split of one data set; the intervals cover the held-out rows, "
        "not another draw of the training rows.",
        "Rows unlike those of training are answered all the same: nothing here tells "
        "them apart.",
        "Latencies are those of the machine that wrote this card.",
    )
    return _list(*general, *report.findings)


def _versions() -> str:
    return _list(
        f"skdistill {skdistill.__version__}",
        f"scikit-learn {sklearn.__version__}",
        f"NumPy {np.__version__}",
        f"Python {platform.python_version()}",
    )


def _list(*lines: str) -> str:
    return "\n".join(f"* {' '.join(line.split())}" for line in lines)
