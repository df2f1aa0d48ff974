"""Route ``booster``: gradient boosting on the true soft objective.

Each library is one module of this package, imported when a student of it arrives.
"""

import importlib
from types import ModuleType
from typing import Any

from skdistill.students._data import StudentData, refuse_negative
from skdistill.students._ranking import RANKING, as_ranking

__all__ = ["BoosterRoute"]

#: Library and class of a student, and the module that knows its hook.
_MODULES = {
    ("sklearn", "HistGradientBoostingClassifier"): "_hist_gradient",
    ("xgboost", "XGBClassifier"): "_xgboost",
    ("lightgbm", "LGBMClassifier"): "_lightgbm",
    ("catboost", "CatBoostClassifier"): "_catboost",
}


class BoosterRoute:
    """Boosters of scikit-learn, XGBoost, LightGBM and CatBoost."""

    name = "booster"
    any_temperature = True

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return _module_name(student) is not None and bool(
            _module(student).serves(student)
        )

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises."""
        module = _module(student)
        ranks = hasattr(module, "ranks") and module.ranks(student)
        return ("cross_entropy", RANKING) if ranks else ("cross_entropy",)

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""
        return False

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""
        objection: str = _module(student).objection(student, temperature=temperature)
        return objection

    def fit(self, student: Any, data: StudentData, loss: Any) -> Any:
        """Fit `student` in place and return it.

        Raises
        ------
        ValueError
            If a target is negative: a leaf that holds such rows alone would fall
            without bound.
        """
        ranking = as_ranking(loss)
        if ranking is not None:
            return _module(student).fit(student, data, ranking)
        refuse_negative(
            data.targets.values,
            f"{type(student).__name__}, whose cross-entropy has no minimum otherwise",
            "Use a rule that stays in [0, 1], a regressor as student, or "
            "LogisticRegression.",
        )
        return _module(student).fit(student, data)


def _module_name(student: Any) -> str | None:
    kind = type(student)
    return _MODULES.get((kind.__module__.partition(".")[0], kind.__name__))


def _module(student: Any) -> ModuleType:
    return importlib.import_module(f"{__package__}.{_module_name(student)}")
