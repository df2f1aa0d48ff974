"""The distiller whose student follows the teacher's stages."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdistill import CrossFitDistiller, OnlineDistiller
from skdistill.crossfit import cross_fit_stages
from skdistill.exceptions import DistillationWarning
from skdistill.students import (
    Course,
    SoftLogisticRegression,
    StudentData,
    fit_student,
    follow,
)
from skdistill.targets import LabelSmoothing, make_targets

BOOSTER = GradientBoostingClassifier(n_estimators=8, max_depth=2)
SMALL = HistGradientBoostingClassifier(max_iter=6, max_leaf_nodes=4)
NETWORK = MLPClassifier((8,), max_iter=8, n_iter_no_change=8, batch_size=20)
FIXED = {"stages": 4, "cv": 3, "random_state": 0}
CHECKED = [
    OnlineDistiller(BOOSTER, SMALL, stages=4, cv=2),
    OnlineDistiller(
        RandomForestClassifier(5), RandomForestRegressor(5), stages=2, cv=2
    ),
    OnlineDistiller(
        make_pipeline(
            StandardScaler(),
            SGDClassifier(loss="log_loss", max_iter=20, n_iter_no_change=20),
        ),
        make_pipeline(StandardScaler(), SoftLogisticRegression()),
        stages=(0.5, 1.0),
        cv=2,
    ),
    OnlineDistiller(
        BOOSTER, DecisionTreeClassifier(max_depth=4), mode="best_stage", cv=2, stages=4
    ),
]
# See test_contract.py: repeated rows change the folds.
WEIGHT_IS_REPETITION = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}


@parametrize_with_checks(CHECKED)
def test_scikit_learn_estimator_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DistillationWarning)
        try:
            check(estimator)
        except AssertionError:
            if check.func.__name__ in WEIGHT_IS_REPETITION:
                pytest.xfail("weight equals repetition only with fixed folds")
            raise


def test_defaults_need_no_argument(toy):
    X, y = toy
    assert OnlineDistiller(random_state=0).fit(X, y).score(X, y) > 0.7


def test_the_trajectory_is_that_of_the_engine(toy):
    X, y = toy
    distiller = OnlineDistiller(BOOSTER, SMALL, **FIXED).fit(X, y)
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=3)[0]
    staged = cross_fit_stages(BOOSTER, X, y, stages=4, cv=3, random_state=seed)
    np.testing.assert_array_equal(distiller.trajectory_, staged.proba)
    np.testing.assert_array_equal(distiller.teacher_proba_, staged.proba[-1])
    np.testing.assert_array_equal(distiller.stages_, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_array_equal(distiller.stage_log_losses_, staged.log_losses)
    assert distiller.best_stage_ == staged.best
    losses = [log_loss(y, proba) for proba in staged.proba]
    np.testing.assert_allclose(distiller.stage_log_losses_, losses)
    assert type(distiller.student_) is HistGradientBoostingClassifier
    assert distiller.route_ == "booster"


@pytest.mark.parametrize("student", [SMALL, NETWORK])
def test_the_student_follows_the_trajectory(student, toy):
    X, y = toy
    student = clone(student).set_params(random_state=0)
    distiller = OnlineDistiller(BOOSTER, student, alpha=0.8, **FIXED).fit(X, y)
    classes, codes = np.unique(y, return_inverse=True)
    proba = distiller.trajectory_

    def data(stage):
        targets = make_targets(proba[stage], codes, alpha=0.8)
        return StudentData(X, targets, classes, codes, None, {})

    by_hand = follow(clone(student), Course((0.25, 0.5, 0.75, 1.0), data))
    np.testing.assert_array_equal(distiller.predict_proba(X), by_hand.predict_proba(X))


def test_the_best_stage_is_plain_distillation_from_it(toy):
    X, y = toy
    teacher = GradientBoostingClassifier(n_estimators=200, learning_rate=0.5)
    for student in (
        DecisionTreeClassifier(max_depth=3, random_state=0),
        clone(SMALL).set_params(random_state=0),
    ):
        distiller = OnlineDistiller(
            teacher, student, mode="best_stage", **{**FIXED, "stages": (0.02, 0.05, 1)}
        ).fit(X, y)
        best = distiller.best_stage_
        assert best == distiller.stage_log_losses_.argmin() < 2
        proba = distiller.trajectory_[best]
        np.testing.assert_array_equal(distiller.teacher_proba_, proba)
        codes = np.searchsorted(distiller.classes_, y)
        data = StudentData(
            X, make_targets(proba, codes), distiller.classes_, codes, None, {}
        )
        plain = fit_student(clone(student), data)
        np.testing.assert_array_equal(
            distiller.predict_proba(X), plain.predict_proba(X)
        )


def test_one_stage_is_cross_fitted_distillation(toy):
    X, y = toy
    options = {"cv": 3, "alpha": 0.5, "random_state": 0}
    online = OnlineDistiller(BOOSTER, SMALL, stages=1, **options).fit(X, y)
    plain = CrossFitDistiller(
        BOOSTER, SMALL, correction=None, calibration=None, **options
    ).fit(X, y)
    np.testing.assert_allclose(online.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("student", [SMALL, NETWORK])
def test_temperature_and_alpha_apply_at_each_stage(student, toy):
    X, y = toy
    found = {}
    for name, options in {
        "plain": {},
        "soft": {"temperature": 4.0},
        "mixed": {"alpha": 0.5},
        "rule": {"target": LabelSmoothing(0.5)},
        "both": {"temperature": 4.0, "alpha": 0.5},
    }.items():
        distiller = OnlineDistiller(BOOSTER, student, **options, **FIXED).fit(X, y)
        found[name] = distiller.predict_proba(X)
        codes = np.searchsorted(distiller.classes_, y)
        rules = (options["target"],) if "target" in options else ()
        targets = make_targets(
            distiller.trajectory_[-1],
            codes,
            rules=rules,
            alpha=options.get("alpha", 1.0),
            temperature=options.get("temperature", 1.0),
        )
        np.testing.assert_array_equal(distiller.targets_, targets.values)
    names = list(found)
    for i, one in enumerate(names):
        for other in names[:i]:
            assert np.abs(found[one] - found[other]).max() > 1e-3, (one, other)


def test_labels_alone_forget_the_teacher(toy):
    X, y = toy
    one = OnlineDistiller(BOOSTER, SMALL, alpha=0.0, **FIXED).fit(X, y)
    other = OnlineDistiller(NETWORK, SMALL, alpha=0.0, **FIXED).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    baseline = one.baseline_student()
    np.testing.assert_allclose(baseline.predict_proba(X), one.predict_proba(X))


@pytest.mark.parametrize("teacher", [BOOSTER, NETWORK])
@pytest.mark.parametrize("student", [SMALL, NETWORK])
def test_nothing_depends_on_the_jobs_or_the_store(teacher, student, toy, tmp_path):
    X, y = toy
    alone = OnlineDistiller(teacher, student, **FIXED).fit(X, y)
    two = OnlineDistiller(teacher, student, n_jobs=2, memory=tmp_path, **FIXED)
    two.fit(X, y)
    again = clone(two).fit(X, y)
    assert again.crossfit_.n_read == 3
    for other in (two, again):
        np.testing.assert_array_equal(alone.trajectory_, other.trajectory_)
        np.testing.assert_array_equal(alone.predict_proba(X), other.predict_proba(X))


def test_a_grid_searches_stages_temperatures_and_modes(toy):
    X, y = toy
    grid = {
        "stages": [1, (0.5, 1.0)],
        "temperature": [1.0, 4.0],
        "student__max_iter": [3],
    }
    search = GridSearchCV(OnlineDistiller(BOOSTER, SMALL, cv=2), grid, cv=2)
    assert search.fit(X, y).best_score_ > 0.5
    modes = GridSearchCV(
        OnlineDistiller(BOOSTER, SMALL, stages=4, cv=2),
        {"mode": ["online", "best_stage"]},
        cv=2,
    )
    assert modes.fit(X, y).best_score_ > 0.5


def test_it_is_a_step_of_a_pipeline_and_clones(toy):
    X, y = toy
    distiller = OnlineDistiller(BOOSTER, SMALL, **FIXED)
    pipeline = make_pipeline(StandardScaler(), distiller)
    assert cross_val_score(pipeline, X, y, cv=2).min() > 0.5
    assert repr(clone(distiller).get_params()) == repr(distiller.get_params())


def test_the_student_outlives_the_distiller(toy):
    X, y = toy
    distiller = OnlineDistiller(BOOSTER, NETWORK, **FIXED).fit(X, y)
    copied = pickle.loads(pickle.dumps(distiller))
    np.testing.assert_array_equal(copied.predict_proba(X), distiller.predict_proba(X))
    assert copied.stage_log_losses_.shape == (4,)
    assert not hasattr(copied, "trajectory_")
    with pytest.raises(AttributeError, match="trajectory_ is there where fit was call"):
        copied.trajectory_  # noqa: B018
    alone = pickle.loads(pickle.dumps(distiller.student_))
    assert type(alone) is MLPClassifier
    assert np.array_equal(alone.predict(X), distiller.predict(X))


def test_another_student_follows_the_same_teacher(toy):
    X, y = toy
    distiller = OnlineDistiller(BOOSTER, SMALL, **FIXED).fit(X, y)
    before = distiller.trajectory_
    distiller.refit_student(NETWORK, temperature=2.0)
    assert distiller.route_ == "network"
    np.testing.assert_array_equal(distiller.trajectory_, before)
    fresh = OnlineDistiller(BOOSTER, NETWORK, temperature=2.0, **FIXED).fit(X, y)
    np.testing.assert_array_equal(fresh.predict_proba(X), distiller.predict_proba(X))
    with pytest.raises(ValueError, match="params must be of .* got 'correction'"):
        distiller.refit_student(correction="fast")
    with pytest.raises(ValueError, match="params must be of .* got 'stages'"):
        distiller.refit_student(stages=3)


def test_unlabelled_rows_follow_the_stages_too(toy):
    X, y = toy
    for student in (SMALL, NETWORK):
        options = {"stages": (0.125, 1.0), "cv": 3, "random_state": 0}
        alone = OnlineDistiller(BOOSTER, student, **options).fit(X[:120], y[:120])
        more = clone(alone).fit(X[:120], y[:120], X_unlabeled=X[120:])
        gap = np.abs(alone.predict_proba(X) - more.predict_proba(X)).max()
        assert gap > 1e-3
        # The distiller's targets are those of the labelled rows.
        assert more.targets_.shape == (120, 3)


def test_weights_and_groups_reach_their_places(toy):
    X, y = toy
    weight = np.where(y == "0", 8.0, 1.0)
    for student in (SMALL, NETWORK, RandomForestRegressor(6)):
        plain = OnlineDistiller(BOOSTER, student, **FIXED).fit(X, y)
        heavy = clone(plain).fit(X, y, sample_weight=weight)
        gain = heavy.predict_proba(X)[:, 0] - plain.predict_proba(X)[:, 0]
        assert gain.mean() > 0.05
    groups = np.arange(240) % 12
    grouped = OnlineDistiller(
        BOOSTER, SMALL, **{**FIXED, "cv": GroupKFold(3)}
    ).fit(X, y, groups=groups)  # fmt: skip
    for train, test in grouped.crossfit_.splits:
        assert not set(groups[train]) & set(groups[test])


def test_many_rows_do_not_stop_a_booster(toy):
    """Histogram boosting stops early by itself above 10,000 rows."""
    X, y = make_classification(
        10_400, 4, n_informative=4, n_redundant=0, random_state=0
    )
    student = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=3)
    teacher = HistGradientBoostingClassifier(max_iter=4)
    distiller = OnlineDistiller(
        teacher, student.set_params(learning_rate=1.0), stages=2, cv=2
    ).fit(X, y)
    assert distiller.student_.n_iter_ == 40
    assert distiller.student_.early_stopping == "auto"


class NoFit(GradientBoostingClassifier):
    def fit(self, *_, **__):
        raise RuntimeError("a teacher was fitted")


class Unweighted(SGDClassifier):
    """Takes weights in ``fit`` alone."""

    def fit(self, X, y, sample_weight=None):
        raise RuntimeError("a teacher was fitted")

    def partial_fit(self, X, y, classes=None):
        return super().partial_fit(X, y, classes=classes)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"stages": (0.5, 0.1)}, ValueError, "stages must be .* increasing"),
        ({"stages": (0.5, 2.0)}, ValueError, r"in \(0, 1\], got 2.0"),
        ({"stages": None}, TypeError, "stages must be a positive int .* got None"),
        ({"stages": 101}, ValueError, "stages must be at most the 100 rounds"),
        ({"mode": "offline"}, ValueError, "mode must be 'online' or 'best_stage', got"),
        ({"temperature": 0}, ValueError, "temperature must be a positive finite"),
        ({"alpha": 2}, ValueError, r"alpha must be a number in \[0, 1\], got 2"),
        ({"alpha": "auto"}, ValueError, r"alpha must be a number in \[0, 1\], got 'a"),
        ({"cv": "oob"}, ValueError, "cv must be an int, a splitter"),
        ({"cv": 1}, ValueError, "cv must be at least 2"),
        ({"calibration": "platt"}, ValueError, "calibration must be None or one of"),
        ({"missing_class": "zero"}, ValueError, "missing_class must be"),
        ({"memory": 3}, TypeError, "memory must be a path"),
        ({"teacher": [NoFit()]}, TypeError, "teacher must be one estimator for Online"),
        ({"student": [SMALL]}, TypeError, "student must be one estimator for Online"),
        ({"teacher": DecisionTreeClassifier()}, ValueError, "teacher must have stages"),
        ({"teacher": SVC()}, ValueError, "teacher must have predict_proba"),
        ({"teacher": FrozenEstimator(BOOSTER)}, ValueError, "lose its fit|have stages"),
        (
            {"student": DecisionTreeClassifier()},
            ValueError,
            "student must learn in rou",
        ),
        ({"student": LogisticRegression(solver="liblinear")}, ValueError, "liblinear"),
        (
            {
                "student": DecisionTreeClassifier(),
                "mode": "best_stage",
                "temperature": 4,
            },
            ValueError,
            "temperature must be 1 for the student DecisionTreeClassifier",
        ),
    ],
)
def test_bad_parameters_are_refused_before_any_fit(options, error, message, toy):
    arguments = {"teacher": NoFit(), "student": SMALL, **options}
    with pytest.raises(error, match=message):
        OnlineDistiller(**arguments).fit(*toy)


def test_bad_data_are_refused_before_any_fit(toy):
    X, y = toy
    distiller = OnlineDistiller(NoFit(), SMALL)
    with pytest.raises(ValueError, match="at least 2 classes, got 1 class"):
        distiller.fit(X, np.zeros(240))
    with pytest.raises(ValueError, match="teacher_proba must be None for OnlineDistil"):
        distiller.fit(X, y, teacher_proba=np.full((240, 3), 1 / 3))
    with pytest.raises(ValueError, match="y must have one label per row"):
        distiller.fit(X, y[:100])
    with pytest.raises(ValueError, match="missing_class must be 'prior'"):
        OnlineDistiller(NoFit(), SMALL, missing_class="error").fit(
            X, np.where(np.arange(240) == 7, "rare", y)
        )
    with pytest.raises(ValueError, match="partial_fit of the teacher must accept samp"):
        OnlineDistiller(Unweighted(loss="log_loss"), SMALL).fit(
            X, y, sample_weight=np.ones(240)
        )
    bad = HistGradientBoostingClassifier(max_iter=5, learning_rate=-1.0)
    with pytest.raises(ValueError, match="learning_rate") as caught:
        OnlineDistiller(NoFit(), bad).fit(X, y)
    assert "before any teacher" in caught.value.__notes__[0]


def test_a_mode_set_later_takes_its_stage():
    X, y = load_iris(return_X_y=True)
    student = HistGradientBoostingClassifier(max_iter=6)
    teacher = GradientBoostingClassifier(n_estimators=30)
    options = {"stages": 6, "cv": 3, "random_state": 0}
    model = OnlineDistiller(teacher, student, **options).fit(X, y)
    best = OnlineDistiller(teacher, student, mode="best_stage", **options).fit(X, y)
    assert best.best_stage_ < 5
    stage = best.trajectory_[best.best_stage_]
    np.testing.assert_array_equal(best.teacher_proba_, stage)
    np.testing.assert_array_equal(model.teacher_proba_, model.trajectory_[-1])
    model.set_params(mode="best_stage").refit_student()
    np.testing.assert_array_equal(model.teacher_proba_, best.teacher_proba_)
    np.testing.assert_array_equal(model.predict_proba(X), best.predict_proba(X))
