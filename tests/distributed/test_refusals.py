"""What is refused, before any teacher is fitted, and with which remedy."""

import sys

import numpy as np
import pytest
from recorder import Recorder
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.naive_bayes import GaussianNB

from skdistill.distributed import CrossFitDistiller
from skdistill.exceptions import MissingDependencyError
from skdistill.targets import ClassSimilarity, LossCorrection, TopK

da = pytest.importorskip("dask.array", reason="needs skdistill[distributed]")
pytestmark = pytest.mark.usefixtures("here")


class Never(GaussianNB):
    """A teacher that must not be fitted."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        if len(y) > 20:
            raise AssertionError("fitted")
        return super().partial_fit(X, y, classes, sample_weight)


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"cv": 1}, ValueError, "cv must be at least 2, got 1"),
        ({"cv": "oob"}, TypeError, "cv must be an int, got 'oob'"),
        ({"cv": 13}, ValueError, "at most the number of partitions with rows, 12"),
        ({"n_epochs": 0}, ValueError, "n_epochs must be at least 1, got 0"),
        ({"teacher_epochs": True}, TypeError, "teacher_epochs must be an int"),
        ({"teacher_rows": 1}, ValueError, "teacher_rows must be at least 2"),
        ({"alpha": 2}, ValueError, r"alpha must be a number in \[0, 1\], got 2"),
        ({"correction": "auto"}, ValueError, "correction must be None, one of 'fast'"),
        (
            {"target": [TopK(1), ClassSimilarity()]},
            ValueError,
            "target must make each row's target from that row alone",
        ),
        (
            {"correction": LossCorrection("fast", per_class=True)},
            ValueError,
            "correction must have scale='prob' and per_class=False",
        ),
        ({"target": 3}, TypeError, "target must be None, a rule"),
        ({"teacher": GaussianNB}, TypeError, "teacher must be a scikit-learn class"),
        ({"teacher": SGDClassifier()}, ValueError, "teacher must have predict_proba"),
        ({"teacher": LinearRegression()}, ValueError, "teacher must be a classifier"),
        (
            {"teacher": FrozenEstimator(GaussianNB())},
            ValueError,
            "teacher must lose its fit",
        ),
        ({"student": 3}, TypeError, "student must be a scikit-learn classifier"),
        (
            {"student": LogisticRegression()},
            ValueError,
            "student must be an XGBClassifier or a classifier with partial_fit",
        ),
        ({"student": SGDRegressor()}, ValueError, "student must be an XGBClassifier"),
        ({"student": SGDClassifier()}, ValueError, "student must have predict_proba"),
        (
            {"student": SGDClassifier(loss="log_loss", class_weight="balanced")},
            ValueError,
            "class_weight 'balanced' is not supported",
        ),
    ],
)
def test_parameters(parts, params, error, match):
    with pytest.raises(error, match=match):
        CrossFitDistiller(**{"teacher": Never(), **params}).fit(*parts)


def test_a_student_that_cannot_weigh(parts):
    class Blind(Recorder):
        def partial_fit(self, X, y, classes=None):
            return self

    with pytest.raises(ValueError, match="must take sample_weight in partial_fit"):
        CrossFitDistiller(Never(), Blind()).fit(*parts)


def refused(X, y, error, match):
    with pytest.raises(error, match=match):
        CrossFitDistiller(Never()).fit(X, y)


def test_rows(parts, rows):
    X, y = parts
    refused(rows[0], y, TypeError, "X must be a Dask array or dataframe, got ndarray")
    refused(X, rows[1], TypeError, "y must be a Dask array or series, got ndarray")
    refused(X[:, 0], y, ValueError, "X must have two dimensions, got 1")
    refused(X, y[:, None], ValueError, "y must have one dimension, got 2")
    refused(
        X.rechunk((100, 3)), y, ValueError, r"got 2 chunks .* Use X.rechunk\(\{1: -1\}"
    )
    refused(X, y.rechunk(300), ValueError, "got 4 for 12. Use rechunk or repartition")
    refused(X, y.rechunk(((99, 101, *[100] * 10),)), ValueError, "99 labels for 100")


def test_labels(parts, rows):
    X, _ = parts
    refused(X, X[:, 1], ValueError, "got the continuous number")
    refused(X, da.zeros(1200, chunks=100), ValueError, "at least 2 classes, got 1")
    gaps = np.where(np.arange(1200) == 7, np.nan, np.arange(1200) % 2)
    refused(X, da.from_array(gaps, chunks=100), ValueError, "y contains NaN")
    mixed = np.where(np.arange(1200) < 100, 1, rows[1].astype(object))
    refused(X, da.from_array(mixed, chunks=100), TypeError, "labels of one type")
    inside = np.where(np.arange(1200) % 2, 1, rows[1].astype(object))
    refused(X, da.from_array(inside, chunks=100), TypeError, "labels of one type")


def test_numbers_of_rows_are_no_classes(monkeypatch, parts):
    monkeypatch.setattr("skdistill.distributed._partitions.MAX_CLASSES", 50)
    refused(parts[0], da.arange(1200, chunks=100), ValueError, "at most 50 classes")


def test_a_partition_that_lacks_labels_is_found_when_it_is_read(parts):
    X, y = parts
    short = y.map_blocks(lambda part: part[1:], dtype=y.dtype)
    short._chunks = ((np.nan,) * 12,)
    with pytest.raises(ValueError, match=r"99 labels for 100 rows|inconsistent"):
        CrossFitDistiller(RandomForestClassifier(2)).fit(X, short)


def test_targets_off_the_simplex(parts):
    def double(P, y):
        return 2 * P

    with pytest.raises(ValueError, match="target must make rows that are non-neg"):
        CrossFitDistiller(GaussianNB(), target=double).fit(*parts)


def test_without_dask_the_extra_is_named(monkeypatch, parts):
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(MissingDependencyError, match=r"skdistill\[distributed\]"):
        CrossFitDistiller(GaussianNB()).fit(*parts)


def test_xgboost_needs_a_cluster(parts):
    xgboost = pytest.importorskip("xgboost")
    with pytest.raises(ValueError, match=r"student must have a running cluster"):
        CrossFitDistiller(Never(), xgboost.XGBClassifier()).fit(*parts)


def test_score_needs_matching_partitions(parts):
    d = CrossFitDistiller(GaussianNB(), random_state=0).fit(*parts)
    with pytest.raises(ValueError, match="y must have the partitions of X, got 4"):
        d.score(parts[0], parts[1].rechunk(300))
