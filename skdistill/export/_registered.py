"""Converters registered to skl2onnx: where it has none, or one that falls short."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from sklearn.base import ClassifierMixin
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from skdistill.export import _imputer
from skdistill.export._exact_trees import exact
from skdistill.export._libraries import library
from skdistill.export._parts import library_of, parts
from skdistill.students import SoftLogisticRegression

__all__ = ["register"]

_PURPOSE = "Exporting to ONNX"
_CONVERTERS = "skl2onnx.operator_converters"
_YES_NO = [True, False]
_OPTIONS: dict[str, list[Any]] = {"zipmap": [True, False, "columns"], "nocl": _YES_NO}


def register(model: Any) -> None:
    """Register all that `model` may need; a booster's library is there if it is."""
    _register_own()
    for one in parts(model):
        package = library_of(one)
        if package in ("lightgbm", "xgboost"):
            module = {"lightgbm": "LightGbm", "xgboost": "XGBoost"}[package]
            found = library(
                f"onnxmltools.convert.{package}.operator_converters.{module}", _PURPOSE
            )
            _register(type(one), exact(getattr(found, f"convert_{package}")), "linear")


@cache
def _register_own() -> None:
    linear = library(f"{_CONVERTERS}.linear_classifier", _PURPOSE)
    forest = library(f"{_CONVERTERS}.random_forest", _PURPOSE)
    tree = library(f"{_CONVERTERS}.decision_tree", _PURPOSE)
    forests = forest.convert_sklearn_random_forest_classifier
    regressors = forest.convert_sklearn_random_forest_regressor_converter

    def convert_soft(scope: Any, operator: Any, container: Any) -> None:
        operator.raw_operator = _as_logistic(operator.raw_operator)
        linear.convert_sklearn_linear_classifier(scope, operator, container)

    _register(SoftLogisticRegression, convert_soft, "linear")
    library("skl2onnx", _PURPOSE).update_registered_converter(
        SimpleImputer, "SkdistillSimpleImputer", _imputer.shape, _imputer.convert
    )
    # Of version 3 it keeps thresholds as they are; exact says if that is written.
    doubled = exact(partial(forests, op_version=3))
    _register(HistGradientBoostingClassifier, doubled, "linear")
    _register(HistGradientBoostingRegressor, exact(regressors), "linear")
    for kind in (RandomForestClassifier, ExtraTreesClassifier):
        _register(kind, exact(forests), "tree")
    for kind in (RandomForestRegressor, ExtraTreesRegressor):
        _register(kind, exact(regressors), "tree")
    for kind in (DecisionTreeClassifier, ExtraTreeClassifier):
        _register(kind, exact(tree.convert_sklearn_decision_tree_classifier), "tree")
    for kind in (DecisionTreeRegressor, ExtraTreeRegressor):
        _register(kind, exact(tree.convert_sklearn_decision_tree_regressor), "tree")


def _register(kind: type, convert: Callable[..., None], shape: str) -> None:
    """Register a learner, whose outputs are those of a linear model or of a tree."""
    rooms = {
        "linear": "skl2onnx.common.shape_calculator",
        "tree": "skl2onnx.shape_calculators.ensemble_shapes",
    }
    classifies = issubclass(kind, ClassifierMixin)
    said = "classifier" if classifies else "regressor"
    options: dict[str, list[Any]] = {"decision_path": _YES_NO, "decision_leaf": _YES_NO}
    if classifies:
        options |= {**_OPTIONS, "output_class_labels": _YES_NO, "raw_scores": _YES_NO}
    library("skl2onnx", _PURPOSE).update_registered_converter(
        kind,
        f"Skdistill{kind.__name__}",
        getattr(
            library(rooms[shape], _PURPOSE), f"calculate_{shape}_{said}_output_shapes"
        ),
        convert,
        options=options,
    )


def _as_logistic(model: SoftLogisticRegression) -> LogisticRegression:
    same = LogisticRegression()
    for name in ("coef_", "intercept_", "classes_", "n_features_in_"):
        setattr(same, name, getattr(model, name))
    return same
