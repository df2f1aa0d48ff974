"""Parameters of the distiller, checked before anything is computed."""

from dataclasses import dataclass
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import SGDClassifier

from skdistill._validation import check_unit
from skdistill.distributed import _students, _teachers
from skdistill.distributed._groups import check_count
from skdistill.distributed._targets import Recipe
from skdistill.targets import RULES, LossCorrection, as_rules

__all__ = ["Settings", "check_settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked parameters.

    Attributes
    ----------
    teacher, student : estimators
    recipe : Recipe
    cv, n_epochs, teacher_epochs, teacher_rows : int
    """

    teacher: Any
    student: Any
    recipe: Recipe
    cv: int
    n_epochs: int
    teacher_epochs: int
    teacher_rows: int

    @property
    def uses_xgboost(self) -> bool:
        """Whether the rows have to be held in the memory of the cluster."""
        return "xgboost" in (
            _teachers.kind_of(self.teacher),
            _students.kind_of(self.student),
        )


def check_settings(distiller: Any) -> Settings:
    """Return the parameters of a distiller, or say what is wrong with one.

    Raises
    ------
    TypeError, ValueError
    """
    teacher = distiller.teacher
    student = distiller.student
    settings = Settings(
        RandomForestClassifier() if teacher is None else teacher,
        SGDClassifier(loss="log_loss") if student is None else student,
        Recipe(
            _check_target(distiller.target),
            _check_correction(distiller.correction),
            check_unit("alpha", distiller.alpha),
        ),
        cv=check_count("cv", distiller.cv, 2),
        n_epochs=check_count("n_epochs", distiller.n_epochs, 1),
        teacher_epochs=check_count("teacher_epochs", distiller.teacher_epochs, 1),
        teacher_rows=check_count("teacher_rows", distiller.teacher_rows, 2),
    )
    _teachers.check(settings.teacher)
    _students.check(settings.student)
    return settings


def _check_target(target: Any) -> tuple[Any, ...]:
    rules = as_rules(target)
    for rule in rules:
        if not getattr(rule, "by_row", True):
            raise ValueError(
                "target must make each row's target from that row alone where rows "
                f"come in partitions, got {rule!r:.80}. Give ClassSimilarity vectors, "
                "such as class_vectors(teacher)."
            )
    return rules


def _check_correction(correction: Any) -> LossCorrection | None:
    if correction is None:
        return None
    if isinstance(correction, LossCorrection):
        if correction.scale != "prob" or correction.per_class:
            raise ValueError(
                "correction must have scale='prob' and per_class=False, because "
                f"students fed in partitions need probabilities, got {correction!r}."
            )
        return correction
    if isinstance(correction, str) and correction in RULES:
        return LossCorrection(correction)
    names = ", ".join(map(repr, RULES))
    raise ValueError(
        f"correction must be None, one of {names}, or a LossCorrection, got "
        f"{correction!r}."
    )
