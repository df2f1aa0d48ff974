"""What a student is worth against what it costs."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from skdistill.diagnostics._evidence import check_held_out
from skdistill.diagnostics._measure import codes_of, held_out_losses
from skdistill.diagnostics.displays._matplotlib import (
    axes_of,
    label_decades,
    legend_below,
)
from skdistill.diagnostics.displays._style import (
    GREY,
    check_names,
    check_vector,
    plain,
    styles_of,
)
from skdistill.students import student_proba

__all__ = ["ParetoDisplay"]

Array = npt.NDArray[Any]

_QUALITIES = {
    "log_loss": "log-loss, nats (lower is better)",
    "accuracy": "accuracy (higher is better)",
}
_COSTS = {"latency": "time of a row, µs", "size": "size, bytes of the pickle"}


class ParetoDisplay:
    """Log-loss or accuracy of several models against their latency or size.

    The frontier joins the models that none beats in both.

    Parameters
    ----------
    quality, cost : ndarray of shape (n_models,)
    names : tuple of str
    error : ndarray of shape (n_models,) or None
        Standard errors of `quality`.
    metric : {"log_loss", "accuracy"}
        What `quality` is.
    against : {"latency", "size"}
        What `cost` is: microseconds per row, or bytes.

    Attributes
    ----------
    is_on_frontier : ndarray of shape (n_models,), bool
    points_ : list of ErrorbarContainer
        One a model.
    frontier_ : Line2D
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> from skdistill.diagnostics import ParetoDisplay
    >>> display = ParetoDisplay.from_predictions(
    ...     [0.30, 0.35, 0.40], [900.0, 2.0, 3.0], names=["forest", "tree", "line"]
    ... )
    >>> display.is_on_frontier.tolist()
    [True, True, False]
    """

    def __init__(
        self,
        quality: Array,
        cost: Array,
        *,
        names: tuple[str, ...],
        error: Array | None = None,
        metric: str = "log_loss",
        against: str = "latency",
    ) -> None:
        self.quality, self.cost, self.error = quality, cost, error
        self.names, self.metric, self.against = names, metric, against
        loss = quality if metric == "log_loss" else -quality
        self.is_on_frontier = _frontier(loss, cost)

    @classmethod
    def from_estimator(
        cls,
        distiller: Any,
        X: Any = None,
        y: Any = None,
        *,
        metric: str = "log_loss",
        against: str = "latency",
        ax: Any = None,
    ) -> Self:
        """Draw the students of a distiller that was fitted with a list of them.

        Parameters
        ----------
        distiller : DistilledClassifier or CrossFitDistiller
            With ``students_``.
        X : container with n_samples rows, default=None
            Held out. None draws the log-loss in cross-validation.
        y : array-like of shape (n_samples,), default=None
            Labels of `X`.
        metric : {"log_loss", "accuracy"}, default="log_loss"
        against : {"latency", "size"}, default="latency"
            Both were measured by ``fit``: time on up to 1000 rows at once, and the
            length of the pickle.
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        ParetoDisplay

        Raises
        ------
        ValueError
            If there is no list of students, or no `X` for an accuracy.
        """
        check_is_fitted(distiller)
        if not hasattr(distiller, "students_"):
            raise ValueError(
                "distiller must be fitted with a list of students, got one student. "
                "Pass student=[...] to draw them against one another."
            )
        _check_choice("metric", metric, _QUALITIES)
        _check_choice("against", against, _COSTS)
        display = cls.of(distiller.students_, against)
        if X is None:
            if metric != "log_loss":
                raise ValueError(
                    f"metric must be 'log_loss' without X and y, got {metric!r}: "
                    "students of a list are cross-validated in it alone."
                )
            return display.plot(ax)
        labels, _ = check_held_out(distiller, X, y)
        rows = [
            _per_row(distiller, one.student, X, labels, metric)
            for one in distiller.students_
        ]
        return cls(
            np.array([row.mean() for row in rows]),
            display.cost,
            names=display.names,
            error=None if len(labels) < 2 else np.array([*map(_error, rows)]),
            metric=metric,
            against=against,
        ).plot(ax)

    @classmethod
    def of(cls, students: Sequence[Any], against: str) -> Self:
        """Prepare the display of ``students_``; nothing is drawn yet.

        Parameters
        ----------
        students : sequence of FittedStudent
        against : {"latency", "size"}

        Returns
        -------
        ParetoDisplay
            Of the log-loss in cross-validation.
        """
        paid = "microseconds_per_row" if against == "latency" else "n_bytes"
        return cls(
            np.array([one.log_loss for one in students]),
            np.array([getattr(one, paid) for one in students], dtype=np.float64),
            names=tuple(one.name for one in students),
            error=np.array([one.standard_error for one in students]),
            against=against,
        )

    @classmethod
    def from_predictions(
        cls,
        quality: npt.ArrayLike,
        cost: npt.ArrayLike,
        *,
        names: Sequence[Any] | None = None,
        error: npt.ArrayLike | None = None,
        metric: str = "log_loss",
        against: str = "latency",
        ax: Any = None,
    ) -> Self:
        """Draw given numbers.

        Parameters
        ----------
        quality, cost : array-like of shape (n_models,)
            Cost must be positive: it is drawn on a logarithmic scale.
        names : sequence of str, default=None
        error : array-like of shape (n_models,), default=None
            Standard errors of `quality`; bars show two.
        metric : {"log_loss", "accuracy"}, default="log_loss"
        against : {"latency", "size"}, default="latency"
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        ParetoDisplay

        Raises
        ------
        TypeError, ValueError
            If these are no finite numbers of one length, or no choices.
        """
        _check_choice("metric", metric, _QUALITIES)
        _check_choice("against", against, _COSTS)
        checked = check_vector("quality", quality)
        paid = check_vector("cost", cost, len(checked))
        if not (paid > 0).all():
            raise ValueError(f"cost must be positive, got {paid.min()}.")
        return cls(
            checked,
            paid,
            names=check_names(names, len(checked), "model"),
            error=None if error is None else check_vector("error", error, len(paid)),
            metric=metric,
            against=against,
        ).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw; `ax` None makes a figure.

        Returns
        -------
        self : object
        """
        ax = axes_of(ax)
        best = np.flatnonzero(self.is_on_frontier)
        best = best[np.argsort(self.cost[best])]
        # A step: between two models nothing better is to be had than the cheaper one.
        (self.frontier_,) = ax.step(
            self.cost[best],
            self.quality[best],
            where="post",
            color=GREY,
            ls="--",
            label="frontier (filled)",
            zorder=1,
        )
        styles = styles_of(self.names)
        self.points_ = [
            ax.errorbar(
                self.cost[i],
                self.quality[i],
                yerr=None if self.error is None else 2 * self.error[i],
                ls="none",
                ms=self._marker_size(i),
                mfc=None if self.is_on_frontier[i] else "white",
                capsize=3,
                label=plain(name),
                zorder=3,
                **styles[i],
            )
            for i, name in enumerate(self.names)
        ]
        ax.set_xscale("log")
        # A single decade at least, or the axis has no tick to read.
        low, high = self.cost.min(), self.cost.max()
        slack = max(1.3, np.sqrt(10 * low / high))
        ax.set_xlim(low / slack, high * slack)
        label_decades(
            ax.xaxis, high / low, _bytes if self.against == "size" else _number
        )
        bars = "" if self.error is None else " ± 2 s.e."
        ax.set(xlabel=_COSTS[self.against], ylabel=_QUALITIES[self.metric] + bars)
        ax.grid(color="0.9", zorder=0)
        legend_below(ax)
        self.ax_, self.figure_ = ax, ax.get_figure()
        return self

    def _marker_size(self, i: int) -> float:
        """Give a larger size where others will lie upon it: all are to be seen."""
        same = (self.cost == self.cost[i]) & (self.quality == self.quality[i])
        return 8.0 + 5.0 * int(same[i + 1 :].sum())


def _frontier(loss: Array, cost: Array) -> Array:
    """Models that no other equals or beats in both and beats in one."""
    no_worse = (loss[:, None] <= loss) & (cost[:, None] <= cost)
    better = (loss[:, None] < loss) | (cost[:, None] < cost)
    return np.asarray(~(no_worse & better).any(axis=0))


def _per_row(distiller: Any, student: Any, X: Any, y: Array, metric: str) -> Array:
    proba = student_proba(student, X, distiller.classes_, distiller.scale_)
    if metric == "log_loss":
        return held_out_losses(proba, y, distiller.classes_)
    return np.asarray(proba.argmax(axis=1) == codes_of(y, distiller.classes_))


def _error(row: Array) -> float:
    return float(row.std(ddof=1) / np.sqrt(len(row)))


def _check_choice(name: str, value: Any, choices: dict[str, str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {list(choices)}, got {value!r}.")


def _number(value: float, _: Any) -> str:
    return f"{value:g}"


def _bytes(value: float, _: Any) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g} B"
