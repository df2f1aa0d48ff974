"""Teachers of many classes, out of fold: the k best labels of each row."""

import re
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from teachers import ASKED, Centroids, TopLabels

from skdistill.exceptions import (
    CoverageWarning,
    FoldsReducedWarning,
    MissingClassWarning,
)
from skdistill.extreme import check_targets, cross_fit_top_k, largest
from skdistill.extreme._ask import Question, ask

K = 8
X, Y = make_multilabel_classification(
    120, 10, n_classes=K, n_labels=3, random_state=0, allow_unlabeled=True
)
X = X - X.mean(axis=0)
FOLDS = list(KFold(3, shuffle=True, random_state=0).split(X))
OVR = OneVsRestClassifier(LogisticRegression())
CLASSES = np.array(list("gecab"))
y = CLASSES[np.argmax(X[:, :5], axis=1)]


def held_out(teacher, Y, method="predict_proba", folds=FOLDS):
    """What scikit-learn says, one column a label."""
    found = cross_val_predict(teacher, X, Y, cv=folds, method=method)
    if isinstance(found, list):
        return np.column_stack([proba[:, 1] for proba in found])
    return found


@pytest.mark.parametrize(
    "teacher",
    [
        OVR,
        KNeighborsClassifier(7),
        RandomForestClassifier(20, random_state=0),
        DecisionTreeClassifier(max_depth=4, random_state=0),
        MLPClassifier((4,), solver="lbfgs", max_iter=15, random_state=0),
    ],
    ids=lambda teacher: type(teacher).__name__,
)
@pytest.mark.parametrize("k", [2, K, 50])
@pytest.mark.filterwarnings("ignore:lbfgs failed")
def test_several_labels_as_scikit_learn_predicts_them(teacher, k):
    fit = cross_fit_top_k(teacher, X, Y, k=k, cv=FOLDS)
    assert_array_equal(fit.scores.toarray(), largest(held_out(teacher, Y), k).toarray())
    assert fit.calibration is None
    assert fit.scores.dtype == np.float32
    assert np.diff(fit.scores.indptr).max() <= k
    assert_array_equal(fit.classes, np.arange(K))
    assert_array_equal(fit.coverage, 1)


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("kind", [sparse.coo_array, sparse.coo_matrix])
def test_a_sparse_indicator_is_handed_on_and_gives_the_same(form, kind):
    fit = cross_fit_top_k(OVR, X, kind(Y).asformat(form), cv=FOLDS)
    dense = cross_fit_top_k(OVR, X, Y, cv=FOLDS)
    assert_allclose(fit.scores.toarray(), dense.scores.toarray(), rtol=1e-6)


def test_the_teacher_gets_rows_in_the_container_they_came_in():
    kinds = []

    class Curious(Centroids):
        def fit(self, X, Y, sample_weight=None):
            kinds.append((type(X), type(Y)))
            return super().fit(np.asarray(X), np.asarray(Y), sample_weight)

        def decision_function(self, X):
            kinds.append(type(X))
            return super().decision_function(np.asarray(X))

    frame = pd.DataFrame(X), pd.DataFrame(Y)
    cross_fit_top_k(Curious(), *frame, cv=2, random_state=0)
    assert kinds == [(pd.DataFrame, pd.DataFrame), pd.DataFrame] * 2


def test_one_label_a_row_as_scikit_learn_predicts_it():
    fit = cross_fit_top_k(LogisticRegression(), X, y, k=5, cv=FOLDS)
    expected = held_out(LogisticRegression(), y)
    assert_array_equal(fit.classes, np.unique(y))
    assert_array_equal(fit.scores.toarray(), expected.astype(np.float32))
    best = np.unique(y)[expected.argmax(axis=1)]
    hits = [np.mean(best[test] == y[test]) for _, test in FOLDS]
    assert_allclose(fit.precision, hits)


