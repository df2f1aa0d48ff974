"""Choice of alpha and correction by the student's log-loss on held-out labels."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.crossfit import make_splits
from skdistill.datasets import make_known_bayes
from skdistill.exceptions import CoverageWarning, MissingClassWarning
from skdistill.students import SoftLogisticRegression
from skdistill.targets import LossCorrection

FOREST = RandomForestClassifier(10, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)


def settings_tried(distiller):
    """Alpha and strength, and the same with synthetic rows."""
    plain, synthetic = [], []
    for one in distiller.selection_:
        strength = None if one.correction is None else one.correction.strength
        (synthetic if one.synthetic else plain).append((one.alpha, strength))
    return plain, synthetic


@pytest.mark.parametrize(
    ("alpha", "correction", "expected"),
    [
        (
            "auto",
            "auto",
            [(0, None), (0.25, None), (0.5, None), (1, None), (1, 0.1), (1, 1.0)],
        ),
        (
            "auto",
            None,
            [(0, None), (0.25, None), (0.5, None), (1, None)],
        ),
        (
            "auto",
            LossCorrection("slow", 0.3),
            [(0, None), (0.25, 0.3), (0.5, 0.3), (1, 0.3)],
        ),
        (
            "auto",
            LossCorrection("fast", 0.1),
            [(0, None), (0.25, 0.1), (0.5, 0.1), (1, 0.1)],
        ),
        (0.7, "auto", [(0.7, None), (0.7, 0.1), (0.7, 1.0)]),
        (0.7, None, []),
        (0.0, "auto", []),
    ],
)
def test_candidates(toy, alpha, correction, expected):
    X, y = toy
    distiller = CrossFitDistiller(
        FOREST, TREE, cv=2, alpha=alpha, correction=correction, random_state=0
    ).fit(X, y)
    plain, synthetic = settings_tried(distiller)
    assert plain == expected
    if alpha == "auto":
        # The best of those with a teacher, or what is simpler within noise of it.
        (one,) = synthetic
        assert one in plain[1:]
        assert one in (plain[3], best_taught(distiller))
    else:
        assert synthetic == []


def best_taught(distiller):
    taught = [
        one for one in distiller.selection_ if one.alpha > 0 and not one.synthetic
    ]
    best = min(taught, key=lambda one: one.log_loss)
    return best.alpha, best.correction and best.correction.strength


def test_the_candidate_with_the_lowest_log_loss_is_used(toy):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, synthetic=False, random_state=0)
    distiller.fit(X, y)
    best = min(distiller.selection_, key=lambda candidate: candidate.log_loss)
    assert distiller.alpha_ == best.alpha
    assert distiller.correction_ == best.correction
    assert distiller.alpha_ > 0  # an unpruned tree on labels is always worse


def test_scores_are_those_of_students_fitted_by_hand(toy):
    """Teachers too, which are cross-fitted again without the rows students predict."""
    X, y = toy
    codes = y.astype(int)
    student = SoftLogisticRegression(tol=1e-8)
    distiller = CrossFitDistiller(
        FOREST, student, cv=4, correction=None, calibration=None, bag_votes=False,
        synthetic=False, random_state=0,
    ).fit(X, y)  # fmt: skip
    folds_seed, judges_seed, _ = distiller._problem.seeds
    folds = make_splits(3, X, codes, random_state=judges_seed)
    probas = []
    for train, _ in folds:
        proba = np.empty((len(train), 3))
        inner = make_splits(3, X[train], codes[train], random_state=folds_seed)
        for fitted, labelled in inner:
            own = clone(FOREST).fit(X[train][fitted], y[train][fitted])
            proba[labelled] = own.predict_proba(X[train][labelled])
        probas.append(proba)
    onehot = np.eye(3)[codes]
    losses = {}
    for alpha in (0, 0.25, 0.5, 1):
        losses[alpha] = []
        for (train, test), proba in zip(folds, probas, strict=True):
            mixed = alpha * proba + (1 - alpha) * onehot[train]
            own = clone(student).fit(X[train], mixed)
            label = own.predict_proba(X[test])[np.arange(len(test)), codes[test]]
            losses[alpha].append(-np.log(label))
    labels = np.concatenate(losses[0])
    for one in distiller.selection_:
        folds_of_one = [np.mean(rows) for rows in losses[one.alpha]]
        np.testing.assert_allclose(one.fold_log_losses, folds_of_one, rtol=1e-5)
        rows = np.concatenate(losses[one.alpha])
        assert one.log_loss == pytest.approx(rows.mean(), rel=1e-5)
        error = rows.std(ddof=1) / np.sqrt(240)
        assert one.standard_error == pytest.approx(error, rel=1e-4)
        gap = labels - rows
        assert one.gain == pytest.approx(gap.mean(), abs=1e-5)
        error = gap.std(ddof=1) / np.sqrt(240)
        assert one.gain_error == pytest.approx(error, abs=1e-5)
        assert one.nested


def test_scores_with_fixed_probabilities_are_those_of_students_fitted_by_hand(toy):
    X, y = toy
    codes = y.astype(int)
    cv = list(StratifiedKFold(3).split(X, y))
    student = SoftLogisticRegression(tol=1e-8)
    distiller = CrossFitDistiller(
        FOREST, student, cv=cv, alpha="auto", correction=None, synthetic=False
    ).fit(X, y)
    onehot = np.eye(3)[codes]
    for candidate in distiller.selection_:
        mixed = (
            candidate.alpha * distiller.teacher_proba_ + (1 - candidate.alpha) * onehot
        )
        losses = []
        for train, test in cv:
            own = clone(student).fit(X[train], mixed[train])
            proba = own.predict_proba(X[test])[np.arange(len(test)), codes[test]]
            losses.append(-np.log(proba).mean())
        np.testing.assert_allclose(candidate.fold_log_losses, losses, rtol=1e-5)
        assert candidate.log_loss == pytest.approx(np.mean(losses), rel=1e-5)
        assert not candidate.nested


def test_weights_count_in_the_scores(toy):
    X, y = toy
    weight = np.where(y == "0", 10.0, 0.1)
    options = {"cv": 3, "alpha": "auto", "correction": None, "random_state": 0}
    plain = CrossFitDistiller(FOREST, LogisticRegression(), **options).fit(X, y)
    weighted = CrossFitDistiller(FOREST, LogisticRegression(), **options)
    weighted.fit(X, y, sample_weight=weight)
    assert plain.selection_[0].log_loss != weighted.selection_[0].log_loss
    # All but class 0 hardly count, and class 0 is what the weighted student predicts.
    assert weighted.selection_[0].log_loss < 0.5 * plain.selection_[0].log_loss


def test_a_useless_teacher_is_not_listened_to():
    """Labels only is among the candidates: probabilities without sense lose to it."""
    X, y, _ = make_known_bayes(1500, random_state=0)
    noise = np.random.default_rng(0).dirichlet([1, 1], size=len(y))
    noise[:, 1] += y.mean() - noise[:, 1].mean()
    noise = np.clip(noise, 0.01, 0.99)
    noise /= noise.sum(axis=1, keepdims=True)
    distiller = CrossFitDistiller(
        student=DecisionTreeClassifier(max_depth=2, random_state=0), random_state=0
    ).fit(X, y, teacher_proba=noise)
    assert distiller.alpha_ * (distiller.correction_ is None) < 1
    base = distiller.selection_[0]
    assert min(c.log_loss for c in distiller.selection_) <= base.log_loss


def test_users_probabilities_are_selected_on_the_users_folds(toy):
    X, y = toy
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=len(y))
    groups = np.repeat(np.arange(24), 10)
    distiller = CrossFitDistiller(student=TREE, cv=4, random_state=0)
    distiller.fit(X, y, teacher_proba=proba, groups=groups)
    assert len(distiller.selection_[0].fold_log_losses) == 4


def test_three_folds_are_used_and_at_most_five_of_the_users(toy):
    X, y = toy
    distiller = CrossFitDistiller(FOREST, TREE, cv=8, random_state=0).fit(X, y)
    assert len(distiller.selection_[0].fold_log_losses) == 3
    for cv in (StratifiedKFold(8), list(StratifiedKFold(8).split(X, y))):
        distiller = CrossFitDistiller(GaussianNB(), TREE, cv=cv, random_state=0)
        distiller.fit(X, y)
        assert len(distiller.selection_[0].fold_log_losses) == 5


def test_time_series_folds_are_respected(toy):
    X, y = toy
    with pytest.warns(CoverageWarning):
        distiller = CrossFitDistiller(
            FOREST, TREE, cv=TimeSeriesSplit(3), random_state=0
        ).fit(X, y)
    assert len(distiller.selection_[0].fold_log_losses) == 3


def test_rows_of_a_class_the_training_rows_lack_are_not_scored(toy):
    X, y = toy
    rows = np.r_[np.flatnonzero(y != "2"), np.flatnonzero(y == "2")[:1]]
    with pytest.warns(MissingClassWarning):
        distiller = CrossFitDistiller(FOREST, LogisticRegression(), random_state=0)
        distiller.fit(X[rows], y[rows])
    # A row of log(eps) = -36 in a fold of 32 rows would add more than 1.
    assert max(distiller.selection_[0].fold_log_losses) < 1


def test_with_one_row_in_a_class_of_two_nothing_can_be_compared(binary):
    X, y = binary
    rows = np.r_[np.flatnonzero(y == 0)[:20], np.flatnonzero(y == 1)[:1]]
    cv = [(np.arange(20), np.array([20]))]
    with pytest.warns(MissingClassWarning), pytest.warns(CoverageWarning):
        distiller = CrossFitDistiller(FOREST, TREE, cv=cv, random_state=0)
        distiller.fit(X[rows], y[rows])
    assert distiller.selection_ == ()
    assert (distiller.alpha_, distiller.correction_) == (1.0, None)


def test_a_nan_score_never_wins(toy):
    X, y = toy
    weight = np.ones(len(y))
    cv = list(StratifiedKFold(3).split(X, y))
    weight[cv[0][1]] = 0  # nothing to score in the first fold
    distiller = CrossFitDistiller(FOREST, TREE, cv=cv, alpha="auto", correction=None)
    distiller.fit(X, y, sample_weight=weight)
    for candidate in distiller.selection_:
        assert np.isnan(candidate.fold_log_losses[0])
        assert np.isfinite(candidate.log_loss)
