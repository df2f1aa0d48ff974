"""Folds: what is drawn, and what is refused."""

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from skdistill.crossfit import make_splits
from skdistill.exceptions import FoldsReducedWarning

CODES = np.tile([0, 1, 2], 20)
X = np.zeros((60, 2))


def held_out(splits):
    return np.sort(np.concatenate([test for _, test in splits]))


def test_an_int_makes_a_stratified_partition():
    splits = make_splits(5, X, CODES, random_state=0)
    np.testing.assert_array_equal(held_out(splits), np.arange(60))
    for train, test in splits:
        assert np.bincount(CODES[test]).tolist() == [4, 4, 4]
        assert np.intersect1d(train, test).size == 0


def test_repeats_draw_new_folds_and_seeds_repeat_them():
    splits = make_splits(3, X, CODES, n_repeats=2, random_state=0)
    again = make_splits(3, X, CODES, n_repeats=2, random_state=0)
    assert len(splits) == 6
    assert not np.array_equal(splits[0][1], splits[3][1])
    for (_, first), (_, second) in zip(splits, again, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_shuffling_splitter_is_redrawn_and_left_as_it_was():
    splitter = KFold(3, shuffle=True, random_state=7)
    splits = make_splits(splitter, X, CODES, n_repeats=2, random_state=0)
    assert not np.array_equal(splits[0][1], splits[3][1])
    assert splitter.random_state == 7


@pytest.mark.parametrize(
    "cv",
    [
        StratifiedKFold(4),
        RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
        ShuffleSplit(3, random_state=0),
        TimeSeriesSplit(4),
        LeaveOneOut(),
        [(np.arange(30), np.arange(30, 60))],
        ((np.arange(30), np.arange(30, 60)) for _ in range(1)),
    ],
)
def test_any_splitter_or_iterable_is_taken(cv):
    splits = make_splits(cv, X, CODES)
    assert all(train.dtype == np.intp for train, _ in splits)
    assert len(splits) >= 1


def test_groups_stay_together_with_an_int():
    groups = np.repeat(np.arange(12), 5)
    for train, test in make_splits(4, X, CODES, groups=groups, random_state=0):
        assert not set(groups[train]) & set(groups[test])


def test_a_class_rarer_than_folds_is_spread_over_distinct_folds():
    codes = np.array([0] * 20 + [1] * 3)
    splits = make_splits(5, np.zeros((23, 1)), codes, random_state=0)
    assert sum((codes[test] == 1).any() for _, test in splits) == 3


def test_folds_are_reduced_to_the_largest_class_with_one_warning():
    codes = np.array([0, 0, 0, 1, 1])
    with pytest.warns(FoldsReducedWarning, match="cv=5 folds .* 3 folds are used"):
        splits = make_splits(5, np.zeros((5, 1)), codes, random_state=0)
    assert len(splits) == 3


def test_one_row_in_each_class_is_refused():
    with pytest.raises(ValueError, match="at least 2 rows in some class"):
        make_splits(2, np.zeros((3, 1)), np.array([0, 1, 2]))


LEAK = [(np.arange(0, 40), np.arange(30, 60))]


@pytest.mark.parametrize(
    ("cv", "error", "message"),
    [
        (1, ValueError, "cv must be at least 2, got 1"),
        (True, TypeError, "cv must be an int, a splitter"),
        (2.5, TypeError, "cv must be an int, a splitter"),
        ("five", TypeError, "cv must be an int, a splitter"),
        (LEAK, ValueError, "got 10 rows on both sides of fold 0 .first: row 30"),
        ([], ValueError, "at least one split, got none"),
        ([(np.arange(3), [])], ValueError, "got 3 training and 0 held-out rows"),
        ([([], np.arange(3))], ValueError, "got 0 training and 3 held-out rows"),
        ([(np.arange(3), [60])], ValueError, r"indices in \[0, 60\), got 60..60"),
        ([(np.arange(3), [-1])], ValueError, r"indices in \[0, 60\), got -1..-1"),
        ([(np.arange(3), [5, 5])], ValueError, "got row 5 2 times in fold 0"),
        ([(np.arange(3), X[:, 0] == 0)], TypeError, "integer indices.*flatnonzero"),
        ([(np.arange(3), X)], TypeError, "one-dimensional integer indices"),
        ([3], TypeError, "pairs of .train, test. indices"),
    ],
)
def test_splits_that_leak_or_make_no_sense_are_refused(cv, error, message):
    with pytest.raises(error, match=message):
        make_splits(cv, X, CODES)


def test_a_group_on_both_sides_is_refused():
    groups = np.repeat(np.arange(30), 2)
    cv = KFold(5, shuffle=True, random_state=0)
    with (
        pytest.warns(UserWarning, match="groups parameter is ignored"),
        pytest.raises(ValueError, match="groups on both sides of fold 0"),
    ):
        make_splits(cv, X, CODES, groups=groups)


def test_a_group_splitter_is_accepted_with_its_groups():
    groups = np.repeat(np.arange(12), 5)
    assert len(make_splits(GroupKFold(3), X, CODES, groups=groups)) == 3


@pytest.mark.parametrize(
    ("n_repeats", "error", "message"),
    [
        (0, ValueError, "n_repeats must be a positive int, got 0"),
        (1.5, TypeError, "n_repeats must be a positive int, got 1.5"),
        (True, TypeError, "n_repeats must be a positive int, got True"),
    ],
)
def test_n_repeats_must_be_a_positive_int(n_repeats, error, message):
    with pytest.raises(error, match=message):
        make_splits(3, X, CODES, n_repeats=n_repeats)


@pytest.mark.parametrize("cv", [KFold(3), TimeSeriesSplit(3), LEAK])
def test_repeating_fixed_folds_is_refused(cv):
    with pytest.raises(ValueError, match=r"n_repeats must be 1 with cv=[\s\S]*got 2"):
        make_splits(cv, X, CODES, n_repeats=2)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([1, 2], r"groups must have shape \(60,\), got \(2,\)"),
        (np.ones((60, 1)), r"groups must have shape \(60,\), got \(60, 1\)"),
        (np.ones(60), "groups must hold at least 3 groups for 3 folds, got 1. Use a"),
    ],
)
def test_groups_that_do_not_fit_are_refused_by_name(groups, message):
    with pytest.raises(ValueError, match=message):
        make_splits(3, X, CODES, groups=groups)