@pytest.mark.parametrize("labels", [Y, sparse.csr_array(Y)], ids=["dense", "sparse"])
def test_margins_become_relevances_by_one_sigmoid(labels):
    teacher = OneVsRestClassifier(LinearSVC(random_state=0))
    fit = cross_fit_top_k(teacher, X, labels, k=3, cv=FOLDS)
    margins = held_out(teacher, Y, "decision_function")
    slope, intercept = fit.calibration
    assert slope > 0
    kept = largest(margins, 3, keep_zeros=True)
    expected = expit(slope * kept.data.astype(float) + intercept)
    assert_array_equal(fit.scores.indices, kept.indices)
    assert_allclose(fit.scores.data, expected, rtol=1e-5)
    # Calibrated in the mean: the intercept's gradient is zero, up to Platt's targets.
    observed = Y[np.repeat(np.arange(120), 3), kept.indices]
    assert_allclose(fit.scores.data.mean(), observed.mean(), atol=0.01)
    best = margins.argmax(axis=1)
    hits = [Y[test, best[test]].mean() for _, test in FOLDS]
    assert_allclose(fit.precision, hits)


def test_margins_of_one_label_a_row_sum_to_one_at_most():
    fit = cross_fit_top_k(LinearSVC(random_state=0), X, y, k=5, cv=FOLDS)
    margins = held_out(LinearSVC(random_state=0), y, "decision_function")
    slope, intercept = fit.calibration
    raw = expit(slope * margins + intercept)
    assert (raw.sum(axis=1) > 1).any()
    assert (raw.sum(axis=1) < 1).any()
    expected = raw / np.maximum(raw.sum(axis=1, keepdims=True), 1)
    assert_allclose(fit.scores.toarray(), expected, rtol=1e-5)


def test_one_margin_for_two_classes():
    two = np.where(X[:, 0] > 0, "a", "b")
    fit = cross_fit_top_k(LinearSVC(random_state=0), X, two, cv=FOLDS)
    margin = held_out(LinearSVC(random_state=0), two, "decision_function")
    assert_array_equal(fit.scores.toarray().argmax(axis=1), margin > 0)
    assert np.mean(fit.precision) > 0.9


def test_top_labels_are_asked_for_before_anything_else():
    tops = cross_fit_top_k(TopLabels(), X, Y, k=3, cv=FOLDS)
    margins = cross_fit_top_k(Centroids(), X, Y, k=3, cv=FOLDS)
    assert_array_equal(tops.scores.toarray(), margins.scores.toarray())
    assert tops.calibration == margins.calibration


class NamedTops(LogisticRegression):
    """Names its labels, and fills up with labels it has no score of."""

    def predict_topk(self, X, k):
        margins = self.decision_function(X)
        labels = np.argsort(-margins, axis=1)[:, :k]
        scores = np.take_along_axis(margins, labels, axis=1)
        scores[:, -1] = -np.inf
        return np.where(np.isinf(scores), "none", self.classes_[labels]), scores


def test_top_labels_by_name_and_places_without_a_score():
    fit = cross_fit_top_k(NamedTops(), X, y, k=3, cv=FOLDS)
    margins = held_out(LogisticRegression(), y, "decision_function")
    assert_array_equal(fit.scores.indices, largest(margins, 2).indices)


def test_a_label_that_a_fold_lacks_has_no_score_there():
    labels = Y.copy()
    test = FOLDS[1][1]
    labels[:, 0] = 0
    labels[test[:4], 0] = 1
    others = np.setdiff1d(np.arange(120), test)
    teachers = {
        "margins": OneVsRestClassifier(LinearSVC(random_state=0)),
        "array": OVR,
        "list": KNeighborsClassifier(3),
        "tops": TopLabels(),
    }
    for teacher in teachers.values():
        with pytest.warns(
            MissingClassWarning, match="^4 observed labels, of 1 classes"
        ):
            fit = cross_fit_top_k(teacher, X, labels, k=K, cv=FOLDS)
        scores = fit.scores.toarray()
        assert (scores[test, 0] == 0).all()
        assert (fit.absent, fit.absent_classes) == (4, 1)
        assert (scores[test, 1:] > 0).any(axis=0).all()
    margins = OneVsRestClassifier(LinearSVC(random_state=0))
    with pytest.warns(MissingClassWarning):
        fit = cross_fit_top_k(margins, X, labels, k=K, cv=FOLDS)
    assert (fit.scores.toarray()[others, 0] > 0).all()


