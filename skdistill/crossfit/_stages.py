"""What a teacher says along its training: which kind it is, and one fold's answers."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from skdistill._sklearn_compat import has_proba, routing_enabled
from skdistill.crossfit._alignment import known_classes
from skdistill.crossfit._schedule import units_at
from skdistill.crossfit._staged import BoosterPrefixes, ForestPrefixes, StagedProba
from skdistill.crossfit._trained import PartialFits, WarmStarts

__all__ = ["check_staged", "fit_in_stages"]

Array = npt.NDArray[Any]


class _Kind(Protocol):
    """One way in which a teacher has stages.

    Attributes
    ----------
    length_names : tuple of str
        Parameters that say how many rounds or epochs it is going to have.
    """

    @property
    def length_names(self) -> tuple[str, ...]: ...

    def serves(self, teacher: Any) -> bool: ...

    def objection(self, teacher: Any, params: Any) -> str: ...


_PREFIXES = (BoosterPrefixes(), StagedProba(), ForestPrefixes())
_TRAINED = (PartialFits(), WarmStarts())
#: In order of preference: what is fitted once comes before what is trained in steps.
_KINDS: tuple[_Kind, ...] = (*_PREFIXES, *_TRAINED)


def check_staged(
    teacher: Any, stages: tuple[float, ...], params: dict[str, Any] | None = None
) -> None:
    """Refuse a teacher without stages, or with fewer, before anything is fitted.

    Parameters
    ----------
    teacher : estimator
        Or a pipeline that ends in one.
    stages : tuple of float
    params : dict, default=None
        Arguments of its ``fit``.

    Raises
    ------
    ValueError
        With the remedy.
    """
    learner, own = _last_step(teacher, dict(params or {}))
    name = type(learner).__name__
    if not has_proba(learner):
        raise ValueError(
            f"teacher must have predict_proba at every stage, got {name}. Use a loss "
            "that has it, such as SGDClassifier(loss='log_loss')."
        )
    kind = _kind(learner)
    if kind is None:
        raise ValueError(
            "teacher must have stages: staged_predict_proba, boosting rounds, trees of "
            "a forest, partial_fit with max_iter, or warm_start with n_estimators, "
            f"max_iter or max_epochs, got {name}. Use GradientBoostingClassifier, "
            "RandomForestClassifier or MLPClassifier, give it staged_predict_proba, or "
            "use CrossFitDistiller, which needs no stages."
        )
    objection = kind.objection(learner, own)
    if objection:
        raise ValueError(objection)
    length = _declared(kind, learner)
    if length is not None and len(stages) > length:
        raise ValueError(
            f"stages must be at most the {length} rounds or epochs that the teacher "
            f"{name} has, got {len(stages)} stages."
        )


def fit_in_stages(
    teacher: Any,
    X: Any,
    y: Array,
    params: dict[str, Any],
    stages: tuple[float, ...],
    questions: list[Any],
) -> tuple[Array, list[list[Array]]]:
    """Fit `teacher` in place; ask it along the way.

    Parameters
    ----------
    teacher : estimator
    X, y : its training rows and labels
    params : dict
        Arguments of its ``fit``.
    stages : tuple of float
    questions : list of containers of rows

    Returns
    -------
    known : ndarray of shape (n_known_classes,)
        Labels of the columns.
    said : list of list of ndarray of shape (n_rows, n_known_classes)
        One list a stage, with one array a question.
    """
    if isinstance(teacher, Pipeline):
        head, last = teacher[:-1], teacher.steps[-1][1]
        own = _of_last(teacher, params)
        if head.steps:
            X = head.fit_transform(X, y, **_others(teacher, params))
            questions = [head.transform(rows) for rows in questions]
        return fit_in_stages(last, X, y, own, stages, questions)
    for kind in _PREFIXES:
        if kind.serves(teacher):
            teacher.fit(X, y, **params)
            units = units_at(stages, kind.length(teacher, X))
            columns = [list(kind.probas(teacher, rows, units)) for rows in questions]
            return known_classes(teacher), [
                list(row) for row in zip(*columns, strict=True)
            ]
    trained = next(kind for kind in _TRAINED if kind.serves(teacher))
    units = units_at(stages, trained.length(teacher, X, y, params))
    steps: Iterator[None] = trained.train(teacher, X, y, params, units)
    said = [
        [np.array(teacher.predict_proba(rows)) for rows in questions] for _ in steps
    ]
    return known_classes(teacher), said


def _kind(learner: Any) -> _Kind | None:
    return next((kind for kind in _KINDS if kind.serves(learner)), None)


def _declared(kind: _Kind, learner: Any) -> int | None:
    """Read the rounds or epochs that the learner is going to have, if it says so."""
    names = learner.get_params(deep=False)
    for one in kind.length_names:
        if isinstance(names.get(one), int | np.integer):
            return int(names[one])
    return None


def _last_step(teacher: Any, params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    while isinstance(teacher, Pipeline):
        if params and routing_enabled():
            raise ValueError(
                "teacher must be no pipeline when metadata routing hands it arguments "
                f"and it is fitted in stages, got {sorted(params)}."
            )
        params = _of_last(teacher, params)
        teacher = teacher.steps[-1][1]
    return teacher, params


def _of_last(pipeline: Pipeline, params: dict[str, Any]) -> dict[str, Any]:
    prefix = f"{pipeline.steps[-1][0]}__"
    return {
        name.removeprefix(prefix): value
        for name, value in params.items()
        if name.startswith(prefix)
    }


def _others(pipeline: Pipeline, params: dict[str, Any]) -> dict[str, Any]:
    prefix = f"{pipeline.steps[-1][0]}__"
    return {
        name: value for name, value in params.items() if not name.startswith(prefix)
    }
