"""What a reliability display draws."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.diagnostics import ReliabilityDisplay, teacher_quality


def points(container):
    line, _, _ = container.lines
    return line.get_xydata()


def test_points_are_confidence_and_accuracy_of_each_bin():
    proba = [[0.95, 0.05], [0.97, 0.03], [0.4, 0.6], [0.35, 0.65]]
    display = ReliabilityDisplay.from_predictions(
        ["a", "b", "b", "a"], proba, n_bins=10
    )
    np.testing.assert_allclose(points(display.curves_[0]), [[0.625, 0.5], [0.96, 0.5]])


def test_points_are_scikit_learns():
    """Of two classes, where no row is predicted as the first."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1, 500)
    y = (rng.uniform(size=500) < p).astype(int)
    display = ReliabilityDisplay.from_predictions(
        y, np.column_stack([1 - p, p]), n_bins=20
    )
    right, sure = calibration_curve(y, p, n_bins=20)
    np.testing.assert_allclose(
        points(display.curves_[0]), np.column_stack([sure, right])
    )


def test_the_legend_tells_the_calibration_error():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(3), 200)
    y = rng.integers(3, size=200)
    display = ReliabilityDisplay.from_predictions(y, {"mine": proba})
    ece = teacher_quality(proba, y).ece
    texts = [one.get_text() for one in display.ax_.get_legend().get_texts()]
    assert texts == ["calibrated", f"mine (ECE {ece:.3f})"]
    assert display.ax_.get_xlim()[0] == pytest.approx(1 / 3 - 0.02)


def test_bars_are_two_standard_errors():
    proba = np.tile([0.8, 0.2], (100, 1))
    y = np.repeat([0, 1], [70, 30])
    display = ReliabilityDisplay.from_predictions(y, proba)
    (segments,) = display.curves_[0].lines[2][0].get_segments()
    share = 71 / 102
    error = np.sqrt(share * (1 - share) / 102)
    assert segments[:, 1] == pytest.approx([0.7 - 2 * error, 0.7 + 2 * error])


def test_a_distiller_shows_student_labels_and_teacher(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        RandomForestClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=3, random_state=0),
        keep_teachers=True,
        calibration=None,
        random_state=0,
    ).fit(X[:160], y[:160])
    display = ReliabilityDisplay.from_estimator(distiller, X[160:], y[160:])
    assert list(display.curves) == ["distilled", "labels only", "teacher"]
    proba = distiller.predict_proba(X[160:])
    own = ReliabilityDisplay.from_predictions(
        y[160:], proba, classes=distiller.classes_
    )
    np.testing.assert_array_equal(points(display.curves_[0]), points(own.curves_[0]))
    with pytest.raises(ValueError, match="y must hold labels of fit"):
        ReliabilityDisplay.from_estimator(distiller, X[:2], ["x", "y"])


def test_labels_need_not_hold_all_classes_if_these_are_given():
    display = ReliabilityDisplay.from_predictions(
        [1, 1], [[0.1, 0.9, 0.0]] * 2, classes=[0, 1, 2]
    )
    np.testing.assert_allclose(points(display.curves_[0]), [[0.9, 1]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": [0, 2]}, r"y_true must hold labels of classes, \[0, 2\], got 1"),
        ({"n_bins": 0}, "n_bins must be at least 1, got 0"),
        ({"classes": [0, 1, 2]}, r"y_proba must have shape \(2, 3\), got \(2, 2\)"),
    ],
)
def test_wrong_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ReliabilityDisplay.from_predictions([0, 1], [[0.5, 0.5]] * 2, **options)
