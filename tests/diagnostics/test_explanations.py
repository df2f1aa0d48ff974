"""The part of a report that says what the teacher gave."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.diagnostics import (
    gradient_rescaling,
    rank_supervision,
    risk_decomposition,
    student_kernel,
)
from skdistill.diagnostics._rescaling import say
from skdistill.targets import LabelSmoothing

TITLE = "What the teacher gives"


def section(distiller, X, y):
    found = [one for one in distiller.report(X, y).sections if one.title == TITLE]
    return found[0] if found else None


def fitted(X, y, student, *, keep=True, **params):
    distiller = CrossFitDistiller(
        GaussianNB(), student, alpha=1.0, correction=None, keep_teachers=keep,
        random_state=0, **params,
    )  # fmt: skip
    return distiller.fit(X[::2], y[::2])


def test_it_says_what_the_functions_say(toy):
    X, y = toy
    codes = np.unique(y, return_inverse=True)[1]
    distiller = fitted(X, y, RandomForestClassifier(50, max_depth=3, random_state=0))
    held_out, labels = X[1::2], codes[1::2]
    teachers = distiller.crossfit_.teachers
    teacher = np.mean([one.predict_proba(held_out) for one in teachers], axis=0)
    weights, risk, complexity = section(distiller, held_out, y[1::2]).findings
    student = distiller.predict_proba(X[::2])
    expected = gradient_rescaling(distiller.teacher_proba_, student, codes[::2])
    assert (
        weights == f"In an even mixture with labels, training rows: {expected.sentence}"
    )
    student = distiller.predict_proba(held_out)
    expected = risk_decomposition(
        teacher, labels, student, n_bootstrap=500, random_state=0
    )
    assert risk == expected.sentence
    kernel = student_kernel(distiller.student_, held_out)
    targets = {"labels": np.eye(3)[labels], "the teacher": teacher}
    assert complexity == rank_supervision(kernel, targets).sentence


def test_a_teacher_that_says_the_same_of_every_row_is_said_to(toy):
    X, y = toy
    student = RandomForestClassifier(50, max_depth=3, random_state=0)
    teacher = DummyClassifier(strategy="prior")
    distiller = CrossFitDistiller(
        teacher, student, alpha=0.5, correction=None, keep_teachers=True, random_state=0
    )
    distiller.fit(X[::2], y[::2])
    weights, _, complexity = section(distiller, X[1::2], y[1::2]).findings
    assert "In an even mixture with labels" in weights
    assert complexity == (
        "On 120 held-out rows the teacher says the same of every row: there is no "
        "complexity to compare with that of the labels."
    )


def test_where_the_teacher_is_gone_training_rows_serve(toy):
    X, y = toy
    distiller = fitted(X, y, LogisticRegression(), keep=False)
    found = section(distiller, X[1::2], y[1::2])
    assert len(found.findings) == 2
    (table,) = found.tables
    assert table.caption == "Risk of the distilled student on 120 rows"
    codes = np.unique(y[::2], return_inverse=True)[1]
    student = distiller.predict_proba(X[::2])
    expected = risk_decomposition(
        distiller.teacher_proba_, codes, student, n_bootstrap=500, random_state=0
    )
    assert found.findings[1] == expected.sentence


@pytest.mark.parametrize(
    "student", [KNeighborsRegressor(), DecisionTreeClassifier(), LogisticRegression()]
)
def test_students_whose_kernel_tells_little_have_no_complexity(toy, student):
    X, y = toy
    found = section(fitted(X, y, student), X[1::2], y[1::2])
    assert len(found.findings) == 2


def test_without_a_teacher_there_is_nothing_to_say(toy):
    X, y = toy
    distiller = DistilledClassifier(
        student=LogisticRegression(max_iter=1000), target=LabelSmoothing(0.1)
    )
    assert section(distiller.fit(X[::2], y[::2]), X[1::2], y[1::2]) is None


def test_rows_are_called_by_their_places_in_fit(toy, monkeypatch):
    monkeypatch.setattr("skdistill.diagnostics._evidence._MOST_TRAINING_ROWS", 60)
    X, y = toy
    student = RandomForestClassifier(50, max_depth=3, random_state=0)
    distiller = fitted(X, y, student, keep=False)
    said = []

    def listening(weights, teacher, codes, defined, names):
        said.append((codes, names))
        return say(weights, teacher, codes, defined, names)

    place = "skdistill.diagnostics._sections._explanations.say"
    monkeypatch.setattr(place, listening)
    section(distiller, X[1::2], y[1::2])
    ((codes, names),) = said
    assert len(names) == 60
    assert names.max() > 60
    np.testing.assert_array_equal(distiller._training_data().codes[names], codes)
