"""Students that follow a teacher's stages."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import has_fit_parameter

from skdistill.losses import CrossEntropy
from skdistill.students import (
    Course,
    SoftLogisticRegression,
    StudentData,
    find_follower,
    fit_student,
    follow,
    student_proba,
)
from skdistill.targets import Targets

# LightGBM 4.6 names the columns of arrays.
pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")

SMALL = {"random_state": 0}
NETWORK = MLPClassifier((5,), max_iter=6, batch_size=40, **SMALL)
EXACT = [
    HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=5, **SMALL),
    HistGradientBoostingRegressor(max_iter=6, min_samples_leaf=5, **SMALL),
    GradientBoostingRegressor(n_estimators=6, **SMALL),
    RandomForestRegressor(6, **SMALL),
    ExtraTreesRegressor(6, **SMALL),
    SoftLogisticRegression(tol=1e-8),
    LogisticRegression(tol=1e-8),
]
EPOCHS = [
    NETWORK,
    MLPRegressor(
        hidden_layer_sizes=(5,),
        max_iter=6,
        batch_size=20,
        learning_rate_init=0.02,
        **SMALL,
    ),
    SGDRegressor(max_iter=6, **SMALL),
    SGDClassifier(loss="log_loss", alpha=0.01, max_iter=6, **SMALL),
]
WARM = [
    GradientBoostingClassifier(n_estimators=6, **SMALL),
    BaggingClassifier(n_estimators=6, **SMALL),
    *(
        MLPClassifier((5,), solver="lbfgs", max_iter=6, **SMALL)
        for _ in range(has_fit_parameter(MLPClassifier(), "sample_weight"))  # since 1.7
    ),
]


def a_name(student):
    return f"{type(student).__name__}-{getattr(student, 'solver', '')}"


def boosters():
    xgboost = pytest.importorskip("xgboost")
    lightgbm = pytest.importorskip("lightgbm")
    return [
        xgboost.XGBClassifier(n_estimators=6, n_jobs=1, random_state=0),
        lightgbm.LGBMClassifier(
            n_estimators=6, min_child_samples=5, verbose=-1, n_jobs=1, random_state=0
        ),
    ]


def soften(y, classes, share):
    onehot = (y[:, None] == classes).astype(float)
    return share * onehot + (1 - share) / len(classes)


def data_of(X, y, values, weight=None, **options):
    classes, codes = np.unique(y, return_inverse=True)
    return StudentData(X, Targets(values, **options), classes, codes, weight, {})


@pytest.fixture(params=["three classes", "two classes"])
def problem(request, toy, binary):
    """Rows, labels and targets of two stages: a beginner's and an expert's."""
    X, y = toy if request.param == "three classes" else binary
    classes = np.unique(y)
    return X, y, [soften(y, classes, 0.3), soften(y, classes, 0.9)]


def course_of(X, y, values, stages=(0.5, 1.0), **options):
    return Course(stages, lambda stage: data_of(X, y, values[stage], **options))


def proba(student, X, y):
    return student_proba(student, X, np.unique(y), "prob")


@pytest.mark.parametrize("student", EXACT, ids=a_name)
def test_one_stage_is_plain_distillation(student, problem):
    X, y, (_, last) = problem
    followed = follow(clone(student), course_of(X, y, [last], (1.0,)))
    plain = fit_student(clone(student), data_of(X, y, last))
    np.testing.assert_allclose(proba(followed, X, y), proba(plain, X, y), atol=1e-6)


@pytest.mark.parametrize("place", range(2))
def test_one_stage_of_other_libraries(place, problem):
    X, y, (_, last) = problem
    student = boosters()[place]
    followed = follow(clone(student), course_of(X, y, [last], (1.0,)))
    plain = fit_student(clone(student), data_of(X, y, last))
    np.testing.assert_array_equal(proba(followed, X, y), proba(plain, X, y))


@pytest.mark.parametrize("student", [*EXACT[:5], *EPOCHS, *WARM[:2]], ids=a_name)
def test_stages_that_agree_are_one(student, problem):
    X, y, (_, last) = problem
    several = follow(clone(student), course_of(X, y, [last] * 4, (0.1, 0.4, 0.7, 1.0)))
    one = follow(clone(student), course_of(X, y, [last], (1.0,)))
    np.testing.assert_allclose(proba(several, X, y), proba(one, X, y), atol=1e-9)


def first_half(student):
    return clone(student).set_params(
        **{"max_iter" if "max_iter" in student.get_params() else "n_estimators": 3}
    )


@pytest.mark.parametrize(
    "student", [EXACT[0], *EPOCHS, GradientBoostingClassifier(n_estimators=6, **SMALL)]
)
def test_the_first_rounds_see_the_first_stage_only(student, problem):
    """With six rounds and stages at 1/2 and 1 the first three fit the first stage."""
    X, y, (first, last) = problem
    short = follow(first_half(student), course_of(X, y, [first], (1.0,)))
    nearly = clone(student).set_params(
        **{name: 4 for name in ("max_iter", "n_estimators") if hasattr(student, name)}
    )
    # Three of four rounds; the fourth has no say where its targets are left unread.
    asked = []

    def data(stage):
        asked.append(stage)
        return data_of(X, y, (first, last)[stage])

    longer = follow(nearly, Course((0.75, 1.0), data))
    assert sorted(set(asked)) == [0, 1]
    assert asked[0] == 0
    assert asked == sorted(asked)
    if hasattr(longer, "staged_predict_proba"):
        third = list(longer.staged_predict_proba(X))[2]
        np.testing.assert_allclose(third, proba(short, X, y), atol=1e-12)
    constant = follow(clone(nearly), course_of(X, y, [first], (1.0,)))
    other = proba(longer, X, y)
    assert np.abs(other - proba(constant, X, y)).max() > 1e-4


@pytest.mark.parametrize("place", range(2))
def test_rounds_of_other_libraries_change_their_target_in_time(place, problem):
    X, y, (first, last) = problem
    student = boosters()[place]
    followed = follow(clone(student), course_of(X, y, [first, last]))
    short = follow(
        clone(student).set_params(n_estimators=3), course_of(X, y, [first], (1.0,))
    )
    # LightGBM counts its stages by num_iteration, XGBoost by a range.
    option = [{"iteration_range": (0, 3)}, {"num_iteration": 3}][place]
    np.testing.assert_allclose(
        followed.predict_proba(X, **option), short.predict_proba(X), atol=1e-6
    )
    constant = follow(clone(student), course_of(X, y, [first], (1.0,)))
    assert np.abs(followed.predict_proba(X) - constant.predict_proba(X)).max() > 0.01


@pytest.mark.parametrize("student", [*EXACT, *EPOCHS, *WARM], ids=a_name)
def test_the_student_goes_from_the_first_stage_to_the_last(student, problem):
    X, y, (first, last) = problem
    fresh = clone(student)
    fitted = follow(fresh, course_of(X, y, [first, last], (0.2, 1.0)))
    back = follow(clone(student), course_of(X, y, [last, first], (0.2, 1.0)))
    found, other = proba(fitted, X, y), proba(back, X, y)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    sure = [np.sort(one, axis=1)[:, -1].mean() for one in (found, other)]
    assert sure[0] > sure[1]
    # Its parameters are its own, and it predicts without this package.
    assert repr(fresh.get_params()) == repr(student.get_params())
    assert type(fitted).__module__.partition(".")[0] in ("sklearn", "skdistill")


def test_a_pipeline_fits_its_transformers_once(problem, monkeypatch):
    X, y, values = problem
    calls = []
    own = StandardScaler.fit
    monkeypatch.setattr(
        StandardScaler, "fit", lambda *a, **k: (calls.append(1), own(*a, **k))[1]
    )
    pipeline = make_pipeline(StandardScaler(), clone(NETWORK))
    fitted = follow(clone(pipeline), course_of(X, y, values))
    assert len(calls) == 1
    inner = follow(
        clone(NETWORK), course_of(StandardScaler().fit_transform(X), y, values)
    )
    np.testing.assert_allclose(
        fitted.predict_proba(X), inner.predict_proba(fitted[:-1].transform(X))
    )


def test_negative_targets_of_a_later_stage_are_refused(problem):
    X, y, (first, last) = problem
    bad = last.copy()
    bad[3] = [-0.5, *[1.5 / (last.shape[1] - 1)] * (last.shape[1] - 1)]
    for student in (EXACT[0], WARM[0]):
        with pytest.raises(ValueError, match="non-negative .* got -0.5 in row 3"):
            follow(clone(student), course_of(X, y, [first, bad]))


def logits(network, X):
    hidden = X
    for place, (coef, intercept) in enumerate(
        zip(network.coefs_, network.intercepts_, strict=True)
    ):
        hidden = hidden @ coef + intercept
        if place < len(network.coefs_) - 1:
            hidden = np.tanh(hidden)
    return hidden if hidden.shape[1] > 1 else np.hstack([0 * hidden, hidden])


@pytest.mark.parametrize(("temperature", "alpha"), [(1.0, 1.0), (4.0, 1.0), (3.0, 0.4)])
def test_a_network_descends_on_the_tempered_loss(temperature, alpha, problem):
    """One step of plain gradient descent, against finite differences of the loss."""
    X, y, (_, values) = problem
    weight = np.linspace(0.5, 1.5, len(X))
    student = MLPClassifier(
        (3,), activation="tanh", solver="sgd", momentum=0.0, learning_rate_init=1.0,
        batch_size=len(X), alpha=0.0, max_iter=1, nesterovs_momentum=False, **SMALL,
    )  # fmt: skip
    options = {"temperature": temperature, "alpha": alpha, "weight": weight}
    moved = follow(clone(student), course_of(X, y, [values], (1.0,), **options))
    still = clone(student).set_params(learning_rate_init=1e-12)
    still = follow(still, course_of(X, y, [values], (1.0,), **options))
    loss = CrossEntropy(temperature, alpha)

    def value(last):
        still.coefs_[-1] = last.reshape(still.coefs_[-1].shape)
        return loss.value(values, logits(still, X), weight)

    start = still.coefs_[-1].copy()
    numeric = approx_fprime(start.ravel(), value, 1e-6).reshape(start.shape)
    np.testing.assert_allclose(start - moved.coefs_[-1], numeric, atol=1e-5)
    assert np.abs(numeric).max() > 1e-3


def test_a_network_on_labels_is_scikit_learns_own(problem):
    X, y, _ = problem
    onehot = soften(y, np.unique(y), 1.0)
    followed = follow(clone(NETWORK), course_of(X, y, [onehot], (1.0,)))
    own = clone(NETWORK).set_params(random_state=np.random.RandomState(0))
    for _ in range(6):
        own.partial_fit(X, y, classes=np.unique(y))
    np.testing.assert_allclose(followed.predict_proba(X), own.predict_proba(X))
    assert type(followed) is MLPClassifier
    assert followed.n_iter_ == 6
    assert not {"soft_gradient", "_rows", "_matched"} & set(vars(followed))


def test_weights_are_repetition(problem):
    """Of a network whose batch is all rows, and of a booster."""
    X, y, values = problem
    twice = np.r_[np.arange(len(X)), np.arange(60)]
    weight = np.r_[np.full(60, 2.0), np.ones(len(X) - 60)]
    network = clone(NETWORK).set_params(
        batch_size=len(X), shuffle=False, alpha=0.0, solver="sgd"
    )
    for student, longer in (
        (network, clone(network).set_params(batch_size=len(twice))),
        (EXACT[0], EXACT[0]),
    ):
        heavy = follow(clone(student), course_of(X, y, values, weight=weight))
        repeated = follow(
            clone(longer), course_of(X[twice], y[twice], [v[twice] for v in values])
        )
        plain = follow(clone(student), course_of(X, y, values))
        if student is network:
            np.testing.assert_allclose(
                heavy.predict_proba(X), repeated.predict_proba(X), atol=1e-8
            )
        assert np.abs(heavy.predict_proba(X) - plain.predict_proba(X)).max() > 1e-5


def test_a_class_weight_counts_at_every_stage(problem):
    X, y, values = problem
    y = np.char.add("class ", y.astype(str))
    classes = np.unique(y).tolist()
    heavy = {**dict.fromkeys(classes, 1.0), classes[0]: 10.0}
    for student in (EXACT[0], EPOCHS[3]):
        weighted = clone(student).set_params(class_weight=heavy)
        fitted = follow(weighted, course_of(X, y, values))
        plain = follow(clone(student), course_of(X, y, values))
        gain = fitted.predict_proba(X)[:, 0] - plain.predict_proba(X)[:, 0]
        assert gain.mean() > 0.1
        assert weighted.class_weight == heavy
        several, one = (
            follow(clone(weighted), course_of(X, y, [values[1]] * n, (0.5, 1.0)[-n:]))
            for n in (2, 1)
        )
        np.testing.assert_allclose(several.predict_proba(X), one.predict_proba(X))


@pytest.mark.parametrize("student", WARM, ids=a_name)
def test_targets_of_zero_are_followed(student, problem):
    """Rows of weight 0 are left out; a warm learner meets others at the next."""
    X, y, (_, last) = problem
    onehot = soften(y, np.unique(y), 1.0)
    fitted = follow(clone(student), course_of(X, y, [onehot, last]))
    assert proba(fitted, X, y).shape == last.shape


def test_limited_iterations_leave_a_trace_of_the_way(problem):
    """A logistic regression that converges forgets it; one of few iterations not."""
    X, y, (first, last) = problem
    for max_iter, differs in ((6, True), (2000, False)):
        student = SoftLogisticRegression(tol=1e-8, max_iter=max_iter, C=100.0)
        way = follow(clone(student), course_of(100 * X, y, [first, last]))
        with pytest.warns(Warning, match="stopped") if differs else nothing():
            end = follow_plain(student, 100 * X, y, last)
        gap = np.abs(way.predict_proba(100 * X) - end.predict_proba(100 * X)).max()
        assert (gap > 1e-4) == differs


def nothing():
    import contextlib

    return contextlib.nullcontext()


def follow_plain(student, X, y, values):
    return fit_student(clone(student), data_of(X, y, values))


@pytest.mark.parametrize(
    ("student", "message"),
    [
        (DecisionTreeClassifier(), "student must learn in rounds or epochs .* got Dec"),
        (GaussianNB(), "must learn in rounds or epochs .* mode='best_stage'"),
        (KNeighborsRegressor(), "must learn in rounds or epochs"),
        (RandomForestClassifier(), "must be a regressor where a forest follows"),
        (LogisticRegression(solver="liblinear"), "solver of the student must not be"),
        (MLPClassifier(early_stopping=True), "early_stopping of the student must be F"),
        (
            HistGradientBoostingClassifier(early_stopping=True),
            "early_stopping of the student must be False when it follows stages",
        ),
        (
            GradientBoostingRegressor(n_iter_no_change=3),
            "n_iter_no_change of the student must be None .* got 3",
        ),
        (
            GradientBoostingClassifier(n_iter_no_change=3),
            "n_iter_no_change of the student must be None",
        ),
        (SGDRegressor(early_stopping=True), "early_stopping of the student must be"),
        (SGDClassifier(), "student must have predict_proba, got SGDClassifier"),
        (
            SGDClassifier(loss="log_loss", early_stopping=True),
            "early_stopping of the student",
        ),
        (
            HistGradientBoostingRegressor(early_stopping=True),
            "early_stopping of the student must be False",
        ),
        (
            make_pipeline(StandardScaler(), GaussianNB()),
            "rounds or epochs .* GaussianNB",
        ),
    ],
)
def test_students_without_a_trajectory_are_refused(student, message):
    with pytest.raises(ValueError, match=message):
        find_follower(student)


def test_early_stopping_of_other_libraries_is_refused():
    catboost = pytest.importorskip("catboost")
    xgboost, lightgbm = boosters()
    xgboost.set_params(early_stopping_rounds=3)
    with pytest.raises(
        ValueError, match="early_stopping_rounds of the student must be"
    ):
        find_follower(xgboost)
    lightgbm.set_params(early_stopping_round=3)
    with pytest.raises(ValueError, match="early_stopping_round of the student must be"):
        find_follower(lightgbm)
    with pytest.raises(ValueError, match="student must be re-targeted .* got CatBoost"):
        find_follower(catboost.CatBoostClassifier())


def test_what_routes_refuse_is_refused_here():
    with pytest.raises(
        ValueError, match="temperature must be 1 for the student MLPReg"
    ):
        find_follower(MLPRegressor(), temperature=4.0)
    with pytest.raises(ValueError, match="scale must be 'prob' for the student MLPCl"):
        find_follower(MLPClassifier(), scale="log")
    with pytest.raises(
        ValueError, match="loss must be 'cross_entropy' for the student"
    ):
        find_follower(MLPClassifier(), loss="squared_error")
    with pytest.raises(TypeError, match="student must be a scikit-learn classifier"):
        find_follower(MLPClassifier)

    class Unweighted(SGDRegressor):
        def partial_fit(self, X, y):
            return super().partial_fit(X, y)

    with pytest.raises(ValueError, match="partial_fit of the student must accept samp"):
        find_follower(Unweighted(), weighted=True)


def test_the_log_scale_is_followed(problem):
    X, y, values = problem
    targets = [np.log(one) for one in values]
    course = course_of(X, y, targets, scale="log")
    student = follow(clone(EXACT[3]).set_params(n_estimators=40), course)
    found = student_proba(student, X, np.unique(y), "log")
    between = [np.sort(one, axis=1)[:, -1].mean() for one in values]
    sure = np.sort(found, axis=1)[:, -1].mean()
    assert between[0] < sure < between[1]


def test_unlabelled_rows_have_no_code_and_are_followed(problem):
    X, y, values = problem
    full = data_of(X, y, values[0])

    def data(stage):
        part = data_of(X, y, values[stage])
        return replace(part, codes=full.codes[:200])

    for student in (EXACT[0], NETWORK, EXACT[3], WARM[0]):
        fitted = follow(clone(student), Course((0.5, 1.0), data))
        assert proba(fitted, X, y).shape == values[0].shape
