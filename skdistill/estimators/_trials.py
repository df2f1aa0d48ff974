"""Validation folds with teachers that never saw the labels students are judged by.

Holding the out-of-fold probabilities fixed, as the code of Dao et al. does, flatters
the teacher: the probability of a training row comes from a teacher that was fitted on
the validation rows, and through it their labels reach the student. On six real data
sets of 490 to 2800 rows that made logistic regressions look 8 % better in log-loss than
they were, boosting 12 % (benchmarks/README.md). So the teacher is cross-fitted again
within the training part of each validation fold, with fewer folds.
"""

import warnings
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import caller_level, take_rows
from skdistill.crossfit import (
    NO_TEACHER,
    CrossFit,
    Synthetic,
    make_splits,
)
from skdistill.estimators._fit import take
from skdistill.estimators._problem import Problem
from skdistill.exceptions import DistillationWarning

__all__ = [
    "MAX_FOLDS",
    "Part",
    "Trial",
    "held_fixed",
    "parts_to_ask",
    "warn_not_nested",
]

Array = npt.NDArray[Any]
Splits = tuple[tuple[Array, Array], ...]

#: Validation folds where probabilities are held fixed.
MAX_FOLDS = 5
#: Up to so many rows: three validation folds, and three folds of the teachers within
#: the training part of each. Above: a fifth of the rows validates students of two
#: fifths, which a teacher of the other two fifths labelled; that costs a tenth of plain
#: cross-fitting. Students of all four fifths would be labelled by teachers of two: the
#: teachers would look worse, beside the students, than those that label in the end.
SMALL = 5000
FOLDS = 3
MANY_FOLDS = 5
#: Rows the selection looks at where there are more.
LARGE = 20_000


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
    whole : ndarray of shape (n_train, n_classes)
        What the teachers of all rows say of the training rows.
    """

    train: Array
    test: Array
    crossfit: CrossFit
    synthetic: Synthetic | None
    nested: bool
    whole: Array

    @property
    def X_synthetic(self) -> Any:
        """Synthetic rows, or None."""
        return None if self.synthetic is None else self.synthetic.X

    def problem(self, problem: Problem) -> Problem:
        """Return the training part of a problem."""
        return replace(take(problem, self.train), synthetic=self.synthetic)

    def of(self, rows: Array) -> "Trial":
        """Keep some training rows, in order, and the synthetic ones made from them."""
        record = replace(self.crossfit, proba=self.crossfit.proba[rows])
        made = self.synthetic
        if made is not None and record.synthetic_proba is not None:
            own = np.flatnonzero(np.isin(made.base, rows))
            base = np.searchsorted(rows, made.base[own])
            record = replace(record, synthetic_proba=record.synthetic_proba[own])
            made = Synthetic(take_rows(made.X, own), base)
        return replace(
            self,
            train=self.train[rows],
            crossfit=record,
            synthetic=made,
            whole=self.whole[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Training part of a validation fold, before its teachers are asked.

    Attributes
    ----------
    train, test : ndarray of int
    problem : Problem
        Of the rows `train`.
    cv : splits, splitter or "oob"
        How the teachers split these rows.
    labelled : ndarray of int, or None
        Places of the rows that the students learn from; None is all.
    """

    train: Array
    test: Array
    problem: Problem
    cv: Any
    labelled: Array | None = None

    def trial(self, record: CrossFit, whole: CrossFit) -> Trial:
        """Return the validation fold, with what its teachers said.

        Parameters
        ----------
        record : CrossFit
            Of the training rows.
        whole : CrossFit
            Of all rows.
        """
        said = whole.proba[self.train]
        trial = Trial(self.train, self.test, record, self.problem.synthetic, True, said)
        return trial if self.labelled is None else trial.of(self.labelled)


def parts_to_ask(problem: Problem, splits: Splits, cv: Any) -> list[Part]:
    """Training parts within which the teachers are to be cross-fitted again.

    Parameters
    ----------
    problem : Problem
    splits : tuple of (train, test)
        Of the cross-fit; those of a user's splitter validate, too.
    cv : int, splitter, iterable of splits or "oob"

    Returns
    -------
    list of Part
        Empty where `cv` cannot split a part of the rows: an iterable of splits, too
        few rows or groups.
    """
    if not (isinstance(cv, Integral | str) or hasattr(cv, "split")):
        return []
    many = len(problem.codes) > SMALL and isinstance(cv, Integral | str)
    try:
        return [
            _part(problem, train, test, cv, many)
            for train, test in _usable(_outer(problem, splits, cv), problem)
        ]
    except ValueError:
        return []


def warn_not_nested(reason: str) -> None:
    """Say that teachers failed within the validation folds; the fit goes on."""
    warnings.warn(
        "The teachers could not be cross-fitted again within the folds by which the "
        f"student is judged ({reason:.200}); their probabilities are held fixed "
        "there, which flatters the teacher. Use fewer folds or more rows.",
        DistillationWarning,
        stacklevel=caller_level(),
    )


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
            nested=crossfit.source == NO_TEACHER,
            whole=crossfit.proba[train],
        )
        for train, test in _usable(splits[:MAX_FOLDS], problem)
    ]


def _part(problem: Problem, train: Array, test: Array, cv: Any, many: bool) -> Part:
    part, labelled = take(problem, train), None
    if many:
        first, labelled = _split(part, 2, problem.seeds[0])[0]
        if isinstance(cv, str):  # a forest labels the rows it is fitted to
            train, labelled = train[labelled], None
            part = take(problem, train)
        else:
            cv = [(first, labelled)]
    elif not isinstance(cv, str):
        cv = min(int(cv), FOLDS) if isinstance(cv, Integral) else cv
        _split(part, cv, problem.seeds[0])
    if problem.synthetic is not None:
        # In proportion; above SMALL half of that: their labels are a large part of what
        # judging costs, and rows that help when they are few help when they are more.
        share = len(problem.synthetic.base) / len(problem.codes) / (2 if many else 1)
        part = part.synthesized(int(share * len(part.codes)))
    return Part(train, test, part, cv, labelled)


def _split(problem: Problem, cv: Any, seed: int) -> Splits:
    return make_splits(
        cv,
        problem.X,
        problem.codes,
        random_state=seed,
        split_params=problem.routed.split,
    )


def _outer(problem: Problem, splits: Splits, cv: Any) -> Splits:
    if not isinstance(cv, Integral | str):
        return splits[:MAX_FOLDS]
    n_samples = len(problem.codes)
    n_folds = MANY_FOLDS if n_samples > SMALL else FOLDS
    splits = _split(problem, n_folds, problem.seeds[1])
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


def _usable(splits: Splits, problem: Problem) -> list[tuple[Array, Array]]:
    """Folds whose training rows count and hold two classes."""
    weight = problem.routed.student_weight
    counts = np.ones(len(problem.codes), dtype=bool) if weight is None else weight > 0
    return [
        (train, test)
        for train, test in splits
        if len(np.unique(problem.codes[train[counts[train]]])) > 1
    ]
