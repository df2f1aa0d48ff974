"""t' K^-1 t: invariants, orders, what may be compared, and what is refused."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics.pairwise import rbf_kernel

from skdistill.diagnostics import center_targets, supervision_complexity
from skdistill.diagnostics.complexity import ArrayKernel
from skdistill.exceptions import ComplexityWarning


def positive(n, rng, rank=None):
    half = rng.normal(size=(n, rank or n))
    return half @ half.T + 0.1 * np.eye(n)


def factor(a, b):
    return max(a / b, b / a)


class Blocks:
    """A kernel object without a fingerprint, which remembers what it was asked for."""

    name = "rbf by blocks"

    def __init__(self, X, gamma=0.1):
        self.X, self.gamma, self.n_samples, self.asked = X, gamma, len(X), []

    def gram(self, rows, cols):
        self.asked.append((rows, cols))
        return rbf_kernel(self.X[rows], self.X[cols], gamma=self.gamma)


@pytest.fixture(scope="module")
def problem():
    """The recipe of B2: a smooth logit in five dimensions, 400 rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    logit = 2 * np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
    labels = np.where(rng.uniform(size=400) < expit(logit), 1.0, -1.0)
    return rbf_kernel(X, gamma=0.1), logit, labels, X, rng


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 12), k=st.integers(1, 3))
def test_it_is_the_quadratic_form(seed, n, k):
    rng = np.random.default_rng(seed)
    K, T = positive(n, rng), rng.normal(size=(n, k))
    found = supervision_complexity(K, T, jitter=1e-3)
    A = K + 1e-3 * np.trace(K) / n * np.eye(n)
    raw = np.trace(T.T @ np.linalg.solve(A, T))
    assert found.raw == pytest.approx(raw, rel=1e-8)
    assert found.adjusted == pytest.approx(np.sqrt(raw * np.trace(A)) / n, rel=1e-8)
    rms = np.sqrt((T**2).sum() / n)
    assert found.normalized == pytest.approx(found.adjusted / rms, rel=1e-8)
    x = np.linalg.solve(A, T)
    share = 1 - np.trace(x.T @ K @ x) / raw
    assert found.jitter_share == pytest.approx(share, rel=1e-6, abs=1e-9)
    assert (found.method, found.relative_error) == ("cholesky", 0)


def test_scale_of_the_kernel_cancels_and_scale_of_the_targets_does_not():
    rng = np.random.default_rng(0)
    K, t = positive(30, rng), rng.normal(size=30)
    base = supervision_complexity(K, t)
    scaled = supervision_complexity(7.5 * K, t)
    assert scaled.adjusted == pytest.approx(base.adjusted, rel=1e-10)
    thrice = supervision_complexity(K, 3 * t)
    assert thrice.adjusted == pytest.approx(3 * base.adjusted, rel=1e-12)
    assert thrice.normalized == pytest.approx(base.normalized, rel=1e-12)


@pytest.mark.parametrize("shape", [(50,), (50, 4)])
@pytest.mark.parametrize("jitter", [1e-6, 0.5])
def test_the_identity_is_one_for_all_targets(shape, jitter):
    T = np.random.default_rng(0).normal(size=shape)
    found = supervision_complexity(np.eye(50), T, jitter=jitter)
    assert found.normalized == pytest.approx(1, abs=1e-12)


def test_a_separable_kernel_is_the_sum_over_the_classes():
    rng = np.random.default_rng(0)
    K, T = positive(40, rng), rng.normal(size=(40, 3))
    block = supervision_complexity(np.kron(K, np.eye(3)), T)
    columns = [supervision_complexity(K, t).raw for t in T.T]
    assert block.raw == pytest.approx(sum(columns), rel=1e-8)
    together = supervision_complexity(K, T)
    for field in ("raw", "adjusted", "normalized", "n_samples", "n_targets"):
        assert getattr(block, field) == pytest.approx(
            getattr(together, field), rel=1e-8
        )


