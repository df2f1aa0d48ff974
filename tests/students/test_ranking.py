"""Students that rank: the objective's minimum, the intercept, and who is refused."""

import pickle
import re
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.losses import BipartiteRanking
from skdistill.students import (
    SoftLogisticRegression,
    StudentData,
    find_route,
    fit_student,
    student_proba,
)
from skdistill.students._boosters._ranking_objective import RankingObjective
from skdistill.students._ranking import intercept
from skdistill.targets import Targets

LOSS = "bipartite_ranking"


def data_of(X, p, weight=None):
    codes = (p > np.median(p)).astype(int)
    classes = np.array(["no", "yes"])
    return StudentData(
        X, Targets(np.column_stack([1 - p, p])), classes, codes, weight, {}
    )


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    p = expit(X @ [1, -0.5, 0] + 0.4 * rng.normal(size=200) - 1)
    return X, p, rng.uniform(0, 2, 200)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_linear_student_is_at_the_minimum(rows, weighted):
    X, p, weight = rows
    weight = weight if weighted else None
    student = LogisticRegression(C=0.3, tol=1e-9)
    fitted = fit_student(student, data_of(X, p, weight), loss=LOSS)
    assert fitted is student
    scores = fitted.decision_function(X)
    gradient = BipartiteRanking().gradient(p, scores, weight)
    total = len(p) if weight is None else weight.sum()
    assert_allclose(total * (X.T @ gradient) + fitted.coef_[0] / 0.3, 0, atol=1e-6)


def test_a_linear_student_finds_log_odds(rows):
    """A teacher that is a linear student: direction, scale and intercept."""
    X = rows[0]
    p = expit(X @ [1, -0.5, 0.2] - 1.5)
    fitted = fit_student(
        LogisticRegression(C=np.inf, tol=1e-10), data_of(X, p), loss=LOSS
    )
    assert_allclose(fitted.coef_, [[1, -0.5, 0.2]], atol=1e-5)
    assert_allclose(fitted.intercept_, [-1.5], atol=1e-5)
    assert_allclose(fitted.predict_proba(X)[:, 1], p, atol=1e-5)
    assert_array_equal(fitted.classes_, ["no", "yes"])


def test_the_mean_probability_is_the_mean_target(rows):
    X, p, weight = rows
    fitted = fit_student(LogisticRegression(), data_of(X, p, weight), loss=LOSS)
    found = np.average(fitted.predict_proba(X)[:, 1], weights=weight)
    assert_allclose(found, np.average(p, weights=weight), rtol=1e-9)
    plain = LogisticRegression(fit_intercept=False)
    assert fit_student(plain, data_of(X, p), loss=LOSS).intercept_ == [0]


def test_sparse_rows_and_float32_give_the_same_student(rows):
    X, p, _ = rows
    expected = fit_student(LogisticRegression(), data_of(X, p), loss=LOSS)
    found = fit_student(
        LogisticRegression(), data_of(sparse.csr_matrix(X), p), loss=LOSS
    )
    assert_allclose(found.coef_, expected.coef_, rtol=1e-9)
    single = fit_student(
        LogisticRegression(), data_of(X.astype(np.float32), p), loss=LOSS
    )
    assert single.coef_.dtype == single.intercept_.dtype == np.float32
    assert_allclose(single.coef_, expected.coef_, rtol=1e-3)


def test_class_weights_move_the_intercept_alone(rows):
    X, p, _ = rows
    plain, weighted = (
        fit_student(LogisticRegression(class_weight=one), data_of(X, p), loss=LOSS)
        for one in (None, {"no": 1, "yes": 5})
    )
    assert_allclose(weighted.coef_, plain.coef_, rtol=1e-9)
    assert weighted.intercept_ > plain.intercept_ + 1


def test_a_warm_start_ends_at_once_and_few_iterations_are_said(rows):
    X, p, _ = rows
    student = LogisticRegression(warm_start=True)
    first = fit_student(student, data_of(X, p), loss=LOSS).n_iter_[0]
    again = fit_student(student, data_of(X, p), loss=LOSS).n_iter_[0]
    assert again <= 1 < first
    with pytest.warns(ConvergenceWarning, match="max_iter=1 iterations"):
        fit_student(LogisticRegression(max_iter=1, tol=1e-12), data_of(X, p), loss=LOSS)


def test_intercepts_at_the_ends():
    half = np.full((3, 2), 0.5)
    assert intercept(np.full(3, 4.0), half) == -4
    assert_allclose(intercept(np.array([-1e3, 0, 1e3]), half), 0, atol=1e-9)


def boosters():
    yield pytest.param(
        partial(
            HistGradientBoostingClassifier,
            max_iter=150,
            learning_rate=0.3,
            min_samples_leaf=5,
            random_state=0,
        ),
        id="hist",
    )
    common = {"n_estimators": 150, "learning_rate": 0.3, "n_jobs": 1, "random_state": 0}
    yield pytest.param(
        lambda **params: pytest.importorskip("xgboost").XGBClassifier(
            **(common | {"reg_lambda": 0, "min_child_weight": 0} | params)
        ),
        id="xgboost",
    )
    yield pytest.param(
        lambda **params: pytest.importorskip("lightgbm").LGBMClassifier(
            **(
                common
                | {"verbose": -1, "min_child_samples": 2, "min_sum_hessian_in_leaf": 0}
                | params
            )
        ),
        id="lightgbm",
    )


