"""Two worker processes for the tests that need real ones, and small partitions."""

import numpy as np
import pytest
from sklearn.datasets import make_classification

dask = pytest.importorskip("dask", reason="needs the extra skdistill[distributed]")
distributed = pytest.importorskip(
    "distributed", reason="needs the extra skdistill[distributed]"
)
da = pytest.importorskip("dask.array")


@pytest.fixture
def here():
    """Dask in this thread."""
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture(scope="session")
def cluster():
    """Two processes of one thread."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as running:
        yield running


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as connected:
        yield connected


@pytest.fixture(scope="session")
def rows():
    """Three classes, 1200 rows, the first column is the number of the row."""
    X, codes = make_classification(
        1200, 6, n_informative=4, n_classes=3, flip_y=0.1, random_state=0
    )
    X[:, 0] = np.arange(len(X)) / len(X)
    return X, np.array(["u", "v", "w"])[codes]


@pytest.fixture
def parts(rows):
    """The same in 12 partitions of 100."""
    X, y = rows
    return da.from_array(X, chunks=(100, -1)), da.from_array(y, chunks=100)