def test_blocks_of_one_kernel_are_its_outputs():
    """Outputs that share nothing: the order of the stacking shows."""
    rng = np.random.default_rng(0)
    A, B, T = positive(20, rng), 9 * positive(20, rng), rng.normal(size=(20, 2))
    K = np.zeros((40, 40))
    K[::2, ::2], K[1::2, 1::2] = A, B
    found = supervision_complexity(K, T, jitter=1e-12)
    raws = [
        supervision_complexity(part, t, jitter=1e-12).raw
        for part, t in zip((A, B), T.T, strict=True)
    ]
    assert found.raw == pytest.approx(sum(raws), rel=1e-6)


def test_orders_of_the_paper(problem):
    """B2; the numbers are those of benchmarks/complexity.py."""
    K, logit, labels, _, rng = problem
    permuted, sampled, hard, soft, smooth = (
        supervision_complexity(K, t)
        for t in (rng.permutation(labels), labels, np.sign(logit),
                  2 * expit(logit) - 1, logit)
    )  # fmt: skip
    assert permuted > sampled > hard > soft > smooth
    assert smooth.normalized == pytest.approx(0.81, abs=0.15)
    assert soft.normalized == pytest.approx(5.5, abs=1)
    assert sampled.times(smooth) > 100


def test_a_teacher_grows_more_complex_as_it_learns(problem):
    K, _, labels, *_ = problem
    values, vectors = np.linalg.eigh(K)
    found = [
        supervision_complexity(
            K,
            vectors @ ((1 - np.exp(-values * time / len(K))) * (vectors.T @ labels)),
        )
        for time in (1, 10, 1e2, 1e3, 1e4, 1e6)
    ]
    assert all(a < b for a, b in pairwise(found))


def test_temperature_lowers_the_adjusted_more_than_the_normalized(problem):
    K, logit, _, _, rng = problem
    noisy = logit + rng.normal(size=len(logit))
    cold, warm = (
        supervision_complexity(K, 2 * expit(noisy / tau) - 1) for tau in (0.1, 16)
    )
    assert cold.adjusted / warm.adjusted > 8
    assert 1 < cold.normalized / warm.normalized < 2


@pytest.mark.parametrize("method", ["nystroem", "cg"])
@pytest.mark.parametrize("gamma", [0.1, 1.0])
def test_the_error_of_an_approximation_is_within_its_bound(problem, method, gamma):
    _, logit, labels, X, _ = problem
    K = rbf_kernel(X, gamma=gamma)
    options = {"method": method, "n_components": 150, "random_state": 0}
    options["max_iter"] = 2000
    for t in (labels, logit, np.column_stack([labels, logit])):
        exact = supervision_complexity(K, t)
        if method == "nystroem":
            with pytest.warns(ComplexityWarning, match="known roughly only"):
                found = supervision_complexity(K, t, **options)
        else:
            found = supervision_complexity(K, t, **options)
            assert found.relative_error <= 0.01
        assert 1 < factor(found.raw, exact.raw) <= 1 + found.relative_error
        assert method == "nystroem" or found.raw < exact.raw


@pytest.mark.parametrize("method", ["nystroem", "cg"])
def test_with_all_rows_as_landmarks_an_approximation_is_exact(problem, method):
    K, logit, *_ = problem
    exact = supervision_complexity(K, logit)
    found = supervision_complexity(K, logit, method=method, n_components=400)
    assert found.raw == pytest.approx(exact.raw, rel=1e-6)
    assert found.relative_error < 1e-6


def test_approximations_serve_matrix_valued_kernels(problem):
    K, logit, labels, *_ = problem
    K, T = K[:80, :80], np.column_stack([labels, logit])[:80]
    block = np.kron(K, [[2.0, 0.5], [0.5, 1.0]])
    exact = supervision_complexity(block, T)
    for method in ("nystroem", "cg"):
        found = supervision_complexity(block, T, method=method, random_state=0)
        assert found.raw == pytest.approx(exact.raw, rel=1e-4)


