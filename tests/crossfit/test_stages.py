"""Teachers asked along their training, out of fold."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from skdistill.crossfit import cross_fit_proba, cross_fit_stages
from skdistill.exceptions import CoverageWarning, MissingClassWarning

NETWORK = MLPClassifier(
    (8,), max_iter=8, n_iter_no_change=8, learning_rate_init=0.01, batch_size=20
)
PREFIXES = [
    GradientBoostingClassifier(n_estimators=8, max_depth=2),
    AdaBoostClassifier(n_estimators=8),
    HistGradientBoostingClassifier(max_iter=8, min_samples_leaf=5),
    RandomForestClassifier(8),
    ExtraTreesClassifier(8),
    make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=8)),
]
TRAINED = [
    NETWORK,
    make_pipeline(make_pipeline(MinMaxScaler(), StandardScaler()), NETWORK),
    SGDClassifier(loss="log_loss", max_iter=8, n_iter_no_change=8),
    BaggingClassifier(n_estimators=8),
    MLPClassifier((4,), solver="lbfgs", max_iter=8),
    LogisticRegression(max_iter=8),
]


def boosters():
    xgboost = pytest.importorskip("xgboost")
    lightgbm = pytest.importorskip("lightgbm")
    catboost = pytest.importorskip("catboost")
    silent = {"verbose": False, "allow_writing_files": False, "thread_count": 1}
    return [
        (xgboost.XGBClassifier(n_estimators=8, n_jobs=1), "n_estimators"),
        (
            lightgbm.LGBMClassifier(
                n_estimators=8, min_child_samples=5, verbose=-1, n_jobs=1
            ),
            "n_estimators",
        ),
        (catboost.CatBoostClassifier(iterations=8, **silent), "iterations"),
    ]


def a_name(teacher):
    last = teacher.steps[-1][1] if hasattr(teacher, "steps") else teacher
    solver = getattr(last, "solver", "")
    return f"{type(teacher).__name__}-{type(last).__name__}-{solver}"


@pytest.mark.parametrize("teacher", PREFIXES, ids=a_name)
def test_the_last_stage_is_the_teacher(teacher, toy):
    X, y = toy
    staged = cross_fit_stages(teacher, X, y, stages=4, cv=3, random_state=0)
    plain = cross_fit_proba(teacher, X, y, cv=3, random_state=0)
    np.testing.assert_allclose(staged.proba[-1], plain.proba, atol=1e-12)
    assert staged.proba.shape == (4, len(y), 3)
    assert staged.records[-1].scores == pytest.approx(plain.scores)


@pytest.mark.parametrize("teacher", PREFIXES[:2] + PREFIXES[3:5], ids=a_name)
def test_a_stage_is_a_teacher_of_so_many_rounds(teacher, toy):
    """Of 8 rounds, a fraction of 0.3 is ceil(2.4) = 3: at least that much training."""
    X, y = toy
    staged = cross_fit_stages(teacher, X, y, stages=(0.3, 1), cv=3, random_state=0)
    short = clone(teacher).set_params(n_estimators=3)
    # Forests draw the seeds of all their trees in turn: the first three are the same.
    plain = cross_fit_proba(short, X, y, cv=3, random_state=0)
    np.testing.assert_allclose(staged.proba[0], plain.proba, atol=1e-12)


# LightGBM 4.6 names the columns of arrays.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("place", range(3))
def test_rounds_of_other_libraries(place, toy):
    X, y = toy
    y = y.astype(int)
    teacher, name = boosters()[place]
    staged = cross_fit_stages(teacher, X, y, stages=(0.25, 1), cv=3, random_state=0)
    whole = cross_fit_proba(teacher, X, y, cv=3, random_state=0)
    np.testing.assert_allclose(staged.proba[-1], whole.proba, atol=1e-6)
    if name == "n_estimators":  # CatBoost chooses another learning rate for 2 trees
        short = clone(teacher).set_params(**{name: 2})
        plain = cross_fit_proba(short, X, y, cv=3, random_state=0)
        np.testing.assert_allclose(staged.proba[0], plain.proba, atol=1e-6)
    assert np.abs(staged.proba[0] - staged.proba[1]).max() > 0.05


@pytest.mark.parametrize("teacher", TRAINED, ids=a_name)
def test_stages_along_training(teacher, toy):
    X, y = toy
    staged = cross_fit_stages(teacher, X, y, stages=4, cv=3, random_state=0)
    steps = np.abs(np.diff(staged.proba, axis=0)).max(axis=(1, 2))
    assert (steps > 1e-4).all()
    assert (np.unique(y)[staged.proba[-1].argmax(axis=1)] == y).mean() > 0.45


def test_partial_fits_are_the_epochs_of_a_fit(toy):
    """Where a batch is all rows: of several a fit shuffles what it has shuffled."""
    X, y = toy
    teacher = clone(NETWORK).set_params(batch_size=160)
    folds = [(np.arange(160), np.arange(160, 240))]
    with pytest.warns(CoverageWarning, match="no teacher"):
        staged = cross_fit_stages(
            teacher, X, y, stages=(0.5, 1), cv=folds, random_state=0
        )
    record = staged.records[-1]
    rows = folds[0][1]
    assert record.n_uncovered == 160
    own = log_loss(y[rows], record.proba[rows])
    assert staged.log_losses[-1] == pytest.approx(own)
    # The seed of the only fold, as the engine draws it.
    rng = np.random.RandomState(0)
    rng.randint(np.iinfo(np.int32).max, size=1)
    seed = int(rng.randint(np.iinfo(np.int32).max, size=1)[0])
    for epochs, proba in ((4, staged.records[0].proba), (8, record.proba)):
        whole = clone(teacher).set_params(random_state=seed, max_iter=epochs)
        with pytest.warns(Warning, match="Maximum iterations"):
            whole.fit(X[:160], y[:160])
        np.testing.assert_allclose(whole.predict_proba(X[rows]), proba[rows])


class Draws(ClassifierMixin, BaseEstimator):
    """Says what its generator of random numbers says in each epoch."""

    max_iter = 2
    n_iter_no_change = 2

    def __init__(self, random_state=None):
        self.random_state = random_state

    def partial_fit(self, X, y, classes):
        self.classes_ = classes
        self.draw_ = check_random_state(self.random_state).uniform()
        return self

    fit = partial_fit

    def predict_proba(self, X):
        return np.tile([self.draw_, 1 - self.draw_], (len(X), 1))


def test_epochs_do_not_draw_the_same_numbers(binary):
    for seed in (None, 0, np.random.RandomState(0)):
        staged = cross_fit_stages(Draws(seed), *binary, stages=2, cv=3, random_state=0)
        assert np.abs(staged.proba[0] - staged.proba[1]).min() > 1e-3


def test_a_learner_that_stops_by_itself_is_staged_until_then(toy):
    X, y = toy
    folds = [
        (np.arange(120), np.arange(120, 240)),
        (np.arange(120, 240), np.arange(120)),
    ]
    teacher = SGDClassifier(loss="log_loss", max_iter=1000, tol=0.1, random_state=0)
    staged = cross_fit_stages(teacher, X, y, stages=[1.0], cv=folds)
    for train, test in folds:
        own = clone(teacher).fit(X[train], y[train]).n_iter_
        assert own < 50
        short = clone(teacher).set_params(max_iter=own, n_iter_no_change=own)
        with pytest.warns(CoverageWarning):
            again = cross_fit_stages(short, X, y, stages=[1.0], cv=[(train, test)])
        np.testing.assert_array_equal(staged.proba[0, test], again.proba[0, test])


class Checkpoints(ClassifierMixin, BaseEstimator):
    """A teacher that keeps copies of itself, in one buffer, as a network may."""

    def __init__(self, n=3):
        self.n = n

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.models_ = [
            GaussianNB(var_smoothing=10.0**-k).fit(X, y) for k in range(self.n)
        ]
        return self

    def staged_predict_proba(self, X):
        buffer = np.empty((len(X), len(self.classes_)))
        for model in self.models_:
            buffer[:] = model.predict_proba(X)
            yield buffer

    def predict_proba(self, X):
        return self.models_[-1].predict_proba(X)


def test_any_object_can_give_its_checkpoints(toy):
    X, y = toy
    staged = cross_fit_stages(Checkpoints(), X, y, stages=3, cv=3, random_state=0)
    for stage in range(3):
        plain = cross_fit_proba(
            GaussianNB(var_smoothing=10.0**-stage), X, y, cv=3, random_state=0
        )
        np.testing.assert_array_equal(staged.proba[stage], plain.proba)


def test_more_stages_than_checkpoints_repeat_them(toy):
    X, y = toy
    staged = cross_fit_stages(Checkpoints(2), X, y, stages=4, cv=3, random_state=0)
    np.testing.assert_array_equal(staged.proba[0], staged.proba[1])
    np.testing.assert_array_equal(staged.proba[2], staged.proba[3])
    with pytest.raises(ValueError, match=r"must have at least one stage once fitted"):
        cross_fit_stages(Checkpoints(0), X, y, stages=4, cv=3)


def test_a_class_absent_from_a_fold_is_filled_at_every_stage(toy):
    X, y = toy
    y = y.copy()
    y[:] = np.where(np.arange(240) % 2, "b", "c")
    y[0] = "a"  # the first column
    for teacher in (PREFIXES[0], NETWORK):
        with pytest.warns(MissingClassWarning, match=r"'a' \(80 rows\)"):
            staged = cross_fit_stages(teacher, X, y, stages=3, cv=3, random_state=0)
        held = next(test for _, test in staged.records[0].splits if 0 in test)
        np.testing.assert_allclose(staged.proba[:, held, 0], 1 / (160 + 3))
        assert staged.records[0].filled == (("a", 80),)
    with pytest.raises(ValueError, match="missing_class must be 'prior'"):
        cross_fit_stages(PREFIXES[0], X, y, cv=3, missing_class="error", stages=2)


def test_a_fold_of_one_class_is_a_constant_at_every_stage(toy):
    X, _ = toy
    y = np.repeat(["a", "b"], 120)
    folds = [
        (np.arange(120), np.arange(120, 240)),
        (np.arange(120, 240), np.arange(120)),
    ]
    with pytest.warns(MissingClassWarning):
        staged = cross_fit_stages(PREFIXES[0], X, y, stages=2, cv=folds)
    np.testing.assert_allclose(staged.proba[:, 120:, 1], 1 / 122)


def test_unlabelled_rows_have_stages_too(toy):
    X, y = toy
    staged = cross_fit_stages(
        PREFIXES[0], X[:160], y[:160], stages=2, cv=3, X_unlabeled=X[160:]
    )
    first, last = (record.unlabeled_proba for record in staged.records)
    assert first.shape == last.shape == (80, 3)
    assert np.abs(first - last).max() > 0.05


def test_each_stage_is_calibrated_by_itself(toy):
    pytest.importorskip("sklearn", "1.8")
    X, y = toy
    options = {"stages": (0.1, 1), "cv": 3, "random_state": 0}
    teacher = GradientBoostingClassifier(n_estimators=40)
    raw = cross_fit_stages(teacher, X, y, **options)
    mapped = cross_fit_stages(teacher, X, y, calibration="temperature", **options)
    sharpness = np.sort(mapped.proba, axis=2)[:, :, -1].mean(axis=1)
    before = np.sort(raw.proba, axis=2)[:, :, -1].mean(axis=1)
    assert sharpness[0] > before[0] + 0.05  # a beginner says less than it knows
    assert sharpness[1] < before[1] - 0.05  # an old booster says more


def test_weights_reach_teacher_and_log_losses(toy):
    X, y = toy
    weight = np.where(y == "0", 5.0, 1.0)
    for teacher in (PREFIXES[0], SGDClassifier(loss="log_loss", max_iter=3, tol=None)):
        options = {"stages": 2, "cv": 3, "random_state": 0}
        heavy = cross_fit_stages(teacher, X, y, sample_weight=weight, **options)
        plain = cross_fit_stages(teacher, X, y, **options)
        gain = heavy.proba[-1, :, 0].mean() - plain.proba[-1, :, 0].mean()
        assert gain > 0.1
    own = log_loss(y, heavy.proba[-1], sample_weight=weight)
    assert heavy.log_losses[-1] == pytest.approx(own)


@pytest.mark.parametrize("teacher", [PREFIXES[3], NETWORK], ids=a_name)
def test_nothing_depends_on_the_jobs_or_the_store(teacher, toy, tmp_path):
    X, y = toy
    options = {"stages": 3, "cv": 3, "random_state": 0}
    alone = cross_fit_stages(teacher, X, y, **options)
    two = cross_fit_stages(teacher, X, y, n_jobs=2, memory=tmp_path, **options)
    read = cross_fit_stages(teacher, X, y, memory=tmp_path, **options)
    np.testing.assert_array_equal(alone.proba, two.proba)
    np.testing.assert_array_equal(alone.proba, read.proba)
    assert [record.n_read for record in read.records] == [3, 3, 3]
    other = cross_fit_stages(
        teacher, X, y, memory=tmp_path, **{**options, "stages": (0.5, 1)}
    )
    assert other.records[0].n_read == 0


def test_the_best_stage_is_that_of_least_loss(toy):
    X, y = toy
    teacher = GradientBoostingClassifier(n_estimators=300, learning_rate=0.5)
    staged = cross_fit_stages(
        teacher, X, y, stages=(0.01, 0.03, 1), cv=3, random_state=0
    )
    assert staged.best == int(np.argmin(staged.log_losses)) < 2
    assert repr(staged) == (
        f"Trajectory(n_stages=3, n_samples=240, n_classes=3, best={staged.best})"
    )


class NoFit(GradientBoostingClassifier):
    def fit(self, *_, **__):
        raise RuntimeError("a teacher was fitted")


@pytest.mark.parametrize(
    ("stages", "error", "message"),
    [
        (0, ValueError, r"stages must be a positive int .* got 0\."),
        (True, TypeError, "got True"),
        (0.5, TypeError, r"got 0\.5\."),
        ("ten", TypeError, "got 'ten'"),
        ((), ValueError, "got none"),
        ((0.5, 0.5), ValueError, r"increasing .* got 0\.5 after 0\.5"),
        ((0.5, 0.2), ValueError, r"increasing .* got 0\.2 after 0\.5"),
        ((0.0, 1.0), ValueError, r"\(0, 1\], got 0\.0 among them"),
        ((0.5, 5), ValueError, "got 5 among them. They are shares of training"),
        ((np.nan,), ValueError, "got nan among them"),
        (("a",), TypeError, "got 'a' among them"),
        (9, ValueError, "at most the 8 rounds or epochs .* got 9 stages"),
    ],
)
def test_bad_schedules_are_refused_before_any_fit(stages, error, message, toy):
    with pytest.raises(error, match=message):
        cross_fit_stages(NoFit(n_estimators=8), *toy, stages=stages)


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        (DecisionTreeClassifier(), "teacher must have stages: .* got DecisionTree"),
        (GaussianNB(), "must have stages: .* or use CrossFitDistiller"),
        (CalibratedClassifierCV(), "must have stages"),
        (make_pipeline(StandardScaler(), GaussianNB()), "stages: .* got GaussianNB"),
        (SVC(), "teacher must have predict_proba, got SVC"),
        (SGDClassifier(), "teacher must have predict_proba"),
        (MLPClassifier(early_stopping=True), "early_stopping of the teacher must be F"),
        (
            SGDClassifier(loss="log_loss", class_weight="balanced"),
            "class_weight of the teacher must be None or a dict",
        ),
        (LogisticRegression(solver="liblinear"), "solver of the teacher must not be"),
        (
            MLPClassifier(solver="lbfgs", early_stopping=True),
            "early_stopping of the teacher must be False for stages along warm_start",
        ),
    ],
)
def test_teachers_without_stages_are_refused(teacher, message, toy):
    with pytest.raises(ValueError, match=message):
        cross_fit_stages(teacher, *toy)


def test_margins_are_no_stages(toy):
    with pytest.raises(ValueError, match="must have predict_proba at every stage, got"):
        cross_fit_stages(SGDClassifier(), *toy, calibration="sigmoid")


def test_arguments_that_only_fit_takes_are_refused(toy):
    options = {"fit_params": {"coef_init": np.zeros((3, 6))}}
    with pytest.raises(
        ValueError, match="partial_fit of the teacher must accept coef_"
    ):
        cross_fit_stages(SGDClassifier(loss="log_loss"), *toy, **options)


def test_bags_have_no_stages(toy):
    with pytest.raises(ValueError, match=r"cv must be an int.* got 'oob'"):
        cross_fit_stages(RandomForestClassifier(20), *toy, cv="oob")


def test_one_class_is_refused(toy):
    with pytest.raises(ValueError, match="at least 2 classes, got 1 class"):
        cross_fit_stages(PREFIXES[0], toy[0], np.zeros(240), stages=2)


def test_linear_boosters_keep_no_rounds(toy):
    xgboost = pytest.importorskip("xgboost")
    with pytest.raises(ValueError, match="booster of the teacher must be 'gbtree'"):
        cross_fit_stages(xgboost.XGBClassifier(booster="gblinear"), *toy)


class Alike(GaussianNB):
    """Four stages that say the same."""

    def staged_predict_proba(self, X):
        proba = self.predict_proba(X)
        for _ in range(4):
            yield proba


@pytest.mark.parametrize("calibration", ["temperature", "sigmoid", "isotonic"])
def test_stages_that_are_alike_are_calibrated_alike(toy, calibration):
    X, y = toy
    options = {"cv": 3, "calibration": calibration, "random_state": 0}
    found = cross_fit_stages(Alike(), X, y, stages=4, **options)
    assert len(set(found.log_losses)) == 1
    whole = cross_fit_proba(GaussianNB(), X, y, **options)
    assert_array_equal(found.records[-1].proba, whole.proba)
