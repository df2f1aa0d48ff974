"""Which rows train a teacher and which it labels: folds, checked for leaks."""

import copy
import warnings
from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import check_random_state

from skdistill._sklearn_compat import caller_level, n_rows
from skdistill.exceptions import FoldsReducedWarning

__all__ = ["check_cv", "make_splits"]

Array = npt.NDArray[Any]
Splits = tuple[tuple[Array, Array], ...]


def check_cv(cv: Any, n_repeats: Any) -> None:
    """Refuse a `cv` or `n_repeats` of the wrong kind, before anything is fitted.

    Raises
    ------
    ValueError, TypeError
        If `cv` is neither an int >= 2, a splitter nor an iterable of splits, or
        `n_repeats` is no positive int, or the two do not go together.
    """
    if isinstance(cv, type):
        raise TypeError(f"cv must be an instance, got the class {cv.__name__}.")
    is_int = isinstance(cv, Integral) and not isinstance(cv, bool)
    if is_int and int(cv) < 2:
        raise ValueError(f"cv must be at least 2, got {cv!r}.")
    if not (is_int or _is_splitter(cv) or _is_splits(cv)):
        raise TypeError(
            "cv must be an int, a splitter with split(X, y, groups), an iterable of "
            f"(train, test) indices, or 'oob', got {cv!r:.60}."
        )
    if not isinstance(n_repeats, Integral) or isinstance(n_repeats, bool):
        raise TypeError(f"n_repeats must be a positive int, got {n_repeats!r}.")
    if int(n_repeats) < 1:
        raise ValueError(f"n_repeats must be a positive int, got {n_repeats!r}.")
    if int(n_repeats) > 1 and not (is_int or _reseeds(cv)):
        raise ValueError(
            f"n_repeats must be 1 with cv={cv!r:.60}, whose folds would be the same "
            f"each time, got {n_repeats!r}. Pass an int, or a splitter that shuffles."
        )


def make_splits(
    cv: Any,
    X: Any,
    codes: Any,
    *,
    groups: Any = None,
    n_repeats: int = 1,
    random_state: Any = None,
    split_params: dict[str, Any] | None = None,
) -> Splits:
    """Draw the folds and check that no teacher is asked about a row it saw.

    Parameters
    ----------
    cv : int, splitter or iterable
        An int makes shuffled stratified folds, which respect `groups` if given.
    X : array-like with a length
    codes : ndarray of shape (n_samples,), int
        Labels encoded 0..K-1; for a splitter or an iterable, any container of labels.
    groups : array-like of shape (n_samples,), default=None
        Rows of a group stay together.
    n_repeats : int, default=1
    random_state : int, RandomState or None
    split_params : dict, default=None
        Further arguments of the splitter's ``split``.

    Returns
    -------
    tuple of (train, test) pairs of int arrays, repeats one after the other

    Raises
    ------
    ValueError
        If a split overlaps, repeats, leaves its range or is empty, or a group is on
        both sides.
    """
    check_cv(cv, n_repeats)
    params = dict(split_params or {})
    if groups is not None:
        params["groups"] = groups
    groups = params.get("groups")
    if groups is not None and np.shape(groups) != (n_rows(codes),):
        raise ValueError(
            f"groups must have shape ({n_rows(codes)},), got {np.shape(groups)}."
        )
    seeds = check_random_state(random_state).randint(
        np.iinfo(np.int32).max, size=n_repeats
    )
    if _is_splits(cv):
        splits = tuple(_as_pair(pair) for pair in cv)
    elif isinstance(cv, Integral):
        n_folds = _feasible_folds(int(cv), codes)
        if groups is not None:
            _enough_groups(groups, n_folds)
        splits = tuple(
            pair
            for seed in seeds
            for pair in _stratified(n_folds, X, codes, int(seed), params)
        )
    else:
        splits = tuple(
            _as_pair(pair)
            for seed in seeds
            for pair in _reseeded(cv, int(seed), n_repeats).split(X, codes, **params)
        )
    _check_splits(splits, n_rows(codes), groups)
    return splits


def _is_splitter(cv: Any) -> bool:
    return hasattr(cv, "split") and not isinstance(cv, str | bytes)


def _is_splits(cv: Any) -> bool:
    return (
        isinstance(cv, Iterable)
        and not isinstance(cv, str | bytes)
        and not _is_splitter(cv)
    )


