"""What a Pareto display draws."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.tree import DecisionTreeClassifier

from skdistill import DistilledClassifier
from skdistill.diagnostics import ParetoDisplay


@pytest.fixture(scope="module")
def several(toy):
    X, y = toy
    students = [DecisionTreeClassifier(max_depth=d, random_state=0) for d in (1, 4)]
    return DistilledClassifier(LogisticRegression(), students, random_state=0).fit(X, y)


def place(container):
    line, _, _ = container.lines
    (point,) = line.get_xydata()
    return tuple(point)


def test_points_lie_at_cost_and_quality():
    display = ParetoDisplay.from_predictions(
        [0.3, 0.4], [9.0, 2.0], names=["slow", "quick"], error=[0.01, 0.02]
    )
    assert [place(one) for one in display.points_] == [(9.0, 0.3), (2.0, 0.4)]
    (bar,) = display.points_[1].lines[2][0].get_segments()
    np.testing.assert_allclose(bar[:, 1], [0.36, 0.44])
    assert display.ax_.get_xscale() == "log"
    assert display.ax_.get_xlabel() == "time of a row, µs"
    assert display.ax_.get_ylabel() == "log-loss, nats (lower is better) ± 2 s.e."


@pytest.mark.parametrize(
    ("metric", "on_frontier"),
    [("log_loss", [True, True, False, False]), ("accuracy", [True, False, True, True])],
)
def test_the_frontier_is_what_none_beats(metric, on_frontier):
    quality, cost = [0.5, 0.3, 0.6, 0.9], [1.0, 2.0, 2.0, 4.0]
    display = ParetoDisplay.from_predictions(quality, cost, metric=metric)
    assert display.is_on_frontier.tolist() == on_frontier
    xy = display.frontier_.get_xydata()
    steps = [(c, q) for q, c, on in zip(quality, cost, on_frontier, strict=True) if on]
    assert [tuple(point) for point in xy] == steps
    assert display.frontier_.get_drawstyle() == "steps-post"


def test_beaten_models_are_hollow():
    display = ParetoDisplay.from_predictions([0.3, 0.4], [1.0, 2.0])
    faces = [one.lines[0].get_markerfacecolor() for one in display.points_]
    assert faces[0] != "white"
    assert faces[1] == "white"


def test_equals_are_both_on_the_frontier_and_both_seen():
    display = ParetoDisplay.from_predictions([0.3, 0.3], [1.0, 1.0])
    assert display.is_on_frontier.tolist() == [True, True]
    sizes = [one.lines[0].get_markersize() for one in display.points_]
    assert sizes[0] > sizes[1]


def test_students_of_a_list_are_drawn_as_cross_validated(several):
    display = ParetoDisplay.from_estimator(several, against="size")
    records = several.students_
    for one, record in zip(display.points_, records, strict=True):
        assert place(one) == (record.n_bytes, record.log_loss)
    names = [one.get_text() for one in display.ax_.get_legend().get_texts()]
    assert names[1:] == [record.name for record in records]
    assert "B" in display.ax_.xaxis.get_major_formatter()(500, 0)
    assert display.ax_.xaxis.get_major_formatter()(2e6, 0) == "2 MB"


@pytest.mark.parametrize("metric", ["log_loss", "accuracy"])
def test_students_of_a_list_are_measured_on_held_out_rows(several, toy, metric):
    X, y = toy
    display = ParetoDisplay.from_estimator(several, X, y, metric=metric)
    for found, record in zip(display.quality, several.students_, strict=True):
        proba = record.student.predict_proba(X)
        expected = {
            "log_loss": log_loss(y, proba),
            "accuracy": accuracy_score(y, several.classes_[proba.argmax(axis=1)]),
        }
        assert found == pytest.approx(expected[metric])
    np.testing.assert_array_equal(
        display.cost, [one.microseconds_per_row for one in several.students_]
    )


def test_an_axis_without_a_decade_has_ticks():
    display = ParetoDisplay.from_predictions([0.3, 0.4], [5.0, 5.0])
    low, high = display.ax_.get_xlim()
    ticks = [t for t in display.ax_.get_xticks() if low <= t <= high]
    assert len(ticks) >= 2
    assert high / low == pytest.approx(10)


def test_one_student_cannot_be_compared(toy):
    distiller = DistilledClassifier(student=DecisionTreeClassifier(max_depth=1))
    distiller.fit(*toy)
    with pytest.raises(ValueError, match="fitted with a list of students, got one"):
        ParetoDisplay.from_estimator(distiller)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"metric": "auc"},
            r"metric must be one of \['log_loss', 'accuracy'\], got 'a",
        ),
        ({"against": "money"}, r"against must be one of \['latency', 'size'\], got 'm"),
        ({"metric": "accuracy"}, "metric must be 'log_loss' without X and y, got 'acc"),
    ],
)
def test_wrong_choices_are_refused(several, options, message):
    with pytest.raises(ValueError, match=message):
        ParetoDisplay.from_estimator(several, **options)


def test_wrong_arrays_are_refused():
    with pytest.raises(ValueError, match="cost must be positive, got 0.0"):
        ParetoDisplay.from_predictions([1.0], [0.0])
    with pytest.raises(ValueError, match=r"cost must have shape \(1,\), got \(2,\)"):
        ParetoDisplay.from_predictions([1.0], [1.0, 2.0])
