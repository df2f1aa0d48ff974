"""What the displays share."""

import sys

import numpy as np
import pytest

from skdistill.diagnostics import (
    GradientRescalingDisplay,
    ParetoDisplay,
    ReliabilityDisplay,
    SelectionDisplay,
    TrajectoryDisplay,
)
from skdistill.diagnostics.displays._style import COLOURS, MARKERS, styles_of
from skdistill.exceptions import MissingDependencyError

PROBA = [[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]]
DRAW = {
    "reliability": lambda **o: ReliabilityDisplay.from_predictions(
        [0, 1, 1], PROBA, **o
    ),
    "pareto": lambda **o: ParetoDisplay.from_predictions([0.3, 0.4], [9.0, 2.0], **o),
    "selection": lambda **o: SelectionDisplay.from_predictions([0.3], [0.1], **o),
    "rescaling": lambda **o: GradientRescalingDisplay.from_predictions([-1, 0.5], **o),
    "trajectory": lambda **o: TrajectoryDisplay.from_predictions([1, 2], [3, 4], **o),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_display_takes_an_axes_and_can_be_drawn_again(name, closed):
    _, axes = closed.subplots(1, 2)
    display = DRAW[name](ax=axes[1])
    assert display.ax_ is axes[1]
    assert display.figure_ is axes[1].figure
    assert not axes[0].lines
    assert display.plot() is display
    assert display.ax_ not in axes
    assert display.figure_ is display.ax_.figure


@pytest.mark.parametrize("name", DRAW)
def test_axes_are_labelled_and_the_legend_covers_nothing(name):
    display = DRAW[name]()
    ax = display.ax_
    assert ax.get_xlabel()
    assert ax.get_ylabel() or ax.get_yticklabels()
    display.figure_.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert legend.y1 <= ax.xaxis.get_label().get_window_extent().y0 + 1
    box = display.figure_.bbox
    assert box.x0 <= legend.x0 <= legend.x1 <= box.x1
    assert box.y0 - 1 <= legend.y0


@pytest.mark.parametrize("name", DRAW)
def test_without_matplotlib_the_extra_is_named(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        MissingDependencyError, match=r"Displays need matplotlib: .*skdistill\[plot\]"
    ):
        DRAW[name]()


def test_no_two_of_many_look_alike():
    styles = [
        tuple(style.values()) for style in styles_of([f"m{i}" for i in range(60)])
    ]
    assert len(set(styles)) == 60
    assert len(set(COLOURS)) == 7
    assert len(set(MARKERS)) == 9


def test_a_known_model_shares_its_looks_with_no_other():
    names = ["a", "b", "c", "teacher", "labels only"]
    looks = [tuple(style.values()) for style in styles_of(names)]
    assert len(set(looks)) == 5
    assert looks[3:] == [
        tuple(s.values()) for s in styles_of(["teacher", "labels only"])
    ]


def test_a_pair_of_dollars_is_no_formula():
    names = ["a $x^$ b", "$c$"]
    display = ParetoDisplay.from_predictions([1, 2], [1, 2], names=names)
    display.figure_.draw_without_rendering()  # a broken formula would be an error
    texts = display.ax_.get_legend().get_texts()
    assert [one.get_text() for one in texts[1:]] == [r"a \$x^\$ b", r"\$c\$"]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (
            [[1.0]],
            ValueError,
            r"weights must have shape \(n,\) with n >= 1, got \(1, 1",
        ),
        ([], ValueError, r"weights must have shape .* got \(0,\)"),
        ([1, np.nan], ValueError, "weights must be finite, got nan at 1"),
        (["a"], TypeError, "weights must hold real numbers, got"),
    ],
)
def test_vectors_are_checked(values, error, message):
    with pytest.raises(error, match=message):
        GradientRescalingDisplay.from_predictions(values)


def test_names_are_counted():
    with pytest.raises(ValueError, match="names must have length 2, got 1"):
        ParetoDisplay.from_predictions([1, 2], [1, 2], names=["one"])