def _reseeds(cv: Any) -> bool:
    return hasattr(cv, "random_state") and getattr(cv, "shuffle", True)


def _reseeded(cv: Any, seed: int, n_repeats: int) -> Any:
    """Return the splitter itself for one repeat; copies with new seeds for several."""
    if n_repeats == 1:
        return cv
    again = copy.deepcopy(cv)
    again.random_state = seed
    return again


def _feasible_folds(n_folds: int, codes: Array) -> int:
    largest = int(np.bincount(codes).max())
    if largest < 2:
        raise ValueError(
            "y must have at least 2 rows in some class to be cross-fitted, got one row "
            "in each class."
        )
    if largest < n_folds:
        warnings.warn(
            f"cv={n_folds} folds were asked for, but no class has more than {largest} "
            f"rows; {largest} folds are used.",
            FoldsReducedWarning,
            stacklevel=caller_level(),
        )
    return min(n_folds, largest)


def _stratified(
    n_folds: int, X: Any, codes: Array, seed: int, params: dict[str, Any]
) -> list[tuple[Array, Array]]:
    kind = StratifiedGroupKFold if "groups" in params else StratifiedKFold
    splitter = kind(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds is served, counted and reported by the
        # engine, with numbers that this warning does not have.
        warnings.filterwarnings("ignore", message="The least populated class")
        # X is not looked at: any container with a length will do.
        return [
            _as_pair(pair)
            for pair in splitter.split(np.zeros(len(codes)), codes, **params)
        ]


def _as_pair(pair: Any) -> tuple[Array, Array]:
    try:
        train, test = (np.asarray(side) for side in pair)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"cv must yield pairs of (train, test) indices, got {pair!r:.80}."
        ) from error
    for side in (train, test):
        if side.ndim != 1 or (side.size and side.dtype.kind not in "iu"):
            raise TypeError(
                "cv must yield one-dimensional integer indices, got an array of dtype "
                f"{side.dtype} and shape {side.shape}. Use np.flatnonzero(mask)."
            )
    return train.astype(np.intp), test.astype(np.intp)


def _check_splits(splits: Splits, n_samples: int, groups: Any) -> None:
    if not splits:
        raise ValueError("cv must yield at least one split, got none.")
    for fold, (train, test) in enumerate(splits):
        _check_ranges(train, test, n_samples, fold)
        _check_leak(train, test, n_samples, fold)
        if groups is not None:
            _check_groups(np.asarray(groups), train, test, fold)


def _check_ranges(train: Array, test: Array, n_samples: int, fold: int) -> None:
    if not train.size or not test.size:
        raise ValueError(
            f"cv must yield non-empty folds, got {train.size} training and "
            f"{test.size} held-out rows in fold {fold}."
        )
    for side in (train, test):
        if side.min() < 0 or side.max() >= n_samples:
            raise ValueError(
                f"cv must yield indices in [0, {n_samples}), got "
                f"{side.min()}..{side.max()} in fold {fold}."
            )


def _check_leak(train: Array, test: Array, n_samples: int, fold: int) -> None:
    held_out = np.bincount(test, minlength=n_samples)
    if (held_out > 1).any():
        raise ValueError(
            "cv must hold out a row once a fold, got row "
            f"{int(held_out.argmax())} {int(held_out.max())} times in fold {fold}."
        )
    leaked = train[held_out[train] > 0]
    if leaked.size:
        raise ValueError(
            f"cv must keep training and held-out rows apart, got "
            f"{np.unique(leaked).size} rows on both sides of fold {fold} (first: "
            f"row {leaked.min()}). A teacher must not label rows it saw."
        )


def _enough_groups(groups: Any, n_folds: int) -> None:
    n_groups = len(set(np.asarray(groups).tolist()))
    if n_groups < n_folds:
        raise ValueError(
            f"groups must hold at least {n_folds} groups for {n_folds} folds, got "
            f"{n_groups}. Use a smaller cv, or finer groups."
        )


def _check_groups(groups: Array, train: Array, test: Array, fold: int) -> None:
    shared = np.intersect1d(groups[train], groups[test])
    if shared.size:
        raise ValueError(
            f"cv must keep each group on one side, got {shared.size} groups on both "
            f"sides of fold {fold} (first: {shared.tolist()[0]!r}). Use an int, "
            "GroupKFold or StratifiedGroupKFold."
        )
