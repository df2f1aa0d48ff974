"""The fused linear kernel against its statement, in every copy, for every shape."""

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime

from skdistill._kernels import _cpu, _reference, linear_ce, soft_ce

LEVELS = range(_cpu.BEST + 1)


def problem(n, d, k, dtype=np.float64, seed=0, columns=None):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d)).astype(dtype)
    target = (rng.dirichlet(np.ones(k), n) * 1.6 - 0.3 / k).astype(dtype)
    coef = rng.normal(size=(columns or (1 if k == 2 else k), d + 1)) / np.sqrt(d)
    return rows, target, np.float64(np.float32(coef)), rng.uniform(0, 2, n)


@given(
    n=st.integers(0, 70),
    d=st.integers(1, 40),
    k=st.integers(2, 20),
    dtype=st.sampled_from([np.float32, np.float64]),
    level=st.sampled_from(list(LEVELS)),
    tau=st.sampled_from([1.0, 2.0, 0.5]),
    alpha=st.sampled_from([1.0, 0.0, 0.4]),
    weighted=st.booleans(),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=300)
def test_kernel_equals_reference(n, d, k, dtype, level, tau, alpha, weighted, seed):
    rows, target, coef, weight = problem(n, d, k, dtype, seed)
    weight = weight if weighted else None
    found = linear_ce(rows, target, coef, tau, alpha, sample_weight=weight, level=level)
    loss, grad = _reference.linear_ce(
        rows, target, coef, tau, alpha, sample_weight=weight
    )
    eps = np.finfo(dtype).eps
    assert_allclose(found.loss, loss, rtol=100 * eps, atol=100 * n * eps)
    assert found.grad.dtype == np.float64
    size = 1 + np.abs(grad).max(initial=0)
    assert_allclose(found.grad, grad, rtol=0, atol=40 * np.sqrt(n + 1) * size * eps)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "d", "k"),
    [
        (1, 1, 2),
        (300, 7, 3),
        (257, 101, 10),
        (40, 1000, 33),
        (9, 5000, 2),
        (33, 64, 40),
    ],
)
def test_shapes_beyond_a_block_or_a_panel(n, d, k, dtype, level):
    rows, target, coef, weight = problem(n, d, k, dtype)
    found = linear_ce(rows, target, coef, 2.0, 0.3, sample_weight=weight, level=level)
    loss, grad = _reference.linear_ce(
        rows, target, coef, 2.0, 0.3, sample_weight=weight
    )
    rtol = 1e-5 if dtype == np.float32 else 1e-13
    assert_allclose(found.loss, loss, rtol=rtol)
    assert_allclose(found.grad, grad, atol=10 * rtol * np.abs(grad).max())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("k", [2, 5])
def test_the_gradient_is_the_derivative(k, level):
    rows, target, coef, weight = problem(30, 4, k)

    def value(flat):
        return linear_ce(
            rows, target, flat.reshape(coef.shape), 2.0, 0.6, sample_weight=weight
        ).loss

    found = linear_ce(rows, target, coef, 2.0, 0.6, sample_weight=weight, level=level)
    numeric = approx_fprime(coef.ravel(), value, 1e-7)
    assert_allclose(found.grad.ravel(), numeric, atol=5e-5)


def test_two_classes_may_have_two_rows_of_weights():
    rows, target, coef, _ = problem(50, 6, 2)
    one = linear_ce(rows, target, coef)
    two = linear_ce(rows, target, np.vstack([0 * coef, coef]))
    assert_allclose(two.loss, one.loss, rtol=1e-14)
    assert_allclose(two.grad[1:], one.grad, rtol=1e-12)


def test_it_is_the_soft_cross_entropy_of_the_logits():
    rows, target, coef, weight = problem(90, 6, 4)
    logit = rows @ coef[:, :-1].T + coef[:, -1]
    by_row = soft_ce(target, logit, 3.0, 0.5, sample_weight=weight)
    found = linear_ce(rows, target, coef, 3.0, 0.5, sample_weight=weight)
    assert_allclose(found.loss, by_row.loss.sum(), rtol=1e-13)
    assert_allclose(found.grad[:, -1], by_row.grad.sum(axis=0), atol=1e-12)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_change_no_bit(dtype, level):
    rows, target, coef, weight = problem(30_001, 31, 5, dtype)
    options = {"sample_weight": weight, "level": level}
    one = linear_ce(rows, target, coef, 2.0, 0.5, **options)
    for n_threads in (2, 3, 7):
        many = linear_ce(rows, target, coef, 2.0, 0.5, n_threads=n_threads, **options)
        assert many.loss == one.loss
        assert_array_equal(many.grad, one.grad)