def test_few_iterations_are_told(problem):
    K, _, labels, *_ = problem
    with pytest.warns(match=r"1 of 1 targets is known roughly.*max_iter"):
        found = supervision_complexity(
            K, labels, method="cg", n_components=20, max_iter=2, random_state=0
        )
    exact = supervision_complexity(K, labels).raw
    assert factor(found.raw, exact) <= 1 + found.relative_error


def test_a_kernel_object_is_read_in_blocks(problem, monkeypatch):
    K, logit, _, X, _ = problem
    monkeypatch.setattr(
        "skdistill.diagnostics.complexity._gram._BLOCK_BYTES", 100 * 8 * len(X)
    )
    kernel = Blocks(X)
    found = supervision_complexity(kernel, logit)
    assert found.raw == pytest.approx(supervision_complexity(K, logit).raw, rel=1e-6)
    widest = max(rows.stop - rows.start for rows, _ in kernel.asked[:-1])
    assert widest <= 256
    assert found.kernel == "rbf by blocks"


@pytest.mark.parametrize("held", [True, False])
def test_conjugate_gradients_read_an_object_once_if_it_can_be_held(
    held, problem, monkeypatch
):
    K, logit, _, X, _ = problem
    monkeypatch.setattr(
        "skdistill.diagnostics.complexity._gram._HELD_BYTES",
        8 * len(X) ** 2 - (not held),
    )
    kernel = Blocks(X)
    found = supervision_complexity(
        kernel, logit, method="cg", n_components=100, random_state=0
    )
    assert found.raw == pytest.approx(supervision_complexity(K, logit).raw, rel=1e-2)
    assert (len(kernel.asked) < 10) == held


def test_classes_without_rows_cost_nothing(problem):
    K, logit, *_ = problem
    T = np.column_stack([logit, np.zeros(len(K))])
    for method in ("cholesky", "cg"):
        found = supervision_complexity(K, T, method=method).raw
        assert found == pytest.approx(supervision_complexity(K, logit).raw, rel=1e-3)


def test_targets_that_a_kernel_cannot_hold_measure_the_jitter(problem):
    *_, labels, X, _ = problem
    linear = X @ X.T + 1
    coarse = supervision_complexity(linear, labels, jitter=1e-2)
    fine = supervision_complexity(linear, labels, jitter=1e-6)
    assert fine.jitter_share > 0.99
    assert fine.raw / coarse.raw == pytest.approx(1e4, rel=0.05)


def test_auto_is_exact_up_to_its_limit(problem, monkeypatch):
    K, logit, *_ = problem
    limit = "skdistill.diagnostics.complexity._measure.EXACT_ROWS"
    monkeypatch.setattr(limit, 400)
    assert supervision_complexity(K, logit).method == "cholesky"
    monkeypatch.setattr(limit, 399)
    assert supervision_complexity(K, logit).method == "cg"


def test_the_kernel_given_stays_as_it_was(problem):
    K, logit, *_ = problem
    before = K.copy()
    supervision_complexity(K, logit)
    np.testing.assert_array_equal(K, before)


