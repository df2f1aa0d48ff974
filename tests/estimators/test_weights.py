"""Integer weights are repeated rows, once the folds are fixed."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import ProbabilityWarning
from skdistill.students import SoftLogisticRegression

TEACHERS = [GaussianNB(), LogisticRegression(tol=1e-10, max_iter=2000)]
SMOOTH = [
    SoftLogisticRegression(tol=1e-10, max_iter=2000),
    LogisticRegression(tol=1e-10, max_iter=2000),
    LinearRegression(),
]
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
# A tree's splits may turn on the last digits of a solver, so it gets an exact teacher.
PAIRS = [(teacher, student) for teacher in TEACHERS for student in SMOOTH]
PAIRS.append((GaussianNB(), TREE))


@pytest.fixture(scope="module")
def repeated(toy):
    X, y = toy
    weight = np.random.default_rng(0).integers(0, 4, size=len(y)).astype(float)
    rows = np.repeat(np.arange(len(y)), weight.astype(int))
    cv = list(StratifiedKFold(3).split(X, y))
    moved = [
        (np.flatnonzero(np.isin(rows, train)), np.flatnonzero(np.isin(rows, test)))
        for train, test in cv
    ]
    return X, y, weight, rows, cv, moved


@pytest.mark.parametrize(("teacher", "student"), PAIRS)
def test_weights_are_repeated_rows_with_fixed_folds(repeated, teacher, student):
    X, y, weight, rows, cv, moved = repeated
    options = {"alpha": 0.7, "correction": "fast"}
    weighted = CrossFitDistiller(teacher, student, cv=cv, **options)
    weighted.fit(X, y, sample_weight=weight)
    plain = CrossFitDistiller(teacher, student, cv=moved, **options)
    plain.fit(X[rows], y[rows])
    np.testing.assert_allclose(
        weighted.predict_proba(X), plain.predict_proba(X), atol=2e-5
    )


def test_selection_with_weights_is_selection_on_repeated_rows(repeated):
    X, y, weight, rows, cv, moved = repeated
    student = SoftLogisticRegression(tol=1e-10, max_iter=2000)
    # Partners of synthetic rows and folds of the calibrator are drawn by row.
    options = {"calibration": None, "synthetic": False}
    weighted = CrossFitDistiller(GaussianNB(), student, cv=cv, **options)
    weighted.fit(X, y, sample_weight=weight)
    plain = CrossFitDistiller(GaussianNB(), student, cv=moved, **options)
    plain.fit(X[rows], y[rows])
    for one, other in zip(weighted.selection_, plain.selection_, strict=True):
        assert one.log_loss == pytest.approx(other.log_loss, rel=1e-4)


@pytest.mark.parametrize("student", [*SMOOTH, TREE])
def test_weights_are_repeated_rows_in_plain_distillation(repeated, student):
    X, y, weight, rows, _, _ = repeated
    weighted = DistilledClassifier(GaussianNB(), student)
    weighted.fit(X, y, sample_weight=weight)
    plain = DistilledClassifier(GaussianNB(), student).fit(X[rows], y[rows])
    np.testing.assert_allclose(
        weighted.predict_proba(X), plain.predict_proba(X), atol=2e-5
    )


def test_weights_reach_both_teacher_and_student(toy):
    X, y = toy
    weight = np.where(y == "0", 20.0, 1.0)
    cv = list(StratifiedKFold(3).split(X, y))
    options = {"cv": cv, "alpha": 1.0, "correction": None}
    plain = CrossFitDistiller(GaussianNB(), LogisticRegression(), **options).fit(X, y)
    weighted = CrossFitDistiller(GaussianNB(), LogisticRegression(), **options)
    weighted.fit(X, y, sample_weight=weight)
    gain = weighted.teacher_proba_[:, 0].mean() - plain.teacher_proba_[:, 0].mean()
    assert gain > 0.1
    same = CrossFitDistiller(student=LogisticRegression(), **options)
    same.fit(X, y, sample_weight=weight, teacher_proba=weighted.teacher_proba_)
    np.testing.assert_allclose(same.predict_proba(X), weighted.predict_proba(X))
    unweighted = CrossFitDistiller(student=LogisticRegression(), **options)
    with pytest.warns(ProbabilityWarning, match="class '0' is off its frequency"):
        unweighted.fit(X, y, teacher_proba=weighted.teacher_proba_)
    assert not np.allclose(unweighted.predict_proba(X), weighted.predict_proba(X))
