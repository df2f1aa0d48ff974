"""Teachers whose fit leaves its stages behind: boosting rounds and trees of forests.

They are fitted once and asked for prefixes of themselves.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from skdistill._sklearn_compat import take_rows

__all__ = ["BoosterPrefixes", "ForestPrefixes", "StagedProba"]

Array = npt.NDArray[Any]


class StagedProba:
    """``staged_predict_proba``: boosters of scikit-learn, or any object's own stages.

    ``NeuralClassifier(keep_checkpoints=True)`` gives its epochs this way.
    """

    length_names = ("n_estimators", "max_iter", "max_epochs")

    def serves(self, teacher: Any) -> bool:
        """Whether `teacher` has stages of this kind."""
        return hasattr(teacher, "staged_predict_proba")

    def objection(self, teacher: Any, params: Any) -> str:
        """Why it cannot be asked for them; empty if it can."""
        return ""

    def length(self, teacher: Any, X: Any) -> int:
        """Count the stages of a fitted teacher, by those of one row."""
        row = take_rows(X, np.arange(1))
        n_stages = sum(1 for _ in teacher.staged_predict_proba(row))
        if not n_stages:
            raise ValueError(
                "teacher must have at least one stage once fitted, got none from "
                f"staged_predict_proba of {type(teacher).__name__}."
            )
        return n_stages

    def probas(self, teacher: Any, X: Any, units: list[int]) -> Iterator[Array]:
        """Yield the probabilities after so many `units`, which do not decrease."""
        last, wanted = units[-1], iter(units)
        at = next(wanted)
        for place, proba in enumerate(teacher.staged_predict_proba(X), 1):
            while place == at:
                yield np.array(proba)  # a copy: the generator may use one buffer
                at = next(wanted, 0)
            if place == last:
                return


class BoosterPrefixes:
    """First rounds of XGBoost, LightGBM and CatBoost classifiers."""

    length_names = ("n_estimators", "iterations")

    def serves(self, teacher: Any) -> bool:
        """Whether `teacher` has stages of this kind."""
        return _library(teacher) is not None

    def objection(self, teacher: Any, params: Any) -> str:
        """Why it cannot be asked for them; empty if it can."""
        if getattr(teacher, "booster", None) == "gblinear":
            return (
                "booster of the teacher must be 'gbtree' or 'dart', got 'gblinear', "
                "which keeps no rounds."
            )
        return ""

    def length(self, teacher: Any, X: Any) -> int:
        """Count the rounds that a fitted teacher predicts with."""
        library = _library(teacher)
        if library == "catboost":
            return int(teacher.tree_count_)
        if library == "lightgbm":
            return int(teacher.n_estimators_)
        if teacher.early_stopping_rounds is not None:
            return int(teacher.best_iteration) + 1
        return int(teacher.get_booster().num_boosted_rounds())

    def probas(self, teacher: Any, X: Any, units: list[int]) -> Iterator[Array]:
        """Yield the probabilities after so many `units`."""
        library = _library(teacher)
        for k in units:
            option: dict[str, Any] = {"iteration_range": (0, k)}
            if library == "catboost":
                option = {"ntree_end": k}
            elif library == "lightgbm":
                option = {"num_iteration": k}
            yield np.asarray(teacher.predict_proba(X, **option))


def _library(teacher: Any) -> str | None:
    """Library of a booster, or of its subclass; nothing is imported for it."""
    names = {
        "XGBClassifier": "xgboost",
        "LGBMClassifier": "lightgbm",
        "CatBoostClassifier": "catboost",
    }
    for kind in type(teacher).__mro__:
        library = names.get(kind.__name__)
        if library and kind.__module__.partition(".")[0] == library:
            # A random forest of XGBoost is one round.
            return None if type(teacher).__name__ == "XGBRFClassifier" else library
    return None


class ForestPrefixes:
    """First trees of a forest: their mean, as the forest's own probabilities are."""

    length_names = ("n_estimators",)

    def serves(self, teacher: Any) -> bool:
        """Whether `teacher` has stages of this kind."""
        return isinstance(teacher, RandomForestClassifier | ExtraTreesClassifier)

    def objection(self, teacher: Any, params: Any) -> str:
        """Why it cannot be asked for them; empty if it can."""
        return ""

    def length(self, teacher: Any, X: Any) -> int:
        """Count the trees of a fitted forest."""
        return len(teacher.estimators_)

    def probas(self, teacher: Any, X: Any, units: list[int]) -> Iterator[Array]:
        """Yield the probabilities after so many `units`; each tree is asked once."""
        part = copy.copy(teacher)
        total: Any = 0.0
        done = 0
        for k in units:
            if k > done:
                part.estimators_ = teacher.estimators_[done:k]
                total = total + part.predict_proba(X) * (k - done)
                done = k
            yield total / done
