"""The correction strengths against their statement, fine grids and published values."""

import re
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from skdistill._kernels import _reference, gamma

pytestmark = pytest.mark.usefixtures("level")
RULES = ("fast", "slow", "relative", "absolute", "power", "orthogonal", "mixed")
MINIMAX = ("relative", "absolute", "power")
FLOOR = 1 / 500


@st.composite
def cases(draw):
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    n, k = draw(st.integers(0, 4)), draw(st.integers(1, 4))
    numbers = st.sampled_from([0.0, 1.0, 0.5]) | st.floats(0, 1, width=32)
    proba = draw(hnp.arrays(dtype, (n, k), elements=numbers))
    labels = draw(hnp.arrays(np.intp, n, elements=st.integers(0, k - 1)))
    rule = draw(st.sampled_from(RULES))
    top = 1.0 if rule == "mixed" else 100.0
    options = {
        "variance": draw(st.sampled_from(["plugin", "observed"])),
        "scale": draw(st.sampled_from(["prob", "log"])),
        "floor": draw(st.sampled_from([FLOOR, 1e-2, 1e-4])),
    }
    return proba, labels, rule, draw(st.floats(1e-3, top)), options


@given(cases())
@settings(deadline=None, max_examples=200)
def test_kernel_equals_reference(case):
    proba, labels, rule, strength, options = case
    found = gamma(proba, labels, rule, strength, **options)
    assert found.dtype == proba.dtype
    expected = _reference.gamma(proba, labels, rule, strength, **options)
    eps = np.finfo(proba.dtype).eps
    # A flat or kinked maximum fixes gamma to about the root of the precision.
    loose = 1e-7 if rule in MINIMAX else 1e-14
    assert_allclose(found, expected, rtol=4 * eps + loose, atol=loose)


@given(cases())
@settings(deadline=None, max_examples=100)
def test_gamma_lies_between_the_teacher_and_the_full_correction(case):
    proba, labels, rule, strength, options = case
    found = gamma(proba, labels, rule, strength, **options)
    assert (found >= 0).all()
    largest = 1.0
    if options["scale"] == "log" and rule != "mixed":
        lowest = np.maximum(proba, options["floor"])
        # The slope of the logarithm is largest at the smallest p that is considered.
        largest = 1 / (options["floor"] / 2 if rule in MINIMAX else lowest)
    assert (found <= largest * (1 + 1e-6)).all()


@pytest.mark.parametrize(
    ("rule", "strength", "proba", "expected"),
    [
        ("relative", 1.0, [0.1, 0.3, 0.5, 0.9], [0.059, 0.273, 0.500, 0.450]),
        ("absolute", 0.1, [0.1, 0.5], [0.059, 0.040]),
        ("power", 4.0, [0.1, 0.5], [0.465, 0.465]),
    ],
)
def test_minimax_values_of_the_authors_rules(rule, strength, proba, expected):
    found = gamma([proba], None, rule, strength)
    assert_allclose(found, [expected], atol=1e-3)


@pytest.mark.parametrize(
    ("e2", "c", "r", "expected"),
    [(0.2, 0.1, 1, 0.31767), (0.04, 10, 1, 0.87930), (0.3, 1, 4, 3.21574)],
)
def test_slow_roots_of_the_authors_rule(e2, c, r, expected):
    # e2 = (1 - P)^2 on the label; r is 1 or 1 / floor, with P below the floor.
    proba = 1 - np.sqrt(e2)
    options = {"variance": "observed", "scale": "prob" if r == 1 else "log"}
    floor = FLOOR if r == 1 else 1 / r
    if r == 4:
        proba = np.sqrt(e2)  # the other class: e2 = P^2 with P = 0.55 is above 1/4
        floor, c, expected = 1.0, c * 16, expected / 4  # scale r to 1: c r^2
    found = gamma([[proba]], [0 if r == 1 else 1], "slow", c, floor=floor, **options)
    assert_allclose(found, [[expected]], atol=5e-6)


