"""A search with a store fits each teacher once a fold, whatever it searches over."""

import numpy as np
import pytest
from counting import Counting, fits
from numpy.testing import assert_array_equal
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.targets import LabelSmoothing, Temperature

STUDENT = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
OUTER = StratifiedKFold(3)
PLAIN = {"alpha": 1.0, "correction": None}


def distiller(folder, *, store=True, **options):
    memory = str(folder / "store") if store else None
    options = {"cv": 4, "random_state": 0, "memory": memory, **options}
    return CrossFitDistiller(Counting(str(folder)), STUDENT, **options)


GRID = {
    "student__max_leaf_nodes": [2, 4, 8],
    "alpha": [0.5, 1.0],
    "correction": [None, "fast"],
    "target": [None, Temperature(2.0), LabelSmoothing(0.1)],
}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_grid_fits_each_teacher_once_an_outer_fold(toy, tmp_path, n_jobs):
    X, y = toy
    options = {"cv": OUTER, "refit": False, "scoring": "neg_log_loss"}
    stored = GridSearchCV(distiller(tmp_path, **PLAIN), GRID, n_jobs=n_jobs, **options)
    if n_jobs == 1:
        stored.fit(X, y)
        assert fits(tmp_path) == 3 * 4
        bare = GridSearchCV(distiller(tmp_path, store=False, **PLAIN), GRID, **options)
        bare.fit(X, y)
        assert fits(tmp_path) == 3 * 4 + 36 * 3 * 4
        for name in ("mean_test_score", "split2_test_score", "rank_test_score"):
            assert_array_equal(stored.cv_results_[name], bare.cv_results_[name])
        assert stored.best_params_ == bare.best_params_
    else:
        # Two candidates of one outer fold may begin together, before either is stored.
        stored.fit(X, y)
        assert 3 * 4 <= fits(tmp_path) <= 2 * 3 * 4
        before = fits(tmp_path)
        GridSearchCV(stored.estimator, GRID, n_jobs=2, **options).fit(X, y)
        assert fits(tmp_path) == before


def test_the_teachers_that_judge_are_found_too(toy, tmp_path):
    """The default: five folds label, three folds of three judge."""
    X, y = toy
    grid = {"student__max_leaf_nodes": [2, 4, 8], "correction": ["auto", None]}
    GridSearchCV(distiller(tmp_path), grid, cv=OUTER, refit=False).fit(X, y)
    assert fits(tmp_path) == 3 * (4 + 3 * 3)


@pytest.mark.parametrize("search", [RandomizedSearchCV, HalvingGridSearchCV])
def test_other_searches(toy, tmp_path, search):
    X, y = toy
    grid = {"student__max_leaf_nodes": [2, 4, 8], "alpha": [0.5, 1.0]}
    options = {"cv": OUTER, "random_state": 0, "scoring": "neg_log_loss"}
    if search is HalvingGridSearchCV:
        # Each round has its own rows: teachers are fitted once a round and fold.
        options |= {"factor": 2, "resource": "n_samples", "min_resources": 60}
    else:
        options["n_iter"] = 4
    found = search(distiller(tmp_path, **PLAIN), grid, **options).fit(X, y)
    rounds = getattr(found, "n_iterations_", 1)
    assert fits(tmp_path) == rounds * 3 * 4 + 4
    bare = search(distiller(tmp_path, store=False, **PLAIN), grid, **options).fit(X, y)
    assert_array_equal(
        found.cv_results_["mean_test_score"], bare.cv_results_["mean_test_score"]
    )
    assert found.best_params_ == bare.best_params_


def test_nested_search_cross_validate_and_learning_curve_are_exact(toy, tmp_path):
    X, y = toy
    grid = {"distiller__student__max_leaf_nodes": [2, 8]}
    scores = {}
    for store in (True, False):
        pipeline = make_pipeline(StandardScaler(), distiller(tmp_path, store=store))
        pipeline.steps[-1] = ("distiller", pipeline.steps[-1][1].set_params(**PLAIN))
        search = GridSearchCV(pipeline, grid, cv=2, scoring="neg_log_loss")
        nested = cross_validate(search, X, y, cv=2, scoring="neg_log_loss")
        curve = learning_curve(
            pipeline, X, y, cv=2, train_sizes=[0.5, 1.0], scoring="neg_log_loss"
        )
        scores[store] = nested["test_score"], curve[2]
    for stored, bare in zip(scores[True], scores[False], strict=True):
        assert_array_equal(stored, bare)


def test_refitting_a_student_asks_no_teacher(toy, tmp_path):
    X, y = toy
    fitted = distiller(tmp_path, store=False).fit(X, y)
    before = fits(tmp_path)
    fitted.refit_student(LogisticRegression(), alpha=0.5)
    fitted.refit_student(student__C=3.0, correction="fast")
    assert fits(tmp_path) == before


def test_in_sample_teachers_are_found(toy, tmp_path):
    X, y = toy
    model = DistilledClassifier(
        Counting(str(tmp_path)), STUDENT, memory=str(tmp_path / "s"), random_state=0
    )
    grid = {"alpha": [0.3, 0.6, 1.0], "student__max_leaf_nodes": [2, 4]}
    GridSearchCV(model, grid, cv=OUTER, refit=False).fit(X, y)
    assert fits(tmp_path) == 3


def test_several_teachers_are_found(toy, tmp_path):
    X, y = toy
    other = DecisionTreeClassifier(max_depth=2)
    model = distiller(tmp_path, **PLAIN)
    model.teacher = [model.teacher, other]
    first = model.fit(X, y).crossfit_
    again = model.fit(X, y).crossfit_
    assert (first.n_read, again.n_read) == (0, 8)
    assert_array_equal(first.proba, again.proba)
    assert np.isfinite(again.proba).all()