def groups():
    """Four kinds of rows, of different size, each with its own probability."""
    kind = np.repeat([0, 1, 2, 3], [20, 40, 30, 60])
    p = np.array([0.05, 0.6, 0.3, 0.8])[kind]
    return kind[:, None].astype(float), p


@pytest.mark.parametrize("make", list(boosters()))
def test_boosters_find_the_log_odds_of_groups(make):
    """Through the hook, the start and the intercept: what the loss's minimum is."""
    X, p = groups()
    fitted = fit_student(make(), data_of(X, p), loss=LOSS)
    assert_allclose(fitted.predict_proba(X)[:, 1], p, atol=2e-4)
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize("make", list(boosters()))
def test_boosters_heed_weights_and_stop_early(make):
    X, p = groups()
    rng = np.random.default_rng(0)
    X = np.column_stack([X, rng.normal(size=(len(X), 2))])
    weight = np.where(X[:, 0] == 3, 0.1, 1.0)
    few = {"learning_rate": 0.1}
    fitted = fit_student(make(**few), data_of(X, p, weight), loss=LOSS)
    found = np.average(fitted.predict_proba(X)[:, 1], weights=weight)
    assert_allclose(found, np.average(p, weights=weight), atol=1e-4)
    stop = {
        "HistGradientBoostingClassifier": {
            "early_stopping": True,
            "n_iter_no_change": 3,
        },
        "XGBClassifier": {"early_stopping_rounds": 3},
        "LGBMClassifier": {"early_stopping_round": 3},
    }[type(fitted).__name__]
    noisy = rng.permutation(p)
    stopped = fit_student(make(**few, **stop), data_of(X, noisy), loss=LOSS)
    rounds = {
        "HistGradientBoostingClassifier": lambda s: s.n_iter_,
        "XGBClassifier": lambda s: s.best_iteration + 1,
        "LGBMClassifier": lambda s: s.best_iteration_,
    }[type(fitted).__name__](stopped)
    assert rounds < 100


@pytest.mark.parametrize(
    "options",
    [
        {"booster": "dart", "rate_drop": 0.2},
        {"booster": "gblinear"},
        {"base_score": 0.9},
    ],
    ids=str,
)
def test_xgboosts_intercept_is_added_whatever_the_margins_are_made_of(options, rows):
    xgboost = pytest.importorskip("xgboost")
    X, p, _ = rows
    student = xgboost.XGBClassifier(
        n_estimators=10, n_jobs=1, random_state=0, **options
    )
    fitted = fit_student(student, data_of(X, p), loss=LOSS)
    assert_allclose(fitted.predict_proba(X)[:, 1].mean(), p.mean(), rtol=1e-5)


def test_a_booster_without_a_split_says_the_mean_target():
    """LightGBM splits no leaf of less than 40 rows."""
    lightgbm = pytest.importorskip("lightgbm")
    X = np.arange(20.0)[:, None]
    p = np.linspace(0.1, 0.6, 20)
    student = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1)
    fitted = fit_student(student, data_of(X, p), loss=LOSS)
    # Boosters hold their targets in float32.
    assert_allclose(fitted.predict_proba(X)[:, 1], p.mean(), rtol=1e-7)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_hook_is_the_loss(order, rows):
    _, p, weight = rows
    margins = np.random.default_rng(1).normal(size=len(p))
    objective = RankingObjective(
        np.column_stack([1 - p, p]), weight, BipartiteRanking(), order=order
    )
    grad, hess = (np.array(one) for one in objective.derivatives(margins))
    expected = BipartiteRanking().gradient_hessian(p, margins, weight)
    assert_allclose(grad, expected[0], atol=1e-5)
    assert_allclose(hess, expected[1], atol=1e-5)
    column = objective.derivatives(margins[:, None])
    assert_array_equal(column[0][:, 0], grad)
    part = np.arange(0, len(p), 2)
    assert_allclose(
        objective.take(part).value(margins[part]),
        BipartiteRanking().value(p[part], margins[part], weight[part]),
        rtol=1e-5,
    )


def test_smallest_hessian(rows):
    p = np.array([0.0, 1.0])
    objective = RankingObjective(
        np.column_stack([1 - p, p]), None, BipartiteRanking(), smallest_hessian=1e-3
    )
    assert_allclose(objective.derivatives(np.array([-50.0, 50]))[1], 1e-3)


