"""Learners and transformers that skl2onnx converts, with those registered to it."""

from functools import cache, partial
from typing import Any

from sklearn.base import ClassifierMixin, is_classifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression

from skdistill.export import _imputer
from skdistill.export._exact_trees import exact
from skdistill.export._inputs import Input
from skdistill.export._libraries import library
from skdistill.export._parts import parts
from skdistill.students import SoftLogisticRegression

__all__ = ["convert"]

_PURPOSE = "Exporting to ONNX"
_CLASSIFIER = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
_TENSORS = {
    "float": "FloatTensorType",
    "double": "DoubleTensorType",
    "int64": "Int64TensorType",
    "bool": "BooleanTensorType",
    "string": "StringTensorType",
}


def convert(model: Any, inputs: tuple[Input, ...], opset: int) -> Any:
    """Return a fitted learner, transformer or pipeline as a ModelProto.

    Outputs of a classifier are label and probabilities, of others one tensor.
    """
    skl2onnx = library("skl2onnx", _PURPOSE)
    types = library("skl2onnx.common.data_types", _PURPOSE)
    _register_own()
    _register_boosters(model)
    options = {id(model): {"zipmap": False}} if is_classifier(model) else None
    return skl2onnx.convert_sklearn(
        model,
        initial_types=[
            (one.name, getattr(types, _TENSORS[one.kind])([None, *one.shape]))
            for one in inputs
        ],
        options=options,
        target_opset={"": opset, "ai.onnx.ml": 3},
    )


@cache
def _register_own() -> None:
    """Register what skl2onnx has no converter for, or one that falls short."""
    skl2onnx = library("skl2onnx", _PURPOSE)
    linear = library("skl2onnx.operator_converters.linear_classifier", _PURPOSE)
    forest = library("skl2onnx.operator_converters.random_forest", _PURPOSE)
    shapes = library("skl2onnx.common.shape_calculator", _PURPOSE)

    def convert_soft(scope: Any, operator: Any, container: Any) -> None:
        operator.raw_operator = _as_logistic(operator.raw_operator)
        linear.convert_sklearn_linear_classifier(scope, operator, container)

    register = skl2onnx.update_registered_converter
    register(
        SoftLogisticRegression,
        "SkdistillSoftLogisticRegression",
        shapes.calculate_linear_classifier_output_shapes,
        convert_soft,
        options={**_CLASSIFIER, "raw_scores": [True, False]},
    )
    register(SimpleImputer, "SkdistillSimpleImputer", _imputer.shape, _imputer.convert)
    register(
        HistGradientBoostingClassifier,
        "SkdistillHistGradientBoostingClassifier",
        shapes.calculate_linear_classifier_output_shapes,
        # Of version 3 it keeps thresholds as they are; exact says if that is written.
        exact(partial(forest.convert_sklearn_random_forest_classifier, op_version=3)),
        options={**_CLASSIFIER, "raw_scores": [True, False]},
    )
    register(
        HistGradientBoostingRegressor,
        "SkdistillHistGradientBoostingRegressor",
        shapes.calculate_linear_regressor_output_shapes,
        exact(forest.convert_sklearn_random_forest_regressor_converter),
    )


def _register_boosters(model: Any) -> None:
    """Register the boosters that occur in `model`; their libraries are loaded then."""
    kinds = {type(one) for one in parts(model)}
    for kind in kinds:
        package = kind.__module__.partition(".")[0]
        if package in ("lightgbm", "xgboost"):
            _register_booster(kind, package)


def _register_booster(kind: Any, package: str) -> None:
    module = {"lightgbm": "LightGbm", "xgboost": "XGBoost"}[package]
    converters = library(
        f"onnxmltools.convert.{package}.operator_converters.{module}", _PURPOSE
    )
    shapes = library("skl2onnx.common.shape_calculator", _PURPOSE)
    classifies = issubclass(kind, ClassifierMixin)
    shape = "classifier" if classifies else "regressor"
    library("skl2onnx", _PURPOSE).update_registered_converter(
        kind,
        f"Skdistill{kind.__name__}",
        getattr(shapes, f"calculate_linear_{shape}_output_shapes"),
        exact(getattr(converters, f"convert_{package}")),
        options=_CLASSIFIER if classifies else None,
    )


def _as_logistic(model: SoftLogisticRegression) -> LogisticRegression:
    same = LogisticRegression()
    for name in ("coef_", "intercept_", "classes_", "n_features_in_"):
        setattr(same, name, getattr(model, name))
    return same
