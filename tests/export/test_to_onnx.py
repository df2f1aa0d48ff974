"""Every route's student as ONNX, compared row by row with what it predicts."""

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR, LinearSVC
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
)
from xgboost import XGBClassifier, XGBRegressor

from skdistill import DistilledClassifier
from skdistill.export import check_onnx, to_onnx
from skdistill.students import SoftLogisticRegression

# Largest difference that was seen times three or more: a wrong converter is far off.
EXACT, ROUNDED = 1e-12, 1e-6

QUIET = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}

STUDENTS = {
    "SoftLogisticRegression": (SoftLogisticRegression(), "native", EXACT),
    "LogisticRegression": (LogisticRegression(), "linear", EXACT),
    "scaled": (make_pipeline(StandardScaler(), LogisticRegression()), "linear", EXACT),
    "DecisionTreeClassifier": (DecisionTreeClassifier(max_depth=4), "tree", ROUNDED),
    "scaled tree": (
        make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=4)),
        "tree",
        ROUNDED,
    ),
    "ExtraTreeClassifier": (ExtraTreeClassifier(max_depth=4), "tree", ROUNDED),
    "RandomForestClassifier": (RandomForestClassifier(5, max_depth=4), "tree", ROUNDED),
    "ExtraTreesClassifier": (ExtraTreesClassifier(5, max_depth=4), "tree", ROUNDED),
    "HistGradientBoosting": (
        HistGradientBoostingClassifier(max_iter=10),
        "booster",
        ROUNDED,
    ),
    "XGBClassifier": (XGBClassifier(n_estimators=10, n_jobs=1), "booster", ROUNDED),
    "LGBMClassifier": (
        LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1),
        "booster",
        ROUNDED,
    ),
    "CatBoostClassifier": (
        CatBoostClassifier(iterations=10, **QUIET),
        "booster",
        ROUNDED,
    ),
    "Ridge": (Ridge(), "regression", EXACT),
    "DecisionTreeRegressor": (
        DecisionTreeRegressor(max_depth=4),
        "regression",
        ROUNDED,
    ),
    "RandomForestRegressor": (
        RandomForestRegressor(5, max_depth=4),
        "regression",
        ROUNDED,
    ),
    "GradientBoostingRegressor": (
        GradientBoostingRegressor(n_estimators=5),
        "regression",
        ROUNDED,
    ),
    "HistGradientBoostingRegressor": (
        HistGradientBoostingRegressor(max_iter=5),
        "regression",
        ROUNDED,
    ),
    "LGBMRegressor": (
        LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=1),
        "regression",
        ROUNDED,
    ),
    "CatBoostRegressor": (
        CatBoostRegressor(iterations=5, **QUIET),
        "regression",
        ROUNDED,
    ),
    "SVR": (SVR(), "regression", ROUNDED),
    "GaussianNB": (GaussianNB(), "expansion", EXACT),
    "GradientBoostingClassifier": (
        GradientBoostingClassifier(n_estimators=5),
        "expansion",
        ROUNDED,
    ),
    "BaggingClassifier": (BaggingClassifier(n_estimators=3), "expansion", ROUNDED),
    "MLPClassifier": (
        MLPClassifier((4,), max_iter=20, tol=1.0, n_iter_no_change=1),
        "expansion",
        EXACT,
    ),
    "CalibratedClassifierCV": (
        CalibratedClassifierCV(LinearSVC()),
        "expansion",
        EXACT,
    ),
    "entropy tree": (
        DecisionTreeClassifier(criterion="entropy", max_depth=4),
        "expansion",
        ROUNDED,
    ),
}


def rows(n_classes, n_samples=300, seed=0):
    X, codes = make_classification(
        n_samples,
        6,
        n_informative=4,
        n_classes=n_classes,
        flip_y=0.1,
        random_state=seed,
    )
    return X, np.array(["ash", "elm", "oak"])[codes]


def distilled(student, n_classes, **options):
    X, y = rows(n_classes)
    distiller = DistilledClassifier(GaussianNB(), student, random_state=0, **options)
    return distiller.fit(X, y)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", STUDENTS)
def test_every_route_gives_the_same_probabilities(name, n_classes):
    student, route, bound = STUDENTS[name]
    distiller = distilled(student, n_classes)
    assert distiller.route_ == route
    X, _ = rows(n_classes, 2000, seed=1)
    found = check_onnx(distiller, to_onnx(distiller, X[:50]), X)
    assert found.n_rows == 2000
    assert found.largest < bound
    assert found.precision == ("float64" if bound == EXACT else "float32")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_regressor_on_the_log_scale_gives_probabilities(n_classes):
    X, y = rows(n_classes)
    teacher = LogisticRegression(C=0.01)
    distiller = DistilledClassifier(teacher, Ridge(), scale="log").fit(X, y)
    X, _ = rows(n_classes, 500, seed=1)
    assert check_onnx(distiller, to_onnx(distiller, X), X).largest < EXACT


def test_a_regressor_of_several_outputs_in_xgboost_is_refused():
    from skdistill.exceptions import ExportError

    distiller = distilled(XGBRegressor(n_estimators=2, n_jobs=1), 3)
    with pytest.raises(ExportError, match="Fit it in scikit-learn's MultiOutput"):
        to_onnx(distiller, rows(3)[0])


def test_booster_thresholds_are_not_rounded():
    # Rows a hair beside each threshold: float32 cannot tell them from it.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = (X[:, 0] > 0).astype(int)
    for student in (
        HistGradientBoostingClassifier(max_iter=5),
        LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
    ):
        student.fit(X, y)
        near = np.vstack([X, np.nextafter(X, 9), np.nextafter(X, -9)])
        assert check_onnx(student, to_onnx(student, X), near).largest < ROUNDED
