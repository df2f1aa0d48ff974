"""Choice among the candidates by the student's log-loss on held-out labels.

"Labels only" is among the candidates whenever alpha is chosen, and it is kept unless
another candidate beats it beyond noise: distilling has to earn its place. So has a
mixture or a correction against the teacher alone.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.utils.parallel import delayed

from skdistill.crossfit import label_losses, run_parallel, seeded
from skdistill.estimators._candidates import Candidate, settled
from skdistill.estimators._drift import Drifts, mean_and_error, student_weight
from skdistill.estimators._fit import assemble, fit_on, take
from skdistill.estimators._parameters import AUTO, Settings
from skdistill.estimators._problem import Problem
from skdistill.estimators._steps import Steps
from skdistill.estimators._trials import Trial
from skdistill.students import student_proba

__all__ = ["Rival", "choose", "decide"]

Array = npt.NDArray[Any]

#: Standard errors by which a teacher has to beat the labels, and a mixture or a
#: correction the teacher alone. On 12 data sets of 400 to 3150 rows, one split each,
#: 1.5 instead of 1 took the worst ratio to labels of a logistic regression from 1.25 to
#: 1.01, and 2 lost .003 of the gain of boosting; 1 for mixtures left the log-losses
#: where they were and ranks better (benchmarks/README.md, paper 1). Synthetic rows need
#: no more than to be better: anything from -1 to 1 came to the same log-losses there,
#: and small forests rank better with them.
TEACHER_BIAS = 1.5
MIXTURE_BIAS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Rival:
    """A student, and what is to be tried with it.

    Attributes
    ----------
    student : estimator
        Unfitted.
    problem : Problem
        With the student's own weights.
    settings : Settings
        Before anything is chosen.
    tried : list of Candidate
        In order of preference; empty where the settings are taken as they are.
    trials : list of Trial
        Empty where nothing can be compared, as no fold leaves two classes.
    """

    student: Any
    problem: Problem
    settings: Settings
    tried: list[Candidate]
    trials: list[Trial]

    @property
    def synthesizes(self) -> bool:
        """Whether the favourite is to be tried with synthetic rows as well."""
        made = self.problem.X_synthetic is not None
        return bool(self.tried) and made and self.settings.synthetic == AUTO


def choose(
    rivals: list[Rival], *, n_jobs: int | None, steps: Steps
) -> list[tuple[Settings, tuple[Candidate, ...]]]:
    """Score the candidates of all students in one list of jobs.

    Returns
    -------
    list of (Settings, tuple of Candidate)
        For each rival the settings of its best candidate, and all with their scores.
    """
    fits = [(len(one.tried) + one.synthesizes) * len(one.trials) for one in rivals]
    kinds = [type(one.student).__name__ for one in rivals]
    name = f"student {kinds[0]}" if len(rivals) == 1 else "students"
    steps.stage(name, sum(fits) + len(rivals), "fit")
    tables = _losses([(one, one.tried) for one in rivals], n_jobs, steps)
    # Synthetic rows make the dearest fits of all, and on the 12 sets above three
    # settings with them did no better than the favourite's alone.
    swapped = [_swapped(*pair) for pair in zip(rivals, tables, strict=True)]
    more = _losses(list(zip(rivals, swapped, strict=True)), n_jobs, steps)
    return [
        _chosen(rival, rival.tried + extra, np.concatenate([table, extra_losses]))
        for rival, extra, table, extra_losses in zip(
            rivals, swapped, tables, more, strict=True
        )
    ]


def _swapped(rival: Rival, losses: Array) -> list[Candidate]:
    """Return the favourite with synthetic rows, where these are to be tried."""
    if not (rival.synthesizes and rival.trials):
        return []
    scored = _scored(rival.tried, losses, rival)
    weights = _row_weights(rival)
    favourite = _favourite(scored, _penalized(scored, losses), weights)
    if favourite is None:
        return []
    return [replace(rival.tried[favourite], synthetic=True)]


def _chosen(
    rival: Rival, tried: list[Candidate], losses: Array
) -> tuple[Settings, tuple[Candidate, ...]]:
    if not tried:
        return rival.settings, ()
    if not rival.trials:
        trusting = max(tried, key=lambda one: one.alpha)
        return settled(rival.settings, trusting), ()
    scored = _scored(tried, losses, rival)
    place = decide(scored, losses, _row_weights(rival))
    return settled(rival.settings, scored[place]), tuple(scored)


def decide(candidates: list[Candidate], losses: Array, weights: Array) -> int:
    """Place of the candidate to use: simple ones first, others only if clearly better.

    Parameters
    ----------
    candidates : list of Candidate
        With log-losses and penalties, in order of preference: the first of equals is
        taken.
    losses : ndarray of shape (n_candidates, n_rows)
        Log-loss of each validation row; NaN where it counts for nothing.
    weights : ndarray of shape (n_rows,)

    Returns
    -------
    int
    """
    places = range(len(candidates))
    losses = _penalized(candidates, losses)
    labels = _best([i for i in places if candidates[i].alpha == 0], candidates)
    swapped = _best([i for i in places if candidates[i].synthetic], candidates)
    plain = _favourite(candidates, losses, weights)
    taught = _better(swapped, plain, 0.0, losses, weights)
    place = _better(taught, labels, TEACHER_BIAS, losses, weights)
    return 0 if place is None else place


def _favourite(
    candidates: list[Candidate], losses: Array, weights: Array
) -> int | None:
    """Place of the best with a teacher and without synthetic rows."""
    taught = [
        i for i, one in enumerate(candidates) if one.alpha > 0 and not one.synthetic
    ]
    best = _best(taught, candidates)
    alone = max(taught, key=lambda i: candidates[i].alpha, default=None)
    return _better(best, alone, MIXTURE_BIAS, losses, weights)


def _best(places: list[int], candidates: list[Candidate]) -> int | None:
    return min(places, key=lambda i: candidates[i].expected, default=None)


def _penalized(candidates: list[Candidate], losses: Array) -> Array:
    return np.asarray(losses + np.array([[one.penalty] for one in candidates]))


def _better(
    other: int | None, one: int | None, bias: float, losses: Array, weights: Array
) -> int | None:
    """Return `one` unless the other gains more than `bias` standard errors on it."""
    if other is None or one is None:
        return one if other is None else other
    gain, error = mean_and_error(losses[one] - losses[other], weights)
    return other if gain > bias * error else one


def _losses(
    contests: list[tuple[Rival, list[Candidate]]], n_jobs: int | None, steps: Steps
) -> list[Array]:
    """Log-loss of each validation row, trial after trial: (n_candidates, n_rows) each.

    All candidates and folds of all students are one flat list of jobs.
    """
    seeds = [seeded(one.student, one.problem.seeds[2]) for one, _ in contests]
    calls = (
        delayed(_row_losses)(
            student, rival.problem, trial, settled(rival.settings, candidate)
        )
        for student, (rival, tried) in zip(seeds, contests, strict=True)
        for candidate in tried
        for trial in rival.trials
    )
    rows = []
    for losses in run_parallel(calls, n_jobs, ordered=True):
        rows.append(losses)
        steps.step()
    found = iter(rows)
    tables = []
    for rival, tried in contests:
        n_rows = sum(len(trial.test) for trial in rival.trials)
        own = [next(found) for _ in range(len(tried) * len(rival.trials))]
        values = np.concatenate(own) if own else np.empty(0)
        tables.append(values.reshape(len(tried), n_rows))
    return tables


def _row_losses(
    student: Any, problem: Problem, trial: Trial, settings: Settings
) -> Array:
    """Log-loss of each validation row; NaN for classes the training rows lack."""
    part = trial.problem(problem)
    # A clone: threads would fit one student together, and a warm start or a RandomState
    # would carry one candidate's fit into the next.
    data = assemble(part, trial.crossfit, settings)
    fitted = fit_on(clone(student), data, settings)
    known = np.isin(problem.codes[trial.test], part.codes)
    losses: Array = np.full(len(trial.test), np.nan)
    if known.any():
        held_out = take(problem, trial.test[known])
        proba = student_proba(fitted, held_out.X, problem.classes, settings.scale)
        losses[known] = label_losses(proba, held_out.codes)
    return losses


def _row_weights(rival: Rival) -> Array:
    rows = np.concatenate([trial.test for trial in rival.trials])
    return np.asarray(student_weight(rival.problem)[rows])


def _scored(tried: list[Candidate], losses: Array, rival: Rival) -> list[Candidate]:
    """Means over rows, and of the difference to the labels, with standard errors."""
    trials = rival.trials
    weights = _row_weights(rival)
    ends = np.cumsum([len(trial.test) for trial in trials])[:-1]
    labels = next((losses[i] for i, one in enumerate(tried) if one.alpha == 0), None)
    drifts = Drifts(rival.problem, trials, rival.settings.rules)
    scored = []
    for candidate, own in zip(tried, losses, strict=True):
        log_loss, error = mean_and_error(own, weights)
        gain = gain_error = float("nan")
        if labels is not None:
            gain, gain_error = mean_and_error(labels - own, weights)
        folds = zip(np.split(own, ends), np.split(weights, ends), strict=True)
        scored.append(
            replace(
                candidate,
                log_loss=float("inf") if np.isnan(log_loss) else log_loss,
                standard_error=error,
                gain=gain,
                gain_error=gain_error,
                fold_log_losses=tuple(mean_and_error(*fold)[0] for fold in folds),
                nested=all(trial.nested for trial in trials),
                penalty=drifts.penalty(candidate, TEACHER_BIAS),
            )
        )
    return scored
