"""What "auto" chose among."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from skdistill.diagnostics.displays._matplotlib import axes_of, legend_below
from skdistill.diagnostics.displays._style import (
    ALARM,
    COLOURS,
    GREY,
    check_names,
    check_vector,
    plain,
)

__all__ = ["SelectionDisplay"]

Array = npt.NDArray[Any]


class SelectionDisplay:
    """Every candidate with its log-loss on held-out labels, and the one taken.

    Parameters
    ----------
    log_loss : ndarray of shape (n_candidates,), in nats
    error : ndarray of shape (n_candidates,)
        Standard errors. They are those of the means: candidates are compared on the
        same rows, so their differences are known better than the bars suggest.
    names : tuple of str
    penalty : ndarray of shape (n_candidates,), in nats
        What is added before candidates are compared.
    chosen : int or None
        Place of the candidate taken.
    reference : int or None
        Place of labels alone.

    Attributes
    ----------
    points_ : ErrorbarContainer
        All candidates.
    chosen_ : Line2D or None
        The mark of the one taken.
    penalties_ : LineCollection or None
        From `log_loss` to `log_loss` plus `penalty`, where there is one.
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> from skdistill.diagnostics import SelectionDisplay
    >>> display = SelectionDisplay.from_predictions(
    ...     [0.50, 0.42, 0.45], [0.01, 0.01, 0.01],
    ...     names=["labels only", "teacher", "mixed"], chosen=1,
    ... )
    >>> [text.get_text() for text in display.ax_.get_yticklabels()]
    ['labels only', 'teacher', 'mixed']
    """

    def __init__(
        self,
        log_loss: Array,
        error: Array,
        *,
        names: tuple[str, ...],
        penalty: Array | None = None,
        chosen: int | None = None,
        reference: int | None = None,
    ) -> None:
        self.log_loss, self.error, self.names = log_loss, error, names
        self.penalty = np.zeros(len(log_loss)) if penalty is None else penalty
        self.chosen, self.reference = chosen, reference

    @classmethod
    def from_estimator(cls, distiller: Any, *, ax: Any = None) -> Self:
        """Draw ``selection_`` of a fitted distiller.

        Parameters
        ----------
        distiller : CrossFitDistiller
            Fitted with something left to "auto".
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        ValueError
            If nothing was chosen.
        """
        check_is_fitted(distiller)
        if not distiller.selection_:
            raise ValueError(
                "distiller must have chosen among candidates, got an empty selection_. "
                "Leave alpha or correction to 'auto'."
            )
        return cls.of(distiller).plot(ax)

    @classmethod
    def of(cls, distiller: Any) -> Self:
        """Prepare the display of a fitted distiller; nothing is drawn yet.

        Returns
        -------
        SelectionDisplay
        """
        tried = distiller.selection_
        used = (distiller.alpha_, distiller.correction_, distiller.synthetic_)
        settings = [(one.alpha, one.correction, one.synthetic) for one in tried]
        labels = [i for i, one in enumerate(tried) if one.alpha == 0]
        return cls(
            np.array([one.log_loss for one in tried]),
            np.array([one.standard_error for one in tried]),
            names=tuple(str(one) for one in tried),
            penalty=np.array([one.penalty for one in tried]),
            chosen=settings.index(used) if used in settings else None,
            reference=labels[0] if labels else None,
        )

    @classmethod
    def from_predictions(
        cls,
        log_loss: npt.ArrayLike,
        error: npt.ArrayLike,
        *,
        names: Sequence[Any] | None = None,
        penalty: npt.ArrayLike | None = None,
        chosen: int | None = None,
        reference: int | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw given numbers.

        Parameters
        ----------
        log_loss, error : array-like of shape (n_candidates,)
            Means and their standard errors, in nats.
        names : sequence of str, default=None
        penalty : array-like of shape (n_candidates,), default=None
            None is 0.
        chosen, reference : int, default=None
            Place of the candidate taken, and of labels alone.
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        TypeError, ValueError
            If these are no finite numbers of one length, or there is no such place.
        """
        losses = check_vector("log_loss", log_loss)
        n = len(losses)
        for name, place in (("chosen", chosen), ("reference", reference)):
            if place is not None and not 0 <= place < n:
                raise ValueError(f"{name} must be None or in 0..{n - 1}, got {place}.")
        return cls(
            losses,
            check_vector("error", error, n),
            names=check_names(names, n, "candidate"),
            penalty=None if penalty is None else check_vector("penalty", penalty, n),
            chosen=chosen,
            reference=reference,
        ).plot(ax)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of its own figure, inches: a line a candidate."""
        return 7.2, 2.3 + 0.4 * len(self.names)

    def plot(self, ax: Any = None) -> Self:
        """Draw; `ax` None makes a figure.

        Returns
        -------
        self : object
        """
        ax = axes_of(ax, self.size)
        rows = np.arange(len(self.names))
        self.points_ = ax.errorbar(
            self.log_loss,
            rows,
            xerr=2 * self.error,
            ls="none",
            marker="o",
            color=COLOURS[1],
            ms=6,
            capsize=3,
            label="candidate (± 2 s.e.)",
            zorder=3,
        )
        self.penalties_ = self._draw_penalties(ax, rows)
        if self.reference is not None:
            ax.axvline(
                self.log_loss[self.reference], color=GREY, ls="--", label="labels only"
            )
        self.chosen_ = None
        if self.chosen is not None:
            (self.chosen_,) = ax.plot(
                self.log_loss[self.chosen],
                self.chosen,
                ls="none",
                marker="D",
                ms=11,
                color=COLOURS[0],
                label="chosen",
                zorder=4,
            )
        ax.set_yticks(rows, [plain(name) for name in self.names])
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set(xlabel="log-loss on held-out labels, nats (lower is better)")
        ax.grid(axis="x", color="0.9", zorder=0)
        legend_below(ax, 1, side="right")
        self.ax_, self.figure_ = ax, ax.get_figure()
        return self

    def _draw_penalties(self, ax: Any, rows: Array) -> Any:
        some = self.penalty != 0
        if not some.any():
            return None
        start = self.log_loss[some]
        end = start + self.penalty[some]
        ax.plot(end, rows[some], ls="none", marker="|", ms=12, mew=2.5, color=ALARM)
        return ax.hlines(
            rows[some],
            start,
            end,
            color=ALARM,
            lw=2.5,
            label="penalty: teachers worse than those judged",
            zorder=2,
        )
