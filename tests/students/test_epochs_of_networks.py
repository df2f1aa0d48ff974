"""Learners whose length is ``max_epochs``, and the scales that they name."""

import numpy as np
import pytest
from epochs import EarlyStopping, Epochs, Patient
from numpy.testing import assert_array_equal
from scipy.special import softmax
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdistill import CrossFitDistiller, DistilledClassifier, OnlineDistiller
from skdistill.crossfit import cross_fit_proba, cross_fit_stages
from skdistill.losses import CrossEntropy, SquaredError
from skdistill.students import find_follower, find_route

PLAIN = {"cv": 3, "random_state": 0}
STOPPING = [[EarlyStopping()], [("stop", Patient())], [Patient]]


def test_a_teacher_is_asked_between_its_epochs_or_afterwards(toy):
    X, y = toy
    parallel = cross_fit_stages(Epochs(), X, y, stages=3, **PLAIN)
    replayed = cross_fit_stages(Epochs(keep_checkpoints=True), X, y, stages=3, **PLAIN)
    assert_array_equal(parallel.proba, replayed.proba)
    whole = cross_fit_proba(Epochs(), X, y, **PLAIN)
    assert_array_equal(parallel.proba[-1], whole.proba)
    short = cross_fit_proba(Epochs(max_epochs=2), X, y, **PLAIN)
    assert_array_equal(parallel.proba[0], short.proba)


@pytest.mark.parametrize("keep_checkpoints", [False, True])
def test_more_stages_than_epochs_are_refused(toy, keep_checkpoints):
    teacher = make_pipeline(StandardScaler(), Epochs(keep_checkpoints=keep_checkpoints))
    with pytest.raises(ValueError, match="at most the 6 rounds or epochs .* Epochs"):
        cross_fit_stages(teacher, *toy, stages=7)


@pytest.mark.parametrize("callbacks", STOPPING)
def test_a_teacher_that_stops_early_is_asked_afterwards_only(toy, callbacks):
    teacher = Epochs(callbacks=callbacks)
    with pytest.raises(
        ValueError, match=r"callbacks of the teacher .*keep_checkpoints"
    ):
        cross_fit_stages(teacher, *toy, stages=2)
    teacher.set_params(keep_checkpoints=True)
    cross_fit_stages(teacher, *toy, stages=2, **PLAIN)


@pytest.mark.parametrize("callbacks", STOPPING)
def test_a_student_that_stops_early_follows_nothing(callbacks):
    with pytest.raises(ValueError, match=r"callbacks of the student .*best_stage"):
        find_follower(Epochs(callbacks=callbacks))
    find_follower(Epochs(callbacks=[("print", object())]))


def test_a_student_spends_its_epochs_on_the_stages(toy):
    X, y = toy
    student = Epochs(random_state=0)
    seen = []

    class Spy(Epochs):
        def fit_targets(self, X, T, *, classes=None, **options):
            seen.append((self.max_epochs, T))
            return super().fit_targets(X, T, classes=classes, **options)

    distiller = OnlineDistiller(
        GradientBoostingClassifier(n_estimators=4),
        Spy(random_state=0),
        stages=2,
        **PLAIN,
    ).fit(X, y)
    rehearsal, *stages = seen
    assert rehearsal[0] == 6
    assert [n for n, _ in stages] == [3, 3]
    assert_array_equal(stages[0][1], distiller.trajectory_[0])
    assert_array_equal(stages[1][1], distiller.trajectory_[1])
    assert distiller.student_.get_params() == student.get_params()
    assert len(distiller.student_.checkpoints_) == 6


def test_a_network_matches_logarithms_by_squared_error(toy):
    """f of log P + gamma (Y - P); its probabilities are softmax(f)."""
    X, y = toy
    options = {"loss": "squared_error", "scale": "log", "correction": "fast"}
    distiller = DistilledClassifier(
        LogisticRegression(C=0.01),
        Epochs(max_epochs=30, lr=0.005, random_state=0),
        **options,
    ).fit(X, y)
    student = distiller.student_
    assert student.loss_ == SquaredError()
    P, (_, codes) = distiller.teacher_proba_, np.unique(y, return_inverse=True)
    gamma = distiller.correction_.gamma(P, codes)
    expected = np.log(P) + gamma * (np.eye(3)[codes] - P)
    np.testing.assert_allclose(student.targets_, expected)
    np.testing.assert_array_equal(
        distiller.predict_proba(X), softmax(X @ student.coef_, axis=1)
    )
    best = LinearRegression(fit_intercept=False).fit(X, expected)
    np.testing.assert_allclose(student.coef_, best.coef_.T, atol=0.3)
    assert distiller.scale_ == "log"


def test_the_cross_entropy_of_a_network_is_what_it_was(toy):
    X, y = toy
    distiller = DistilledClassifier(GaussianNB(), Epochs()).fit(X, y)
    assert distiller.student_.loss_ == CrossEntropy()
    assert find_route(Epochs(), loss="cross_entropy").name == "native"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"loss": "squared_error"},
            r"scale must be 'log' for the loss 'squared_error' of the student Epochs, "
            r"got 'prob'. Use scale='log', or loss='cross_entropy'\.",
        ),
        (
            {"scale": "log"},
            r"scale must be 'prob' for the loss 'cross_entropy' of the student Epochs, "
            r"got 'log'. Use scale='prob', or loss='squared_error'\.",
        ),
        (
            {"loss": "cross_entropy", "scale": "log"},
            "scale must be 'prob' for the loss 'cross_entropy'",
        ),
        (
            {"loss": "squared_error", "scale": "log", "temperature": 2.0},
            r"temperature must be 1 on the log scale, .* got 2\.0",
        ),
    ],
)
@pytest.mark.parametrize("kind", [CrossFitDistiller, OnlineDistiller])
def test_a_scale_that_a_network_does_not_match_is_refused(options, message, kind, toy):
    distiller = kind(GradientBoostingClassifier(), Epochs(), **options)
    with pytest.raises(ValueError, match=message):
        distiller.fit(*toy)


def test_cross_fitted_logarithms_are_followed_too(toy):
    X, y = toy
    options = {"loss": "squared_error", "scale": "log", **PLAIN}
    student = Epochs(lr=0.005, random_state=0)
    teacher = GradientBoostingClassifier(n_estimators=4, random_state=0)
    for distiller in (
        CrossFitDistiller(teacher, student, **options),
        OnlineDistiller(teacher, student, stages=2, **options),
    ):
        fitted = distiller.fit(X, y).student_
        assert fitted.loss_ == SquaredError()
        assert distiller.score(X, y) > 0.5
