"""Teachers of folds as torch modules, and which of them may label which row."""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.nn._objective import as_logits
from skdistill.nn._torch import torch

__all__ = [
    "HeldOut",
    "as_teacher",
    "check_holders",
    "encode",
    "fold_teachers",
    "mean_logits",
]

Array = npt.NDArray[Any]
Tensor = Any


def fold_teachers(crossfit: Any) -> tuple[tuple[Any, ...], Array]:
    """Modules of a cross-fit's teachers, and for each row those that held it out.

    Parameters
    ----------
    crossfit : CrossFit
        Made with ``keep_teachers=True`` of teachers that have ``as_module``, as
        :class:`NeuralClassifier` does: ``distiller.crossfit_`` or what
        :func:`skdistill.cross_fit_proba` returned.

    Returns
    -------
    modules : tuple of torch.nn.Module
        One a fold, from raw rows to logits.
    fold_of_row : ndarray of shape (n_samples,) or (n_samples, n_repeats), int64
        Places in `modules`. -1 where no (further) teacher held the row out.

    Raises
    ------
    ValueError
        If the teachers were not kept, several kinds of teachers were averaged, the
        probabilities were calibrated, or a teacher lacks a class.
    TypeError
        If a teacher has no ``as_module``.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from skdistill import cross_fit_proba
    >>> from skdistill.nn import NeuralClassifier, fold_teachers
    >>> X = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    >>> y = (X[:, 0] > 0).astype(int)
    >>> network = NeuralClassifier(torch.nn.Linear(2, 2), max_epochs=1)
    >>> crossfit = cross_fit_proba(
    ...     network, X, y, cv=3, keep_teachers=True, random_state=0
    ... )
    >>> modules, fold_of_row = fold_teachers(crossfit)
    >>> len(modules), np.bincount(fold_of_row).tolist()
    (3, [20, 20, 20])
    """
    teachers, splits = crossfit.teachers, crossfit.splits
    if not teachers or len(teachers) != len(splits):
        raise ValueError(
            f"crossfit must hold one teacher a fold, got {len(teachers)} teachers for "
            f"{len(splits)} folds. Cross-fit one teacher with keep_teachers=True."
        )
    if crossfit.calibration is not None:
        raise ValueError(
            "crossfit must not be calibrated, as the modules are not, got "
            f"calibration={crossfit.calibration!r}. Use calibration=None."
        )
    for teacher in teachers:
        if not hasattr(teacher, "as_module"):
            raise TypeError(
                "crossfit must hold teachers with as_module, as NeuralClassifier, got "
                f"{type(teacher).__name__}."
            )
        if not np.array_equal(teacher.classes_, crossfit.classes):
            raise ValueError(
                f"crossfit must hold teachers of all {len(crossfit.classes)} classes, "
                f"got one of {len(teacher.classes_)}. Use stratified or fewer folds."
            )
    modules = tuple(teacher.as_module() for teacher in teachers)
    return modules, _holders([test for _, test in splits], len(crossfit.proba))


def _holders(tests: list[Array], n: int) -> Array:
    """Folds whose test rows hold each row; one column unless some row has several."""
    used = np.zeros(n, dtype=np.int64)
    counts = np.bincount(np.concatenate(tests), minlength=n)
    holders = np.full((n, max(counts.max(), 1)), -1, dtype=np.int64)
    for fold, test in enumerate(tests):
        holders[test, used[test]] = fold
        used[test] += 1
    return holders[:, 0] if holders.shape[1] == 1 else holders


