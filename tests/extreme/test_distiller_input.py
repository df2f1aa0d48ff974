"""Bad input of ExtremeDistiller: said at the door, before any teacher is fitted."""

import numpy as np
import pytest
from counting import Counting, fits
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVR

from skdistill.extreme import ExtremeDistiller

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 5))
Y = RNG.integers(0, 4, 60)
P = np.full((60, 4), 0.25)
LR = LogisticRegression()
SHORT = {"max_epochs": 1, "random_state": 0}

COUNTS = ("top_k", "n_negatives", "max_epochs", "n_threads", "n_components")
PARAMETERS = [
    *((name, v, ValueError, "a positive int") for name in COUNTS for v in (0, -1)),
    *((name, v, TypeError, "a positive int") for name in COUNTS for v in (1.5, True)),
    ("n_candidates", 0, ValueError, "a positive int"),
    ("n_candidates", 99, ValueError, "at least n_negatives, 100, got 99"),
    ("alpha", 1.1, ValueError, r"in \[0, 1\]"),
    ("alpha", "a", TypeError, r"in \[0, 1\]"),
    *((name, 0, ValueError, "positive") for name in ("learning_rate", "negative_mass")),
    *(
        (name, v, error, "of at least 0")
        for name in ("weight_decay", "negative_power")
        for v, error in ((-1, ValueError), (np.nan, ValueError), (None, TypeError))
    ),
    ("negatives", "hard", ValueError, "one of 'uniform', 'frequency'"),
    ("weighting", ["double"], ValueError, "one of 'uniform', 'double'"),
    ("cv", "oob", ValueError, "an int, a splitter"),
    ("memory", 3, TypeError, "a path or a joblib.Memory"),
    ("n_components", 1 << 33, ValueError, "a model that fits into memory"),
]


def refused(kind, match, tmp_path, X=X, Y=Y, params=None, **fit):
    model = ExtremeDistiller(Counting(tmp_path), **{**SHORT, **(params or {})})
    with pytest.raises(kind, match=match):
        model.fit(X, Y, **fit)
    assert fits(tmp_path) == 0


@pytest.mark.parametrize(("name", "value", "kind", "said"), PARAMETERS)
def test_parameters(name, value, kind, said, tmp_path):
    refused(kind, f"{name} must .*{said}", tmp_path, params={name: value})


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    ("value", "said"),
    [(np.nan, "NaN"), (np.inf, "infinity"), (1e39, "too large for dtype.'float32'")],
)
def test_x_that_float32_cannot_hold(container, value, said, tmp_path):
    bad = X.copy()
    bad[3, 1] = value
    refused(ValueError, said, tmp_path, X=container(bad))
    model = ExtremeDistiller(**SHORT).fit(X, Y)
    with pytest.raises(ValueError, match=said):
        model.predict(container(bad))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Y[:5], "one label per row of X, got 5 labels for 60"),
        (None, "requires y to be passed"),
        (np.zeros((60, 3)), "at least one label, got zeros only"),
        (np.full((60, 3), 2), "0 and 1 only"),
        (np.zeros(60, int), "class"),
    ],
)
def test_targets(target, said, tmp_path):
    refused(ValueError, said, tmp_path, Y=target)


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (np.zeros(60), "positive sum, got 60 zeros"),
        (-np.ones(60), "non-negative, got -1"),
        (np.full(60, np.nan), "finite"),
        (np.ones(5), "shape"),
    ],
)
def test_weights(weight, said, tmp_path):
    refused(ValueError, f"sample_weight must .*{said}", tmp_path, sample_weight=weight)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    ("proba", "said"),
    [
        (P[:, :3], "shape"),
        (P[:5], "shape"),
        (P - 1, "non-negative"),
        (P + 1, "at most 1"),
        (P * np.nan, "finite"),
    ],
)
def test_relevances(kind, proba, said):
    with pytest.raises(ValueError, match=f"teacher_proba must .*{said}"):
        ExtremeDistiller(**SHORT).fit(X, Y, teacher_proba=kind(proba))


def test_a_teacher_and_its_relevances(tmp_path):
    refused(ValueError, "teacher must be None with", tmp_path, teacher_proba=P)


