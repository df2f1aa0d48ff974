"""Learners and transformers that skl2onnx converts, with those registered to it."""

import copy
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import VotingClassifier

from skdistill.export._inputs import Input
from skdistill.export._libraries import library
from skdistill.export._parts import library_of, parts
from skdistill.export._registered import register

__all__ = ["convert"]

_PURPOSE = "Exporting to ONNX"
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
    model = _with_plain_classes(_without_names(model))
    if isinstance(model, VotingClassifier):
        # Of its transform alone; without it, it cannot be converted.
        model = copy.copy(model).set_params(flatten_transform=False)
    register(model)
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


def _without_names(model: Any) -> Any:
    """Return `model` with XGBoost's features numbered, as its converter needs them."""
    boosters = [one for one in parts(model) if library_of(one) == "xgboost"]
    if all(one.get_booster().feature_names is None for one in boosters):
        return model
    model = copy.deepcopy(model)
    for one in parts(model):
        if library_of(one) == "xgboost":
            one.get_booster().feature_names = None
            one.get_booster().feature_types = None
    return model


def _with_plain_classes(model: Any) -> Any:
    """Return `model` with numbered classes where skl2onnx does not know its labels."""
    if not is_classifier(model):
        return model
    classes = np.asarray(model.classes_)
    known = classes.dtype.kind in "iuUO" or library_of(model) != "sklearn"
    if known:
        return model
    model = copy.copy(model)
    model.classes_ = np.arange(len(classes))
    return model
