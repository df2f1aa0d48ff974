"""What the boosters share: weights of the targets, labels to show, rows held out."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from skdistill._sklearn_compat import n_rows, take_rows
from skdistill.losses import BipartiteRanking, CrossEntropy
from skdistill.students._boosters._moving import MovingData, MovingObjective
from skdistill.students._boosters._objective import SoftObjective
from skdistill.students._boosters._ranking_objective import RankingObjective
from skdistill.students._class_weight import class_weights
from skdistill.students._data import StudentData
from skdistill.students._ranking import ranking_targets

__all__ = [
    "Split",
    "adopt",
    "hold_out",
    "labels_to_show",
    "make_objective",
    "numbers",
    "too_old",
    "weigh_second",
]

Array = npt.NDArray[Any]

#: Share of the rows held out for early stopping; scikit-learn's validation_fraction.
_HELD_OUT = 0.1


def make_objective(
    data: StudentData,
    balance: Any = None,
    *,
    ranking: BipartiteRanking | None = None,
    **options: Any,
) -> Any:
    """Objective of all rows; `balance` is a ``class_weight`` for the columns."""
    if ranking is not None:
        masses = ranking_targets(data, balance)
        return RankingObjective(masses, data.sample_weight, ranking, **options)  # type: ignore[arg-type]
    targets = data.targets
    weights = class_weights(balance, data.classes, data.codes, data.label_weight)
    loss = CrossEntropy(targets.temperature, targets.alpha)
    if isinstance(data, MovingData):
        return MovingObjective(data, weights, loss, **options)
    return SoftObjective(targets.values * weights, data.sample_weight, loss, **options)


def labels_to_show(data: StudentData) -> Array:
    """Class 0..K-1 of every row, each class at least twice, (n_samples,).

    The objective does not look at them. The library counts its classes by them, and
    draws its folds.
    """
    values = data.targets.values
    codes = np.concatenate([data.codes, values[len(data.codes) :].argmax(axis=1)])
    counts = np.bincount(codes, minlength=values.shape[1])
    for missing in np.flatnonzero(counts < 2):
        # The rows nearest to the class, of classes that can spare them.
        for row in np.argsort(-values[:, missing], kind="stable"):
            if counts[missing] >= 2:
                break
            if counts[codes[row]] > 2:
                counts[codes[row]] -= 1
                codes[row] = missing
                counts[missing] += 1
    return codes


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows to fit and rows to stop by.

    Attributes
    ----------
    X, labels, weight, params
        Of the rows to fit.
    objective : SoftObjective
    X_held, labels_held, held : the same of the rows held out; None without any
    """

    X: Any
    labels: Array
    weight: Array | None
    params: dict[str, Any]
    objective: SoftObjective
    X_held: Any = None
    labels_held: Array | None = None
    held: SoftObjective | None = None


def hold_out(
    data: StudentData, labels: Array, objective: SoftObjective, stop: bool, seed: Any
) -> Split:
    """Hold a tenth of the rows out, stratified, if the student wants to `stop` early.

    Libraries that stop early ask for rows to stop by; a distiller has none to give
    but training rows, with targets of teachers that never saw them.
    """
    if not stop:
        return Split(
            data.X, labels, data.sample_weight, dict(data.fit_params), objective
        )
    _, codes = np.unique(labels, return_inverse=True)
    n_samples = n_rows(data.X)
    fitted, held = train_test_split(
        np.arange(n_samples),
        # Of few rows at least one of each class, which is what stratifying asks for.
        test_size=max(math.ceil(_HELD_OUT * n_samples), len(data.classes)),
        random_state=seed,
        stratify=codes,
    )
    weight = data.sample_weight
    return Split(
        take_rows(data.X, fitted),
        labels[fitted],
        None if weight is None else weight[fitted],
        {name: take_rows(value, fitted) for name, value in data.fit_params.items()},
        objective.take(fitted),
        take_rows(data.X, held),
        labels[held],
        objective.take(held),
    )


def weigh_second(positive: Any, classes: Array) -> Any:
    """``class_weight`` of the parameter ``scale_pos_weight``; None if it says nothing.

    XGBoost and LightGBM heed it with two classes only.
    """
    if positive in (None, 1) or len(classes) != 2:
        return None
    return dict(zip(classes.tolist(), (1.0, positive), strict=True))


def adopt(student: Any, fitted: Any) -> Any:
    """Give `student` what `fitted` learned; its parameters stay its own."""
    own = set(student.get_params(deep=False))
    for name, value in vars(fitted).items():
        if name not in own:
            setattr(student, name, value)
    return student


def numbers(version: str) -> tuple[int, ...]:
    """Return the first three numbers of a version."""
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


def too_old(library: str, version: str, least: tuple[int, ...]) -> str:
    """Return the objection to a version without the hook; empty if it has it."""
    if numbers(version) >= least:
        return ""
    needed = ".".join(map(str, least))
    return (
        f"student must come from {library} {needed} or newer, got {version}. Install "
        'it with: pip install "skdistill[boosting]"'
    )
