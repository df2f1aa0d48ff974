"""Results do not depend on the workers; ``xgboost.dask`` minimises the soft loss."""

import logging
import time
import warnings

import dask.array as da
import distributed
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB

from skdistill.distributed import CrossFitDistiller
from skdistill.students import StudentData
from skdistill.targets import LossCorrection, Targets

# What Dask and XGBoost say of themselves: sockets of workers that are being closed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings(
        "ignore:.*unclosed:pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.mark.parametrize(
    "teacher", [GaussianNB(), RandomForestClassifier(5)], ids=["fed", "sampled"]
)
def test_any_number_of_workers_gives_the_same_bits(parts, teacher, client):
    def fit():
        d = CrossFitDistiller(teacher, n_epochs=2, teacher_rows=600, random_state=0)
        return d.fit(*parts)

    two, again = fit(), fit()
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=3, processes=False, dashboard_address=":0"
        ) as small,
        distributed.Client(small),
    ):
        one = fit()
    for other in (again, one):
        np.testing.assert_array_equal(two.student_.coef_, other.student_.coef_)
        np.testing.assert_array_equal(two.scores_, other.scores_)


def test_kept_probabilities_stay_on_the_workers(parts, client):
    d = CrossFitDistiller(GaussianNB(), keep_proba=True, random_state=0).fit(*parts)
    held = {key for keys in client.has_what().values() for key in keys}
    assert len({str(key) for key in held if "proba" in str(key)}) == 12
    assert d.teacher_proba_.compute().shape == (1200, 3)


def test_nothing_else_stays_on_the_workers(parts, client):
    d = CrossFitDistiller(GaussianNB(), random_state=0).fit(*parts)

    def held():
        keys = [str(key) for keys in client.has_what().values() for key in keys]
        return [key for key in keys if "array" in key or "learn" in key]

    end = time.monotonic() + 60
    while held() and time.monotonic() < end:  # releases may be under way
        time.sleep(0.05)
    assert held() == []
    del d


@pytest.fixture
def numbered(parts):
    """Labels 0..2: XGBoost's own classifiers want codes."""
    X, y = parts
    return X, y.map_blocks(lambda part: np.searchsorted(["u", "v", "w"], part))


@pytest.mark.parametrize("classes", [2, 3])
def test_xgboost_is_what_one_machine_makes_of_the_same_targets(
    numbered, client, classes, caplog
):
    xgboost = pytest.importorskip("xgboost")
    from xgboost.dask import DaskXGBClassifier

    from skdistill.students._boosters import _xgboost as booster

    X, y = numbered
    X, y = (X[y < 2], y[y < 2]) if classes == 2 else (X, y)
    # As many bins as rows: with fewer the cuts, which are sketched, differ a little.
    student = xgboost.XGBClassifier(n_estimators=5, max_depth=3, max_bin=2000)
    teacher = DaskXGBClassifier(n_estimators=3, max_depth=2)
    with caplog.at_level(logging.WARNING, logger="distributed"):
        d = CrossFitDistiller(teacher, student, cv=2, random_state=0).fit(X, y)
        rows, labels = X.compute(), y.compute()
        proba = d.teacher_proba_.compute()
    assert "run_spec" not in caplog.text
    assert d.teachers_[0].predict_proba(rows).shape == (len(rows), classes)
    targets = Targets(LossCorrection("fast")(proba, labels))
    alone = booster.fit(
        xgboost.XGBClassifier(n_estimators=5, max_depth=3, max_bin=2000),
        StudentData(rows, targets, d.classes_, labels, None, {}),
    )
    np.testing.assert_allclose(
        d.predict_proba(rows), alone.predict_proba(rows), atol=1e-5
    )
    assert type(d.student_) is xgboost.XGBClassifier
    again = CrossFitDistiller(teacher, student, cv=2, random_state=0).fit(X, y)
    np.testing.assert_allclose(
        again.predict_proba(rows), d.predict_proba(rows), atol=1e-5
    )


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"early_stopping_rounds": 3}, "early_stopping_rounds of the student must be"),
        ({"objective": "multi:softmax"}, "objective of the student must be None or"),
        ({"booster": "dart"}, "booster of the student must be None or 'gbtree'"),
        ({"scale_pos_weight": 2}, "scale_pos_weight of the student must be None or 1"),
    ],
)
def test_what_xgboost_cannot_do_in_partitions(parts, client, params, match):
    xgboost = pytest.importorskip("xgboost")
    with pytest.raises(ValueError, match=match):
        CrossFitDistiller(GaussianNB(), xgboost.XGBClassifier(**params)).fit(*parts)


def test_an_error_on_a_worker_reaches_the_caller(parts, client):
    X, y = parts
    bad = X.map_blocks(lambda part: np.where(part[:, :1] > 0.9, np.nan, part))
    with warnings.catch_warnings(), pytest.raises(ValueError, match="NaN"):
        CrossFitDistiller(GaussianNB(), random_state=0).fit(bad, y)
    assert isinstance(da.ones(3).sum().compute(), np.float64)  # the cluster lives
