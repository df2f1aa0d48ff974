"""What a selection display draws."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.diagnostics import SelectionDisplay


@pytest.fixture(scope="module")
def distilled(toy):
    return CrossFitDistiller(
        LogisticRegression(), DecisionTreeClassifier(max_depth=3), random_state=0
    ).fit(*toy)


def test_every_candidate_is_a_point_with_two_standard_errors(distilled):
    display = SelectionDisplay.from_estimator(distilled)
    tried = distilled.selection_
    line, _, (bars,) = display.points_.lines
    np.testing.assert_array_equal(line.get_xdata(), [one.log_loss for one in tried])
    np.testing.assert_array_equal(line.get_ydata(), np.arange(len(tried)))
    for one, bar in zip(tried, bars.get_segments(), strict=True):
        low, high = bar[:, 0]
        assert high - low == pytest.approx(4 * one.standard_error)
    ticks = [one.get_text() for one in display.ax_.get_yticklabels()]
    assert ticks == [str(one) for one in tried]


def test_the_chosen_one_is_marked_and_the_first_is_on_top(distilled):
    display = SelectionDisplay.from_estimator(distilled)
    ((x, y),) = display.chosen_.get_xydata()
    one = distilled.selection_[int(y)]
    assert (one.alpha, one.correction) == (distilled.alpha_, distilled.correction_)
    assert x == one.log_loss
    bottom, top = display.ax_.get_ylim()
    assert top < bottom


def test_penalties_lead_from_the_score_to_what_is_compared():
    display = SelectionDisplay.from_predictions(
        [0.5, 0.4], [0.1, 0.1], penalty=[0, 0.25], chosen=0, reference=0
    )
    (segment,) = display.penalties_.get_segments()
    np.testing.assert_allclose(segment, [[0.4, 1], [0.65, 1]])
    texts = [one.get_text() for one in display.ax_.get_legend().get_texts()]
    assert "penalty: teachers worse than those judged" in texts
    plain = SelectionDisplay.from_predictions([0.5], [0.1])
    assert plain.penalties_ is None
    assert plain.chosen_ is None


def test_long_names_leave_the_legend_inside_the_figure():
    display = SelectionDisplay.from_predictions(
        [0.5, 0.4],
        [0.1, 0.1],
        names=["the teacher alone, correction 'fast' (0.1), synthetic rows"] * 2,
        penalty=[0, 0.1],
        chosen=1,
        reference=0,
    )
    display.figure_.draw_without_rendering()
    legend = display.ax_.get_legend().get_window_extent()
    box = display.figure_.bbox
    assert box.x0 <= legend.x0 < legend.x1 <= box.x1
    assert box.y0 <= legend.y0


def test_labels_alone_are_a_line():
    display = SelectionDisplay.from_predictions([0.5, 0.4], [0.1, 0.1], reference=1)
    lines = [one for one in display.ax_.lines if one.get_label() == "labels only"]
    assert lines[0].get_xdata() == [0.4, 0.4]


def test_nothing_chosen_is_nothing_to_show(toy):
    distiller = CrossFitDistiller(
        LogisticRegression(), DecisionTreeClassifier(), alpha=1.0, correction=None
    ).fit(*toy)
    with pytest.raises(
        ValueError, match="must have chosen among candidates, got an em"
    ):
        SelectionDisplay.from_estimator(distiller)


@pytest.mark.parametrize("name", ["chosen", "reference"])
def test_places_are_those_of_candidates(name):
    with pytest.raises(ValueError, match=f"{name} must be None or in 0..1, got 2"):
        SelectionDisplay.from_predictions([1.0, 2.0], [0.1, 0.1], **{name: 2})