def test_columns_are_matched_by_class():
    labels = y.copy()
    test = FOLDS[2][1]
    labels[labels == "a"] = "b"
    labels[test[:3]] = "a"
    teacher = LogisticRegression()
    with pytest.warns(MissingClassWarning, match="3 observed labels, of 1 classes"):
        fit = cross_fit_top_k(teacher, X, labels, k=5, cv=FOLDS)
    assert_array_equal(fit.classes, ["a", "b", "c", "e", "g"])
    scores = fit.scores.toarray()
    assert (scores[test, 0] == 0).all()
    own = teacher.fit(X[FOLDS[2][0]], labels[FOLDS[2][0]])
    assert_array_equal(scores[test, 1:], own.predict_proba(X[test]).astype(np.float32))


def test_outputs_that_are_constant_in_a_fold():
    labels = Y.copy()
    labels[:, 2] = 1
    labels[FOLDS[0][1][0], 2] = 0
    fit = cross_fit_top_k(KNeighborsClassifier(3), X, labels, k=K, cv=FOLDS)
    assert (fit.scores.toarray()[FOLDS[0][1], 2] == 1).all()


def test_no_row_is_labelled_by_a_teacher_that_saw_it():
    rng = np.random.default_rng(0)
    noise = rng.integers(10, size=300)
    rows = rng.normal(size=(300, 4))
    several = (rng.random((300, 10)) < 0.1).astype(int)
    several[:, 0] |= several.sum(axis=1) == 0
    memory = KNeighborsClassifier(1)
    for labels in (noise, several):
        fit = cross_fit_top_k(memory, rows, labels, random_state=0)
        assert max(fit.precision) < 0.35
        own = fit.scores.multiply(check_targets(labels).indicator)
        assert own.nnz < 0.35 * 300
        for train, test in fit.splits:
            assert not np.intersect1d(train, test).size


def test_rows_held_out_several_times_get_the_mean():
    folds = [*FOLDS, *KFold(2).split(X)]
    fit = cross_fit_top_k(OVR, X, Y, k=3, cv=folds)
    assert_array_equal(fit.coverage, 2)
    parts = [
        largest(held_out(OVR, Y, folds=part), 3).toarray()
        for part in (folds[:3], folds[3:])
    ]
    expected = largest((parts[0] + parts[1]) / 2, 3).toarray()
    assert_allclose(fit.scores.toarray(), expected, rtol=1e-6)
    assert len(fit.precision) == len(fit.seconds) == 5


def test_rows_never_held_out_are_empty_and_told():
    with pytest.warns(CoverageWarning, match="^20 of 120 rows were labelled by no te"):
        fit = cross_fit_top_k(OVR, X, Y, cv=TimeSeriesSplit(5))
    assert_array_equal(fit.coverage, np.arange(120) >= 20)
    assert fit.n_uncovered == 20
    assert fit.scores[np.arange(20)].nnz == 0


def test_rows_without_any_label_are_no_hit():
    none = Y.sum(axis=1) == 0
    assert none.any()
    fit = cross_fit_top_k(OVR, X, Y, k=1, cv=FOLDS)
    best = held_out(OVR, Y).argmax(axis=1)
    hits = np.where(none, 0, Y[np.arange(120), best])
    assert_allclose(fit.precision, [hits[test].mean() for _, test in FOLDS])


