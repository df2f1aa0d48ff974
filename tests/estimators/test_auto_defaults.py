"""Votes and calibration are for "auto"; whoever sets alpha gets P as it is."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Perceptron
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import CoverageWarning, MissingClassWarning

TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
FOREST = RandomForestClassifier(5, random_state=0)
SEED = {"random_state": 0}


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_a_set_alpha_leaves_the_probabilities_alone(toy, alpha):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, alpha=alpha, **SEED).fit(X, y)
    record = distiller.crossfit_
    assert record.calibration is None
    assert_array_equal(record.coverage, 1)
    plain = CrossFitDistiller(
        FOREST, TREE, alpha=alpha, calibration=None, bag_votes=False,
        synthetic=False, **SEED,
    ).fit(X, y)  # fmt: skip
    assert_array_equal(plain.teacher_proba_, distiller.teacher_proba_)


def test_what_is_asked_for_is_there_with_any_alpha(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        FOREST, TREE, alpha=0.3, calibration="sigmoid", bag_votes=True, **SEED
    ).fit(X, y)
    assert distiller.crossfit_.calibration == "sigmoid"
    assert distiller.crossfit_.coverage.max() == 5


@pytest.mark.parametrize("alpha", [0.3, "auto"])
def test_decision_values_are_calibrated_with_any_alpha(toy, alpha):
    X, y = toy
    distiller = CrossFitDistiller(Perceptron(), TREE, alpha=alpha, **SEED).fit(X, y)
    assert distiller.crossfit_.calibration == "sigmoid"


@pytest.mark.parametrize("order", [1, -1])
def test_votes_count_for_each_teacher_of_a_list(toy, order):
    """The folds of the second and further ones are those of the first."""
    X, y = toy
    other = RandomForestClassifier(7, max_depth=2, random_state=1)
    teachers = [FOREST, GaussianNB(), other][::order]
    distiller = CrossFitDistiller(teachers, TREE, calibration=None, cv=3, **SEED)
    distiller.fit(X, y)
    alone = [
        CrossFitDistiller(one, TREE, calibration=None, cv=3, **SEED).fit(X, y)
        for one in teachers
    ]
    weights = distiller.crossfit_.teacher_weights
    said = sum(
        weight * one.teacher_proba_ for weight, one in zip(weights, alone, strict=True)
    )
    assert_allclose(distiller.teacher_proba_, said)
    assert distiller.crossfit_.spread is None


def test_groups_and_splitters_have_no_votes(toy):
    X, y = toy
    cv = StratifiedKFold(3)
    for teachers in (FOREST, [FOREST, FOREST]):
        by_cv = CrossFitDistiller(teachers, TREE, cv=cv, **SEED).fit(X, y)
        grouped = CrossFitDistiller(teachers, TREE, cv=3, **SEED)
        grouped.fit(X, y, groups=np.repeat(np.arange(60), 4))
        for one in (by_cv, grouped):
            assert_array_equal(one.crossfit_.coverage, 1)
            for trial in one._trials:
                assert_array_equal(trial.crossfit.coverage, 1)


def test_plain_distillation_knows_none_of_it(toy):
    X, y = toy
    distiller = DistilledClassifier(FOREST, TREE, **SEED).fit(X, y)
    assert distiller.synthetic_ is False
    assert not {"synthetic", "bag_votes", "calibration"} & set(distiller.get_params())


def test_a_temperature_does_not_hide_the_teacher_from_the_report(toy):
    X, y = toy
    X = np.hstack([X, X])
    distiller = CrossFitDistiller(GaussianNB(), TREE, keep_teachers=True, **SEED)
    distiller.fit(X, y)
    report = distiller.report(X, y)
    assert [one.name for one in report.models][2:] == ["teacher"]
    assert np.isfinite(report.fidelity)
    distiller.set_params(calibration="sigmoid").fit(X, y)
    assert len(distiller.report(X, y).models) == 2


def test_a_users_correction_is_used_where_nothing_can_be_compared(binary):
    X, y = binary
    rows = np.r_[np.flatnonzero(y == 0)[:20], np.flatnonzero(y == 1)[:1]]
    cv = [(np.arange(20), np.array([20]))]
    distiller = CrossFitDistiller(FOREST, TREE, cv=cv, correction="fast", **SEED)
    with pytest.warns(MissingClassWarning), pytest.warns(CoverageWarning):
        distiller.fit(X[rows], y[rows])
    assert distiller.alpha_ == 1
    assert distiller.correction_.rule == "fast"
