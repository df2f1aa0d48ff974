"""LogisticRegression as student: every penalty in both spellings, every solver."""

import warnings

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skdistill.students import StudentData, fit_student
from skdistill.students._linear import LinearRoute
from skdistill.students._routes import find_route
from skdistill.targets import Targets

CLASSES = np.array(["a", "b", "c"])
NEW_SPELLING = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)

TIGHT = {"tol": 1e-9, "max_iter": 20_000}
if NEW_SPELLING:
    PENALTIES = [
        {"C": 0.3},
        {"C": np.inf},
        {"C": 0.1, "l1_ratio": 1.0, "solver": "saga"},
        {"C": 0.1, "l1_ratio": 0.5, "solver": "saga"},
    ]
else:
    PENALTIES = [
        {"C": 0.3},
        {"penalty": None},
        {"C": 0.1, "penalty": "l1", "solver": "saga"},
        {"C": 0.1, "penalty": "elasticnet", "l1_ratio": 0.5, "solver": "saga"},
    ]


@pytest.fixture(scope="module")
def soft():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 6))
    logits = X[:, :3] @ rng.normal(size=(3, 3))
    values = np.exp(log_softmax(logits, axis=1)) * 0.8 + 0.2 / 3
    codes = np.array([rng.choice(3, p=row / row.sum()) for row in values])
    return X, codes, values


def make_data(X, codes, values=None, weight=None, classes=CLASSES):
    values = np.eye(len(classes))[codes] if values is None else values
    return StudentData(X, Targets(values), classes, codes, weight, {})


def objective(model, X, values, weight):
    penalty = getattr(model, "penalty", "deprecated")
    share = {None: 0.0, "l1": 1.0, "l2": 0.0}.get(penalty, model.l1_ratio)
    C = np.inf if penalty is None else model.C
    logits = X @ model.coef_.T + model.intercept_
    if logits.shape[1] == 1:
        logits = np.column_stack([np.zeros(len(X)), logits])
    loss = -(values * log_softmax(logits, axis=1)).sum(axis=1)
    norm = (1 - share) / 2 * (model.coef_**2).sum() + share * np.abs(model.coef_).sum()
    return weight @ loss + norm / C


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", ["dense", "float32", "sparse"])
def test_it_reaches_the_optimum_of_the_expanded_rows(soft, penalty, n_classes, kind):
    X, codes, values = soft
    values = values[:, :n_classes] / values[:, :n_classes].sum(axis=1, keepdims=True)
    codes, classes = np.minimum(codes, n_classes - 1), CLASSES[:n_classes]
    weight = np.linspace(0.5, 2, len(X))
    student = LogisticRegression(random_state=0, **TIGHT).set_params(**penalty)
    data = {"dense": X, "float32": X.astype(np.float32), "sparse": sparse.csr_array(X)}
    fitted = fit_student(
        clone(student), make_data(data[kind], codes, values, weight, classes)
    )
    own = clone(student).fit(
        np.repeat(X, n_classes, axis=0),
        np.tile(classes, len(X)),
        sample_weight=(values * weight[:, None]).ravel(),
    )
    ours, theirs = (objective(m, X, values, weight) for m in (fitted, own))
    assert abs(ours - theirs) < 1e-5
    assert_allclose(fitted.predict_proba(X), own.predict_proba(X), atol=1e-4)
    assert_array_equal(fitted.coef_ == 0, own.coef_ == 0)
    assert type(fitted) is LogisticRegression
    assert clone(fitted).get_params() == student.get_params()


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_hot_targets_reproduce_its_own_fit(soft, penalty, dtype):
    X, codes, _ = soft
    X = X.astype(dtype)
    tol = 1e-6 if dtype == np.float32 else 1e-9
    student = LogisticRegression(random_state=0, tol=tol, max_iter=20_000)
    student.set_params(**penalty)
    fitted = fit_student(clone(student), make_data(X, codes))
    own = clone(student).fit(X, CLASSES[codes])
    gap = np.abs(fitted.predict_proba(X) - own.predict_proba(X)).mean()
    assert gap <= 1e-4
    for name in ("coef_", "intercept_", "n_iter_", "classes_"):
        if NEW_SPELLING:  # before, only some of its solvers kept float32
            assert getattr(fitted, name).dtype == getattr(own, name).dtype
        assert getattr(fitted, name).shape == getattr(own, name).shape


