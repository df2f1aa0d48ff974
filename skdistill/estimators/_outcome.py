"""What a distiller shows once it is fitted, and what there is to warn of."""

from dataclasses import replace
from typing import Any

from skdistill._frames import Records
from skdistill._sklearn_compat import accepts_sparse_and_nan
from skdistill._validation import count_missing
from skdistill.crossfit import CrossFit
from skdistill.estimators._notices import warn_about_shift, warn_about_targets
from skdistill.estimators._problem import Problem
from skdistill.estimators._several import Fitted, best_of, named
from skdistill.students import averages
from skdistill.targets import on_simplex

__all__ = ["publish"]


def publish(
    distiller: Any, fits: list[Fitted], problem: Problem, crossfit: CrossFit
) -> None:
    """Set the fitted attributes from the best of the fitted students."""
    best = best_of(fits)
    settings, targets = best.settings, best.data.targets
    if any(fit.settings.alpha > 0 for fit in fits):
        warn_about_shift(crossfit, problem)
    warn_about_targets(targets)
    distiller._fitted_with = (fits.index(best), best.fresh, settings)
    distiller.classes_ = problem.classes
    distiller.student_ = best.student
    distiller.crossfit_ = replace(
        crossfit, n_clipped=targets.n_clipped, n_negative=targets.n_negative
    )
    distiller.teacher_proba_ = crossfit.proba
    distiller.targets_ = targets.values[: len(problem.codes)]
    distiller.alpha_ = settings.alpha
    distiller.correction_ = settings.correction
    distiller.synthetic_ = settings.synthetic
    distiller.selection_ = Records(best.selection)
    distiller.route_ = settings.route.name
    distiller.scale_ = settings.scale
    for stale in ("students_", "_baseline"):
        distiller.__dict__.pop(stale, None)
    if isinstance(distiller.student, list | tuple):
        distiller.students_ = named(fits, problem)
    distiller._projected = averages(best.student) and on_simplex(targets)
    _note_inputs(distiller, best, problem)


def _note_inputs(distiller: Any, best: Fitted, problem: Problem) -> None:
    # A teacher that refuses NaN kept it out of the training rows; a student that takes
    # it would then guess in silence. Pipelines do not declare what their imputer takes:
    # rows that were fitted on say it.
    distiller._refuses_nan = (
        accepts_sparse_and_nan(best.fresh)[1]
        and not distiller.__sklearn_tags__().input_tags.allow_nan
        and not count_missing(problem.X)
    )
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(best.student, name):
            setattr(distiller, name, getattr(best.student, name))
        elif hasattr(distiller, name):
            delattr(distiller, name)
