"""Out-of-bag votes of the teachers of other folds, averaged in."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB

from skdistill import cross_fit_proba
from skdistill.crossfit import cross_fit, merge
from skdistill.exceptions import MissingClassWarning

FOREST = RandomForestClassifier(10, random_state=0)
BAG = BaggingClassifier(GaussianNB(), n_estimators=10, random_state=0)


def by_hand(teacher, X, y, splits):
    """Means over held-out probabilities and out-of-bag votes, and their number."""
    total = np.zeros((len(y), len(np.unique(y))))
    count = np.zeros(len(y), dtype=int)
    for train, test in splits:
        own = clone(teacher).set_params(oob_score=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            own.fit(X[train], y[train])
        total[test] += own.predict_proba(X[test])
        count[test] += 1
        votes = np.nan_to_num(own.oob_decision_function_)
        voted = votes.sum(axis=1) > 0.5
        total[train[voted]] += votes[voted]
        count[train[voted]] += 1
    return total / count[:, None], count


@pytest.mark.parametrize(
    "teacher",
    [FOREST, ExtraTreesClassifier(10, bootstrap=True, random_state=0), BAG],
)
def test_a_row_gets_the_mean_of_its_fold_and_of_the_votes(toy, teacher):
    X, y = toy
    fit = cross_fit_proba(teacher, X, y, cv=3, bag_votes=True, random_state=0)
    proba, count = by_hand(teacher, X, y, fit.splits)
    assert_allclose(fit.proba, proba)
    assert_array_equal(fit.coverage, count)
    assert (fit.coverage == 3).mean() > 0.9
    assert fit.spread.max() > 0
    plain = cross_fit_proba(teacher, X, y, cv=3, random_state=0)
    assert_allclose(fit.fold_proba, plain.proba)
    assert_allclose(fit.scores, plain.scores)
    assert_array_equal(plain.coverage, 1)


def test_rows_that_every_tree_saw_have_their_own_fold_alone(toy):
    X, y = toy
    teacher = RandomForestClassifier(2, random_state=0)
    fit = cross_fit_proba(teacher, X, y, cv=3, bag_votes=True, random_state=0)
    plain = cross_fit_proba(teacher, X, y, cv=3, random_state=0)
    alone = fit.coverage == 1
    assert 10 < alone.sum() < 100
    assert_allclose(fit.proba[alone], plain.proba[alone])
    assert not np.isnan(fit.proba).any()


def test_no_row_is_voted_on_by_a_tree_that_saw_it(toy):
    X, _ = toy
    y = np.random.default_rng(0).integers(0, 2, len(X))
    teacher = RandomForestClassifier(50, random_state=0)
    fit = cross_fit_proba(teacher, X, y, cv=3, bag_votes=True, random_state=0)
    assert 0.4 < (fit.proba.argmax(axis=1) == y).mean() < 0.6


def test_votes_of_trees_that_knew_nothing_of_a_class_do_not_count(toy):
    """The other row of a class of two: only the teacher of its own fold has seen it."""
    X, y = toy
    y = y.copy()
    y[[11, 200]] = "z"
    options = {"cv": 2, "missing_class": "error", "random_state": 0}
    plain = cross_fit_proba(FOREST, X, y, **options)
    fit = cross_fit_proba(FOREST, X, y, bag_votes=True, **options)
    assert fit.filled == ()
    assert_array_equal(fit.coverage[[11, 200]], 1)
    assert_allclose(fit.proba[[11, 200]], plain.proba[[11, 200]])
    assert (fit.coverage == 2).mean() > 0.8


def test_a_class_that_a_whole_fold_lacks_gets_the_prior_in_its_votes_too(toy):
    X, y = toy
    y = y.copy()
    y[11] = "z"
    with pytest.warns(MissingClassWarning, match=r"'z' \(2\d\d rows\)"):
        fit = cross_fit_proba(FOREST, X, y, cv=2, bag_votes=True, random_state=0)
    lacking = next(train for train, test in fit.splits if 11 in test)
    voted = lacking[fit.coverage[lacking] == 2]
    assert len(voted) > 100
    own_fold = fit.fold_proba[voted, 3]
    assert_allclose(fit.proba[voted, 3], (own_fold + 1 / (120 + 4)) / 2)
    assert_allclose(fit.proba.sum(axis=1), 1)
    assert fit.proba[11, 3] == pytest.approx(1 / (120 + 4))


@pytest.mark.parametrize(
    ("teacher", "options"),
    [
        (FOREST, {"groups": np.repeat(np.arange(48), 5)}),
        (FOREST, {"cv": KFold(3)}),
        (FOREST, {"cv": list(KFold(3).split(np.zeros(240)))}),
        (FOREST, {"split_params": {"groups": np.repeat(np.arange(48), 5)}}),
        (GaussianNB(), {}),
        (RandomForestClassifier(5, bootstrap=False), {}),
        (RandomForestClassifier(5, warm_start=True), {}),
    ],
)
def test_where_votes_are_not_honest_or_not_there_they_are_not_asked_for(
    toy, teacher, options
):
    X, y = toy
    options = {"cv": 3, "random_state": 0, **options}
    fit = cross_fit_proba(teacher, X, y, bag_votes=True, **options)
    plain = cross_fit_proba(teacher, X, y, **options)
    assert_array_equal(fit.coverage, 1)
    assert_array_equal(fit.proba, plain.proba)


def test_repeats_add_their_votes(toy):
    X, y = toy
    fit = cross_fit_proba(
        FOREST, X, y, cv=2, n_repeats=2, bag_votes=True, random_state=0
    )
    assert fit.coverage.max() == 4
    assert_allclose(fit.proba, by_hand(FOREST, X, y, fit.splits)[0])


def test_the_store_knows_fits_with_votes_from_those_without(toy, tmp_path):
    X, y = toy
    options = {"cv": 2, "random_state": 0}
    plain = cross_fit_proba(FOREST, X, y, memory=tmp_path, **options)
    first = cross_fit_proba(FOREST, X, y, memory=tmp_path, bag_votes=True, **options)
    again = cross_fit_proba(FOREST, X, y, memory=tmp_path, bag_votes=True, **options)
    fresh = cross_fit_proba(FOREST, X, y, bag_votes=True, **options)
    assert first.fit_seconds == again.fit_seconds != plain.fit_seconds
    assert_array_equal(first.proba, again.proba)
    assert_array_equal(first.proba, fresh.proba)
    assert plain.coverage.max() == 1


def test_results_do_not_depend_on_n_jobs(toy):
    X, y = toy
    teacher = RandomForestClassifier(5)
    options = {"cv": 3, "bag_votes": True, "random_state": 0}
    one, two = (cross_fit_proba(teacher, X, y, n_jobs=n, **options) for n in (1, 2))
    assert_array_equal(one.proba, two.proba)


def test_a_scorer_of_the_users_is_kept(toy):
    X, y = toy
    teacher = RandomForestClassifier(30, oob_score=_first_row, random_state=0)
    fit = cross_fit_proba(teacher, X, y, cv=2, bag_votes=True, keep_teachers=True)
    assert [one.oob_score for one in fit.teachers] == [_first_row] * 2
    assert [one.oob_score_ for one in fit.teachers] == [0.25] * 2


def _first_row(y_true, y_pred):
    return 0.25


def test_the_users_teacher_is_left_alone(toy):
    X, y = toy
    teacher = RandomForestClassifier(5, random_state=0)
    cross_fit_proba(teacher, X, y, cv=2, bag_votes=True)
    assert teacher.oob_score is False
    assert not hasattr(teacher, "estimators_")


def test_weights_and_unlabelled_rows_work_with_votes(toy):
    X, y = toy
    weight = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    fit = cross_fit_proba(
        FOREST, X, y, cv=3, sample_weight=weight, X_unlabeled=X[:7], bag_votes=True,
        keep_teachers=True, random_state=0,
    )  # fmt: skip
    mean = np.mean([one.predict_proba(X[:7]) for one in fit.teachers], axis=0)
    assert_allclose(fit.unlabeled_proba, mean)
    assert fit.coverage.max() == 3


def test_teachers_with_and_without_votes_are_averaged(toy):
    X, y = toy
    codes = y.astype(int)
    cv = {"cv": 3, "random_state": 0}
    records = [
        cross_fit_proba(FOREST, X, y, bag_votes=True, **cv),
        cross_fit_proba(LogisticRegression(), X, y, **cv),
    ]
    both = merge(records, codes)
    weights = np.array(both.teacher_weights)
    assert_allclose(
        both.proba, weights[0] * records[0].proba + weights[1] * records[1].proba
    )
    assert both.spread is None  # one of the two has none
    assert merge([records[0], records[0]], codes).spread is not None


ENGINE = {
    "n_repeats": 1,
    "groups": None,
    "sample_weight": None,
    "X_unlabeled": None,
    "calibration": None,
    "missing_class": "prior",
    "keep_teachers": False,
    "memory": None,
    "n_jobs": None,
    "random_state": 0,
    "verbose": 0,
    "fit_params": None,
    "split_params": None,
}


@pytest.mark.parametrize("cv", [3, "oob", KFold(3)])
@pytest.mark.parametrize("absent", ["0", "1", "2"])
def test_a_class_of_the_problem_that_the_rows_lack_gets_the_prior(toy, cv, absent):
    X, y = toy
    rows = y != absent
    X, y = X[rows], y[rows]
    teacher = RandomForestClassifier(40, random_state=0)
    classes = np.array(["0", "1", "2"])
    fit = cross_fit(teacher, X, y, cv=cv, bag_votes=True, classes=classes, **ENGINE)
    own = cross_fit(teacher, X, y, cv=cv, bag_votes=True, **ENGINE)
    assert_array_equal(fit.classes, classes)
    column = int(absent)
    assert fit.filled == ((absent, len(y)),)
    n_train = len(y) if cv == "oob" else 2 * len(y) / 3
    assert_allclose(fit.proba[:, column], 1 / (n_train + 3), rtol=0.02)
    others = np.delete(fit.proba, column, axis=1)
    # Folds are the same: stratified by codes, whatever these are.
    assert_allclose(others / others.sum(axis=1, keepdims=True), own.proba, atol=1e-3)
    assert_allclose(fit.proba.sum(axis=1), 1)


def test_scores_go_by_the_codes_of_the_problem(toy):
    X, y = toy
    rows = y != "0"
    fit = cross_fit(
        FOREST, X[rows], y[rows], cv=list(StratifiedKFold(2).split(X[rows], y[rows])),
        classes=np.array(["0", "1", "2"]), **ENGINE,
    )  # fmt: skip
    codes = y[rows].astype(int)
    for (_, test), score in zip(fit.splits, fit.scores, strict=True):
        label = np.maximum(fit.proba[test, codes[test]], np.finfo(float).eps)
        assert score == pytest.approx(-np.log(label).mean())