@pytest.mark.parametrize("strength", 10.0 ** np.arange(-8, 9, 2))
@pytest.mark.parametrize("r", [1.0, 7.0, 500.0])
def test_slow_root_is_accurate_for_all_magnitudes(strength, r):
    """In 50 digits, with every P below the floor 1 / r, so that r is its inverse."""
    scale = "prob" if r == 1 else "log"
    p = np.concatenate([[0, 1e-12, 1e-5], np.linspace(0.001, 1, 9)]) / r
    p, labels = np.repeat(p, 2)[:, None], np.arange(2 * len(p)) % 2
    options = {"variance": "observed", "scale": scale, "floor": 1 / r}
    found = gamma(p, labels, "slow", strength, **options)
    for value, proba, label in zip(found[:, 0], p[:, 0], labels, strict=True):
        # The only class is number 0: e2 is (1 - P)^2 or P^2.
        e2 = (Decimal(float(proba)) - (1 - int(label))) ** 2
        c, full = Decimal(float(strength)), Decimal(float(1 / (1 / r)))
        low, high = Decimal(0), full
        with localcontext(prec=50):
            for _ in range(130):
                middle = (low + high) / 2
                if e2 * middle > 2 * c * (full - middle) ** 3:
                    high = middle
                else:
                    low = middle
        assert_allclose(value, float(low), rtol=1e-12)


def test_slow_root_survives_underflow():
    found = gamma([[1e-310, 5e-324, 1e-200, 0.0]], None, "slow", 1e-3)
    assert_allclose(found, [[1.0] * 4], rtol=1e-15)


def worst(g, p0, low, high, scale):
    """The inner maximum of the minimax rules on a grid of p, shape of g."""
    count = 4001 if scale == "prob" else 10
    p = np.linspace(low, high, count)[:, None]
    error = p - p0
    shift = error if scale == "prob" else np.log(p / p0)
    return ((g * error - shift) ** 2 + g**2 * p * (1 - p)).max(axis=0)


@pytest.mark.parametrize("scale", ["prob", "log"])
@pytest.mark.parametrize("rule", MINIMAX)
@pytest.mark.parametrize("strength", [0.05, 0.4, 1.0, 4.0])
def test_minimax_rules_beat_a_fine_grid(rule, strength, scale):
    for proba in (1e-4, 0.02, 0.1, 0.5, 0.77, 0.95, 1.0):
        p0 = max(proba, FLOOR) if scale == "log" else proba
        low, high = {
            "relative": (p0 / (1 + strength), p0 * (1 + strength)),
            "absolute": (p0 - strength, p0 + strength),
            "power": sorted([p0, p0 ** (1 / strength)]),
        }[rule]
        low, high = max(low, 1e-3 if scale == "log" else 0), min(high, 1)
        found = gamma([[proba]], None, rule, strength, scale=scale)[0]
        near = found * (1 + np.linspace(-1e-2, 1e-2, 101))
        grid = np.append(np.linspace(-1, 2 / max(low, 1e-3), 601), near)
        least = worst(grid, p0, low, high, scale).min()
        # The grid of p misses the true maximum by less than this.
        assert worst(found, p0, low, high, scale)[0] <= least + 1e-8


@pytest.mark.parametrize("rule", MINIMAX)
@pytest.mark.parametrize("scale", ["prob", "log"])
def test_a_tie_takes_the_smallest_gamma(rule, scale):
    """An interval of one certain p costs nothing at any gamma."""
    strength = 4.0 if rule == "power" else 1e-300
    found = gamma([[0.0, 1.0]], None, rule, strength, scale=scale)
    assert_allclose(found[0, int(scale == "log") :], 0, atol=1e-15)


@pytest.mark.parametrize("rule", MINIMAX)
@pytest.mark.parametrize("scale", ["prob", "log"])
def test_a_certain_interval_leaves_the_teacher_alone(rule, scale):
    """With p = P only the variance is left, and gamma = 0 removes it."""
    strength = 1.0 if rule == "power" else 1e-14
    found = gamma([[0.3, 0.7, 0.02]], None, rule, strength, scale=scale)
    assert_allclose(found, 0, atol=1e-9)


@pytest.mark.parametrize("scale", ["prob", "log"])
@pytest.mark.parametrize("rule", ["fast", "slow"])
@pytest.mark.parametrize("variance", ["plugin", "observed"])
def test_limits_of_the_bound_rules(rule, scale, variance):
    proba = np.array([[0.001, 0.2, 0.799]])
    full = 1 / np.maximum(proba, FLOOR) if scale == "log" else np.ones_like(proba)
    options = {"scale": scale, "variance": variance}
    assert_allclose(gamma(proba, [1], rule, 1e14, **options), full, rtol=1e-4)
    assert_allclose(gamma(proba, [1], rule, 1e-20, **options), 0, atol=1e-4)


