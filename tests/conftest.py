"""Small data that many tests share, and one thread a process."""

import os
from functools import partial

# Several worker processes on few cores: BLAS threads that spin against each other
# make small fits ten times slower. Set before NumPy is imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytest  # noqa: E402
import sklearn  # noqa: E402
from sklearn.datasets import make_classification  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from skdistill._kernels import _cpu, _gamma, _soft_cross_entropy  # noqa: E402


@pytest.fixture(scope="session")
def toy():
    """Three classes, 240 rows, named labels."""
    X, codes = make_classification(
        240, 6, n_informative=4, n_classes=3, flip_y=0.1, random_state=0
    )
    return X, codes.astype(str)


@pytest.fixture(scope="session")
def binary():
    """Two classes, 240 rows, labels 0 and 1."""
    return make_classification(240, 6, n_informative=4, flip_y=0.1, random_state=0)


# Of the module: Hypothesis runs many examples in one test function.
@pytest.fixture(
    scope="module", params=range(_cpu.BEST + 1), ids=lambda level: _cpu.LEVELS[level]
)
def level(request):
    """Every copy of the kernels that this processor runs (see c/cpu.h)."""
    for kernel in (_gamma, _soft_cross_entropy):
        kernel.use_level(request.param)
    yield request.param
    for kernel in (_gamma, _soft_cross_entropy):
        kernel.use_level(_cpu.LEVEL)


@pytest.fixture(scope="session")
def saga():
    """scikit-learn's elastic net, in the spelling of the version at hand."""
    version = tuple(map(int, sklearn.__version__.split(".")[:2]))
    penalty = {"penalty": "elasticnet"} if version < (1, 8) else {}
    options = {"solver": "saga", "tol": 1e-10, "max_iter": 20_000, "random_state": 0}
    return partial(LogisticRegression, **options, **penalty)
