"""The correction strengths of tensors are those of the compiled kernel."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from skdistill.nn._gamma import _slow, gamma
from skdistill.targets import RULES, LossCorrection

MINIMAX = ("relative", "absolute", "power")


@st.composite
def corrections(draw, scale=None):
    rule = draw(st.sampled_from(sorted(RULES)))
    top = 1.0 if rule == "mixed" else 100.0
    return LossCorrection(
        rule,
        draw(st.none() | st.floats(1e-3, top)),
        variance=draw(st.sampled_from(["plugin", "observed"])),
        scale=scale or draw(st.sampled_from(["prob", "log"])),
        per_class=draw(st.booleans()),
        floor=draw(st.sampled_from([1 / 500, 1e-2, 1e-4])),
    )


def of_tensors(correction, proba, y):
    onehot = torch.eye(proba.shape[1], dtype=torch.float64)[torch.tensor(y)]
    return gamma(torch.tensor(proba, dtype=torch.float64), onehot, correction).numpy()


@given(corrections(), st.data())
@settings(deadline=None, max_examples=120)
def test_gamma_is_the_kernels(correction, data):
    n, k = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    numbers = st.sampled_from([0.0, 1.0, 0.5]) | st.floats(0, 1)
    proba = data.draw(hnp.arrays(np.float64, (n, k), elements=numbers))
    y = data.draw(hnp.arrays(np.int64, n, elements=st.integers(0, k - 1)))
    found, expected = of_tensors(correction, proba, y), correction.gamma(proba, y)
    # A flat or kinked maximum fixes gamma to about the root of the precision.
    loose = 1e-7 if correction.rule in MINIMAX else 1e-14
    assert_allclose(found, expected, rtol=1e-13 + loose, atol=loose)


@pytest.mark.parametrize(
    ("rule", "strength", "proba", "expected"),
    [
        ("relative", 1.0, [0.1, 0.3, 0.5, 0.9], [0.059, 0.273, 0.500, 0.450]),
        ("absolute", 0.1, [0.1, 0.5], [0.059, 0.040]),
        ("power", 4.0, [0.1, 0.5], [0.465, 0.465]),
    ],
)
def test_minimax_values_of_the_paper(rule, strength, proba, expected):
    correction = LossCorrection(rule, strength, per_class=True)
    found = of_tensors(correction, np.array([proba]), [0])
    assert_allclose(found, [expected], atol=1e-3)


def test_slow_roots_of_the_paper():
    cases = torch.tensor(
        [[0.2, 0.1, 1], [0.04, 10, 1], [0.3, 1, 4]], dtype=torch.float64
    )
    e2, c, r = cases.T
    found = torch.stack([_slow(e2[i], c[i].item(), r[i]) for i in range(3)])
    assert_allclose(found, [0.31767, 0.87930, 3.21574], atol=5e-6)
    slope = 2 * e2 * found + 4 * c * (found - r) ** 3
    assert_allclose(slope, 0, atol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("strength", [1e-5, 1e-3, 1e5])
@pytest.mark.parametrize("scale", ["prob", "log"])
def test_slow_is_accurate_for_all_magnitudes(dtype, strength, scale):
    """Relatively: r - u would cancel where the teacher is trusted."""
    proba = torch.tensor([[1e-4, 0.01, 0.3, 0.5, 0.9, 0.999]], dtype=dtype)
    correction = LossCorrection("slow", strength, scale=scale, per_class=True)
    expected = correction.gamma(proba.double().numpy(), None)
    rtol = 1e-13 if dtype == torch.float64 else 1e-6
    assert_allclose(gamma(proba, None, correction), expected, rtol=rtol)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_slow_survives_underflow(dtype):
    """Float32 serves devices that have nothing wider."""
    proba = torch.tensor(
        [[5e-324, 1e-310, 1e-45, 1e-40, 1e-20, 1e-4, 0.0, 1.0]], dtype=dtype
    )
    correction = LossCorrection("slow", 1e-3, per_class=True)
    expected = correction.gamma(proba.double().numpy(), None)
    assert 0.5 < expected.min() < 0.99
    assert_allclose(gamma(proba, None, correction), expected, rtol=2e-7)


@pytest.mark.parametrize("rule", ["fast", "slow", "orthogonal", "mixed"])
@pytest.mark.parametrize("scale", ["prob", "log"])
def test_closed_forms_hold_in_single_precision(rule, scale):
    proba = torch.softmax(3 * torch.randn(50, 10), dim=1)
    correction = LossCorrection(rule, 0.3, scale=scale)
    found = gamma(proba, None, correction)
    expected = correction.gamma(proba.double().numpy(), None)
    assert found.dtype == torch.float32
    assert_allclose(found, expected, rtol=1e-6)
