"""What a distiller warns about, once a fit and with counts."""

import warnings

import numpy as np

from skdistill._sklearn_compat import caller_level
from skdistill.crossfit import NO_TEACHER, CrossFit
from skdistill.estimators._problem import Problem
from skdistill.exceptions import ProbabilityWarning, TargetsWarning
from skdistill.targets import Targets

__all__ = ["warn_about_shift", "warn_about_targets"]


def warn_about_targets(targets: Targets) -> None:
    """Warn once, with counts, about negative and floored targets."""
    if targets.n_negative:
        warnings.warn(
            f"{targets.n_negative} of {targets.values.size} targets are negative "
            f"(smallest {targets.values.min():.3g}): the teacher is confidently wrong "
            "about these rows. Squared error and penalised cross-entropy stay "
            "bounded; lower the strength of the correction if the student does not.",
            TargetsWarning,
            stacklevel=caller_level(),
        )
    if targets.n_clipped:
        warnings.warn(
            f"{targets.n_clipped} of {targets.values.size} probabilities were raised "
            "to a floor, because a logarithm or a division follows.",
            ProbabilityWarning,
            stacklevel=caller_level(),
        )


def warn_about_shift(crossfit: CrossFit, problem: Problem) -> None:
    """Warn when the teacher's mean probabilities are not the class frequencies."""
    if crossfit.source == NO_TEACHER:
        return
    covered = ~np.isnan(crossfit.proba[:, 0])
    if not covered.any():
        return
    weight = problem.sample_weight
    weight = np.ones(len(covered)) if weight is None else weight
    if not weight[covered].any():
        return
    onehot = np.eye(len(problem.classes))[problem.codes[covered]]
    gap = np.average(crossfit.proba[covered] - onehot, axis=0, weights=weight[covered])
    worst = int(np.abs(gap).argmax())
    noise = 5 / np.sqrt(covered.sum())
    if abs(gap[worst]) > max(0.1, noise):
        warnings.warn(
            "The teacher's mean probability of class "
            f"{problem.classes.tolist()[worst]!r} is off its frequency by "
            f"{gap[worst]:+.3f}. A class_weight, resampling or an uncalibrated teacher "
            "does this; calibration='sigmoid' mends it.",
            ProbabilityWarning,
            stacklevel=caller_level(),
        )
