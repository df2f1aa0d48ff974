"""All teachers of a fit in one list of jobs: those of the rows, and those of the parts
within which students are judged.
"""  # noqa: D205

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdistill._sklearn_compat import n_rows
from skdistill.crossfit import (
    NO_TEACHER,
    CrossFit,
    Engine,
    Request,
    Rows,
    draw_up,
    merge,
    run,
    votes_are_honest,
)
from skdistill.estimators._problem import Problem
from skdistill.estimators._trials import Part, Trial, parts_to_ask, warn_not_nested
from skdistill.exceptions import FoldsReducedWarning

__all__ = ["Teachers", "ask", "without_teacher"]


@dataclass(frozen=True, slots=True, eq=False)
class Teachers:
    """What is asked of the teachers of a distiller.

    Attributes
    ----------
    estimators : list of estimator
    cv, n_repeats, missing_class, keep_teachers
        As the distiller has them.
    calibrations : list of str or None
        One a teacher.
    bag_votes : bool
    """

    estimators: list[Any]
    cv: Any
    n_repeats: int
    missing_class: str
    keep_teachers: bool
    calibrations: list[str | None]
    bag_votes: bool


def ask(
    teachers: Teachers, problem: Problem, *, judge: bool, engine: Engine
) -> tuple[CrossFit, list[Trial]]:
    """Cross-fit the teachers, and again within the parts where students are judged.

    Returns
    -------
    crossfit : CrossFit
        Of all rows.
    trials : list of Trial
        Empty unless `judge`; and where the rows cannot be split twice or, with a
        warning, a teacher cannot be fitted to a part.
    """
    asked = _draw(teachers, problem, problem, teachers.cv)
    parts: list[Part] = []
    inner: list[list[Request]] = []
    if judge:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FoldsReducedWarning)  # said by the above
            parts = parts_to_ask(problem, asked[0].splits, teachers.cv)
            inner = _tolerant(
                lambda: [
                    _draw(teachers, problem, part.problem, part.cv, part=part)
                    for part in parts
                ]
            )
    requests = [one for group in (asked, *inner) for one in group]
    results = run(
        [one.batch for one in requests],
        problem.X,
        problem.labels,
        X_unlabeled=problem.X_unlabeled,
        engine=engine,
    )
    said = iter(results)
    crossfit = _record(asked, [next(said) for _ in asked], problem)
    trials = _tolerant(
        lambda: [
            part.trial(
                _record(group, [next(said) for _ in group], part.problem), crossfit
            )
            for part, group in zip(parts, inner, strict=bool(inner))
        ]
    )
    return crossfit, trials


def without_teacher(problem: Problem) -> CrossFit:
    """Return the record of a fit whose rules need no teacher: one that knows nothing.

    Its probabilities are uniform; no rule looks at them.
    """
    n_classes = len(problem.classes)

    def uniform(X: Any) -> Any:
        return None if X is None else np.full((n_rows(X), n_classes), 1 / n_classes)

    return CrossFit(
        uniform(problem.X),
        problem.classes,
        source=NO_TEACHER,
        unlabeled_proba=uniform(problem.X_unlabeled),
        synthetic_proba=uniform(problem.X_synthetic),
    )


def _draw(
    teachers: Teachers,
    whole: Problem,
    problem: Problem,
    cv: Any,
    *,
    part: Part | None = None,
) -> list[Request]:
    """Draw up one cross-fit a teacher, all on the folds of the first."""
    split = dict(problem.routed.split)
    groups = split.pop("groups", None)
    votes = teachers.bag_votes and votes_are_honest(cv, groups, split)
    rows = Rows(
        X=problem.X,
        codes=problem.codes,
        classes=problem.classes,
        weight=problem.sample_weight,
        synthetic=problem.synthetic,
        places=None if part is None else part.train,
    )
    requests: list[Request] = []
    for teacher, calibration, params in zip(
        teachers.estimators, teachers.calibrations, whole.routed.teachers, strict=True
    ):
        drawn = requests[0].splits if requests else ()
        request = draw_up(
            teacher,
            rows,
            cv=drawn or cv,
            n_repeats=1 if drawn or part is not None else teachers.n_repeats,
            groups=groups,
            calibration=calibration,
            bag_votes=votes,
            missing_class="prior" if part is not None else teachers.missing_class,
            keep_teachers=teachers.keep_teachers and part is None,
            random_state=problem.seeds[0],
            fit_params=params,
            split_params=None if drawn else split,
            optional=part is not None,
        )
        requests.append(request)
    return requests


def _record(requests: list[Request], results: list[Any], problem: Problem) -> CrossFit:
    records = [
        one.record(result) for one, result in zip(requests, results, strict=True)
    ]
    return merge(records, problem.codes, problem.sample_weight)


def _tolerant(make: Callable[[], list[Any]]) -> list[Any]:
    """Make what judges students, which may fail: the rows' own teachers are kept."""
    try:
        return make()
    except Exception as error:
        reason = str(error) if isinstance(error, RuntimeError) else ""
        warn_not_nested(reason or f"{type(error).__name__}: {error}")
        return []
