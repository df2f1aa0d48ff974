"""The list of teachers on real clusters: Dask and Ray as backends of joblib."""

import os
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, cross_fit_proba

# Both start processes, sockets and event loops, and warn about some of their own.
pytestmark = [
    pytest.mark.filterwarnings("ignore:::distributed"),
    pytest.mark.filterwarnings("ignore:::ray"),
    pytest.mark.filterwarnings("ignore:.*unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def dask_client():
    distributed = pytest.importorskip("distributed", reason="the extra 'distributed'")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def ray_cluster():
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    from ray.util.joblib import register_ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        here = str(Path(__file__).parent)  # where the workers find these classes
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            runtime_env={"env_vars": {"PYTHONPATH": here}},
        )
        register_ray()
        yield ray
        ray.shutdown()


@pytest.fixture(params=["dask", "ray"])
def backend(request):
    request.getfixturevalue(
        {"dask": "dask_client", "ray": "ray_cluster"}[request.param]
    )
    return request.param


def test_a_cluster_gives_the_same_numbers(toy, backend, tmp_path):
    X, y = toy
    student = DecisionTreeClassifier(max_leaf_nodes=8)
    model = CrossFitDistiller(RandomForestClassifier(5), student, cv=3, random_state=0)
    here = model.fit(X, y)
    expected = here.predict_proba(X), here.selection_
    model.set_params(memory=str(tmp_path), n_jobs=-1)
    with joblib.parallel_config(backend):
        there = model.fit(X, y)
    assert_array_equal(there.predict_proba(X), expected[0])
    assert there.selection_ == expected[1]
    # The store is written here, not on the workers.
    assert model.set_params(n_jobs=None).fit(X, y).crossfit_.n_read == 3


class Where(GaussianNB):
    """Notes the process it was fitted in."""

    def fit(self, X, y, sample_weight=None):
        self.process_ = os.getpid()
        return super().fit(X, y, sample_weight)


def test_teachers_are_fitted_on_the_workers(toy, backend):
    X, y = toy
    with joblib.parallel_config(backend):
        fit = cross_fit_proba(Where(), X, y, cv=10, n_jobs=2, keep_teachers=True)
    processes = {teacher.process_ for teacher in fit.teachers}
    assert os.getpid() not in processes
    assert len(processes) == 2


class Big(ClassifierMixin, BaseEstimator):
    """Looks at nothing."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def test_dask_ships_the_rows_once_a_worker(dask_client):
    """8 MB of rows, 20 teachers: without care each job would bring its own copy."""
    X, y = make_classification(10_000, 100, random_state=0)
    before = sent()
    with joblib.parallel_config("dask"):
        cross_fit_proba(Big(), X, y, cv=20, n_jobs=-1)
    shipped = sent() - before
    # Two workers, and the scheduler may stand between; the jobs alone would be 20.
    assert X.nbytes <= shipped <= 5 * X.nbytes


def sent():
    """Bytes that went over the loopback interface."""
    psutil = pytest.importorskip("psutil")
    return psutil.net_io_counters(pernic=True)["lo"].bytes_sent
