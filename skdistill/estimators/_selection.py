"""Choice of alpha and correction by cross-validating the student on hard labels.

The teacher is not fitted again: its out-of-fold probabilities are held fixed, as in
paper 1's code. "Labels only" is among the candidates whenever alpha is chosen, so that
distilling cannot lose to not distilling beyond validation noise.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.parallel import Parallel, delayed

from skdistill.crossfit import CrossFit, held_out_log_loss, make_splits, seeded
from skdistill.estimators._fit import assemble, fit_on, take
from skdistill.estimators._parameters import AUTO, Settings, resolve_correction
from skdistill.estimators._problem import Problem
from skdistill.students import student_proba
from skdistill.targets import LossCorrection

__all__ = ["MAX_FOLDS", "Candidate", "choose"]

Array = npt.NDArray[Any]

#: Weights of the teacher's part that are tried; 0 is "labels only".
ALPHAS = (0.0, 0.5, 1.0)
#: Strengths c of the rule "fast" that are tried: gamma at P = 1/2 is .04, .29, .8.
STRENGTHS = (0.01, 0.1, 1.0)
#: Folds it is chosen by.
MAX_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting of the objective and how its student did.

    Attributes
    ----------
    alpha : float
    correction : LossCorrection or None
    log_loss : float
        Mean over folds of the student's log-loss (nats) on held-out labels.
    standard_error : float
        Of that mean; NaN with a single fold.
    fold_log_losses : tuple of float
    """

    alpha: float
    correction: LossCorrection | None
    log_loss: float = float("nan")
    standard_error: float = float("nan")
    fold_log_losses: tuple[float, ...] = ()


def choose(
    student: Any,
    problem: Problem,
    crossfit: CrossFit,
    settings: Settings,
    *,
    cv: Any,
    n_jobs: int | None,
    always: bool = False,
) -> tuple[Settings, tuple[Candidate, ...]]:
    """Settle what is "auto"; return the settings and every candidate with its score.

    A single candidate is scored only if that is asked for (`always`).
    """
    candidates = _candidates(settings)
    if len(candidates) == 1 and not always:
        return _settled(settings, candidates[0]), ()
    folds = _folds(problem, crossfit, cv)
    if not folds:
        # No fold leaves two classes to train on: nothing can be compared.
        fallback = Candidate(1.0 if settings.alpha == AUTO else settings.alpha, None)
        return _settled(settings, fallback), ()
    parallel = Parallel(n_jobs=n_jobs)
    losses = parallel(
        delayed(_score)(
            seeded(student, problem.seeds[2]),
            problem,
            crossfit,
            _settled(settings, candidate),
            train,
            test,
        )
        for candidate in candidates
        for train, test in folds
    )
    table = np.reshape(losses, (len(candidates), len(folds)))
    scored = tuple(
        _scored(candidate, row)
        for candidate, row in zip(candidates, table, strict=True)
    )
    best = min(scored, key=lambda candidate: candidate.log_loss)
    return _settled(settings, best), scored


def _candidates(settings: Settings) -> list[Candidate]:
    """Candidates in order of preference: the first of equals is taken."""
    alphas = ALPHAS if settings.alpha == AUTO else (settings.alpha,)
    if settings.correction != AUTO:
        return [
            Candidate(alpha, settings.correction if alpha > 0 else None)
            for alpha in alphas
        ]
    # A correction moves targets towards the labels, as alpha < 1 does: corrections
    # are tried at the largest alpha only, and where they have a minimum.
    if not settings.can_correct:
        return [Candidate(alpha, None) for alpha in alphas]
    corrected = [
        Candidate(alphas[-1], resolve_correction("fast", settings, strength))
        for strength in STRENGTHS
        if alphas[-1] > 0
    ]
    return [*(Candidate(alpha, None) for alpha in alphas), *corrected]


def _folds(problem: Problem, crossfit: CrossFit, cv: Any) -> list[tuple[Array, Array]]:
    """Folds of the cross-fit where there are any: they respect groups and time."""
    splits = crossfit.splits or make_splits(
        MAX_FOLDS if isinstance(cv, str) else cv,
        problem.X,
        problem.codes,
        random_state=problem.seeds[1],
        split_params=problem.routed.split,
    )
    weight = problem.routed.student_weight
    counts = np.ones(len(problem.codes), dtype=bool) if weight is None else weight > 0
    return [
        (train, test)
        for train, test in splits[:MAX_FOLDS]
        if len(np.unique(problem.codes[train[counts[train]]])) > 1
    ]


def _score(
    student: Any,
    problem: Problem,
    crossfit: CrossFit,
    settings: Settings,
    train: Array,
    test: Array,
) -> float:
    """Log-loss on the held-out labels of classes that the training rows hold."""
    part = take(problem, train)
    data = assemble(part, crossfit.proba[train], crossfit.unlabeled_proba, settings)
    fitted = fit_on(student, data, settings)
    test = test[np.isin(problem.codes[test], part.codes)]
    if not test.size:
        return float("nan")
    held_out = take(problem, test)
    proba = student_proba(fitted, held_out.X, problem.classes, settings.scale)
    return held_out_log_loss(proba, held_out.codes, held_out.routed.student_weight)


def _scored(candidate: Candidate, losses: Array) -> Candidate:
    known = losses[~np.isnan(losses)]
    return replace(
        candidate,
        log_loss=float(known.mean()) if known.size else float("inf"),
        standard_error=(
            float(known.std(ddof=1) / np.sqrt(known.size)) if known.size > 1 else np.nan
        ),
        fold_log_losses=tuple(losses.tolist()),
    )


def _settled(settings: Settings, candidate: Candidate) -> Settings:
    return replace(settings, alpha=candidate.alpha, correction=candidate.correction)
