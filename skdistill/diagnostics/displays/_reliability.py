"""Confidence against accuracy."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import column_or_1d

from skdistill._validation import check_probabilities
from skdistill.diagnostics._evidence import gather_models
from skdistill.diagnostics._reliability import N_BINS, Reliability, reliability
from skdistill.diagnostics.displays._matplotlib import axes_of, legend_below
from skdistill.diagnostics.displays._style import (
    GREY,
    plain,
    styles_of,
)

__all__ = ["ReliabilityDisplay"]


class ReliabilityDisplay:
    """How often each model is right, by how sure it is.

    For each bin of the probability of the most probable class: the share of rows where
    that class is the label. On the diagonal a model is calibrated; below it, it is
    surer than it should be. The areas of the markers grow with the rows of the bin.

    Parameters
    ----------
    curves : dict of str to Reliability
        One a model.
    n_classes : int
        The axes begin at ``1 / n_classes``: no largest probability is smaller.

    Attributes
    ----------
    curves_ : list of ErrorbarContainer
        One a model.
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> from skdistill.diagnostics import ReliabilityDisplay
    >>> proba = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]
    >>> display = ReliabilityDisplay.from_predictions([0, 1, 1], proba)
    >>> display.ax_.get_xlabel()
    'confidence: probability of the predicted class'
    """

    def __init__(self, curves: Mapping[str, Reliability], *, n_classes: int) -> None:
        self.curves = dict(curves)
        self.n_classes = n_classes

    @classmethod
    def from_estimator(
        cls, distiller: Any, X: Any, y: npt.ArrayLike, *, ax: Any = None
    ) -> Self:
        """Draw the distilled student, the same on labels, and the teacher if kept.

        Parameters
        ----------
        distiller : DistilledClassifier or CrossFitDistiller
            Fitted.
        X : container with n_samples rows
            Held out.
        y : array-like of shape (n_samples,)
            Labels.
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        ReliabilityDisplay

        Raises
        ------
        ValueError
            As :func:`skdistill.diagnostics.distillation_report`.
        """
        models = gather_models(distiller, X, y)
        return cls.from_predictions(y, models, classes=distiller.classes_, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: npt.ArrayLike,
        y_proba: npt.ArrayLike | Mapping[str, npt.ArrayLike],
        *,
        classes: npt.ArrayLike | None = None,
        n_bins: int = N_BINS,
        ax: Any = None,
    ) -> Self:
        """Draw given probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            Labels.
        y_proba : array-like of shape (n_samples, n_classes) or dict of name to that
            Probabilities of one model or several.
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns; None takes those of `y_true`, sorted.
        n_bins : int, default=15
            Bins of equal width over [0, 1].
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        ReliabilityDisplay

        Raises
        ------
        ValueError
            If rows are no probabilities, shapes differ, or a label has no column.
        """
        models = y_proba if isinstance(y_proba, Mapping) else {"model": y_proba}
        labels = np.asarray(column_or_1d(y_true))
        columns = np.unique(labels) if classes is None else np.asarray(classes)
        if not np.isin(labels, columns).all():
            unknown = labels[~np.isin(labels, columns)][0]
            raise ValueError(
                f"y_true must hold labels of classes, {columns.tolist()!r:.80}, got "
                f"{unknown!s}."
            )
        if n_bins < 1:
            raise ValueError(f"n_bins must be at least 1, got {n_bins}.")
        shape = (len(labels), len(columns))
        codes = (labels[:, None] == columns[None, :]).argmax(axis=1)
        curves = {
            str(name): reliability(
                check_probabilities("y_proba", proba, shape=shape), codes, n_bins
            )
            for name, proba in models.items()
        }
        return cls(curves, n_classes=len(columns)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw; `ax` None makes a figure.

        Returns
        -------
        self : object
        """
        ax = axes_of(ax)
        start = 1 / self.n_classes
        ax.plot([start, 1], [start, 1], color=GREY, ls="--", label="calibrated")
        most = max(curve.n_rows.max() for curve in self.curves.values())
        lowest = min(
            (curve.accuracy - 2 * curve.standard_error).min()
            for curve in self.curves.values()
        )
        self.curves_ = []
        styles = styles_of([*self.curves])
        for style, (name, curve) in zip(styles, self.curves.items(), strict=True):
            self.curves_.append(
                ax.errorbar(
                    curve.confidence,
                    curve.accuracy,
                    yerr=2 * curve.standard_error,
                    color=style["color"],
                    lw=1.4,
                    elinewidth=0.8,
                    alpha=0.9,
                )
            )
            ax.scatter(
                curve.confidence,
                curve.accuracy,
                s=12 + 90 * curve.n_rows / most,
                zorder=3,
                edgecolors="white",
                linewidths=0.5,
                label=plain(f"{name} (ECE {curve.ece:.3f})"),
                **style,
            )
        ax.set(
            xlabel="confidence: probability of the predicted class",
            ylabel="share of rows predicted rightly (± 2 s.e.)",
            xlim=(start - 0.02, 1.02),
            ylim=(max(min(lowest, start) - 0.06, -0.02), 1.04),
        )
        ax.grid(color="0.9", zorder=0)
        legend_below(ax)
        self.ax_, self.figure_ = ax, ax.get_figure()
        return self
