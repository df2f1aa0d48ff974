"""Above some thousand rows: one validation fold, and one teacher for its students."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from spies import LOG, Spy, all_nested

from skdistill import CrossFitDistiller
from skdistill.estimators import _trials

TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
SEED = {"random_state": 0}


def test_above_small_one_teacher_labels_the_rows_of_one_trial(numbered, monkeypatch):
    X, y = numbered
    monkeypatch.setattr(_trials, "SMALL", 200)
    distiller = CrossFitDistiller(Spy(), TREE, cv=5, **SEED).fit(X, y)
    (trial,) = distiller._trials
    assert (len(trial.train), len(trial.test)) == (96, 48)
    assert len(LOG) == 5 + 1
    assert len(LOG[5]) == 96
    assert not LOG[5] & set(trial.train)
    assert not LOG[5] & set(trial.test)
    assert not set(trial.train) & set(trial.test)
    teacher = GaussianNB().fit(X[sorted(LOG[5])], y[sorted(LOG[5])])
    record = trial.crossfit
    assert len(distiller.selection_[0].fold_log_losses) == 1
    assert all(all_nested(distiller))
    # Synthetic rows are made of rows that students learn from, and labelled alike.
    base = trial.synthetic.base
    assert len(base) == len(record.synthetic_proba) == len(trial.X_synthetic)
    same = trial.X_synthetic == X[trial.train][base]
    assert (same.mean(axis=0) > 0.5).all()
    if record.calibration is None:
        assert_allclose(record.proba, teacher.predict_proba(X[trial.train]))
        assert_allclose(
            record.synthetic_proba, teacher.predict_proba(trial.X_synthetic)
        )


@pytest.mark.parametrize("calibration", [None, "sigmoid"])
def test_what_the_one_teacher_says_is_what_the_students_learn(
    numbered, monkeypatch, calibration
):
    X, y = numbered
    monkeypatch.setattr(_trials, "SMALL", 200)
    options = {"calibration": calibration, **SEED}
    distiller = CrossFitDistiller(Spy(), TREE, **options).fit(X, y)
    (trial,) = distiller._trials
    seen = sorted(LOG[5])
    said = GaussianNB().fit(X[seen], y[seen]).predict_proba(X[trial.train])
    assert np.isfinite(trial.crossfit.proba).all()
    assert np.allclose(trial.crossfit.proba, said) is (calibration is None)


def test_students_are_judged_with_half_as_many_synthetic_rows(toy, monkeypatch):
    X, y = toy
    made = {}
    for small in (200, 240):
        monkeypatch.setattr(_trials, "SMALL", small)
        distiller = CrossFitDistiller(GaussianNB(), TREE, cv=5, **SEED).fit(X, y)
        assert len(distiller._problem.synthetic.base) == 240
        made[small] = [len(t.synthetic.base) for t in distiller._trials]
    assert made[240] == [160, 160, 160]
    # Half of 192 were made, of which about half from rows that students learn from.
    assert 36 <= made[200][0] <= 60


def test_out_of_bag_a_forest_of_two_fifths_labels_its_own_rows(numbered, monkeypatch):
    X, y = numbered
    monkeypatch.setattr(_trials, "SMALL", 200)
    forest = RandomForestClassifier(50, random_state=0)
    distiller = CrossFitDistiller(forest, TREE, cv="oob", calibration=None, **SEED).fit(
        X, y
    )
    (trial,) = distiller._trials
    assert (len(trial.train), len(trial.test)) == (96, 48)
    own = clone(forest).set_params(oob_score=True).fit(X[trial.train], y[trial.train])
    assert_allclose(trial.crossfit.proba, own.oob_decision_function_)
    assert all(all_nested(distiller))


def test_at_small_there_are_three(toy, monkeypatch):
    X, y = toy
    monkeypatch.setattr(_trials, "SMALL", 240)
    distiller = CrossFitDistiller(GaussianNB(), TREE, cv=5, **SEED).fit(X, y)
    assert len(distiller._trials) == 3


def test_above_large_a_part_of_the_rows_is_looked_at(numbered, monkeypatch):
    X, y = numbered
    monkeypatch.setattr(_trials, "SMALL", 100)
    monkeypatch.setattr(_trials, "LARGE", 120)
    distiller = CrossFitDistiller(Spy(), TREE, synthetic=False, **SEED).fit(X, y)
    (trial,) = distiller._trials
    assert (len(trial.train), len(trial.test)) == (48, 24)
    assert not set(trial.train) & set(trial.test)
    assert (np.diff(trial.train) > 0).all()
    assert [len(rows) for rows in LOG[5:]] == [48]
    assert not LOG[5] & {*trial.train, *trial.test}
    assert distiller.student_.tree_.n_node_samples[0] == 240
