"""From names, parameters and import paths to models; errors in one line."""

import sys

import pytest
import sklearn.ensemble
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill.cli._registry import ROLES, default_teacher, did_you_mean, recipes
from skdistill.cli._specs import make_model, uses_threads

MODULE = """
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

ready = ExtraTreesClassifier(7)

def make_teacher(n=5, *, depth=None):
    return ExtraTreesClassifier(n, max_depth=depth)

def broken():
    raise RuntimeError("no such luck")

nothing = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module in the working directory, under a name that no test shares."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"models_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / f"{name}_wrong.py").write_text("import no_such_library\n")
    yield name
    sys.modules.pop(name, None)


@pytest.mark.parametrize("role", ROLES)
def test_every_name_makes_a_model_that_can_be_cloned(role):
    for name, recipe in recipes(role).items():
        if recipe.extra:
            pytest.importorskip(recipe.path.split(".")[0], reason="an extra")
        model = make_model(name, role, n_jobs=1)
        clone(model.estimator)
        assert (model.name, model.columns) == (name, recipe.columns)
        for key in ("n_jobs", "thread_count"):
            assert model.estimator.get_params().get(key, 1) in (1, None)


def test_parameters_are_literals_and_bare_words():
    spec = "tree:max_leaf_nodes=16,criterion=entropy,class_weight={0: 1, 1: 2.5}"
    params = make_model(spec, "student").estimator.get_params()
    assert (params["max_leaf_nodes"], params["criterion"]) == (16, "entropy")
    assert params["class_weight"] == {0: 1, 1: 2.5}
    made = make_model("mlp:hidden_layer_sizes=(8, 4)", "teacher").estimator
    assert made.hidden_layer_sizes == (8, 4)


def test_threads_are_set_where_they_are_open():
    assert make_model("forest", "teacher", n_jobs=3).estimator.n_jobs == 3
    assert make_model("forest:n_jobs=2", "teacher", n_jobs=3).estimator.n_jobs == 2


def test_import_paths_of_classes_functions_and_objects(module):
    made = make_model("sklearn.tree.DecisionTreeClassifier:max_depth=3", "student")
    assert isinstance(made.estimator, DecisionTreeClassifier)
    assert (made.estimator.max_depth, made.columns) == (3, None)
    made = make_model(f"{module}:make_teacher", "teacher").estimator
    assert made.n_estimators == 5
    made = make_model(f"{module}:make_teacher:n=9,depth=2", "teacher").estimator
    assert (made.n_estimators, made.max_depth) == (9, 2)
    ready = sys.modules[module].ready
    made = make_model(f"{module}.ready:max_depth=1", "teacher").estimator
    assert (made.n_estimators, made.max_depth, ready.max_depth) == (7, 1, None)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("randomforest", r"must be one of forest, .* or an import path, got 'randomfo"),
        ("randomforest", r"Did you mean 'forest'\?$"),
        ("bosting", r"Did you mean 'boosting'\?$"),
        ("zzz", r"got 'zzz'\.$"),
        ("forest:n_trees=3", r"parameters of RandomForestClassifier, got 'n_trees'"),
        ("forest:n_estimator=3", r"Did you mean 'n_estimators'\?$"),
        ("forest:n_estimators=", "must have parameters such as max_depth=3,criterion"),
        ("forest:3,n_estimators=4", "must have parameters such as max_depth=3"),
        ("forest:n_estimators=2*3", r"give 'n_estimators' as .*, got '2 \* 3' in"),
        ("no_such_library.Model", "importable, got .*ModuleNotFoundError: No module"),
        ("sklearn.ensemble.RandomForest", r"something in sklearn.ensemble, got 'Ran"),
        ("sklearn.ensemble.RandomForst", r"Did you mean 'RandomForest\w+' or 'Ra"),
        ("sklearn.tree.DecisionTreeClassifier:dept=3", "call with its parameters, got"),
        ("sklearn.metrics.log_loss", "call with its parameters, got .*TypeError"),
        ("{}:broken", r"RuntimeError: no such luck\)\.$"),
        ("{}:nothing", "a learner with a method `fit`, got int from"),
        ("{}_wrong:x", "ModuleNotFoundError: No module named 'no_such_library'"),
    ],
)
def test_errors_name_the_option_and_what_was_given(module, spec, message):
    with pytest.raises(ValueError, match=message) as caught:
        make_model(spec.format(module), "teacher")
    assert str(caught.value).startswith("`--teacher` must ")


def test_small_tables_get_a_forest_large_ones_boosting():
    assert (default_teacher(1999), default_teacher(2000)) == ("forest", "boosting")


def test_nothing_near_is_suggested_for_what_is_far():
    assert did_you_mean("qwerty", ["tree", "forest"]) == ""


@pytest.mark.parametrize(
    ("spec", "n_jobs", "threads"),
    [
        ("forest", 2, True),
        ("forest", None, False),
        ("boosting", 2, False),
        ("logistic", 2, False),
        ("sklearn.ensemble.ExtraTreesClassifier", 2, True),
    ],
)
def test_folds_are_side_by_side_where_a_teacher_has_no_threads(spec, n_jobs, threads):
    model = make_model(spec, "teacher", n_jobs=n_jobs).estimator
    assert uses_threads(model) is threads
    assert uses_threads(make_pipeline(StandardScaler(), model)) is threads


def test_names_that_are_equally_near_are_both_offered():
    assert did_you_mean("RandomForrest", dir(sklearn.ensemble)) == (
        " Did you mean 'RandomForestRegressor' or 'RandomForestClassifier'?"
    )
    assert did_you_mean("forrest", recipes("teacher")) == " Did you mean 'forest'?"
