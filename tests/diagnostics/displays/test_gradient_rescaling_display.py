"""What a display of gradient rescaling draws."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.diagnostics import GradientRescalingDisplay, gradient_rescaling
from skdistill.targets import LabelSmoothing

RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(0.6, 0.4, 2000)


def test_bars_count_all_rows_of_the_axis():
    display = GradientRescalingDisplay.from_predictions(WEIGHTS)
    heights = [bar.get_height() for bar in display.bars_]
    assert sum(heights) + display.n_beyond == 2000
    for bar in display.bars_[:-1]:
        inside = (bar.get_x() <= WEIGHTS) & (bar.get_x() + bar.get_width() > WEIGHTS)
        assert inside.sum() == pytest.approx(bar.get_height(), abs=1)


def test_no_bar_has_both_signs_and_those_below_zero_are_hatched():
    display = GradientRescalingDisplay.from_predictions(WEIGHTS, n_bins=17)
    for bar in display.bars_:
        left, right = bar.get_x(), bar.get_x() + bar.get_width()
        assert left >= -1e-12 or right <= 1e-12
        assert (bar.get_hatch() == "////") == (right <= 1e-12)


def test_the_zone_of_alarm_ends_at_zero_and_tells_the_share():
    display = GradientRescalingDisplay.from_predictions(WEIGHTS)
    share = (WEIGHTS < 0).mean()
    assert display.share_negative == share
    assert display.zone_.get_extents().x1 == pytest.approx(
        display.ax_.transData.transform((0, 0))[0]
    )
    texts = [one.get_text() for one in display.ax_.get_legend().get_texts()]
    assert f"w < 0: against the label, {share:.1%} of rows" in texts


def test_without_negative_weights_there_is_no_alarm():
    display = GradientRescalingDisplay.from_predictions(np.abs(WEIGHTS) + 0.01)
    assert display.zone_ is None
    assert not any(bar.get_hatch() for bar in display.bars_)


def test_all_negative_is_all_alarm():
    display = GradientRescalingDisplay.from_predictions([-2.0, -1.0, -1.5])
    assert display.share_negative == 1
    assert all(bar.get_hatch() for bar in display.bars_)
    texts = [one.get_text() for one in display.ax_.get_legend().get_texts()]
    assert texts[0] == "w < 0: against the label, 100.0% of rows"
    assert not any("with the label" in one for one in texts)


def test_of_few_rows_none_is_left_out():
    display = GradientRescalingDisplay.from_predictions(WEIGHTS[:150])
    assert display.n_beyond == 0


def test_rows_beyond_the_axis_are_told():
    display = GradientRescalingDisplay.from_predictions([*WEIGHTS, 1e6, -1e6])
    assert display.n_beyond >= 2
    assert display.ax_.get_xlim()[1] < 10
    texts = [one.get_text() for one in display.ax_.get_legend().get_texts()]
    assert f"{display.n_beyond} rows beyond the axis" in texts


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0])
def test_equal_weights_can_be_drawn(value):
    display = GradientRescalingDisplay.from_predictions([value] * 5)
    assert sum(bar.get_height() for bar in display.bars_) == 5
    assert all(bar.get_width() > 0 for bar in display.bars_)
    assert display.n_beyond == 0


def test_labels_alone_are_the_line_at_one():
    display = GradientRescalingDisplay.from_predictions([0.1, 0.2])
    (line,) = display.ax_.lines
    assert line.get_xdata() == [1, 1]
    assert display.ax_.get_xlim()[1] > 1


def test_bars_are_counted():
    with pytest.raises(ValueError, match="n_bins must be at least 1, got 0"):
        GradientRescalingDisplay.from_predictions([1.0], n_bins=0)


def test_weights_of_a_distiller(binary):
    X, y = binary
    model = CrossFitDistiller(
        GaussianNB(), DecisionTreeClassifier(max_depth=3), alpha=1.0
    )
    model.fit(X, y)
    display = GradientRescalingDisplay.from_estimator(model, alpha=0.3)
    expected = gradient_rescaling(
        model.teacher_proba_, model.predict_proba(X), y, alpha=0.3
    )
    np.testing.assert_array_equal(display.weights, expected.weights[expected.defined])


def test_without_rows_or_teacher_there_are_no_weights(binary):
    X, y = binary
    untaught = DistilledClassifier(
        None, LogisticRegression(), target=LabelSmoothing(0.1)
    )
    with pytest.raises(ValueError, match="must have rows that a teacher labelled"):
        GradientRescalingDisplay.from_estimator(untaught.fit(X, y))
    gone = pickle.loads(pickle.dumps(untaught))
    with pytest.raises(ValueError, match="without its training data"):
        GradientRescalingDisplay.from_estimator(gone)


def test_a_student_sure_of_all_has_no_weights(binary):
    X, y = binary
    memory = DecisionTreeClassifier(random_state=0)
    model = CrossFitDistiller(GaussianNB(), memory, alpha=0.0).fit(X, y)
    with pytest.raises(ValueError, match="must have a student that is not sure"):
        GradientRescalingDisplay.from_estimator(model)
