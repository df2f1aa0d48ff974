"""What a display of a trajectory draws."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError

from skdistill import CrossFitDistiller, OnlineDistiller
from skdistill.diagnostics import (
    TrajectoryDisplay,
    student_kernel,
    supervision_complexity,
)


def test_each_curve_is_a_line_of_its_own_look():
    display = TrajectoryDisplay.from_predictions(
        [1, 5, 9], {"online": [3, 2, 1], "offline": [3, 3, 3]}
    )
    first, second = display.lines_
    np.testing.assert_array_equal(first.get_xydata(), [[1, 3], [5, 2], [9, 1]])
    assert (first.get_color(), first.get_marker()) != (
        second.get_color(),
        second.get_marker(),
    )
    texts = [one.get_text() for one in display.ax_.get_legend().get_texts()]
    assert texts == ["online", "offline"]


def test_bands_are_two_standard_errors():
    display = TrajectoryDisplay.from_predictions(
        [1, 2], {"a": [0.5, 0.4], "b": [1, 1]}, errors={"a": [0.1, 0.05]}
    )
    (band,) = display.ax_.collections
    corners = band.get_paths()[0].vertices
    low, high = corners[:, 1].min(), corners[:, 1].max()
    assert (low, high) == pytest.approx((0.3, 0.7))


def test_the_chosen_stage_is_marked():
    display = TrajectoryDisplay.from_predictions([1, 2, 4], [3, 1, 2], chosen=2)
    assert display.chosen_.get_xdata() == [2, 2]
    assert TrajectoryDisplay.from_predictions([1, 2], [3, 1]).chosen_ is None


def test_axes_say_what_is_drawn():
    display = TrajectoryDisplay.from_predictions(
        [1], [2], quantity="complexity, no unit", unit_of_stages="rounds"
    )
    assert display.ax_.get_ylabel() == "complexity, no unit"
    assert display.ax_.get_xlabel() == "rounds"


def test_whole_stages_have_whole_ticks():
    ax = TrajectoryDisplay.from_predictions([1, 2, 3], [3, 1, 2]).ax_
    assert all(tick == round(tick) for tick in ax.get_xticks())
    ax = TrajectoryDisplay.from_predictions([0.25, 0.5, 1], [3, 1, 2]).ax_
    assert any(tick != round(tick) for tick in ax.get_xticks())


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([2, 1], [0, 0]), {}, r"stages must increase, got \[2.0, 1.0\]"),
        (([1, 1], [0, 0]), {}, "stages must increase"),
        (([1, 2], [0]), {}, r"values must have shape \(2,\), got \(1,\)"),
        (([1, 2], {}), {}, "values must hold at least one curve, got none"),
        (([1, 2], [0, 0]), {"chosen": 3}, r"chosen must be one of stages.*, got 3"),
        (
            ([1, 2], {"a": [0, 0]}),
            {"errors": {"b": [0, 0]}},
            r"errors must have names of values, \['a'\], got \['b'\]",
        ),
    ],
)
def test_wrong_input_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        TrajectoryDisplay.from_predictions(*arguments, **options)


@pytest.fixture(scope="module")
def followed():
    X, y = make_classification(300, 6, n_informative=4, flip_y=0.2, random_state=0)
    teacher = GradientBoostingClassifier(n_estimators=40, random_state=0)
    student = HistGradientBoostingClassifier(max_iter=8, min_samples_leaf=5)
    model = OnlineDistiller(teacher, student, stages=4, cv=2, random_state=0)
    return model.fit(X, y), X, y


def test_stages_of_a_distiller(followed):
    model, X, y = followed
    display = TrajectoryDisplay.from_estimator(model)
    (line,) = display.lines_
    np.testing.assert_array_equal(line.get_xdata(), [0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(line.get_ydata(), model.stage_log_losses_)
    assert display.chosen is None
    best = clone(model).set_params(mode="best_stage").fit(X, y)
    display = TrajectoryDisplay.from_estimator(best)
    assert display.chosen == best.stages_[best.best_stage_]


def test_complexity_along_the_stages(followed):
    model, X, _ = followed
    kernel = student_kernel("rbf", X[:200])
    display = TrajectoryDisplay.from_estimator(
        model, quantity="complexity", kernel=kernel, max_rows=200
    )
    expected = [
        supervision_complexity(kernel, said[:200], center=True).normalized
        for said in model.trajectory_
    ]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), expected)
    own = TrajectoryDisplay.from_estimator(model, quantity="complexity")
    kernel = student_kernel(model.student_, X)
    first = supervision_complexity(kernel, model.trajectory_[0], center=True)
    np.testing.assert_allclose(own.lines_[0].get_ydata()[0], first.normalized)


def test_what_has_no_stages_is_refused(followed):
    with pytest.raises(TypeError, match="must be an OnlineDistiller, got Cross"):
        TrajectoryDisplay.from_estimator(CrossFitDistiller())
    with pytest.raises(ValueError, match="quantity must be 'log_loss' or 'complexity'"):
        TrajectoryDisplay.from_estimator(followed[0], quantity="accuracy")
    with pytest.raises(NotFittedError):
        TrajectoryDisplay.from_estimator(OnlineDistiller())