@pytest.mark.parametrize(
    "solver", ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"]
)
def test_every_solver_but_liblinear_is_served(soft, solver):
    X, codes, values = soft
    student = LogisticRegression(solver=solver, **TIGHT)
    assert find_route(student).name == "linear"
    fitted = fit_student(student, make_data(X, codes, values))
    plain = fit_student(LogisticRegression(**TIGHT), make_data(X, codes, values))
    assert_allclose(fitted.coef_, plain.coef_, atol=1e-6)
    assert (fitted.n_iter_[0] < 10) == (solver == "newton-cholesky")
    assert find_route(LogisticRegression(solver="liblinear")).name == "expansion"


def test_newton_cholesky_with_many_unknowns_is_solved_all_the_same(soft):
    X, codes, values = soft
    X = np.random.default_rng(0).normal(size=(150, 200))
    student = LogisticRegression(solver="newton-cholesky", **TIGHT)
    fitted = fit_student(student, make_data(X, codes, values))
    plain = fit_student(LogisticRegression(**TIGHT), make_data(X, codes, values))
    assert_array_equal(fitted.coef_, plain.coef_)


class OldSpelling:
    """The parameters of scikit-learn before 1.8, as far as a route reads them."""

    def __init__(self, penalty="l2", l1_ratio=None, solver="saga"):
        vars(self).update(penalty=penalty, l1_ratio=l1_ratio, solver=solver)
        vars(self).update(C=0.5, class_weight=None)


@pytest.mark.parametrize(
    ("student", "message"),
    [
        (OldSpelling("l2", 0.5, "lbfgs"), ""),
        (OldSpelling(None, None, "lbfgs"), ""),
        (OldSpelling("l1"), ""),
        (OldSpelling("elasticnet", 0.5), ""),
        (OldSpelling("elasticnet", 0.0, "lbfgs"), ""),
        (
            OldSpelling("elasticnet"),
            "l1_ratio of the student must be a number in [0, 1] with "
            "penalty='elasticnet', got None.",
        ),
        (
            OldSpelling("l1", None, "lbfgs"),
            "solver of the student must be 'saga' with an L1 penalty, as in "
            "scikit-learn, got 'lbfgs'.",
        ),
        (
            OldSpelling("deprecated", 0.5, "sag"),
            "solver of the student must be 'saga' with an L1 penalty, as in "
            "scikit-learn, got 'sag'.",
        ),
    ],
)
def test_a_student_that_scikit_learn_would_refuse_is_refused(student, message):
    found = LinearRoute().objection(student, weighted=False, temperature=1.0)
    assert found == message


def test_one_classifier_per_class_is_another_objective():
    student = LogisticRegression()
    assert LinearRoute().serves(student)
    student.multi_class = "ovr"  # a parameter until scikit-learn 1.7
    assert not LinearRoute().serves(student)


def test_a_warm_start_continues(soft):
    X, codes, values = soft
    data = make_data(X, codes, values)
    student = LogisticRegression(warm_start=True, **TIGHT)
    first = fit_student(student, data).n_iter_[0]
    again = fit_student(student, data).n_iter_[0]
    assert again <= 1 < first
    cold = fit_student(student.set_params(warm_start=False), data)
    assert cold.n_iter_[0] == first


def test_no_penalty_refuses_negative_targets(soft):
    X, codes, values = soft
    corrected = values + 1.5 * (np.eye(3)[codes] - values)
    student = LogisticRegression(**PENALTIES[1], max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        with pytest.raises(ValueError, match="C must be finite for targets with neg"):
            fit_student(student, make_data(X, codes, corrected))
