"""What the engine is told reaches the part it is meant for."""

import warnings

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

from skdistill import cross_fit_proba
from skdistill.crossfit._jobs import Failure
from skdistill.crossfit._progress import Progress
from skdistill.exceptions import CoverageWarning, DistillationWarning

DUMMY = DummyClassifier(strategy="prior")


@pytest.mark.parametrize("cv", [3, StratifiedKFold(3)])
def test_groups_are_kept_together_or_checked(toy, cv):
    X, y = toy
    groups = np.repeat(np.arange(24), 10)
    if cv == 3:
        fit = cross_fit_proba(GaussianNB(), X, y, cv=cv, groups=groups)
        for train, test in fit.splits:
            assert not set(groups[train]) & set(groups[test])
    else:
        splits = list(cv.split(X, y))
        first = np.intersect1d(*(groups[side] for side in splits[0]))[0]
        with pytest.raises(ValueError, match=rf"sides of fold 0 .first: {first}\)"):
            cross_fit_proba(GaussianNB(), X, y, cv=splits, groups=groups)


def test_calibration_changes_the_probabilities_but_not_their_rows(toy):
    X, y = toy
    cv = list(StratifiedKFold(3).split(X, y))
    plain = cross_fit_proba(GaussianNB(), X, y, cv=cv)
    mended = cross_fit_proba(GaussianNB(), X, y, cv=cv, calibration="sigmoid")
    assert not np.allclose(plain.proba, mended.proba)
    assert mended.scores == plain.scores
    assert mended.proba.shape == plain.proba.shape


def test_labels_as_long_as_the_rows_are_cut_and_words_are_not(toy):
    """A fit parameter that is a word has a length, but no entry a row."""
    X, y = toy

    class Tagged(LogisticRegression):
        def fit(self, X, y, tag=None, word=None):
            assert len(tag) == len(X)
            assert word == "w" * 240
            return super().fit(X, y)

    params = {"tag": list(range(240)), "word": "w" * 240}
    fit = cross_fit_proba(Tagged(), X, y, fit_params=params, random_state=0)
    assert fit.n_uncovered == 0


def test_a_calibrated_record_says_what_it_holds(toy):
    """Two maps fitted on other rows: the record's own probabilities are the mended."""
    X, y = toy
    options = {"cv": list(StratifiedKFold(3).split(X, y)), "X_unlabeled": X[:9]}
    plain = cross_fit_proba(GaussianNB(), X, y, **options)
    mended = cross_fit_proba(
        GaussianNB(), X, y, calibration="sigmoid", random_state=0, **options
    )
    again = cross_fit_proba(
        GaussianNB(), X, y, calibration="sigmoid", random_state=0, **options
    )
    assert not np.allclose(mended.unlabeled_proba, plain.unlabeled_proba)
    np.testing.assert_array_equal(mended.proba, again.proba)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"cv": "loo"}, ValueError, "cv must be an int, a splitter or 'oob', got 'loo"),
        ({"cv": "oob", "n_repeats": 0}, ValueError, "n_repeats must be a positive int"),
        ({"cv": 1}, ValueError, "cv must be at least 2, got 1"),
        ({"missing_class": "zero"}, ValueError, "must be 'prior' or 'error', got 'zer"),
    ],
)
def test_options_out_of_range_are_refused(toy, options, error, message):
    X, y = toy
    with pytest.raises(error, match=message):
        cross_fit_proba(RandomForestClassifier(3), X, y, **options)


def test_a_teacher_that_stays_fitted_is_refused(toy):
    X, y = toy
    teacher = FrozenEstimator(GaussianNB().fit(X, y))
    with pytest.raises(ValueError, match="must lose its fit when cloned, got Frozen"):
        cross_fit_proba(teacher, X, y)


STRICT = {"missing_class": "error"}
ROWS, NAMES = np.arange(8.0)[:, None], np.array(list("aaabbbcc"))


@pytest.mark.parametrize("absent", list("abc"))
def test_an_absent_class_is_refused_by_name_with_its_rows(absent):
    test = np.flatnonzero(absent == NAMES)
    cv = [(np.flatnonzero(absent != NAMES), test)]
    message = f"class '{absent}' with {len(test)} rows .fold 0."
    with pytest.raises(ValueError, match=message):
        cross_fit_proba(GaussianNB(), ROWS, NAMES, cv=cv, **STRICT)


def test_a_class_of_one_row_that_is_never_held_out_is_fine():
    names = np.array(list("aaabbbbc"))
    cv = [(np.r_[0, 1, 3, 4, 7], [2, 5, 6])]
    with pytest.warns(CoverageWarning):
        fit = cross_fit_proba(DUMMY, ROWS, names, cv=cv, **STRICT)
    assert fit.filled == ()


def test_out_of_bag_only_a_class_of_one_row_is_refused():
    teacher = RandomForestClassifier(60, random_state=0)
    names = np.array(list("aaabbbbc"))
    with pytest.raises(ValueError, match="class 'c' with 1 rows"):
        cross_fit_proba(teacher, ROWS, names, cv="oob", **STRICT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DistillationWarning)
        fit = cross_fit_proba(teacher, ROWS, NAMES, cv="oob", **STRICT)
    assert fit.source == "oob"
    assert fit.worst_sum == 0


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "GaussianNB estimator requires y to be passed"),
        (np.r_[np.nan, np.ones(7)], "Input y contains NaN"),
    ],
)
def test_missing_labels_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        cross_fit_proba(GaussianNB(), ROWS, y)


def test_labels_in_a_column_are_taken_with_a_warning(toy):
    X, y = toy
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        fit = cross_fit_proba(GaussianNB(), X, y[:, None], random_state=0)
    expected = cross_fit_proba(GaussianNB(), X, y, random_state=0)
    np.testing.assert_array_equal(fit.proba, expected.proba)


class OnlyBootstrap(DummyClassifier):
    def __init__(self, bootstrap=True):
        super().__init__()
        self.bootstrap = bootstrap


def test_bootstrap_without_out_of_bag_votes_is_refused(toy):
    X, y = toy
    with pytest.raises(ValueError, match="bagging ensemble with oob_score"):
        cross_fit_proba(OnlyBootstrap(), X, y, cv="oob")


def test_the_store_is_silent(toy, tmp_path, capsys):
    X, y = toy
    for _ in range(2):
        cross_fit_proba(GaussianNB(), X, y, random_state=0, memory=tmp_path)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_progress_tells_the_time_passed_and_left(toy, capsys):
    X, y = toy
    progress = Progress(6, verbose=0)
    for _ in range(2):
        progress.step(Failure("none"))
    line = progress._line(read=False, seconds=4.0)
    assert line == "[cross-fit] teacher 2/6 done after 4.0 s, about 8.0 s left"
    assert capsys.readouterr().err == ""
    cross_fit_proba(GaussianNB(), X, y, cv=2, random_state=0, verbose=1)
    passed = [float(line.split()[5]) for line in capsys.readouterr().err.splitlines()]
    assert 0 <= passed[0] <= passed[1] < 5
