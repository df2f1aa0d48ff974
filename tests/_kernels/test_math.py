"""The exponential and the logarithm of every copy of the kernels, in 40 digits."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdistill._kernels import _cpu, _math

LEVELS = range(_cpu.BEST + 1)
mpmath.mp.dps = 40


def units_off(found, exact):
    """Largest error in units of the last place."""
    units = np.spacing(np.array([float(e) for e in exact], found.dtype))
    return max(
        abs(mpmath.mpf(float(f)) - e) / mpmath.mpf(float(u))
        for f, e, u in zip(found, exact, units, strict=True)
    )


def exponential(x, level):
    out = np.empty_like(x)
    _math.exponential(x, out, level)
    return out


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exponential(level, dtype):
    rng = np.random.default_rng(0)
    low = -87.29 if dtype == np.float32 else -708.29
    x = np.concatenate([rng.uniform(low, 0, 1000), -np.exp(rng.uniform(-20, 3, 1000))])
    x = np.append(x, [0.0, low]).astype(dtype)
    exact = [mpmath.exp(mpmath.mpf(float(number))) for number in x]
    assert units_off(exponential(x, level), exact) <= 1.2


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exponential_at_its_ends(level, dtype):
    x = np.array([0, -0.0, np.nan, -np.inf, -709, -1e4, -1e30], dtype)
    assert_array_equal(exponential(x, level), [1, 1, np.nan, 0, 0, 0, 0])


@pytest.mark.parametrize("level", LEVELS)
def test_logarithm_of_one_plus(level):
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [np.exp(rng.uniform(-700, 0, 500)), rng.uniform(0, 2, 500), [0.0, 1.0, 1e5]]
    )
    out = np.empty_like(x)
    _math.log_one_plus(x, out, level)
    exact = [mpmath.log1p(mpmath.mpf(float(number))) for number in x]
    assert units_off(out, exact) <= 1.0
    _math.log_one_plus(np.array([np.nan, 0.0]), out[:2], level)
    assert_array_equal(out[:2], [np.nan, 0])