# Arrays that end where a page begins that must not be touched.
GUARDED = """
import ctypes, itertools, mmap
import numpy as np
from skdistill._kernels import _cpu, linear_ce

protect = ctypes.CDLL(None).mprotect
kept = []

def guarded(array):
    size = -(-array.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
    pages = mmap.mmap(-1, size + mmap.PAGESIZE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    assert protect(ctypes.c_void_p(start + size), mmap.PAGESIZE, 0) == 0
    kept.append(pages)
    copy = np.frombuffer(pages, array.dtype, array.size, size - array.nbytes)
    copy[:] = array.ravel()
    return copy.reshape(array.shape)

shapes = list(itertools.product((1, 8, 9), (1, 7, 9, 17, 33, 100), (2, 3, 10)))
for dtype in (np.float32, np.float64):
    for n, d, k in shapes:
        arrays = [guarded(np.ones(s, dtype)) for s in ((n, d), (n, k))]
        coef = guarded(np.ones((1 if k == 2 else k, d + 1)))
        weight = guarded(np.ones(n))
        for level in range(_cpu.BEST + 1):
            linear_ce(*arrays, coef, 2.0, 0.5, sample_weight=weight, level=level)
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs mprotect")
def test_nothing_is_read_behind_the_last_row():
    done = subprocess.run(
        [sys.executable, "-c", GUARDED], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "done", (done.returncode, done.stderr)


def test_float32_sums_are_exact_over_many_rows():
    rows = np.full((200_000, 1), 0.1, np.float32)
    target = np.tile(np.float32([0.2, 0.3, 0.5]), (200_000, 1))
    found = linear_ce(rows, target, np.zeros((3, 2)))
    slopes = 200_000 * (1 / 3 - np.array([0.2, 0.3, 0.5]))
    assert_allclose(found.grad, np.column_stack([0.1 * slopes, slopes]), rtol=2e-6)


def test_huge_logits_are_exact():
    found = linear_ce([[1.0]], [[0.0, 1.0, 0.0]], [[1e4, 0], [-1e4, 0], [-1e4, 0]])
    assert found.loss == 2e4
    assert_array_equal(found.grad, [[1, 1], [-1, -1], [0, 0]])


def test_inputs_are_left_alone():
    rows, target, coef, weight = problem(20, 5, 3)
    before = [a.copy() for a in (rows, target, coef, weight)]
    linear_ce(rows, target, coef, sample_weight=weight)
    for one, other in zip((rows, target, coef, weight), before, strict=True):
        assert_array_equal(one, other)


def test_any_memory_layout_and_type_is_accepted():
    rows, target, coef, _ = problem(20, 5, 3)
    plain = linear_ce(rows, target, coef)
    other = linear_ce(np.asfortranarray(rows), target[::-1].copy()[::-1], coef.tolist())
    assert other.loss == plain.loss
    assert_array_equal(other.grad, plain.grad)
    mixed = linear_ce(rows.astype(np.float32), target, coef)
    assert_allclose(mixed.grad, plain.grad, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": np.ones(3)}, "rows must have shape (n_samples, n_classes) with a"),
        (
            {"target": np.ones((4, 3))},
            "target must have shape (5, n_classes) with two classes or more, got (4",
        ),
        (
            {"target": np.ones((5, 1)), "coef": np.ones((1, 3))},
            "target must have shape (5, n_classes) with two classes or more, got (5",
        ),
        ({"coef": np.ones((3, 2))}, "coef must have shape (3, 3), got (3, 2)."),
        ({"coef": np.ones((1, 3))}, "coef must have shape (3, 3), got (1, 3)."),
        (
            {"sample_weight": np.ones(4)},
            "sample_weight must have shape (5,), got (4,).",
        ),
        ({"n_threads": 0}, "n_threads must be at least 1, got 0."),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    arguments = {
        "rows": np.ones((5, 2)),
        "target": np.ones((5, 3)),
        "coef": np.ones((3, 3)),
    } | change
    with pytest.raises(ValueError, match=re.escape(message)):
        linear_ce(**arguments)