class TestSplits:
    def test_of_one_label_are_stratified(self):
        fit = cross_fit_top_k(LogisticRegression(), X, y, cv=4, random_state=0)
        counts = [np.bincount(check_targets(y).codes[test]) for _, test in fit.splits]
        assert np.ptp(counts, axis=0).max() <= 1

    def test_of_several_labels_are_shuffled_by_the_seed(self):
        first, again, other = (
            cross_fit_top_k(Centroids(), X, Y, random_state=seed).splits
            for seed in (0, 0, 1)
        )
        for one, two in zip(first, again, strict=True):
            assert_array_equal(one[1], two[1])
        assert not np.array_equal(first[0][1], other[0][1])
        assert not np.array_equal(first[0][1], np.arange(24))

    @pytest.mark.parametrize("labels", [Y, y], ids=["several", "one"])
    @pytest.mark.parametrize("cv", [4, GroupKFold(4)])
    def test_groups_stay_together(self, labels, cv):
        groups = np.arange(120) // 5
        teacher = KNeighborsClassifier(3)
        fit = cross_fit_top_k(teacher, X, labels, cv=cv, groups=groups, random_state=0)
        assert len(fit.splits) == 4
        for train, test in fit.splits:
            assert not np.intersect1d(groups[train], groups[test]).size

    @pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
    def test_that_part_groups_are_refused(self):
        with pytest.raises(ValueError, match="cv must keep each group on one side"):
            cross_fit_top_k(OVR, X, Y, cv=KFold(3), groups=np.arange(120) % 7)

    def test_that_leak_are_refused(self):
        with pytest.raises(ValueError, match="rows on both sides of fold 0"):
            cross_fit_top_k(OVR, X, Y, cv=[(np.arange(100), np.arange(90, 120))])

    @pytest.mark.parametrize("labels", [Y, sparse.csr_array(Y)])
    def test_with_strata_are_refused_where_rows_have_several(self, labels):
        with pytest.raises(ValueError, match="cv must not stratify where.*StratifiedK"):
            cross_fit_top_k(OVR, X, labels, cv=StratifiedKFold(3))

    @pytest.mark.parametrize("labels", [Y, sparse.csr_array(Y)])
    def test_by_a_splitter(self, labels):
        cv = ShuffleSplit(2, random_state=0)
        with pytest.warns(CoverageWarning):
            fit = cross_fit_top_k(OVR, X, labels, cv=cv)
        for (_, mine), (_, its) in zip(fit.splits, cv.split(X), strict=True):
            assert_array_equal(mine, its)

    def test_more_than_rows_or_groups_are_refused(self):
        with pytest.raises(
            ValueError, match="at most the number of rows, 120, got 121"
        ):
            cross_fit_top_k(OVR, X, Y, cv=121)
        groups = np.arange(120) % 3
        with pytest.raises(ValueError, match="at most the number of groups, 3, got 5"):
            cross_fit_top_k(OVR, X, Y, groups=groups)

    def test_that_leave_one_class_to_train_on_are_refused(self):
        one = np.where(np.arange(120) < 60, "a", "b")
        with pytest.raises(
            ValueError, match="2 classes to train on, got only 'a' in fo"
        ):
            cross_fit_top_k(LogisticRegression(), X, one, cv=TimeSeriesSplit(2))

    def test_are_fewer_where_no_class_has_so_many_rows(self):
        few = np.repeat(np.arange(40), 3)
        with pytest.warns(FoldsReducedWarning, match="no class has more than 3 rows"):
            fit = cross_fit_top_k(KNeighborsClassifier(1), X, few)
        assert len(fit.splits) == 3


ALWAYS = {"X": X, "Y": Y}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"k": 0}, "k must be a positive int, got 0"),
        ({"cv": "oob"}, "cv must be an int, a splitter or an iterable.*got 'oob'"),
        ({"cv": 1}, "cv must be at least 2, got 1"),
        ({"teacher": FrozenEstimator(OVR)}, "lose its fit when cloned.*teacher_proba"),
        ({"teacher": Ridge()}, "teacher must be a classifier, got Ridge"),
        ({"Y": Y[:-1]}, "Y must have one row per row of X, got 119 rows for 120"),
        ({"Y": Y * 2}, "Y must hold 0 and 1 only"),
        ({"sample_weight": np.ones(3)}, r"sample_weight must have shape \(120,\)"),
        (
            {"teacher": KNeighborsClassifier(), "sample_weight": np.ones(120)},
            "teacher must accept sample_weight, got KNeighborsClassifier",
        ),
    ],
)
def test_wrong_arguments_are_refused_before_a_teacher_is_fitted(wrong, message):
    arguments = {"teacher": Untouched(), **ALWAYS, **wrong}
    with pytest.raises(ValueError, match=message):
        cross_fit_top_k(**arguments)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"k": 2.0}, "k must be a positive int, got 2.0"),
        ({"k": True}, "k must be a positive int, got True"),
        ({"cv": 2.5}, "cv must be an int, a splitter"),
        ({"teacher": LogisticRegression}, "teacher must be a scikit-learn classifier"),
        ({"memory": 3}, "memory must be a path or a joblib.Memory, got 3"),
    ],
)
def test_wrong_types_are_refused_before_a_teacher_is_fitted(wrong, message):
    arguments = {"teacher": Untouched(), **ALWAYS, **wrong}
    with pytest.raises(TypeError, match=message):
        cross_fit_top_k(**arguments)


class Untouched(Centroids):
    def fit(self, X, Y, sample_weight=None):
        raise AssertionError("fitted")


