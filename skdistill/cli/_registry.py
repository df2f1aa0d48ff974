"""The teachers and students that have a name, and what stands behind each."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ROLES", "Recipe", "default_teacher", "did_you_mean", "recipes"]

#: What a model is asked for; each has its own recipes.
ROLES = ("teacher", "student")

_MANY_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named model.

    Attributes
    ----------
    name : str
        What is typed.
    path : str
        Import path of its class.
    text : str
        What it is, in a few words.
    params : mapping of str to object
        Parameters that differ from the defaults of the class.
    columns : {"trees", "linear"}
        How text and missing entries reach it: as codes and as they are, or one-hot
        and filled.
    extra : str
        Extra of skdistill that brings it, or "".
    """

    name: str
    path: str
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    columns: str = "trees"
    extra: str = ""


_FOREST = "sklearn.ensemble.RandomForestClassifier"
_EXTRA = "sklearn.ensemble.ExtraTreesClassifier"
_HIST = "sklearn.ensemble.HistGradientBoostingClassifier"
_LOGISTIC = "sklearn.linear_model.LogisticRegression"
_CATBOOST = {"verbose": 0, "allow_writing_files": False}

_TEACHERS = (
    Recipe("forest", _FOREST, "random forest of 300 trees", {"n_estimators": 300}),
    Recipe("extra_trees", _EXTRA, "300 extremely randomised trees",
           {"n_estimators": 300}),
    Recipe("boosting", _HIST, "histogram gradient boosting, 100 rounds"),
    Recipe("xgboost", "xgboost.XGBClassifier", "XGBoost, 200 rounds",
           {"n_estimators": 200, "learning_rate": 0.1}, extra="boosting"),
    Recipe("lightgbm", "lightgbm.LGBMClassifier", "LightGBM, 200 rounds",
           {"n_estimators": 200, "learning_rate": 0.05, "verbose": -1},
           extra="boosting"),
    Recipe("catboost", "catboost.CatBoostClassifier", "CatBoost, 300 rounds",
           {"n_estimators": 300, **_CATBOOST}, extra="boosting"),
    Recipe("mlp", "sklearn.neural_network.MLPClassifier",
           "network with a hidden layer of 100, stopped early",
           {"early_stopping": True, "max_iter": 500}, "linear"),
    Recipe("logistic", _LOGISTIC, "logistic regression", {"max_iter": 1000}, "linear"),
)  # fmt: skip

_STUDENTS = (
    Recipe("tree", "sklearn.tree.DecisionTreeClassifier", "tree of 32 leaves",
           {"max_leaf_nodes": 32}),
    Recipe("forest", _FOREST, "forest of 5 trees, leaves of 10 rows or more",
           {"n_estimators": 5, "min_samples_leaf": 10}),
    Recipe("boosting", _HIST, "histogram gradient boosting, 20 rounds of 8 leaves",
           {"max_iter": 20, "max_leaf_nodes": 8, "learning_rate": 0.3,
            "early_stopping": False}),
    Recipe("logistic", _LOGISTIC, "logistic regression", {"max_iter": 1000}, "linear"),
    Recipe("xgboost", "xgboost.XGBClassifier", "XGBoost, 20 rounds of depth 3",
           {"n_estimators": 20, "max_depth": 3}, extra="boosting"),
    Recipe("lightgbm", "lightgbm.LGBMClassifier", "LightGBM, 20 rounds of 8 leaves",
           {"n_estimators": 20, "num_leaves": 8, "learning_rate": 0.3, "verbose": -1},
           extra="boosting"),
    Recipe("catboost", "catboost.CatBoostClassifier", "CatBoost, 20 rounds of depth 4",
           {"n_estimators": 20, "depth": 4, "learning_rate": 0.3, **_CATBOOST},
           extra="boosting"),
)  # fmt: skip


def default_teacher(n_rows: int) -> str:
    """Return the teacher taken where none is named.

    Forests label small tables better, histogram boosting large ones, and faster.
    Log-loss of 3-fold out-of-fold probabilities, forest and boosting: 1,000 rows of
    MAGIC .392 and .499, 6,000 rows .322 and .325, at 14 times the time.

    Parameters
    ----------
    n_rows : int
        Training rows.

    Returns
    -------
    str
    """
    return "forest" if n_rows < _MANY_ROWS else "boosting"


def recipes(role: str) -> dict[str, Recipe]:
    """Return the named models of a role.

    Parameters
    ----------
    role : {"teacher", "student"}

    Returns
    -------
    dict of str to Recipe

    Examples
    --------
    >>> from skdistill.cli._registry import recipes
    >>> recipes("student")["tree"].text
    'tree of 32 leaves'
    """
    return {one.name: one for one in (_TEACHERS if role == "teacher" else _STUDENTS)}


def did_you_mean(word: str, known: Any) -> str:
    """Return " Did you mean 'x'?" or nothing, to be put behind an error.

    Parameters
    ----------
    word : str
        What was given.
    known : iterable of str
        What could have been given.

    Examples
    --------
    >>> from skdistill.cli._registry import did_you_mean
    >>> did_you_mean("RandomForest", ["tree", "forest"])
    " Did you mean 'forest'?"
    """
    by_fold = {str(one).casefold(): str(one) for one in known}
    folded = word.casefold()
    close = _close(folded, list(by_fold))
    # "randomforest" is far from "forest" by letters, near by what it contains.
    close = close or [
        one for one in by_fold if len(one) > 2 and (one in folded or folded in one)
    ]
    meant = " or ".join(repr(by_fold[one]) for one in close[:2])
    return f" Did you mean {meant}?" if meant else ""


def _close(word: str, known: list[str]) -> list[str]:
    """Return the nearest, and what is as near: a classifier beside its regressor."""
    close = difflib.get_close_matches(word, known, n=2, cutoff=0.6)
    near = [difflib.SequenceMatcher(None, one, word).ratio() for one in close]
    return [
        one for one, ratio in zip(close, near, strict=True) if ratio > near[0] - 0.03
    ]
