"""Boosters that follow stages: their objective counts the rounds."""

from typing import Any

from skdistill._sklearn_compat import has_hist_gradient_hook
from skdistill.students._boosters import BoosterRoute
from skdistill.students._boosters._moving import MovingData
from skdistill.students._data import refuse_negative
from skdistill.students._online._course import Course, stops_early

__all__ = ["MovingBooster"]

#: LightGBM's names of the number of rounds, besides ``n_estimators``.
_ALIASES = (
    "num_iterations",
    "num_iteration",
    "n_iter",
    "num_tree",
    "num_trees",
    "num_round",
    "num_rounds",
    "nrounds",
    "num_boost_round",
    "max_iter",
)
_HISTOGRAM = "HistGradientBoostingClassifier"


class MovingBooster(BoosterRoute):
    """Boosters of scikit-learn, XGBoost and LightGBM, one round after the other."""

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot follow stages so; empty if it can."""
        name = type(student).__name__
        if name == "CatBoostClassifier":
            return (
                "student must be re-targeted between rounds to follow stages, got "
                "CatBoostClassifier, which takes its targets once. Use "
                "HistGradientBoostingClassifier, XGBClassifier or LGBMClassifier, or "
                "mode='best_stage'."
            )
        if name == _HISTOGRAM and not has_hist_gradient_hook():
            return (
                "student must take a loss object to follow stages, got "
                f"{name} of a scikit-learn that has none. Use XGBClassifier, or "
                "mode='best_stage'."
            )
        return _stops(student) or super().objection(
            student, weighted=weighted, temperature=temperature
        )

    def follow(self, student: Any, course: Course, loss: str) -> Any:
        """Fit `student` in place and return it."""
        plan = course.plan(_n_rounds(student))
        first = course.data(plan[0][0])

        def later(stage: int) -> Any:
            values = course.data(stage).targets.values
            refuse_negative(
                values,
                f"{type(student).__name__}, whose cross-entropy has no minimum else",
                "Use a rule that stays in [0, 1], or a regressor as student.",
            )
            return values

        data = MovingData(
            first.X,
            first.targets,
            first.classes,
            first.codes,
            first.sample_weight,
            first.fit_params,
            plan,
            later,
        )
        if type(student).__name__ != _HISTOGRAM:
            return self.fit(student, data, loss)
        own = student.early_stopping
        try:  # "auto" would stop early above 10,000 rows
            return self.fit(student.set_params(early_stopping=False), data, loss)
        finally:
            student.set_params(early_stopping=own)


def _n_rounds(student: Any) -> int:
    if hasattr(student, "get_num_boosting_rounds"):
        return int(student.get_num_boosting_rounds())
    params = student.get_params()
    names = ("max_iter",) if type(student).__name__ == _HISTOGRAM else _ALIASES
    given = [params[name] for name in names if params.get(name) is not None]
    return int(given[0] if given else params["n_estimators"])


def _stops(student: Any) -> str:
    """Objection to early stopping, in the words of each library."""
    names = (
        "early_stopping_rounds",
        "early_stopping_round",
        "n_iter_no_change",
        "early_stopping",
    )
    if type(student).__name__ == _HISTOGRAM:
        return stops_early(student)
    params = student.get_params()
    for name in names:
        if params.get(name):
            return (
                f"{name} of the student must be None when it follows stages, got "
                f"{params[name]!r}: the targets move, and it would stop at the first. "
                "Use mode='best_stage'."
            )
    return ""