@pytest.mark.parametrize(
    "teacher",
    [
        RandomForestClassifier(5),
        DecisionTreeClassifier(),
        MultiOutputClassifier(LogisticRegression()),
        ClassifierChain(LogisticRegression()),
    ],
)
def test_a_teacher_that_needs_a_dense_indicator_says_so(teacher):
    name = type(teacher).__name__
    with pytest.raises((ValueError, TypeError), match=rf"{name} \(.*Y\.toarray\(\)"):
        cross_fit_top_k(teacher, X, sparse.csr_array(Y))


def test_neighbours_that_take_a_sparse_indicator_for_objects_are_found_out():
    # With scipy before 1.13 they fail by themselves.
    found = r"(labels 0 and 1, got classes_|got an error of the fit).*Y\.toarray"
    with pytest.raises(ValueError, match=found):
        cross_fit_top_k(KNeighborsClassifier(), X, sparse.csr_array(Y))


class Says(ClassifierMixin, BaseEstimator):
    """Says what it is told to."""

    def __init__(self, proba=None, margins=None, tops=None, classes=None):
        self.proba, self.margins = proba, margins
        self.tops, self.classes = tops, classes

    def fit(self, X, Y):
        self.classes_ = np.arange(K) if self.classes is None else self.classes
        return self

    def __getattr__(self, name):
        asked = {
            "predict_proba": "proba",
            "decision_function": "margins",
            "predict_topk": "tops",
        }
        told = self.__dict__.get(asked.get(name, ""))
        if told is None:
            raise AttributeError(name)
        return (
            (lambda X, k: told(len(X), k))
            if name == "predict_topk"
            else (lambda X: told(len(X)))
        )


def hole(n):
    found = np.full((n, K), 0.1)
    found[3, 5] = np.nan
    return found


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (
            Says(hole),
            "predict_proba of Says must be finite, got nan in row 3, column 5",
        ),
        (
            Says(lambda n: np.ones((n, 3))),
            r"predict_proba of .* shape \(24, 8\), got \(",
        ),
        (Says(lambda n: np.full((n, K), -0.1)), "must be non-negative, got -0.1"),
        (Says(lambda n: np.full((n, K), 1.5)), "must be at most 1, got 1.5"),
        (
            Says(lambda n: [np.ones((n, 1))] * 3),
            "list of 3 for 8 labels and 8 classes_",
        ),
        (Says(margins=hole), "decision_function of Says must be finite float32 numb"),
        (Says(margins=lambda n: np.full((n, K), 1e39)), r"numbers, got 1e\+39"),
        (Says(margins=np.ones), r"decision_function of Says .*\(24, 8\)"),
        (
            Says(tops=lambda n, k: (np.zeros((n, 1)), np.zeros((n, 1)))),
            r"labels and scores of shape \(24, 8\), got \(24, 1\)",
        ),
        (
            Says(tops=lambda n, k: (np.zeros((n, k), int), np.ones((n, k)))),
            "predict_topk of Says must return each label of a row once",
        ),
        (
            Says(tops=lambda n, k: (np.full((n, k), 99), np.ones((n, k)))),
            "predict_topk of Says must return labels of y, got .*99",
        ),
    ],
)
def test_a_wrong_answer_is_named(teacher, message):
    with pytest.raises(ValueError, match=message):
        cross_fit_top_k(teacher, X, Y)


def test_wrong_answers_about_one_label_are_named():
    ones = Says(lambda n: np.full((n, 5), 0.5), classes=np.unique(y))
    with pytest.raises(
        ValueError, match="predict_proba of Says must have rows that sum"
    ):
        cross_fit_top_k(ones, X, y)
    strange = Says(lambda n: np.full((n, 5), 0.2), classes=np.array(list("abcdz")))
    with pytest.raises(
        ValueError, match="teacher must know only classes of y, got 'd'"
    ):
        cross_fit_top_k(strange, X, y)
    pairs = SVC(decision_function_shape="ovo")
    with pytest.raises(
        ValueError, match="decision_function of SVC must have one column"
    ):
        cross_fit_top_k(pairs, X, y)


def test_classes_in_an_order_of_the_teacher():
    ranked = np.linspace(0.4, 0.0, 5)
    teacher = Says(lambda n: np.tile(ranked, (n, 1)), classes=np.array(list("gecba")))
    fit = cross_fit_top_k(teacher, X, y, k=2, cv=FOLDS)
    assert fit.scores.indices.reshape(-1, 2).tolist() == [[3, 4]] * 120
    assert_allclose(fit.scores.data.reshape(-1, 2), [[0.3, 0.4]] * 120, rtol=1e-6)
    question = Question("predict_proba", 2, np.unique(y), False, np.ones(5, dtype=bool))
    said = ask(teacher.fit(X, y), X, np.arange(3), question)
    assert said.indices.tolist() == [3, 4] * 3


