"""The only module of the diagnostics that imports matplotlib, and on demand."""

import copy
import io
from collections.abc import Callable
from typing import Any

from skdistill.exceptions import MissingDependencyError

__all__ = [
    "axes_of",
    "can_draw",
    "integer_ticks",
    "label_decades",
    "legend_below",
    "svg_of",
]

#: Depth of tick labels and axis label, in points: the legend begins below.
_LABEL_DEPTH = 36


def axes_of(ax: Any, size: tuple[float, float] | None = None) -> Any:
    """`ax`, or that of a new figure of a size in inches.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependencyError(
            "Displays need matplotlib: pip install 'skdistill[plot]'."
        ) from error
    return plt.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def legend_below(ax: Any, n_columns: int = 2, *, side: str = "center") -> None:
    """Put the legend under the axis label, where it covers nothing.

    With ``side="right"`` it ends where the axes do, and takes the place under long
    tick labels.
    """
    from matplotlib.transforms import offset_copy  # noqa: PLC0415

    below = offset_copy(
        ax.transAxes, ax.get_figure(), x=0, y=-_LABEL_DEPTH, units="points"
    )
    ax.legend(
        loc=f"upper {side}",
        bbox_to_anchor=(0.5 if side == "center" else 1, 0),
        bbox_transform=below,
        ncols=n_columns,
        frameon=False,
        borderaxespad=0,
    )


def label_decades(axis: Any, ratio: float, words: Callable[[float, Any], str]) -> None:
    """Label 1, 2 and 5 of each decade of a logarithmic axis; only 1 of many."""
    from matplotlib.ticker import LogLocator, NullLocator  # noqa: PLC0415

    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if ratio < 300 else (1,)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(words)


def integer_ticks(axis: Any) -> None:
    """Put ticks at integers only."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    axis.set_major_locator(MaxNLocator(integer=True))


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    try:
        import matplotlib.figure  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def svg_of(display: Any, size: tuple[float, float]) -> bytes:
    """Draw a display as SVG, the same bytes each time.

    Text is drawn as outlines, so it needs no font where it is read. The user's style,
    backend and open figures are left alone.
    """
    import matplotlib.style  # noqa: PLC0415
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    own = {"svg.hashsalt": "skdistill", "svg.fonttype": "path"}
    with matplotlib.style.context(["default", own]):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        # A copy: the display keeps no figure, and can still be pickled.
        copy.copy(display).plot(figure.subplots())
        written = io.BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()