@pytest.mark.parametrize("by_blocks", [True, False])
def test_one_matrix_is_held_beside_the_one_given(by_blocks, monkeypatch):
    """The whole process at 8000 rows is measured by benchmarks/complexity.py."""
    monkeypatch.setattr(
        "skdistill.diagnostics.complexity._gram._BLOCK_BYTES", 50 * 8 * 1500
    )
    X = np.random.default_rng(0).normal(size=(1500, 2))
    kernel = Blocks(X) if by_blocks else rbf_kernel(X)
    tracemalloc.start()
    supervision_complexity(kernel, X[:, 0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.4 * 8 * 1500**2


# What may be compared


def test_order_is_that_of_the_normalized(problem):
    K, logit, labels, *_ = problem
    low, high = (supervision_complexity(K, t) for t in (logit, labels))
    assert low < high
    assert high > low
    assert low <= high
    assert high >= low
    assert low <= low  # noqa: PLR0124
    assert not high < low
    assert low == supervision_complexity(K, logit)
    assert high.times(low) == high.normalized / low.normalized


def test_different_scales_are_not_compared(problem):
    K, logit, *_ = problem
    base = supervision_complexity(K, logit)
    others = {
        "n_samples": supervision_complexity(K[:300, :300], logit[:300]),
        "kernel": supervision_complexity(K**2, logit),
        "jitter": supervision_complexity(K, logit, jitter=1e-5),
        "method": supervision_complexity(K, logit, method="cg"),
    }
    for name, other in others.items():
        for compare in (
            base.__lt__, base.__gt__, base.__le__, base.__ge__, base.times,
        ):  # fmt: skip
            with pytest.raises(ValueError, match=f"must have the same {name} to be"):
                compare(other)
    with pytest.raises(TypeError, match=r"Compare \.normalized with numbers"):
        assert base < 3


def test_objects_without_a_fingerprint_are_told_apart_by_their_values(problem):
    *_, X, _ = problem
    t = X[:, 0]
    first, same, other = (
        supervision_complexity(Blocks(X, gamma), t) for gamma in (0.1, 0.1, 0.2)
    )
    assert first <= same
    with pytest.raises(ValueError, match="same kernel"):
        assert first < other


# What is refused


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.ones((3, 4)), r"square matrix, got an array of shape \(3, 4\)"),
        (np.ones(3), r"square matrix, got an array of shape \(3,\)"),
        (np.triu(np.ones((3, 3))) + np.eye(3), "symmetric.*up to 1"),
        (np.diag([1, np.nan, 1]), "finite, got nan in row 1, column 1"),
        (np.diag([1, -1, 1]), "diagonal with smallest entry -1"),
        (np.zeros((3, 3)), "diagonal with smallest entry 0"),
        (
            np.array([[1, 3, 0], [3, 1, 0], [0, 0, 1]]),
            "pivot of -8 in row 1, the jitter of 1e-06 included",
        ),
    ],
)  # fmt: skip
def test_no_kernels(kernel, message):
    with pytest.raises(ValueError, match=message):
        supervision_complexity(kernel, [1.0, 2.0, 3.0])


def test_a_pivot_in_a_late_block_is_found():
    """LAPACK fails in the middle of its own blocks; the pivot is still the true one."""
    rng = np.random.default_rng(0)
    K = positive(700, rng) / 700
    K[555, 555] = 1e-9
    with pytest.raises(
        ValueError, match="positive definite, got a pivot of -.* in row 555"
    ):
        supervision_complexity(K, rng.normal(size=700))


@pytest.mark.parametrize(("method", "n_components"), [("nystroem", 60), ("cg", 1)])
def test_approximations_refuse_what_is_no_kernel(method, n_components):
    """By the corner of the landmarks, or by a direction of the iteration."""
    rng = np.random.default_rng(0)
    K = positive(60, rng, rank=60)
    bad = K - 0.5 * np.trace(K) / 60 * np.eye(60)
    with pytest.raises(ValueError, match="kernel must be positive definite"):
        supervision_complexity(
            bad, rng.normal(size=60), method=method, n_components=n_components
        )


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([1.0, 2.0], "one row for each of the kernel's 3 samples, got 2"),
        ([1.0, np.nan, 2.0], "targets must be finite, got nan in row 1"),
        ([2.0, 2.0, 2.0], r"must vary over the rows, got 3 times \[2\.\]: a single"),
        (np.full((3, 2), 0.5), "must vary over the rows"),
        (np.ones((3, 2, 2)), r"shape .* got \(3, 2, 2\)"),
        ([], "shape"),
    ],
)
def test_no_targets(targets, message):
    with pytest.raises(ValueError, match=message):
        supervision_complexity(np.eye(3), targets)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jitter": 0}, "jitter must be a positive finite number, got 0"),
        ({"jitter": -1e-6}, "jitter must be a positive finite number"),
        ({"method": "lu"}, "method must be one of .* got 'lu'"),
        ({"n_components": 0}, "n_components must be a positive integer, got 0"),
        ({"max_iter": 1.5}, "max_iter must be a positive integer, got 1.5"),
        ({"tol": 0}, "tol must be a positive finite number"),
    ],
)
def test_no_settings(options, message):
    with pytest.raises(ValueError, match=message):
        supervision_complexity(np.eye(3), [1.0, 2.0, 3.0], **options)


