"""Choice among the candidates by the student's log-loss on held-out labels.

"Labels only" is among the candidates whenever alpha is chosen, and it is kept unless
another candidate beats it by more than a standard error: distilling has to earn its
place. Where there are many rows, all candidates first run on a part of them, and only
the best go on.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.parallel import Parallel, delayed

from skdistill.crossfit import label_losses, seeded
from skdistill.estimators._candidates import Candidate, settled
from skdistill.estimators._fit import assemble, fit_on, take
from skdistill.estimators._parameters import Settings
from skdistill.estimators._problem import Problem
from skdistill.estimators._trials import Trial
from skdistill.students import student_proba

__all__ = ["choose", "decide"]

Array = npt.NDArray[Any]

#: Standard errors by which a candidate has to beat the labels.
BIAS = 1.0
#: With more training rows than this a first round is run on a quarter of them, and
#: so many of its best go on, besides "labels only".
RACED_ROWS = 3000
FIRST_ROUND = 0.25
FINALISTS = 2


def choose(
    student: Any,
    problem: Problem,
    trials: list[Trial],
    tried: list[Candidate],
    settings: Settings,
    *,
    n_jobs: int | None,
) -> tuple[Settings, tuple[Candidate, ...]]:
    """Score the candidates; return the settings of the best, and all with scores."""
    if not trials:
        # No fold leaves two classes to train on: nothing can be compared.
        return settled(settings, max(tried, key=lambda one: one.alpha)), ()
    student = seeded(student, problem.seeds[2])
    scored = dict(enumerate(tried))
    running = list(scored)
    if len(tried) > FINALISTS + 1 and _is_long(trials):
        strata = _strata(problem)
        short = [
            trial.thinned(FIRST_ROUND, problem.seeds[1], strata) for trial in trials
        ]
        first = _scores(student, problem, short, tried, settings, n_jobs)
        scored = {i: replace(one, raced=True) for i, one in enumerate(first)}
        running = _finalists(first)
    last = _scores(
        student, problem, trials, [tried[i] for i in running], settings, n_jobs
    )
    scored.update(zip(running, last, strict=True))
    return settled(settings, decide(last)), tuple(scored.values())


def decide(scored: list[Candidate]) -> Candidate:
    """Return the candidate with the least log-loss, or labels if that is no better.

    Parameters
    ----------
    scored : list of Candidate
        In order of preference; the first of equals is taken.

    Returns
    -------
    Candidate
    """
    best = min(scored, key=lambda one: one.log_loss)
    labels = [one for one in scored if one.alpha == 0]
    if labels and best.alpha > 0 and not best.gain > BIAS * best.gain_error:
        return labels[0]
    return best


def _is_long(trials: list[Trial]) -> bool:
    return min(len(trial.train) for trial in trials) > RACED_ROWS


def _strata(problem: Problem) -> Array:
    """Classes, those of rows without weight apart."""
    weight = problem.routed.student_weight
    idle = np.zeros(len(problem.codes), dtype=bool) if weight is None else weight == 0
    strata: Array = 2 * problem.codes + idle
    return strata


def _finalists(first: list[Candidate]) -> list[int]:
    """Places of "labels only" and the best of the others, in their order."""
    others = [i for i, one in enumerate(first) if one.alpha > 0]
    best = sorted(others, key=lambda i: first[i].log_loss)[:FINALISTS]
    labels = [i for i, one in enumerate(first) if one.alpha == 0]
    return sorted([*labels, *best])


def _scores(
    student: Any,
    problem: Problem,
    trials: list[Trial],
    tried: list[Candidate],
    settings: Settings,
    n_jobs: int | None,
) -> list[Candidate]:
    losses = Parallel(n_jobs=n_jobs)(
        delayed(_row_losses)(student, problem, trial, settled(settings, candidate))
        for candidate in tried
        for trial in trials
    )
    n_trials = len(trials)
    rows = [losses[i * n_trials : (i + 1) * n_trials] for i in range(len(tried))]
    weights = _row_weights(problem, trials)
    labels = next((rows[i] for i, one in enumerate(tried) if one.alpha == 0), None)
    return [
        replace(
            _scored(one, own, labels, weights),
            nested=all(trial.nested for trial in trials),
        )
        for one, own in zip(tried, rows, strict=True)
    ]


def _row_losses(
    student: Any, problem: Problem, trial: Trial, settings: Settings
) -> Array:
    """Log-loss of each validation row; NaN for classes the training rows lack."""
    part = trial.problem(problem)
    fitted = fit_on(student, assemble(part, trial.crossfit, settings), settings)
    known = np.isin(problem.codes[trial.test], part.codes)
    losses: Array = np.full(len(trial.test), np.nan)
    if known.any():
        held_out = take(problem, trial.test[known])
        proba = student_proba(fitted, held_out.X, problem.classes, settings.scale)
        losses[known] = label_losses(proba, held_out.codes)
    return losses


def _row_weights(problem: Problem, trials: list[Trial]) -> list[Array]:
    weight = problem.routed.student_weight
    return [
        np.ones(len(trial.test)) if weight is None else weight[trial.test]
        for trial in trials
    ]


def _scored(
    candidate: Candidate,
    losses: list[Array],
    labels: list[Array] | None,
    weights: list[Array],
) -> Candidate:
    """Means over rows, and of the difference to the labels, with standard errors."""
    log_loss, error = _mean(np.concatenate(losses), np.concatenate(weights))
    gain = gain_error = float("nan")
    if labels is not None:
        gap = np.concatenate(labels) - np.concatenate(losses)
        gain, gain_error = _mean(gap, np.concatenate(weights))
    return replace(
        candidate,
        log_loss=float("inf") if np.isnan(log_loss) else log_loss,
        standard_error=error,
        gain=gain,
        gain_error=gain_error,
        fold_log_losses=tuple(
            _mean(own, weight)[0] for own, weight in zip(losses, weights, strict=True)
        ),
    )


def _mean(values: Array, weights: Array) -> tuple[float, float]:
    """Weighted mean of what is known, and its standard error; NaN without weight."""
    counts = ~np.isnan(values) & (weights > 0)
    values, weights = values[counts], weights[counts]
    if not len(values):
        return float("nan"), float("nan")
    weights = weights / weights.sum()
    mean = float(weights @ values)
    if len(values) < 2:
        return mean, float("nan")
    variance = weights**2 @ (values - mean) ** 2 * len(values) / (len(values) - 1)
    return mean, float(np.sqrt(variance))