def test_a_distiller_ranks(binary):
    X, y = binary
    make = partial(DistilledClassifier, DecisionTreeClassifier(max_depth=4))
    common = {"random_state": 0}
    named = make(LogisticRegression(), loss=LOSS, **common).fit(X, y)
    given = make(LogisticRegression(), loss=BipartiteRanking(), **common).fit(X, y)
    assert_array_equal(named.predict_proba(X), given.predict_proba(X))
    scratch = roc_auc_score(y, LogisticRegression().fit(X, y).decision_function(X))
    assert roc_auc_score(y, named.predict_proba(X)[:, 1]) > scratch - 0.01
    plain = make(LogisticRegression(), **common).fit(X, y)
    assert np.abs(plain.student_.coef_ - named.student_.coef_).max() > 1e-4
    plain.refit_student(loss=LOSS)
    assert_array_equal(plain.predict_proba(X), named.predict_proba(X))
    assert clone(given).loss == BipartiteRanking()


def test_a_cross_fitted_pipeline_chooses_alpha_and_ranks(binary):
    X, y = binary
    student = make_pipeline(StandardScaler(), LogisticRegression())
    found = CrossFitDistiller(
        DecisionTreeClassifier(max_depth=3), student, loss=LOSS, random_state=0
    ).fit(X, y)
    assert len(found.selection_) > 2
    scratch = roc_auc_score(y, LogisticRegression().fit(X, y).decision_function(X))
    assert roc_auc_score(y, found.predict_proba(X)[:, 1]) > scratch - 0.01


def test_a_learner_of_its_own_gets_the_loss(rows):
    X, p, _ = rows

    class Own(ClassifierMixin, BaseEstimator):
        target_losses = ("cross_entropy", LOSS)

        def fit_targets(self, X, T, *, loss, sample_weight=None, classes=None):
            self.loss = loss
            self.classes_ = classes
            return self

        def fit(self, X, y): ...

        def predict_proba(self, X): ...

    assert find_route(Own(), loss=LOSS).name == "native"
    assert fit_student(Own(), data_of(X, p), loss=LOSS).loss == BipartiteRanking()


def test_probabilities_have_their_columns(rows):
    X, p, _ = rows
    data = data_of(X, p)
    fitted = fit_student(LogisticRegression(), data, loss=LOSS)
    proba = student_proba(fitted, X, data.classes, "prob")
    assert_array_equal(proba[:, 1] > 0.5, fitted.decision_function(X) > 0)
    assert_allclose(logit(proba[:, 1]), fitted.decision_function(X), rtol=1e-9)


class NeverFitted(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        raise AssertionError("a teacher was fitted")

    def predict_proba(self, X): ...


@pytest.mark.parametrize("distiller", [DistilledClassifier, CrossFitDistiller])
def test_more_classes_are_refused_before_any_teacher_is_fitted(distiller, toy):
    message = "loss must be 'cross_entropy' with 3 classes, got 'bipartite_ranking'"
    with pytest.raises(ValueError, match=message):
        distiller(NeverFitted(), LogisticRegression(), loss=LOSS).fit(*toy)


@pytest.mark.parametrize(
    "student",
    [DecisionTreeClassifier(), GaussianNB(), Ridge(), SoftLogisticRegression()],
    ids=lambda one: type(one).__name__,
)
def test_students_that_cannot_rank_are_refused_with_the_reason(student, binary):
    message = (
        f"for the student {type(student).__name__} .*, got 'bipartite_ranking'. A "
        "ranking is learned by LogisticRegression"
    )
    with pytest.raises(ValueError, match=message):
        DistilledClassifier(NeverFitted(), student, loss=LOSS).fit(*binary)


def test_an_l1_penalty_is_refused(saga):
    with pytest.raises(ValueError, match="LogisticRegression without an L1 penalty"):
        find_route(saga(l1_ratio=0.5), loss=LOSS)
    assert find_route(saga(l1_ratio=0), loss=LOSS).name == "linear"


def test_boosters_that_cannot_rank_are_refused():
    catboost = pytest.importorskip("catboost")
    lightgbm = pytest.importorskip("lightgbm")
    for student in (
        catboost.CatBoostClassifier(),
        lightgbm.LGBMClassifier(linear_tree=True),
    ):
        with pytest.raises(ValueError, match="LGBMClassifier without linear_tree"):
            find_route(student, loss=LOSS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"loss": BipartiteRanking("squared_hinge")},
            "loss must have phi='logistic' in a distiller, got BipartiteRanking",
        ),
        (
            {"loss": LOSS, "temperature": 2.0},
            "temperature must be 1 for the loss 'bipartite_ranking'",
        ),
        ({"loss": LOSS, "scale": "log"}, "scale must be 'prob' for the student"),
        ({"loss": "ranking"}, "'squared_error', 'bipartite_ranking', got 'ranking'."),
    ],
)
def test_wrong_parameters_are_refused(options, message, binary):
    distiller = DistilledClassifier(NeverFitted(), LogisticRegression(), **options)
    with pytest.raises(ValueError, match=re.escape(message)):
        distiller.fit(*binary)


def test_negative_targets_are_refused(rows):
    X, p, _ = rows
    p = p.copy()
    p[3] = 1.25
    with pytest.raises(
        ValueError, match=r"non-negative for a ranking.* row 3, column 0"
    ):
        fit_student(LogisticRegression(), data_of(X, p), loss=LOSS)