def test_text_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match="center=True"):
        supervision_complexity(np.eye(2), ["a", "b"])
    with pytest.raises(TypeError, match="kernel must hold real numbers"):
        supervision_complexity([["a", "b"], ["b", "a"]], [1.0, 2.0])


def test_a_broken_kernel_object_is_refused(problem):
    *_, X, _ = problem
    kernel = Blocks(X)
    with pytest.raises(ValueError, match="400 samples, got 10"):
        supervision_complexity(kernel, np.arange(10.0))
    kernel.gram = lambda rows, cols: np.ones((2, 3))
    with pytest.raises(ValueError, match=r"kernel\.gram must return shape"):
        supervision_complexity(kernel, X[:, 0])
    kernel.gram = lambda rows, cols: np.triu(np.ones((256, 256)))
    with pytest.raises(ValueError, match="kernel must be symmetric, got a block"):
        supervision_complexity(kernel, X[:, 0])
    del kernel.n_samples
    with pytest.raises(TypeError, match="and n_samples, got Blocks"):
        supervision_complexity(kernel, X[:, 0])


def test_outputs_of_the_kernel_must_be_columns():
    kernel = ArrayKernel(np.eye(6), n_outputs=3)
    with pytest.raises(ValueError, match="the kernel's 3 outputs as columns, got 1"):
        supervision_complexity(kernel, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"n_samples \* 4 rows, got 6"):
        ArrayKernel(np.eye(6), n_outputs=4)


# Coding


def test_two_classes_are_one_column_and_more_are_centred():
    np.testing.assert_array_equal(center_targets([0, 1, 1]), [-1, 1, 1])
    np.testing.assert_array_equal(center_targets([True, False]), [1, -1])
    np.testing.assert_allclose(center_targets([0.25, 1.0]), [-0.5, 1])
    np.testing.assert_allclose(center_targets([[0.75, 0.25], [0, 1]]), [-0.5, 1])
    np.testing.assert_allclose(
        center_targets([[0.75, 0.25], [0, 1]], one_column=False),
        [[0.25, -0.25], [-0.5, 0.5]],
    )
    np.testing.assert_allclose(
        center_targets(["a", "c", "b"]).sum(axis=1), 0, atol=1e-12
    )
    corrected = [[1.25, -0.25], [-0.5, 1.5]]  # outside the simplex, of sum 1
    np.testing.assert_allclose(center_targets(corrected), [-1.5, 2])


def test_centred_labels_and_their_onehot_rows_are_equal(problem):
    K, _, labels, *_ = problem
    codes = (labels > 0).astype(int)
    assert supervision_complexity(K, codes, center=True) == supervision_complexity(
        K, np.eye(2)[codes], center=True
    )
    assert supervision_complexity(K, codes, center=True).raw == pytest.approx(
        supervision_complexity(K, labels).raw
    )


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["a", "a"], "at least two classes"),
        ([0.5, 1.5], "got numbers from 0.5 to 1.5"),
        ([[0.5, 0.7], [0.5, 0.5]], "sum to 1 to be centred, got 1.2 in row 0"),
        ([[0.5, 0.5], [np.nan, 0.5]], "got nan in row 1"),
        ([[1.0], [1.0]], r"got \(2, 1\)"),
    ],
)
def test_what_cannot_be_centred(targets, message):
    with pytest.raises(ValueError, match=message):
        center_targets(targets)