def test_rows_the_teacher_says_nothing_of_are_no_hit():
    said = np.tile(np.where(np.arange(K) == 3, 0.5, 0), (40, 1))
    said[:10] = 0
    fit = cross_fit_top_k(Says(lambda n: said), X, Y, cv=FOLDS)
    hits = [Y[test[10:], 3].sum() / 40 for _, test in FOLDS]
    assert_allclose(fit.precision, hits)
    assert fit.scores.nnz == 90


def test_sparse_answers():
    dense = cross_fit_top_k(OVR, X, Y, k=3, cv=FOLDS)

    class Sparse(OneVsRestClassifier):
        def predict_proba(self, X):
            return sparse.coo_matrix(super().predict_proba(X))

    fit = cross_fit_top_k(Sparse(LogisticRegression()), X, Y, k=3, cv=FOLDS)
    assert_array_equal(fit.scores.toarray(), dense.scores.toarray())


@pytest.mark.parametrize("backend", ["loky", "threading"])
@pytest.mark.parametrize(
    ("teacher", "labels"),
    [
        (RandomForestClassifier(5), Y),
        (OneVsRestClassifier(LinearSVC()), sparse.csr_array(Y)),
        (RandomForestClassifier(5), y),
    ],
)
def test_results_do_not_depend_on_who_runs_it(teacher, labels, backend):
    import joblib

    one = cross_fit_top_k(teacher, X, labels, k=3, random_state=3)
    with joblib.parallel_config(backend):
        two = cross_fit_top_k(teacher, X, labels, k=3, random_state=3, n_jobs=2)
    assert_array_equal(one.scores.data, two.scores.data)
    assert_array_equal(one.scores.indices, two.scores.indices)
    assert one.precision == two.precision
    assert one.calibration == two.calibration


def test_another_seed_is_another_teacher():
    forest = RandomForestClassifier(5)
    one, two = (
        cross_fit_top_k(forest, X, Y, cv=FOLDS, random_state=seed) for seed in (0, 1)
    )
    assert (one.scores != two.scores).nnz
    fixed = RandomForestClassifier(5, random_state=0)
    one, two = (
        cross_fit_top_k(fixed, X, Y, cv=FOLDS, random_state=seed) for seed in (0, 1)
    )
    assert not (one.scores != two.scores).nnz


GOT = []


class Noting(Centroids):
    def fit(self, X, Y, sample_weight=None, *, tags=None, mode=None):
        GOT.append((sample_weight, tags, mode))
        return super().fit(X, Y, sample_weight)


@pytest.mark.parametrize("labels", [Y, sparse.csr_array(Y)])
def test_weights_and_fit_params_go_to_the_rows_of_the_fold(labels):
    GOT.clear()
    weight = np.arange(120) + 1.0
    params = {"tags": [str(i) for i in range(120)], "mode": "quick"}
    fit = cross_fit_top_k(
        Noting(), X, labels, k=1, cv=FOLDS, sample_weight=weight, fit_params=params
    )
    for (train, _), (own, tags, mode) in zip(FOLDS, GOT, strict=True):
        assert_array_equal(own, weight[train])
        assert tags == [str(i) for i in train]
        assert mode == "quick"
    best = fit.scores.indices
    hits = Y[np.arange(120), best]
    expected = [np.average(hits[test], weights=weight[test]) for _, test in FOLDS]
    assert_allclose(fit.precision, expected)


def test_weights_count_in_the_sigmoid():
    twice = np.ones(120)
    twice[:60] = 2
    rows = np.r_[:60, :120]
    weighted = cross_fit_top_k(Unweighted(), X, Y, cv=FOLDS, sample_weight=twice)
    place = np.arange(180)
    doubled = [
        (place[np.isin(rows, train)], place[np.isin(rows, test)])
        for train, test in FOLDS
    ]
    copies = cross_fit_top_k(Unweighted(), X[rows], Y[rows], cv=doubled)
    assert_allclose(weighted.calibration, copies.calibration, rtol=1e-5)