def test_the_variances_are_those_of_the_label_and_of_the_model():
    proba, c = np.array([[0.1, 0.9]]), 0.1
    observed = gamma(proba, [0], "fast", c, variance="observed")
    assert_allclose(observed, [[c / (c + 0.81), c / (c + 0.81)]], rtol=1e-14)
    plugin = gamma(proba, [0], "fast", c)
    assert_allclose(plugin, [[c / (c + 0.09)] * 2], rtol=1e-14)


def test_only_the_plug_in_variance_leaves_an_exact_teacher_unbiased():
    """At P = p0 = .1, c = .1 the mean observed target is .028 (a known finding)."""
    p0 = np.array([[0.9, 0.1]])

    def mean_target(variance):
        return sum(
            p0[0, y]
            * (
                p0
                + gamma(p0, [y], "fast", 0.1, variance=variance) * (np.eye(2)[y] - p0)
            )
            for y in (0, 1)
        )[0, 1]

    assert_allclose(mean_target("plugin"), 0.1, atol=1e-15)
    assert_allclose(mean_target("observed"), 0.028, atol=5e-4)


def test_labels_are_not_needed_for_the_plug_in_variance():
    assert_allclose(gamma([[0.2, 0.8]], None, "fast", 1.0), [[1 / 1.16] * 2])


def test_constants_and_full_correction():
    proba = np.array([[0.001, 0.25]], np.float32)
    assert_array_equal(gamma(proba, None, "mixed", 0.25), [[0.25, 0.25]])
    assert_array_equal(gamma(proba, None, "orthogonal", 1.0), [[1.0, 1.0]])
    assert_array_equal(gamma(proba, None, "orthogonal", 1.0, scale="log"), [[500, 4]])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("scale", ["prob", "log"])
def test_threads_change_no_bit(rule, scale):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(20), 4_001).astype(np.float32)
    labels = rng.integers(20, size=4_001)
    options = {"variance": "observed", "scale": scale}
    one = gamma(proba, labels, rule, 0.5, **options)
    assert_array_equal(gamma(proba, labels, rule, 0.5, n_threads=3, **options), one)


@pytest.mark.parametrize("kind", ["fortran", "strided", "memmap"])
def test_any_memory_layout_is_accepted(kind, tmp_path):
    proba = np.random.default_rng(0).dirichlet(np.ones(3), 5)
    labels = np.array([0, 2, 1, 1, 0])
    expected = gamma(proba, labels, "fast", 0.1, variance="observed")
    if kind == "fortran":
        proba = np.asfortranarray(proba)
    elif kind == "strided":
        proba = np.repeat(proba, 2, axis=1)[:, ::2]
        labels = np.repeat(labels, 2).astype(np.int8)[::2]
    else:
        proba.tofile(tmp_path / "p")
        proba = np.memmap(tmp_path / "p", float, mode="r", shape=proba.shape)
        labels.setflags(write=False)
    found = gamma(proba, labels, "fast", 0.1, variance="observed")
    assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "best"}, "rule must be one of ['absolute', 'fast', 'mixed'"),
        ({"variance": "label"}, "variance must be one of ['observed', 'plugin'], got"),
        ({"scale": "logp"}, "scale must be one of ['log', 'prob'], got 'logp'."),
        ({"proba": [0.5]}, "proba must have shape (n_samples, n_classes)"),
        (
            {"labels": [0, 1], "variance": "observed"},
            "labels must have shape (1,), got",
        ),
        ({"variance": "observed"}, "labels must be given for variance='observed'"),
        ({"n_threads": -1}, "n_threads must be at least 1, got -1."),
    ],
)
def test_wrong_values_are_refused(change, message):
    arguments = {"proba": [[0.5, 0.5]], "labels": None, "rule": "fast", "strength": 1.0}
    with pytest.raises(ValueError, match=re.escape(message)):
        gamma(**(arguments | change))


def test_labels_must_be_integers():
    with pytest.raises(
        TypeError, match=r"labels must hold integers, got dtype float64"
    ):
        gamma([[0.5, 0.5]], [0.0], "fast", 1.0, variance="observed")