@pytest.mark.parametrize(
    ("teacher", "kind", "said"),
    [
        (FrozenEstimator(LR.fit(X, Y)), ValueError, "lose its fit when cloned"),
        (SVR(), ValueError, "be a classifier"),
        (LogisticRegression, TypeError, "Pass an instance"),
        ("forest", TypeError, "Pass an instance"),
    ],
)
def test_teachers(teacher, kind, said):
    with pytest.raises(kind, match=f"teacher must .*{said}"):
        ExtremeDistiller(teacher, **SHORT).fit(X, Y)


def test_a_fitted_teacher_is_cloned():
    teacher = LogisticRegression().fit(X, Y)
    before = teacher.coef_.copy()
    one = ExtremeDistiller(teacher, **SHORT).fit(X[:50] * 2, Y[:50])
    np.testing.assert_array_equal(teacher.coef_, before)
    other = ExtremeDistiller(LogisticRegression(), **SHORT).fit(X[:50] * 2, Y[:50])
    np.testing.assert_array_equal(one.coef_, other.coef_)


def test_teacher_negatives_need_a_teacher():
    model = ExtremeDistiller(negatives="teacher", **SHORT)
    with pytest.raises(ValueError, match="must not be 'teacher' without one"):
        model.fit(X, Y)
    model.fit(X, Y, teacher_proba=P)


def test_a_model_that_cannot_be_held():
    many = 10**6
    rows = sparse.csr_array(np.ones((3, 1)))
    rows.resize((3, many))
    labels = sparse.csr_array((np.ones(3), ([0, 1, 2], [0, 1, 2])), shape=(3, many))
    with pytest.raises(ValueError, match="n_components must .* 4,000 GB"):
        ExtremeDistiller(**SHORT).fit(rows, labels)


@pytest.mark.parametrize(
    ("k", "kind", "said"),
    [(5, ValueError, "at most the number of classes, 4"), (0, ValueError, "positive")],
)
def test_k(k, kind, said):
    with pytest.raises(kind, match=f"k must be .*{said}"):
        ExtremeDistiller(**SHORT).fit(X, Y).predict_topk(X, k)


@pytest.mark.parametrize("scored", [object, str, list])
@pytest.mark.parametrize("fitted", [object, str, list])
def test_text_is_text_in_whatever_it_comes(fitted, scored):
    names = np.array(["a", "b", "c", "d"])[Y]

    def given(kind):
        return list(names) if kind is list else names.astype(kind)

    model = ExtremeDistiller(**SHORT).fit(X, given(fitted))
    assert model.score(X, given(scored)) == np.mean(model.predict(X) == names)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (Y + 3, "labels seen in fit, got [4-6] and"),
        (Y.astype(str), "labels seen in fit, got '"),
        (Y[:5], "one row per row of X, got 5 rows for 60"),
        (np.eye(4)[Y], r"one label a row, as in fit, got shape \(60, 4\)"),
        (sparse.csr_array(np.eye(4)[Y]), "one label a row"),
    ],
)
def test_labels_that_are_scored(labels, said):
    model = ExtremeDistiller(**SHORT).fit(X, Y)
    with pytest.raises(ValueError, match=f"y must .*{said}"):
        model.score(X, labels)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.eye(4)[Y][:, :3], r"shape \(n_samples, 4\)"),
        (Y, r"shape \(n_samples, 4\)"),
        (np.eye(4)[Y][:5], "one row per row of X"),
        (sparse.csr_array(np.eye(4)[Y])[:5], "one row per row of X"),
    ],
)
def test_indicators_that_are_scored(labels, said):
    model = ExtremeDistiller(**SHORT).fit(X, np.eye(4)[Y])
    with pytest.raises(ValueError, match=f"y must .*{said}"):
        model.score(X, labels)


def test_a_fit_that_failed_leaves_no_model():
    model = ExtremeDistiller(LR, **SHORT)
    with pytest.raises(ValueError, match="non-negative"):
        model.fit(X, Y, sample_weight=-np.ones(60))
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_widths():
    with pytest.raises(ValueError, match="expecting 5 features"):
        ExtremeDistiller(**SHORT).fit(X, Y).predict(X[:, :3])
