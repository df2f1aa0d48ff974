"""Probabilities, targets, scores and the student, against the same by hand."""

import pickle

import numpy as np
import pytest
from recorder import Recorder
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB

import skdistill
from skdistill.datasets import make_known_bayes
from skdistill.distributed import CrossFitDistiller
from skdistill.targets import LabelSmoothing, LossCorrection

da = pytest.importorskip("dask.array", reason="needs skdistill[distributed]")
pytestmark = pytest.mark.usefixtures("here")


def by_hand(d, X, y):
    """Out-of-group probabilities of teachers fitted here, on the groups of `d`."""
    group = np.repeat(d.groups_, 100)
    proba = np.empty((len(X), len(d.classes_)))
    for g in range(d.cv):
        teacher = clone(d.teacher).fit(X[group != g], y[group != g])
        proba[group == g] = teacher.predict_proba(X[group == g])
    return proba, group


@pytest.mark.parametrize(
    ("alpha", "correction", "rule"),
    [(1.0, None, None), (0.75, "fast", None), (1.0, "relative", LabelSmoothing(0.2))],
)
def test_targets_are_those_of_the_formula(rows, parts, alpha, correction, rule):
    X, y = rows
    d = CrossFitDistiller(
        GaussianNB(),
        Recorder(),
        alpha=alpha,
        correction=correction,
        target=rule,
        random_state=0,
    ).fit(*parts)
    P, group = by_hand(d, X, y)
    np.testing.assert_allclose(d.teacher_proba_.compute(), P, atol=1e-9)
    codes = np.searchsorted(d.classes_, y)
    Y = np.eye(3)[codes]
    base = P if rule is None else rule(P, codes)
    gamma = 0 if correction is None else LossCorrection(correction).gamma(base, codes)
    T = alpha * (base + gamma * (Y - base)) + (1 - alpha) * Y
    shown = np.zeros_like(T)
    for ids, labels, weight in d.student_.seen_:
        np.add.at(shown, (ids, np.searchsorted(d.classes_, labels)), weight)
    np.testing.assert_allclose(shown, T, atol=1e-8)
    scores = [log_loss(y[group == g], P[group == g]) for g in range(5)]
    np.testing.assert_allclose(d.scores_, scores, rtol=1e-6)


def test_kept_probabilities_are_the_same(parts):
    fits = [
        CrossFitDistiller(GaussianNB(), keep_proba=keep, random_state=0).fit(*parts)
        for keep in (False, True)
    ]
    lazy, kept = (one.teacher_proba_.compute() for one in fits)
    np.testing.assert_array_equal(lazy, kept)
    np.testing.assert_array_equal(fits[0].student_.coef_, fits[1].student_.coef_)


def test_predictions_are_lazy_on_lazy_rows_and_plain_on_others(rows, parts):
    X, y = rows
    d = CrossFitDistiller(GaussianNB(), n_epochs=5, random_state=0).fit(*parts)
    plain = d.predict_proba(X)
    np.testing.assert_allclose(plain, d.student_.predict_proba(X), rtol=1e-12)
    lazy = d.predict_proba(parts[0])
    assert isinstance(lazy, da.Array)
    assert lazy.chunks == ((100,) * 12, (3,))
    np.testing.assert_array_equal(lazy.compute(), plain)
    labels = d.predict(parts[0])
    assert labels.chunks == ((100,) * 12,)
    np.testing.assert_array_equal(labels.compute(), d.predict(X))
    assert d.score(*parts) == d.score(X, y) == (d.predict(X) == y).mean()
    assert d.score(X, y) > 0.55
    assert d.n_features_in_ == 6


def test_a_fitted_distiller_pickles_and_its_student_stands_alone(rows, parts):
    d = CrossFitDistiller(GaussianNB(), random_state=0).fit(*parts)
    again = pickle.loads(pickle.dumps(d))
    assert not hasattr(again, "teacher_proba_")
    assert (again.predict(rows[0]) == d.student_.predict(rows[0])).all()
    assert type(d.student_) is SGDClassifier


def test_it_learns_what_the_distiller_in_memory_learns():
    X, y, bayes = make_known_bayes(6000, random_state=0)
    student = SGDClassifier(loss="log_loss", alpha=1e-3, random_state=0)
    settings = {"alpha": 1.0, "correction": "fast", "random_state": 0}
    far = CrossFitDistiller(GaussianNB(), student, n_epochs=5, **settings)
    far.fit(da.from_array(X, chunks=(500, -1)), da.from_array(y, chunks=500))
    near = skdistill.CrossFitDistiller(GaussianNB(), student, **settings).fit(X, y)
    gap = far.predict_proba(X) - near.predict_proba(X)
    assert np.abs(gap).mean() < 0.03
    assert np.abs(far.predict_proba(X) - bayes).mean() < 0.3
