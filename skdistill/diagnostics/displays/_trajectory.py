"""A quantity along the stages of a teacher."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.diagnostics.complexity import rank_supervision, student_kernel
from skdistill.diagnostics.displays._matplotlib import (
    axes_of,
    integer_ticks,
    legend_below,
)
from skdistill.diagnostics.displays._style import (
    GREY,
    check_vector,
    plain,
    styles_of,
)

__all__ = ["TrajectoryDisplay"]

Array = npt.NDArray[Any]


class TrajectoryDisplay:
    """Log-loss or supervision complexity along a teacher's training.

    Parameters
    ----------
    stages : ndarray of shape (n_stages,)
        Rounds, epochs or shares of training, increasing.
    values : dict of str to ndarray of shape (n_stages,)
        One curve each.
    errors : dict of str to ndarray of shape (n_stages,)
        Standard errors of some of the curves.
    chosen : float or None
        The stage that was taken.
    quantity, unit_of_stages : str
        Labels of the axes, with units.

    Attributes
    ----------
    lines_ : list of Line2D
        One a curve.
    chosen_ : Line2D or None
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> from skdistill.diagnostics import TrajectoryDisplay
    >>> display = TrajectoryDisplay.from_predictions(
    ...     [10, 20, 40], [0.61, 0.55, 0.58], chosen=20
    ... )
    >>> display.ax_.get_ylabel()
    'log-loss, nats'
    """

    def __init__(
        self,
        stages: Array,
        values: Mapping[str, Array],
        *,
        errors: Mapping[str, Array] | None = None,
        chosen: float | None = None,
        quantity: str = "log-loss, nats",
        unit_of_stages: str = "stage of the teacher",
    ) -> None:
        self.stages, self.values = stages, dict(values)
        self.errors = {} if errors is None else dict(errors)
        self.chosen, self.quantity = chosen, quantity
        self.unit_of_stages = unit_of_stages

    @classmethod
    def from_estimator(
        cls,
        distiller: Any,
        *,
        quantity: str = "log_loss",
        kernel: Any = None,
        max_rows: int = 1000,
        ax: Any = None,
    ) -> Self:
        """Draw the stages of the teacher of an online distiller.

        The best of them is marked where the student learned from it alone.

        Parameters
        ----------
        distiller : OnlineDistiller
            Fitted; for complexities not pickled since.
        quantity : {"log_loss", "complexity"}, default="log_loss"
            Out-of-fold log-loss on the labels, or normalized supervision complexity of
            what the teacher says of the first `max_rows` training rows.
        kernel : kernel object, default=None
            Of the student on these rows; None is that of the fitted student, which for
            trees favours what they were grown on (`student_kernel`).
        max_rows : int, default=1000
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        TrajectoryDisplay

        Raises
        ------
        TypeError
            If the distiller has no stages, or its student no known kernel.
        ValueError
            If `quantity` is unknown.
        """
        if not hasattr(distiller, "stages"):
            raise TypeError(
                "distiller must be an OnlineDistiller, got "
                f"{type(distiller).__name__}. Others have no stages."
            )
        check_is_fitted(distiller)
        if quantity not in ("log_loss", "complexity"):
            raise ValueError(
                f"quantity must be 'log_loss' or 'complexity', got {quantity!r}."
            )
        values, words = distiller.stage_log_losses_, "out-of-fold log-loss, nats"
        if quantity == "complexity":
            values = _complexities(distiller, kernel, max_rows)
            words = "supervision complexity, normalized"
        chosen = None
        if distiller.mode == "best_stage":
            chosen = float(distiller.stages_[distiller.best_stage_])
        return cls.from_predictions(
            distiller.stages_,
            values,
            chosen=chosen,
            quantity=words,
            unit_of_stages="share of the teacher's training",
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        stages: npt.ArrayLike,
        values: npt.ArrayLike | Mapping[str, npt.ArrayLike],
        *,
        errors: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
        chosen: float | None = None,
        quantity: str = "log-loss, nats",
        unit_of_stages: str = "stage of the teacher",
        ax: Any = None,
    ) -> Self:
        """Draw given numbers.

        Parameters
        ----------
        stages : array-like of shape (n_stages,)
            Increasing.
        values : array-like of shape (n_stages,) or dict of name to that
        errors : like `values`, default=None
            Standard errors, of any of the curves; bands show two.
        chosen : float, default=None
            One of `stages`, to be marked.
        quantity : str, default="log-loss, nats"
            What the values are, with its unit.
        unit_of_stages : str, default="stage of the teacher"
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        TrajectoryDisplay

        Raises
        ------
        TypeError, ValueError
            If these are no finite numbers of one length, the stages do not increase,
            or there is no such stage or curve.
        """
        places = check_vector("stages", stages)
        if (places[1:] <= places[:-1]).any():
            raise ValueError(f"stages must increase, got {places.tolist()!r:.60}.")
        if chosen is not None and chosen not in places:
            raise ValueError(
                f"chosen must be one of stages, {places.tolist()!r:.60}, got {chosen}."
            )
        curves = _curves("values", values, len(places))
        bands = {} if errors is None else _curves("errors", errors, len(places))
        if not set(bands) <= set(curves):
            raise ValueError(
                f"errors must have names of values, {list(curves)}, got {list(bands)}."
            )
        return cls(
            places,
            curves,
            errors=bands,
            chosen=chosen,
            quantity=quantity,
            unit_of_stages=unit_of_stages,
        ).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw; `ax` None makes a figure.

        Returns
        -------
        self : object
        """
        ax = axes_of(ax)
        self.lines_ = []
        styles = styles_of([*self.values])
        for style, (name, curve) in zip(styles, self.values.items(), strict=True):
            self.lines_ += ax.plot(
                self.stages, curve, lw=1.6, ms=6, label=plain(name), zorder=3, **style
            )
            if name in self.errors:
                band = 2 * self.errors[name]
                ax.fill_between(
                    self.stages,
                    curve - band,
                    curve + band,
                    color=style["color"],
                    alpha=0.15,
                    lw=0,
                    label=plain(f"{name} ± 2 s.e."),
                )
        self.chosen_ = None
        if self.chosen is not None:
            self.chosen_ = ax.axvline(
                self.chosen, color=GREY, ls="--", label=f"chosen: {self.chosen:g}"
            )
        ax.set(xlabel=plain(self.unit_of_stages), ylabel=plain(self.quantity))
        if (self.stages == self.stages.round()).all():
            integer_ticks(ax.xaxis)
        ax.grid(color="0.9", zorder=0)
        legend_below(ax)
        self.ax_, self.figure_ = ax, ax.get_figure()
        return self


def _complexities(distiller: Any, kernel: Any, max_rows: int) -> list[float]:
    rows = np.arange(min(n_rows(distiller._training_data().X), max_rows))
    if kernel is None:
        X = take_rows(distiller._training_data().X, rows)
        kernel = student_kernel(distiller.student_, X)
    ranking = rank_supervision(
        kernel,
        {str(i): said[rows] for i, said in enumerate(distiller.trajectory_)},
        random_state=0,
    )
    return [ranking[str(i)].normalized for i in range(len(distiller.stages_))]


def _curves(name: str, values: Any, n: int) -> dict[str, Array]:
    curves = values if isinstance(values, Mapping) else {"teacher": values}
    if not curves:
        raise ValueError(f"{name} must hold at least one curve, got none.")
    return {str(key): check_vector(name, curve, n) for key, curve in curves.items()}
