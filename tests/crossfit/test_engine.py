"""The engine: no row is labelled by a teacher that saw it, whatever the data."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skdistill import cross_fit_proba
from skdistill.exceptions import CoverageWarning, MissingClassWarning

FOREST = RandomForestClassifier(5)


class Memorizer(ClassifierMixin, BaseEstimator):
    """Certain about rows it saw, uniform about others: a leak shows at once."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = {bytes(row): label for row, label in zip(X, y, strict=True)}
        return self

    def predict_proba(self, X):
        uniform = np.full(len(self.classes_), 1 / len(self.classes_))
        return np.array(
            [
                (self.classes_ == self.seen_[bytes(row)]).astype(float)
                if bytes(row) in self.seen_
                else uniform
                for row in X
            ]
        )


@pytest.mark.parametrize(
    "cv", [5, KFold(4), RepeatedStratifiedKFold(n_splits=3, n_repeats=2)]
)
def test_no_row_is_labelled_by_a_teacher_that_saw_it(toy, cv):
    X, y = toy
    fit = cross_fit_proba(Memorizer(), X, y, cv=cv, random_state=0)
    np.testing.assert_allclose(fit.proba, 1 / 3)


def test_probabilities_are_those_of_the_fold_teachers(toy):
    X, y = toy
    splits = list(StratifiedKFold(3).split(X, y))
    teacher = LogisticRegression()
    fit = cross_fit_proba(teacher, X, y, cv=splits)
    for train, test in splits:
        expected = LogisticRegression().fit(X[train], y[train]).predict_proba(X[test])
        np.testing.assert_allclose(fit.proba[test], expected, rtol=1e-12)
    assert not hasattr(teacher, "classes_")
    assert fit.source == "cv"
    assert fit.n_uncovered == 0
    assert fit.spread is None


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_results_do_not_depend_on_n_jobs(toy, n_jobs):
    X, y = toy
    one = cross_fit_proba(FOREST, X, y, n_repeats=2, random_state=0)
    many = cross_fit_proba(FOREST, X, y, n_repeats=2, random_state=0, n_jobs=n_jobs)
    np.testing.assert_array_equal(one.proba, many.proba)
    assert one.scores == many.scores


def test_results_do_not_depend_on_the_backend(toy):
    import joblib

    X, y = toy
    one = cross_fit_proba(FOREST, X, y, random_state=0)
    with joblib.parallel_config("threading", n_jobs=2):
        other = cross_fit_proba(FOREST, X, y, random_state=0)
    np.testing.assert_array_equal(one.proba, other.proba)


def test_a_seed_of_the_teacher_is_kept_and_an_open_one_is_drawn(toy):
    X, y = toy
    cv = list(KFold(3).split(X))
    seeded = RandomForestClassifier(5, random_state=3)
    first = cross_fit_proba(seeded, X, y, cv=cv, random_state=0)
    second = cross_fit_proba(seeded, X, y, cv=cv, random_state=1)
    np.testing.assert_array_equal(first.proba, second.proba)
    first = cross_fit_proba(FOREST, X, y, cv=cv, random_state=0)
    second = cross_fit_proba(FOREST, X, y, cv=cv, random_state=1)
    assert not np.array_equal(first.proba, second.proba)


