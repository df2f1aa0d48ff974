"""Where the teacher pushes with the label, and where against it."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from skdistill._sklearn_compat import take_rows
from skdistill.crossfit import NO_TEACHER
from skdistill.diagnostics._rescaling import gradient_rescaling
from skdistill.diagnostics.displays._matplotlib import axes_of, legend_below
from skdistill.diagnostics.displays._style import (
    ALARM,
    COLOURS,
    check_vector,
)

__all__ = ["GradientRescalingDisplay"]

Array = npt.NDArray[Any]

#: The axis spans these percentiles: a student sure of its label has weights of 1e6.
_SHOWN = (0.5, 99.5)


class GradientRescalingDisplay:
    """Histogram of the weight w that a teacher gives each row's own gradient.

    The gradient of the distilled objective at the true class is w times that of the
    label alone [1]_: below 1 the teacher holds back, below 0 it pushes against the
    label, which is the zone of alarm.

    Parameters
    ----------
    weights : ndarray of shape (n_samples,)
    n_bins : int

    Attributes
    ----------
    share_negative : float
        Of all rows, those with w < 0.
    n_beyond : int
        Rows outside the axis, which spans 99% of them; the legend tells.
    bars_ : BarContainer
        The histogram; bars with w < 0 are hatched.
    zone_ : Polygon or None
        The zone of alarm, if any row is in it.
    ax_ : Axes
    figure_ : Figure

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation", 2020.
       :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    >>> from skdistill.diagnostics import GradientRescalingDisplay
    >>> display = GradientRescalingDisplay.from_predictions([-0.2, 0.5, 0.9, 1.1])
    >>> display.share_negative
    0.25
    """

    def __init__(self, weights: Array, *, n_bins: int = 40) -> None:
        self.weights, self.n_bins = weights, n_bins
        self.share_negative = float((weights < 0).mean())

    @classmethod
    def from_estimator(
        cls,
        distiller: Any,
        *,
        alpha: float = 0.5,
        temperature: float = 1.0,
        n_bins: int = 40,
        ax: Any = None,
    ) -> Self:
        """Draw the weights of the rows a distiller was fitted on.

        Parameters
        ----------
        distiller : CrossFitDistiller, DistilledClassifier or OnlineDistiller
            Fitted, and not pickled since: the rows are not pickled with it.
        alpha : float, default=0.5
            Weight of the teacher against the labels; see `gradient_rescaling`. At 1,
            without labels, any optimum has half the rows below 0.
        temperature : float, default=1.0
        n_bins : int, default=40
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        GradientRescalingDisplay

        Raises
        ------
        ValueError
            If the rows are gone or no teacher labelled any.
        """
        check_is_fitted(distiller)
        problem = distiller._training_data()
        proba = distiller.teacher_proba_
        rows = np.flatnonzero(~np.isnan(proba).any(axis=1))
        if distiller.crossfit_.source == NO_TEACHER or not len(rows):
            raise ValueError(
                "distiller must have rows that a teacher labelled, got none. Give it a "
                "teacher, or a target that needs one."
            )
        found = gradient_rescaling(
            proba[rows],
            distiller.predict_proba(take_rows(problem.X, rows)),
            problem.codes[rows],
            alpha=alpha,
            temperature=temperature,
        )
        if not found.defined.any():
            raise ValueError(
                "distiller must have a student that is not sure of every label, got "
                f"{type(distiller.student_).__name__}: no row has a weight. Limit its "
                "leaves."
            )
        weights = found.weights[found.defined]
        return cls.from_predictions(weights, n_bins=n_bins, ax=ax)

    @classmethod
    def from_predictions(
        cls, weights: npt.ArrayLike, *, n_bins: int = 40, ax: Any = None
    ) -> Self:
        """Draw given weights.

        Parameters
        ----------
        weights : array-like of shape (n_samples,)
            One a row, finite.
        n_bins : int, default=40
            Bars; one of them begins at 0 where there are weights on both sides.
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        GradientRescalingDisplay

        Raises
        ------
        TypeError, ValueError
            If these are no finite numbers, or `n_bins` is below 1.
        """
        if n_bins < 1:
            raise ValueError(f"n_bins must be at least 1, got {n_bins}.")
        return cls(check_vector("weights", weights), n_bins=n_bins).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw; `ax` None makes a figure.

        Returns
        -------
        self : object
        """
        ax = axes_of(ax)
        edges = self._edges()
        inside = (self.weights >= edges[0]) & (self.weights <= edges[-1])
        self.n_beyond = int((~inside).sum())
        counts, _ = np.histogram(self.weights[inside], edges)
        against = edges[1:] <= 0
        self.bars_ = ax.bar(
            edges[:-1],
            counts,
            width=np.diff(edges),
            align="edge",
            color=[ALARM if one else COLOURS[3] for one in against],
            edgecolor="white",
            linewidth=0.4,
            zorder=3,
        )
        for bar, one in zip(self.bars_, against, strict=True):
            bar.set_hatch("////" if one else "")
        if not against.all():
            first = self.bars_[int(np.argmin(against))]
            first.set_label("rows: the teacher pushes with the label")
        self.zone_ = None
        if self.share_negative:
            self.zone_ = ax.axvspan(
                edges[0],
                0,
                color=ALARM,
                alpha=0.13,
                zorder=1,
                label=f"w < 0: against the label, {self.share_negative:.1%} of rows",
            )
        ax.axvline(1, color="0", ls="--", lw=1.2, label="w = 1: as labels alone")
        if self.n_beyond:
            ax.plot([], [], ls="none", label=f"{self.n_beyond} rows beyond the axis")
        ax.set(xlabel="gradient weight w of a row (no unit)", ylabel="number of rows")
        ax.set_xlim(min(edges[0], 0.98), max(edges[-1], 1.02))
        ax.grid(axis="y", color="0.9", zorder=0)
        legend_below(ax, 1)
        self.ax_, self.figure_ = ax, ax.get_figure()
        return self

    def _edges(self) -> Array:
        """Edges of equal width; 0 is one of them, so no bar has both signs."""
        # Outwards to the next row, so that of few rows none is left out.
        low = np.percentile(self.weights, _SHOWN[0], method="lower")
        high = np.percentile(self.weights, _SHOWN[1], method="higher")
        if low == high:
            low, high = low - 0.5, high + 0.5
        if not low < 0 <= high:
            return np.linspace(low, high, self.n_bins + 1)
        width = (high - low) / self.n_bins
        edges: Array = width * np.arange(
            np.floor(low / width), np.ceil(high / width) + 1
        )
        return edges
