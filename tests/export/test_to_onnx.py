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
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
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

from skdistill import CrossFitDistiller, DistilledClassifier, OnlineDistiller
from skdistill.exceptions import ExportError, ProbabilityWarning
from skdistill.export import OnnxPredictor, check_onnx, to_onnx
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


@pytest.mark.parametrize(
    "labels",
    [[0, 1, 2], [5, -1, 3], [0.0, 1.0, 2.0], ["b", "a", "é"], [False, True]],
    ids=str,
)
@pytest.mark.parametrize(
    "student",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=3),
        HistGradientBoostingClassifier(max_iter=3),
        XGBClassifier(n_estimators=3, n_jobs=1),
        LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1),
        CatBoostClassifier(iterations=3, **QUIET),
        Ridge(),
        GaussianNB(),
    ],
    ids=lambda one: type(one).__name__,
)
def test_labels_come_out_as_they_went_in(student, labels):
    X, text = rows(len(labels))
    y = np.array(labels)[np.unique(text, return_inverse=True)[1]]
    distiller = DistilledClassifier(GaussianNB(), student, random_state=0).fit(X, y)
    if isinstance(student, CatBoostClassifier) and y.dtype.kind in "fb":
        with pytest.raises(ExportError, match="Fit it with whole numbers or text"):
            to_onnx(distiller, X)
        return
    onnx = to_onnx(distiller, X)
    served = OnnxPredictor(onnx.SerializeToString())
    assert served.classes_.dtype == y.dtype
    assert served.predict(X).dtype == y.dtype
    np.testing.assert_array_equal(served.classes_, distiller.classes_)
    assert check_onnx(distiller, onnx, X).n_labels == 0


def test_catboost_sorts_its_labels_as_text():
    X, text = rows(2)
    y = np.where(text == "ash", 9, 10)
    student = CatBoostClassifier(iterations=5, **QUIET)
    distiller = DistilledClassifier(GaussianNB(), student, random_state=0).fit(X, y)
    found = check_onnx(distiller, to_onnx(distiller, X), X)
    assert (found.n_labels, found.largest < ROUNDED) == (0, True)


@pytest.mark.parametrize(
    "student",
    [
        VotingClassifier(
            [
                ("xgboost", XGBClassifier(n_estimators=3, n_jobs=1)),
                ("soft", SoftLogisticRegression()),
            ],
            voting="soft",
        ),
        BaggingClassifier(LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1), 2),
        OneVsRestClassifier(SoftLogisticRegression()),
        GridSearchCV(DecisionTreeClassifier(), {"max_depth": [2, 3]}, cv=2),
    ],
    ids=lambda one: type(one).__name__,
)
def test_learners_inside_learners(student):
    X, text = rows(3)
    student.fit(X, np.unique(text, return_inverse=True)[1])
    assert check_onnx(student, to_onnx(student, X), X).largest < ROUNDED
    frozen = FrozenEstimator(student)
    assert check_onnx(frozen, to_onnx(frozen, X), X).largest < ROUNDED


def test_a_class_that_never_reached_the_student_has_probability_0():
    X, y = rows(3)
    proba = np.zeros((300, 3))
    proba[:, :2] = 0.5
    distiller = DistilledClassifier(student=GaussianNB())
    with pytest.warns(ProbabilityWarning, match="'oak' is off its frequency"):
        distiller.fit(X, y, teacher_proba=proba)
    assert len(distiller.student_.classes_) == 2
    assert check_onnx(distiller, to_onnx(distiller, X), X).largest < EXACT


def test_a_list_of_students_exports_the_chosen_one():
    X, y = rows(2)
    students = [DecisionTreeClassifier(max_depth=3), LogisticRegression()]
    distiller = CrossFitDistiller(GaussianNB(), students, random_state=0).fit(X, y)
    assert check_onnx(distiller, to_onnx(distiller, X), X).largest < ROUNDED
    for one in distiller.students_:
        assert check_onnx(one.student, to_onnx(one.student, X), X).n_rows == 300


@pytest.mark.parametrize("student", [MLPClassifier((4,), max_iter=5), Ridge()])
def test_students_that_followed_a_teacher(student):
    X, y = rows(3)
    teacher = HistGradientBoostingClassifier(max_iter=4)
    if isinstance(student, Ridge):
        student = SoftLogisticRegression(warm_start=True)
    distiller = OnlineDistiller(teacher, student, stages=2, random_state=0)
    distiller.fit(X, y)
    assert check_onnx(distiller, to_onnx(distiller, X), X).largest < EXACT


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_a_regressor_by_itself_gives_predictions(n_outputs):
    X, _ = rows(2)
    y = X[:, 0] if n_outputs == 1 else X[:, :2]
    student = DecisionTreeRegressor(max_depth=4).fit(X, y)
    onnx = to_onnx(student, X)
    served = OnnxPredictor(onnx.SerializeToString())
    assert served.classes_ is None
    assert served.predict(X).shape == student.predict(X).shape
    assert check_onnx(student, onnx, X).largest < 1e-5


def test_missing_entries_go_where_the_student_sends_them():
    X, y = rows(2)
    X[::3, 0] = np.nan
    for student in (
        DecisionTreeClassifier(max_depth=4),
        RandomForestClassifier(5, max_depth=4),
        HistGradientBoostingClassifier(max_iter=5),
        XGBClassifier(n_estimators=5, n_jobs=1),
        LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
        CatBoostClassifier(iterations=5, **QUIET),
    ):
        student.fit(X, (y == "ash").astype(int))
        assert check_onnx(student, to_onnx(student, X), X).largest < ROUNDED


@pytest.mark.parametrize("opset", [15, 20])
def test_other_opsets(opset):
    distiller = distilled(XGBRegressor(n_estimators=2, n_jobs=1), 2)
    onnx = to_onnx(distiller, rows(2)[0], target_opset=opset)
    assert {one.domain: one.version for one in onnx.opset_import}[""] == opset


def test_sums_of_float32_stay_probabilities():
    X, y = rows(2)
    forest = RandomForestClassifier(31, random_state=0).fit(X, y)
    served = OnnxPredictor(to_onnx(forest, X).SerializeToString())
    proba = served.predict_proba(X)
    assert (proba.min(), proba.max()) == (0, 1)


def test_a_file_is_written_after_the_check(tmp_path):
    X, _ = rows(2)
    distiller = distilled(LogisticRegression(), 2)
    file = tmp_path / "student.onnx"
    onnx = to_onnx(distiller, X, file)
    assert file.read_bytes() == onnx.SerializeToString()
    assert check_onnx(distiller, file, X).n_rows == 300
    with pytest.raises(ExportError, match="within 1e-30"):
        to_onnx(distiller, X, tmp_path / "not.onnx", tolerance=1e-30)
    assert not (tmp_path / "not.onnx").exists()
    assert to_onnx(distiller, X, check=False, tolerance=1e-30).graph.input


def test_float32_rows_are_answered_in_float32():
    X, _ = rows(2)
    distiller = distilled(LogisticRegression(), 2)
    found = check_onnx(distiller, to_onnx(distiller, X.astype(np.float32)), X)
    assert found.precision == "float32"
    assert found.tolerance == 1e-5
    assert "300 rows compared: largest difference" in str(found)


def test_a_regressor_of_several_outputs_in_xgboost_is_refused():
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