def test_repeats_are_averaged_and_their_spread_is_kept(toy):
    X, y = toy
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    fit = cross_fit_proba(LogisticRegression(), X, y, cv=cv)
    parts = np.zeros((2, *fit.proba.shape))
    for i, (train, test) in enumerate(cv.split(X, y)):
        model = LogisticRegression().fit(X[train], y[train])
        parts[i // 3, test] = model.predict_proba(X[test])
    np.testing.assert_allclose(fit.proba, parts.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        fit.spread, np.sqrt(parts.var(axis=0).mean(axis=1)), atol=1e-7
    )
    assert (fit.coverage == 2).all()


def test_time_series_rows_without_a_teacher_are_nan_and_warned_about(toy):
    X, y = toy
    with pytest.warns(CoverageWarning, match="60 of 240 rows were labelled by no"):
        fit = cross_fit_proba(FOREST, X, y, cv=TimeSeriesSplit(3), random_state=0)
    assert np.isnan(fit.proba[:60]).all()
    assert np.isfinite(fit.proba[60:]).all()
    assert fit.n_uncovered == 60


def test_scores_are_the_held_out_log_losses_with_weights(toy):
    X, y = toy
    weight = np.linspace(0, 2, len(y))
    cv = list(StratifiedKFold(3).split(X, y))
    fit = cross_fit_proba(LogisticRegression(), X, y, cv=cv, sample_weight=weight)
    codes = np.unique(y, return_inverse=True)[1]
    for score, (_, test) in zip(fit.scores, cv, strict=True):
        losses = -np.log(fit.proba[test, codes[test]])
        assert score == pytest.approx(np.average(losses, weights=weight[test]))


@pytest.mark.parametrize("absent", [0, 1, 2])
def test_a_class_with_one_row_gets_the_prior_and_one_warning(toy, absent):
    X, y = toy
    codes = y.astype(int)
    keep = np.flatnonzero(codes != absent)
    rows = np.append(keep, np.flatnonzero(codes == absent)[0])
    with pytest.warns(MissingClassWarning, match="smoothed prior") as caught:
        fit = cross_fit_proba(FOREST, X[rows], y[rows], random_state=0)
    assert len(caught) == 1
    ((label, n_rows),) = fit.filled
    assert label == str(absent)
    fold = next(test for _, test in fit.splits if len(rows) - 1 in test)
    assert n_rows == len(fold)
    n_train = len(rows) - len(fold)
    np.testing.assert_allclose(fit.proba[fold, absent], 1 / (n_train + 3))
    np.testing.assert_allclose(fit.proba.sum(axis=1), 1)


def test_missing_class_error_refuses_before_any_teacher_is_fitted(toy):
    X, y = toy
    rows = np.append(np.flatnonzero(y != "1"), np.flatnonzero(y == "1")[0])
    with pytest.raises(ValueError, match="missing_class must be 'prior'.*class '1'"):
        cross_fit_proba(Untouchable(), X[rows], y[rows], missing_class="error")


class Untouchable(ClassifierMixin, BaseEstimator):
    """Fails the test when it is fitted."""

    def fit(self, X, y):
        raise AssertionError("a teacher was fitted")

    def predict_proba(self, X):
        raise AssertionError("a teacher was asked")


def test_a_fold_of_one_class_needs_no_teacher():
    X, y = np.arange(8.0)[:, None], np.array([0, 0, 0, 0, 0, 0, 0, 1])
    cv = [(np.arange(7), [7]), (np.r_[0:3, 7], np.arange(3, 7))]
    with pytest.warns(MissingClassWarning), pytest.warns(CoverageWarning):
        fit = cross_fit_proba(LogisticRegression(), X, y, cv=cv)
    np.testing.assert_allclose(fit.proba[7], [8 / 9, 1 / 9])


@pytest.mark.parametrize(
    ("labels", "weights"),
    [
        (["no", "so", "yes"], {"no": 1, "so": 2, "yes": 3}),
        ([-5, 0, 17], {-5: 1, 0: 2, 17: 3}),
    ],
)
def test_original_labels_and_class_weight_dicts_reach_the_teacher(toy, labels, weights):
    X, y = toy
    named = np.array(labels)[y.astype(int)]
    cv = list(StratifiedKFold(3).split(X, y))
    teacher = LogisticRegression(class_weight=weights)
    fit = cross_fit_proba(teacher, X, named, cv=cv)
    codes = dict(zip(range(3), weights.values(), strict=True))
    expected = cross_fit_proba(
        LogisticRegression(class_weight=codes), X, y.astype(int), cv=cv
    )
    np.testing.assert_allclose(fit.proba, expected.proba, rtol=1e-10)
    assert fit.classes.tolist() == labels


def test_bool_labels_are_served(binary):
    X, y = binary
    teacher = DecisionTreeClassifier(class_weight={False: 1, True: 5}, max_depth=2)
    fit = cross_fit_proba(teacher, X, y.astype(bool), random_state=0)
    assert fit.classes.tolist() == [False, True]
    assert fit.proba[:, 1].mean() > 0.5  # class_weight was understood


class Passthrough(ClassifierMixin, BaseEstimator):
    """Records what kind of X it is handed."""

    kinds: list = []  # noqa: RUF012

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.kinds.append(X)
        return self

    def predict_proba(self, X):
        self.kinds.append(X)
        n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
        return np.full((n_rows, len(self.classes_)), 1 / len(self.classes_))


def containers(X):
    category = pd.Categorical(np.where(X[:, 0] > 0, "hi", "lo"))
    return {
        "pandas": pd.DataFrame(X).assign(kind=category),
        "polars": pl.DataFrame(X).with_columns(
            kind=pl.Series(category.tolist(), dtype=pl.Categorical)
        ),
        "csr": sparse.csr_array(X),
        "coo": sparse.coo_matrix(X),
        "images": X[:, :6].reshape(len(X), 2, 3),
        "list of texts": [f"row {i}" for i in range(len(X))],
        "float32": X.astype(np.float32),
    }


@pytest.mark.parametrize("kind", list(containers(np.zeros((1, 6)))))
def test_x_is_passed_through_untouched(toy, kind):
    X, y = toy
    X = containers(X)[kind]
    Passthrough.kinds.clear()
    cross_fit_proba(Passthrough(), X, y, cv=2, random_state=0)
    assert len(Passthrough.kinds) == 4
    for part in Passthrough.kinds:
        if kind == "coo":  # rows of a COO matrix cannot be cut
            assert part.format == "csr"
        else:
            assert type(part) is type(X)
        if kind == "pandas":
            assert part.dtypes.equals(X.dtypes)
            assert list(part.columns) == list(X.columns)
        if kind == "polars":
            assert part.schema == X.schema
        if kind == "images":
            assert part.shape[1:] == (2, 3)
        if kind == "float32":
            assert part.dtype == np.float32


def test_read_only_memory_maps_are_served(toy, tmp_path):
    X, y = toy
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    fit = cross_fit_proba(FOREST, mapped, y, random_state=0, n_jobs=2)
    expected = cross_fit_proba(FOREST, X, y, random_state=0)
    np.testing.assert_array_equal(fit.proba, expected.proba)


def test_unlabeled_rows_get_the_mean_of_the_teachers(toy):
    X, y = toy
    extra = X[:7] + 0.1
    fit = cross_fit_proba(
        LogisticRegression(), X, y, cv=3, X_unlabeled=extra, keep_teachers=True
    )
    assert len(fit.teachers) == 3
    expected = np.mean([t.predict_proba(extra) for t in fit.teachers], axis=0)
    np.testing.assert_allclose(fit.unlabeled_proba, expected)


def test_teachers_are_dropped_by_default(toy):
    X, y = toy
    assert cross_fit_proba(FOREST, X, y, random_state=0).teachers == ()


def test_weights_and_fit_parameters_are_cut_to_the_fold(toy):
    X, y = toy
    cv = list(StratifiedKFold(2).split(X, y))
    weight = np.linspace(0.1, 3, len(y))
    fit = cross_fit_proba(LogisticRegression(), X, y, cv=cv, sample_weight=weight)
    same = cross_fit_proba(
        LogisticRegression(), X, y, cv=cv, fit_params={"sample_weight": weight}
    )
    train, test = cv[0]
    model = LogisticRegression().fit(X[train], y[train], sample_weight=weight[train])
    np.testing.assert_allclose(fit.proba[test], model.predict_proba(X[test]))
    np.testing.assert_array_equal(fit.proba, same.proba)


def test_the_store_gives_the_same_numbers_without_fitting(toy, tmp_path):
    X, y = toy
    first = cross_fit_proba(FOREST, X, y, random_state=0, memory=tmp_path)
    counted = cross_fit_proba(Counting(tmp_path), X, y, random_state=0, memory=tmp_path)
    again = cross_fit_proba(Counting(tmp_path), X, y, random_state=0, memory=tmp_path)
    assert len(list(tmp_path.glob("fit-*"))) == 5
    np.testing.assert_array_equal(counted.proba, again.proba)
    plain = cross_fit_proba(FOREST, X, y, random_state=0)
    np.testing.assert_array_equal(first.proba, plain.proba)


def test_the_store_knows_other_data(toy, tmp_path):
    X, y = toy
    first = cross_fit_proba(FOREST, X, y, random_state=0, memory=tmp_path)
    moved = X[::-1].copy()
    other = cross_fit_proba(FOREST, moved, y, random_state=0, memory=tmp_path)
    plain = cross_fit_proba(FOREST, moved, y, random_state=0)
    np.testing.assert_array_equal(other.proba, plain.proba)
    assert not np.array_equal(first.proba, other.proba)


class Counting(DecisionTreeClassifier):
    """Leaves a file for each fit."""

    def __init__(self, folder=None, random_state=None):
        super().__init__(random_state=random_state)
        self.folder = folder

    def fit(self, X, y):
        import tempfile

        tempfile.mkstemp(prefix="fit-", dir=self.folder)
        return super().fit(X, y)


def test_progress_is_one_line_a_fold_on_standard_error(toy, capsys):
    X, y = toy
    cross_fit_proba(FOREST, X, y, cv=3, random_state=0, verbose=1)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[2] for line in lines] == ["1/3", "2/3", "3/3"]
    cross_fit_proba(FOREST, X, y, cv=3, random_state=0)
    assert capsys.readouterr().err == ""


def test_no_warning_when_nothing_is_wrong(toy):
    X, y = toy
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cross_fit_proba(KNeighborsClassifier(), X, y, random_state=0)


def test_the_record_says_what_it_holds(toy):
    X, y = toy
    fit = cross_fit_proba(FOREST, X, y, random_state=0)
    assert "source='cv', n_samples=240, n_classes=3, n_fits=5" in repr(fit)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(240), "y must hold at least 2 classes, got 1 class"),
        (np.arange(239) % 2, "got 239 labels for 240 rows"),
        (np.linspace(0, 1, 240), "Unknown label type"),
    ],
)
def test_labels_are_checked_before_any_teacher_is_fitted(toy, y, message):
    X, _ = toy
    with pytest.raises(ValueError, match=message):
        cross_fit_proba(Untouchable(), X, y)
