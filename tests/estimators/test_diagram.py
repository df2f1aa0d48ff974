"""What distillers and their records show in a notebook."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_html_repr

from skdistill import CrossFitDistiller, DistilledClassifier, OnlineDistiller
from skdistill.datasets import make_known_bayes
from skdistill.estimators._diagram import verdict_line

VERDICTS = ("Distil: ", "Do not distil: ", "Not compared with labels alone")


@pytest.fixture(scope="module")
def problem():
    return make_known_bayes(600, random_state=0)[:2]


@pytest.fixture(scope="module")
def fitted(problem):
    forest = RandomForestClassifier(20, random_state=0)
    tree = DecisionTreeClassifier(max_leaf_nodes=8)
    return CrossFitDistiller(forest, [tree, LogisticRegression()], random_state=0).fit(
        *problem
    )


def test_the_teacher_stands_beside_the_student_before_fit():
    html = estimator_html_repr(
        CrossFitDistiller(LogisticRegression(), DecisionTreeClassifier(max_depth=3))
    )
    assert "<pre>DecisionTreeClassifier(max_depth=3)</pre>" in html
    assert "teacher: LogisticRegression" in html
    assert "student: DecisionTreeClassifier" in html
    assert "sk-parallel" in html
    assert not any(verdict in html for verdict in VERDICTS)


@pytest.mark.parametrize("kind", [CrossFitDistiller, DistilledClassifier])
def test_defaults_are_shown(kind):
    html = estimator_html_repr(kind())
    assert "teacher: RandomForestClassifier" in html
    assert "student: DecisionTreeClassifier" in html


def test_lists_are_numbered():
    distiller = CrossFitDistiller(
        [LogisticRegression(), LogisticRegression()], [DecisionTreeClassifier()]
    )
    html = estimator_html_repr(distiller)
    for name in ("teacher 1: Log", "teacher 2: Log", "student 1: Decision"):
        assert name in html


def test_the_verdict_is_there_once_fitted_and_in_pipelines(fitted, problem):
    line = verdict_line(fitted)
    assert line.startswith("Distil: ")
    chosen = next(one for one in fitted.selection_ if one.alpha == fitted.alpha_)
    assert f"{chosen.gain_error:.4f}"[:3] in line
    escaped = line.replace("'", "&#x27;")
    assert escaped in estimator_html_repr(fitted)
    inner = CrossFitDistiller(
        LogisticRegression(), DecisionTreeClassifier(max_leaf_nodes=4), random_state=0
    )
    pipe = make_pipeline(StandardScaler(), inner).fit(*problem)
    assert verdict_line(inner).replace("'", "&#x27;") in estimator_html_repr(pipe)


def test_no_is_a_verdict(problem):
    X, _ = problem
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, len(X))  # nothing to be learned from any teacher
    student = LogisticRegression(C=1e-6)
    distiller = CrossFitDistiller(DecisionTreeClassifier(), student, random_state=0)
    line = verdict_line(distiller.fit(X, y))
    assert distiller.alpha_ == 0
    best = min(distiller.selection_[1:], key=lambda one: one.expected)
    verb = "gained" if best.gain >= 0 else "lost"
    assert line == (
        f"Do not distil: the best use of the teacher {verb} {abs(best.gain):.4f} ± "
        f"{best.gain_error:.4f} nats a row on labels alone (cross-validation)"
    )


@pytest.mark.parametrize(
    "distiller",
    [
        DistilledClassifier(LogisticRegression()),
        CrossFitDistiller(LogisticRegression(), alpha=0.5, correction=None),
        OnlineDistiller(RandomForestClassifier(4), LogisticRegression(), stages=2),
    ],
    ids=lambda one: type(one).__name__,
)
def test_without_a_comparison_there_is_no_verdict(distiller, problem):
    distiller.set_params(random_state=0).fit(*problem)
    assert verdict_line(distiller).startswith("Not compared with labels alone")
    assert "Not compared with labels alone" in estimator_html_repr(distiller)


def test_text_is_shown_where_diagrams_are_off(fitted):
    with config_context(display="text"):
        assert "text/html" not in fitted._repr_mimebundle_()


def test_candidates_and_students_are_tables(fitted):
    candidates = fitted.selection_.to_frame()
    assert list(candidates["candidate"]) == [str(one) for one in fitted.selection_]
    assert list(candidates["gain"]) == [one.gain for one in fitted.selection_]
    students = fitted.students_.to_frame()
    assert list(students["name"]) == ["DecisionTreeClassifier", "LogisticRegression"]
    assert "student" not in students
    assert "LogisticRegression" in fitted.students_._repr_html_()


def test_tables_are_tuples_that_are_pickled(fitted):
    again = pickle.loads(pickle.dumps(fitted.selection_))
    assert isinstance(again, tuple)
    assert again == tuple(fitted.selection_)
    assert again.to_frame().equals(fitted.selection_.to_frame())


def test_out_of_fold_probabilities_are_a_frame_by_class(fitted):
    names = [f"row {i}" for i in range(len(fitted.teacher_proba_))]
    frame = fitted.crossfit_.to_frame(index=names)
    assert list(frame.columns) == fitted.classes_.tolist()
    assert list(frame.index) == names
    np.testing.assert_array_equal(frame.to_numpy(), fitted.teacher_proba_)