def check_holders(modules: Any, fold_of_row: Any) -> tuple[tuple[Any, ...], Array]:
    """Return modules as a tuple and folds as int64 of shape (n, n_repeats).

    Raises
    ------
    TypeError, ValueError
        If there are no modules, or folds are no ints, or name a module that is not
        there.
    """
    modules = tuple(modules)
    if not modules or not all(isinstance(one, torch.nn.Module) for one in modules):
        raise TypeError(
            f"modules must be one or more torch modules, got {modules!r:.80}."
        )
    folds = np.asarray(fold_of_row)
    if folds.dtype.kind not in "iu" or folds.ndim not in (1, 2) or not folds.size:
        raise TypeError(
            "fold_of_row must hold ints, (n_samples,) or (n_samples, n_repeats), got "
            f"dtype {folds.dtype} and shape {folds.shape}."
        )
    if folds.max() < 0:
        raise ValueError("fold_of_row must name the module of some row, got -1s alone.")
    if folds.min() < -1 or folds.max() >= len(modules):
        raise ValueError(
            f"fold_of_row must lie in -1..{len(modules) - 1}, got values from "
            f"{folds.min()} to {folds.max()}."
        )
    folds = folds.reshape(len(folds), -1).astype(np.int64)
    return modules, folds[:, (folds >= 0).any(axis=0)]


def encode(y: Any, classes: Array, n: int) -> Array | None:
    """Labels as places in `classes`; None stays None.

    Raises
    ------
    ValueError
        If there are not `n` labels, or one is no class.
    """
    if y is None:
        return None
    labels = np.asarray(y)
    if labels.shape != (n,):
        raise ValueError(f"y must have shape ({n},), got {labels.shape}.")
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(
            f"y must hold classes of the cross-fit, {classes.tolist()!r:.60}, got "
            f"{unknown[0]!r}."
        )
    codes: Array = np.searchsorted(classes, labels)
    return codes


class HeldOut:
    """Asks about each row the modules that did not see it.

    The modules are copied when the first question comes, to where its images are.
    """

    def __init__(self, modules: Any, fold_of_row: Any, n_classes: int) -> None:
        self.n_classes = n_classes
        self.modules, self.folds = check_holders(modules, fold_of_row)
        self._copies: list[Any] = []
        self._device: Any = None

    @property
    def covered(self) -> Array:
        """Which rows some module held out, (n,)."""
        return np.asarray(np.any(self.folds >= 0, axis=1))

    def logits(self, rows: Array, images: Tensor) -> Tensor:
        """Logits (b, K) of `images` of the `rows`, NaN for a row without a teacher.

        Of a row that several held out, logarithms of their mean probabilities.
        """
        folds = self.folds[rows]
        columns = [self._column(column, images) for column in folds.T]
        return columns[0] if len(columns) == 1 else mean_logits(torch.stack(columns))

    def _column(self, folds: Array, images: Tensor) -> Tensor:
        """Ask one module about each image; rows of a fold are put side by side."""
        copies = self._placed(images.device)
        asked, counts = np.unique(folds, return_counts=True)
        order = torch.from_numpy(np.argsort(folds, kind="stable")).to(images.device)
        parts = images.index_select(0, order).split(counts.tolist())
        silent = (int(counts[0]), self.n_classes)
        with torch.no_grad():
            said = [
                as_logits(copies[fold](part))
                if fold >= 0
                else torch.full(silent, torch.nan, device=images.device)
                for fold, part in zip(asked, parts, strict=True)
            ]
        joined = torch.cat(said)
        return torch.empty_like(joined).index_copy_(0, order, joined)

    def _placed(self, device: Any) -> list[Any]:
        if self._device != device:
            self._copies = [as_teacher(one, device) for one in self.modules]
            self._device = device
        return self._copies

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_copies": [], "_device": None}


def as_teacher(module: Any, device: Any) -> Any:
    """Copy of `module` on `device` that only evaluates; the module stays as it is."""
    return copy.deepcopy(module).to(device).eval()


def mean_logits(logits: Tensor) -> Tensor:
    """Logarithms of the mean over the first axis of softmax; NaN counts for nothing."""
    logs = torch.log_softmax(logits.double(), -1)
    there = ~torch.isnan(logs[..., :1])
    total = torch.where(there, logs, -torch.inf).logsumexp(0)
    count = there.sum(0)
    mean = total - count.log()
    return torch.where(count > 0, mean, torch.nan).to(logits.dtype)
