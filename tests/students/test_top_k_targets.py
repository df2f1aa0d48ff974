"""Students of targets that are stored as 2 k numbers a row."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill.losses import CrossEntropy
from skdistill.students import SoftLogisticRegression, StudentData, fit_student
from skdistill.students import _softmax_problem as module
from skdistill.students._softmax_problem import SoftmaxProblem
from skdistill.targets import Targets, TopK

N, K, D = 300, 12, 4


@pytest.fixture(scope="module")
def stored():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D))
    logits = 2 * X @ rng.normal(size=(D, K))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return X, TopK(3).sparse(proba)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 64)


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("loss", [CrossEntropy(), CrossEntropy(3.0, 0.4)])
def test_the_objective_is_that_of_the_dense_targets(
    stored, small_blocks, loss, as_sparse
):
    X, T = stored
    weight = np.random.default_rng(1).uniform(0.5, 2, N)
    X = sparse.csr_array(X) if as_sparse else X
    mine, dense = (
        SoftmaxProblem(X, values, loss, weight) for values in (T, T.to_dense())
    )
    point = np.random.default_rng(2).normal(size=K * (D + 1))
    (value, gradient), (expected, slope) = mine(point), dense(point)
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        mine.hessian(point), dense.hessian(point), rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
def test_the_fit_is_that_of_the_dense_targets(stored, small_blocks, solver):
    X, T = stored
    model = SoftLogisticRegression(solver=solver, tol=1e-9)
    mine = model.fit(X, T).coef_
    np.testing.assert_allclose(mine, model.fit(X, T.to_dense()).coef_, atol=1e-7)
    by_targets = model.fit_targets(
        X, T, loss=CrossEntropy(), classes=list("abcdefghijkl")
    )
    np.testing.assert_allclose(by_targets.coef_, mine, atol=1e-12)
    assert by_targets.predict(X).dtype.kind == "U"


def test_float32_rows_and_float32_targets(stored):
    """Both stop where float32 sees no decrease; how far that is depends on the BLAS."""
    X, T = stored
    dense = T.to_dense()
    problem = SoftmaxProblem(X, dense, CrossEntropy())
    noise = SoftmaxProblem(X.astype(np.float32), dense, CrossEntropy()).rounding

    def value(model):
        return problem(np.column_stack([model.coef_, model.intercept_]).ravel())[0]

    optimum = value(SoftLogisticRegression(tol=1e-10).fit(X, dense))
    for targets in (dense, T):
        model = SoftLogisticRegression(tol=1e-6).fit(X.astype(np.float32), targets)
        assert model.coef_.dtype == np.float32
        assert 0 <= value(model) - optimum < 4 * noise * optimum


def test_the_matrix_is_never_made(small_blocks):
    """2.4 MB of blocks instead of 19 MB of targets; X has 0.1 MB."""
    n, k = 8000, 300
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 2))
    parts = [TopK(5).sparse(rng.dirichlet(np.ones(k), 500)) for _ in range(n // 500)]
    T = type(parts[0]).concatenate(parts)
    tracemalloc.start()
    try:
        SoftLogisticRegression(tol=1e-2).fit(X, T)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < n * k * 8 / 4


def test_many_classes_make_small_blocks(stored, monkeypatch):
    X, T = stored
    monkeypatch.setattr(module, "_ENTRIES", 10 * K)
    problem = SoftmaxProblem(X, T, CrossEntropy())
    assert {len(rows) for _, rows in problem._blocks()} == {10}


def data(X, values):
    codes = np.zeros(len(X), dtype=int)
    codes[:K] = range(K)
    return StudentData(X, Targets(values), np.arange(K), codes, None, {})


@pytest.mark.parametrize(
    ("student", "is_dense"),
    [
        (SoftLogisticRegression(tol=1e-8), False),
        (LogisticRegression(tol=1e-8, max_iter=1000), False),
        (LogisticRegression(tol=1e-8, max_iter=1000, class_weight={0: 2.0}), True),
        (DecisionTreeClassifier(max_depth=3, random_state=0), True),
        (make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8)), False),
    ],
)
def test_every_route_learns_the_same(stored, monkeypatch, student, is_dense):
    X, T = stored
    expected = fit_student(student, data(X, T.to_dense())).predict_proba(X)
    whole, to_dense = [], type(T).to_dense

    def spy(self, rows=slice(None), dtype=None):
        whole.append(rows == slice(None))
        return to_dense(self, rows, dtype)

    monkeypatch.setattr(type(T), "to_dense", spy)
    found = fit_student(student, data(X, T)).predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert any(whole) is is_dense


def test_rows_must_be_as_many(stored):
    X, T = stored
    with pytest.raises(ValueError, match="T must have as many rows as X"):
        SoftLogisticRegression().fit(X[1:], T)
