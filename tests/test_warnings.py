"""Warnings point at the line of the user, whatever is called between."""

import warnings

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, cross_fit_proba
from skdistill.exceptions import CoverageWarning, ProbabilityWarning

TILTED = RandomForestClassifier(20, class_weight="balanced", max_depth=2)
PLAIN = {"alpha": 1.0, "correction": None, "random_state": 0}


@pytest.fixture
def rare():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    return X, (X[:, 0] + rng.normal(size=400) > 1.5).astype(int)


def places(call, category):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return {one.filename for one in caught if issubclass(one.category, category)}


def test_fits_and_refits(rare):
    distiller = CrossFitDistiller(TILTED, DecisionTreeClassifier(max_depth=3), **PLAIN)
    assert places(lambda: distiller.fit(*rare), ProbabilityWarning) == {__file__}
    refit = places(lambda: distiller.refit_student(alpha=0.9), ProbabilityWarning)
    assert refit == {__file__}


def test_searches(rare):
    distiller = CrossFitDistiller(TILTED, DecisionTreeClassifier(max_depth=3), **PLAIN)
    search = GridSearchCV(distiller, {"alpha": [1.0]}, cv=2)
    assert places(lambda: search.fit(*rare), ProbabilityWarning) == {__file__}


def test_the_engine_alone(rare):
    folds = TimeSeriesSplit(3)
    found = places(lambda: cross_fit_proba(TILTED, *rare, cv=folds), CoverageWarning)
    assert found == {__file__}


def test_solvers(rare):
    student = LogisticRegression(max_iter=1)
    distiller = CrossFitDistiller(TILTED, student, **PLAIN)
    assert places(lambda: distiller.fit(*rare), UserWarning) == {__file__}
