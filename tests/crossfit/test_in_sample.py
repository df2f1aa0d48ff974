"""The teacher labels the rows it was fitted on."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill.crossfit import Engine, in_sample_probas


def in_sample_proba(teacher, X, y, *, fit_params=None, memory=None, **options):
    (record,) = in_sample_probas(
        [teacher], X, y, fit_params=[fit_params or {}], engine=Engine(memory), **options
    )
    return record


class Sloppy(GaussianNB):
    def predict_proba(self, X):
        return super().predict_proba(X) * 1.0005


def test_a_fitted_clone_labels_all_rows(toy):
    X, y = toy
    teacher = GaussianNB()
    fit = in_sample_proba(teacher, X, y, X_unlabeled=X[:7] + 1)
    own = GaussianNB().fit(X, y)
    np.testing.assert_allclose(fit.proba, own.predict_proba(X))
    np.testing.assert_allclose(fit.unlabeled_proba, own.predict_proba(X[:7] + 1))
    assert fit.scores == pytest.approx([log_loss(y, fit.proba)])
    assert fit.classes.tolist() == ["0", "1", "2"]
    assert fit.source == "teacher"
    assert fit.coverage.tolist() == [1] * 240
    assert fit.coverage.dtype == np.intp
    assert fit.filled == ()
    assert len(fit.fit_seconds) == 1
    assert not hasattr(teacher, "classes_")


def test_fit_parameters_and_seed_reach_the_teacher(toy):
    X, y = toy
    weight = np.linspace(0.1, 3, len(y))
    teacher = DecisionTreeClassifier(splitter="random", max_depth=3)
    fit = in_sample_proba(
        teacher, X, y, fit_params={"sample_weight": weight}, random_state=7
    )
    own = DecisionTreeClassifier(splitter="random", max_depth=3, random_state=7)
    own.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(fit.proba, own.predict_proba(X), rtol=1e-12)


def test_the_store_spares_the_fit(toy, tmp_path):
    X, y = toy
    first = in_sample_proba(GaussianNB(), X, y, memory=tmp_path)
    again = in_sample_proba(GaussianNB(), X, y, memory=tmp_path)
    assert first.fit_seconds == again.fit_seconds


def test_deviations_from_sum_one_are_kept(toy):
    X, y = toy
    for teacher in (Sloppy(), FrozenEstimator(Sloppy().fit(X, y))):
        fit = in_sample_proba(teacher, X, y)
        assert fit.worst_sum == pytest.approx(0.0005)


def test_a_frozen_teacher_is_asked_as_it_is(toy):
    X, y = toy
    fitted = GaussianNB().fit(X[y != "1"], y[y != "1"])
    fit = in_sample_proba(FrozenEstimator(fitted), X, y, X_unlabeled=X[:9])
    prior = 1 / (240 + 3)
    known = fitted.predict_proba(X) * (1 - prior)
    np.testing.assert_allclose(fit.proba[:, [0, 2]], known)
    np.testing.assert_allclose(fit.proba[:, 1], prior)
    np.testing.assert_allclose(fit.unlabeled_proba, fit.proba[:9])
    assert fit.filled == (("1", 240),)
    assert fit.fit_seconds == (0.0,)
    assert in_sample_proba(FrozenEstimator(fitted), X, y).unlabeled_proba is None
