"""Every copy of the kernels that this processor runs (see c/cpu.h)."""

import pytest

from skdistill._kernels import _cpu, _gamma, _soft_cross_entropy


# Of the module: Hypothesis runs many examples in one test function.
@pytest.fixture(
    scope="module", params=range(_cpu.BEST + 1), ids=lambda level: _cpu.LEVELS[level]
)
def level(request):
    for kernel in (_gamma, _soft_cross_entropy):
        kernel.use_level(request.param)
    yield request.param
    for kernel in (_gamma, _soft_cross_entropy):
        kernel.use_level(_cpu.LEVEL)