class Unweighted(Centroids):
    """Looks at the first rows only."""

    def fit(self, X, Y, sample_weight=None):
        return super().fit(np.eye(X.shape[1], X.shape[1]), np.eye(X.shape[1], K))


def test_one_line_a_fold(capsys):
    cross_fit_top_k(Centroids(), X, Y, cv=3, verbose=1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert re.match(r"\[cross-fit\] teacher 1/3 done after .* left", lines[0])


def test_one_versus_rest_does_not_warn_of_each_label():
    labels = Y.copy()
    labels[:, 0] = 0
    labels[3, 0] = 1
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        cross_fit_top_k(OVR, X, labels, random_state=0)
    assert [one.category for one in said] == [MissingClassWarning]


@pytest.mark.parametrize(
    ("teacher", "labels"),
    [
        (KNeighborsClassifier(3), Y),
        (Centroids(), Y),
        (TopLabels(), Y),
        (GaussianNB(), y),
    ],
)
def test_blocks_of_rows_give_the_same_as_all_rows(teacher, labels, monkeypatch):
    whole = cross_fit_top_k(teacher, X, labels, k=3, cv=FOLDS)
    monkeypatch.setattr("skdistill.extreme._top_k.row_blocks.__defaults__", (90,))
    ASKED.clear()
    parts = cross_fit_top_k(teacher, X, labels, k=3, cv=FOLDS)
    assert_allclose(parts.scores.toarray(), whole.scores.toarray(), rtol=1e-5)
    if ASKED:
        assert max(ASKED) == (30 if isinstance(teacher, TopLabels) else 11)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, bool, np.int16])
@pytest.mark.parametrize(
    "kind", [sparse.csr_array, sparse.csr_matrix, np.asarray, pd.DataFrame]
)
@pytest.mark.filterwarnings("ignore::skdistill.exceptions.MissingClassWarning")
def test_narrow_integers_number_many_columns(kind, dtype):
    rng = np.random.default_rng(0)
    label = rng.integers(300, size=400)
    rows = np.eye(300)[label]
    labels = kind(rows.astype(dtype))
    teacher = OneVsRestClassifier(GaussianNB())
    fit = cross_fit_top_k(teacher, rows, labels, k=1, cv=2, random_state=0)
    seen = [np.isin(label[test], label[train]) for train, test in fit.splits]
    assert_allclose(fit.precision, [known.mean() for known in seen])


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_unsigned_integers_are_no_trouble(kind):
    fit = cross_fit_top_k(RidgeClassifier(), X, kind(Y.astype(np.uint8)), cv=FOLDS)
    signed = cross_fit_top_k(RidgeClassifier(), X, Y, cv=FOLDS)
    assert_array_equal(fit.scores.toarray(), signed.scores.toarray())


class Echo(Centroids):
    """Its margins are the rows."""

    def decision_function(self, X):
        return X


def test_what_is_rounded_to_no_relevance_is_not_stored():
    margins = 2.0 * Y - 1
    assert not Y[0, 0]
    margins[0, 0] = -200
    fit = cross_fit_top_k(Echo(), margins, Y, k=K, cv=FOLDS)
    assert fit.scores.nnz == 120 * K - 1
    assert (fit.scores.data > 0).all()


def wide(n, n_classes, n_features=8):
    rng = np.random.default_rng(0)
    columns = rng.integers(n_classes, size=2 * n)
    entries = (np.ones(2 * n), (np.repeat(np.arange(n), 2), columns))
    labels = sparse.coo_array(entries, shape=(n, n_classes)).tocsr()
    labels.data[:] = 1
    return rng.normal(size=(n, n_features)).astype(np.float32), labels


@pytest.mark.filterwarnings("ignore::skdistill.exceptions.MissingClassWarning")
def test_no_array_of_rows_times_classes_is_made():
    rows, labels = wide(5_000, 100_000)
    ASKED.clear()
    tracemalloc.start()
    try:
        fit = cross_fit_top_k(Centroids(), rows, labels, k=10, cv=2, random_state=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fit.scores.shape == (5_000, 100_000)
    assert np.diff(fit.scores.indptr).max() == 10
    assert sum(ASKED) == 5_000
    assert max(ASKED) * 100_000 <= 1 << 22
    # 2 GB as float32; a block is 16 MB, and is held a few times.
    assert peak < 150e6
