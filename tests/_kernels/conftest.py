"""Every copy of the kernels that this processor runs (see c/cpu.h)."""

import pytest

from skdistill._kernels import _cpu, _soft_cross_entropy


# Of the module: Hypothesis runs many examples in one test function.
@pytest.fixture(
    scope="module", params=range(_cpu.BEST + 1), ids=lambda level: _cpu.LEVELS[level]
)
def level(request):
    _soft_cross_entropy.use_level(request.param)
    yield request.param
    _soft_cross_entropy.use_level(_cpu.LEVEL)
