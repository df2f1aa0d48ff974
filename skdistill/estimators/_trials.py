"""Validation folds with teachers that never saw the labels students are judged by.

Holding the out-of-fold probabilities fixed, as paper 1's code does, flatters the
teacher: the probability of a training row comes from a teacher that was fitted on the
validation rows, and through it their labels reach the student. On real data of 400 to
3000 rows that made a logistic regression look up to 30 % better in log-loss than it was
(benchmarks/README.md). So the teacher is cross-fitted again within the training part of
each validation fold, with fewer folds.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import take_rows
from skdistill.crossfit import CrossFit, Synthetic, make_splits
from skdistill.estimators._fit import take
from skdistill.estimators._problem import Problem
from skdistill.exceptions import DistillationWarning, FoldsReducedWarning

__all__ = ["MAX_FOLDS", "Trial", "held_fixed", "nested"]

Array = npt.NDArray[Any]
Ask = Callable[[Problem, Any], CrossFit]

#: Validation folds where probabilities are held fixed.
MAX_FOLDS = 5
#: Up to so many rows: three validation folds, three folds of the teachers within the
#: training part of each. Above: the first of five validation folds, with two folds of
#: teachers of 40 % of the rows each, a fifth of the price of plain cross-fitting.
SMALL = 5000
#: Validation folds, and inner folds, of few and of many rows.
FOLDS = ((3, 3), (5, 2))
#: Rows the selection looks at where there are more.
LARGE = 20_000
#: Rows of a class that stay in the first round of a race.
FEW = 10


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One validation fold, and what teachers say of its training rows.

    Attributes
    ----------
    train, test : ndarray of int
        Rows of the problem.
    crossfit : CrossFit
        Of the training rows, in their order.
    synthetic : Synthetic or None
        Rows made from the training rows.
    nested : bool
        Whether no teacher saw the validation labels.
    """

    train: Array
    test: Array
    crossfit: CrossFit
    synthetic: Synthetic | None
    nested: bool

    @property
    def X_synthetic(self) -> Any:
        """Synthetic rows, or None."""
        return None if self.synthetic is None else self.synthetic.X

    def problem(self, problem: Problem) -> Problem:
        """Return the training part of a problem."""
        return replace(take(problem, self.train), synthetic=self.synthetic)

    def thinned(self, share: float, seed: int, strata: Array) -> "Trial":
        """Keep a random share of the training rows, and of the synthetic ones.

        `strata` has an entry for each row of the problem; of each of its values up to
        `FEW` rows stay, or a student might find a class missing, or no weight.
        """
        kinds = strata[self.train]
        shuffled = np.random.default_rng(seed).permutation(len(kinds))
        kept = []
        for kind in np.unique(kinds):
            rows = shuffled[kinds[shuffled] == kind]
            kept.append(rows[: max(FEW, int(share * len(rows)))])
        keep = np.sort(np.concatenate(kept))
        record = replace(self.crossfit, proba=self.crossfit.proba[keep])
        made = self.synthetic
        if made is not None and record.synthetic_proba is not None:
            n_made = max(1, int(share * len(made.base)))
            rows = np.linspace(0, len(made.base) - 1, n_made).astype(np.intp)
            record = replace(record, synthetic_proba=record.synthetic_proba[rows])
            made = Synthetic(take_rows(made.X, rows), made.base[rows])
        return replace(self, train=self.train[keep], crossfit=record, synthetic=made)


def nested(problem: Problem, crossfit: CrossFit, cv: Any, ask: Ask) -> list[Trial]:
    """Cross-fit the teachers again within the training part of each validation fold.

    Returns
    -------
    list of Trial
        Empty where `cv` cannot split a part of the rows (an iterable of splits, too
        few rows or groups) or, with a warning, a teacher cannot be fitted to one.
    """
    inner = _inner_cv(cv, len(problem.codes))
    if inner is None:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FoldsReducedWarning)  # said once, by the fit
        parts = _parts(problem, crossfit, cv, inner)
        try:
            return [
                Trial(train, test, ask(part, inner), part.synthetic, True)
                for train, test, part in parts
            ]
        except Exception as error:
            # The teachers of the rows themselves are fitted: their work is kept.
            failure = f"{type(error).__name__}: {error}"
    warnings.warn(
        "The teachers could not be cross-fitted again within the folds by which the "
        f"student is judged ({failure:.200}); their probabilities are held fixed "
        "there, which flatters the teacher. Use fewer folds or more rows.",
        DistillationWarning,
        stacklevel=4,
    )
    return []


def held_fixed(problem: Problem, crossfit: CrossFit, cv: Any) -> list[Trial]:
    """Folds on which the probabilities in hand are held fixed.

    Those of the cross-fit where there are any: they respect groups and time.
    """
    splits = crossfit.splits or _split(
        problem, MAX_FOLDS if isinstance(cv, str) else cv, problem.seeds[1]
    )
    extra = crossfit.synthetic_proba
    return [
        Trial(
            train,
            test,
            replace(crossfit, proba=crossfit.proba[train], synthetic_proba=extra),
            problem.synthetic,
            nested=False,
        )
        for train, test in _usable(splits[:MAX_FOLDS], problem)
    ]


def _inner_cv(cv: Any, n_samples: int) -> Any:
    if isinstance(cv, Integral):
        return min(int(cv), FOLDS[n_samples > SMALL][1])
    return cv if isinstance(cv, str) or hasattr(cv, "split") else None


def _parts(
    problem: Problem, crossfit: CrossFit, cv: Any, inner: Any
) -> list[tuple[Array, Array, Problem]]:
    """Return validation folds, each with the problem of its training rows.

    None if one of these problems cannot be split.
    """
    parts = []
    try:
        for train, test in _usable(_outer(problem, crossfit, cv), problem):
            part = take(problem, train)
            if not isinstance(inner, str):
                _split(part, inner, problem.seeds[0])
            if problem.synthetic is not None:
                part = part.synthesized()
            parts.append((train, test, part))
    except ValueError:
        return []
    return parts


def _split(problem: Problem, cv: Any, seed: int) -> tuple[tuple[Array, Array], ...]:
    return make_splits(
        cv,
        problem.X,
        problem.codes,
        random_state=seed,
        split_params=problem.routed.split,
    )


def _outer(
    problem: Problem, crossfit: CrossFit, cv: Any
) -> tuple[tuple[Array, Array], ...]:
    if not isinstance(cv, Integral | str):
        return crossfit.splits[:MAX_FOLDS]
    n_samples = len(problem.codes)
    splits = _split(problem, FOLDS[n_samples > SMALL][0], problem.seeds[1])
    if n_samples <= SMALL:
        return splits
    train, test = splits[0]
    if n_samples > LARGE:
        rng = np.random.default_rng(problem.seeds[1])
        train, test = (
            np.sort(rng.permutation(side)[: int(len(side) * LARGE / n_samples)])
            for side in (train, test)
        )
    return ((train, test),)


def _usable(
    splits: tuple[tuple[Array, Array], ...], problem: Problem
) -> list[tuple[Array, Array]]:
    """Folds whose training rows count and hold two classes."""
    weight = problem.routed.student_weight
    counts = np.ones(len(problem.codes), dtype=bool) if weight is None else weight > 0
    return [
        (train, test)
        for train, test in splits
        if len(np.unique(problem.codes[train[counts[train]]])) > 1
    ]
