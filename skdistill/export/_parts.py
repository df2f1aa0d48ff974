"""The learners a model is made of, and what no converter gets right."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill._sklearn_compat import is_hist_gradient
from skdistill.exceptions import ExportError
from skdistill.extreme import ExtremeDistiller

__all__ = ["library_of", "parts", "reads_float32", "refuse"]

_TREES = (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)


def library_of(learner: Any) -> str:
    """Top-level package of a learner's class."""
    return type(learner).__module__.partition(".")[0]


def parts(model: Any) -> Iterator[Any]:
    """Yield `model` and the fitted estimators in it, at any depth."""
    yield model
    for inner in _inside(model):
        yield from parts(inner)


def reads_float32(learner: Any) -> bool:
    """Whether `learner`, or a learner in it, is to be fed with float32.

    Trees of scikit-learn, XGBoost and CatBoost round their rows to it before they
    split, and so do networks.
    """
    return any(
        isinstance(one, _TREES)
        or hasattr(one, "as_module")
        or library_of(one) in ("xgboost", "catboost")
        for one in parts(learner)
    )


def refuse(model: Any) -> None:
    """Raise for what would be exported wrongly, or not at all.

    Raises
    ------
    ExportError
    """
    for one in parts(model):
        objection = _objection(one)
        if objection:
            raise ExportError(f"{type(one).__name__} cannot be exported: {objection}")


def _objection(one: Any) -> str:
    """Say why `one` cannot be exported; empty if it may."""
    return _of_learner(one) or _of_transformer(one)


def _of_learner(one: Any) -> str:
    if isinstance(one, ExtremeDistiller):
        return (
            "its sparse student has no ONNX form. Serve it with joblib, or fit a "
            "learner to its probabilities of your labels and export that one."
        )
    if is_hist_gradient(one) and np.any(getattr(one, "is_categorical_", False)):
        return (
            "the converter has no categorical splits. Fit it with "
            "categorical_features=None behind a OneHotEncoder or OrdinalEncoder."
        )
    if library_of(one) == "lightgbm" and getattr(one, "linear_tree", False):
        return "the converter has no linear leaves. Fit it with linear_tree=False."
    if library_of(one) == "xgboost" and _n_targets(one) > 1:
        return (
            "the converter has no trees of several outputs. Fit it in scikit-learn's "
            "MultiOutputRegressor."
        )
    return ""


def _of_transformer(one: Any) -> str:
    if isinstance(one, SimpleImputer) and _fills_text(one):
        return (
            "ONNX has no missing text. Fill text columns, with X.fillna('missing'), "
            "before fit and before predictions."
        )
    if isinstance(one, OneHotEncoder) and _infrequent(one):
        return (
            "the converter has no infrequent categories. Fit it without min_frequency "
            "and max_categories, or group rare categories before."
        )
    return ""


def _n_targets(booster: Any) -> int:
    if is_classifier(booster) or not booster.__sklearn_is_fitted__():
        return 1
    config = json.loads(booster.get_booster().save_config())
    return int(config["learner"]["learner_model_param"]["num_target"])


def _fills_text(imputer: SimpleImputer) -> bool:
    return any(isinstance(one, str) for one in getattr(imputer, "statistics_", ()))


def _infrequent(encoder: OneHotEncoder) -> bool:
    found = getattr(encoder, "infrequent_categories_", None) or []
    return any(one is not None for one in found)


def _inside(model: Any) -> list[Any]:
    """Return the fitted estimators one level down."""
    steps = [step for _, step in getattr(model, "steps", ())]
    columns = [part[1] for part in getattr(model, "transformers_", ())]
    found = [*steps, *columns]
    for name in ("estimators_", "calibrated_classifiers_"):
        found.extend(np.ravel(np.asarray(getattr(model, name, ()), dtype=object)))
    found.extend(
        getattr(model, name, None)
        for name in ("estimator_", "final_estimator_", "best_estimator_", "estimator")
    )
    # A forest's trees are read by the forest's converter.
    deep = not isinstance(model, _TREES)
    return [one for one in found if deep and isinstance(one, BaseEstimator)]
