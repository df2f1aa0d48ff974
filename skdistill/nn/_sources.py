"""Targets that are asked for batch by batch: see the parameter T of ``fit_targets``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.losses import CrossEntropy, SquaredError
from skdistill.nn._fold_teachers import HeldOut, encode, fold_teachers
from skdistill.nn._loss import distillation_targets
from skdistill.nn._torch import torch
from skdistill.nn._views import FixedViews, view_logits

__all__ = ["QueriedTeachers", "ViewTargets"]

Array = npt.NDArray[Any]
Tensor = Any


class _Options:
    """How a teacher's logits and the labels become targets, on any tensors."""

    def __init__(
        self,
        codes: Any,
        n: int,
        n_classes: int,
        covered: Array,
        options: dict[str, Any],
    ) -> None:
        self.shape = (n, n_classes)
        self.options = options
        self.codes = None if codes is None else _codes(codes, n, n_classes)
        self.covered = bool(covered.all())
        if not self.covered and (codes is None or options["loss"] != "cross_entropy"):
            row = int(np.argmin(covered))
            raise ValueError(
                "fold_of_row must name a teacher for every row, as a row without one "
                "has its label for target, in a cross-entropy, and there is "
                f"{'no label' if codes is None else 'a squared error'}, got none for "
                f"row {row}."
            )
        if codes is None and (options["alpha"] != 1 or options["correction"]):
            raise ValueError(
                "codes must be given where alpha is below 1 or there is a correction, "
                "got None."
            )
        none = torch.zeros(1, n_classes)
        distillation_targets(none, torch.zeros(1, dtype=torch.int64), **options)

    def targets(self, logits: Tensor, rows: Tensor) -> Tensor:
        """Targets (b, K), float32, from logits (b, K); NaN stands for no teacher."""
        if logits.shape[1] != self.shape[1]:
            raise ValueError(
                f"modules must have {self.shape[1]} outputs, got {logits.shape[1]}."
            )
        labels = None
        if self.codes is not None:
            if self.codes.device != rows.device:
                self.codes = self.codes.to(rows.device)
            labels = self.codes.index_select(0, rows)
        if self.covered:
            return distillation_targets(logits, labels, **self.options).float()
        silent = torch.isnan(logits[:, :1])
        said = torch.where(silent, 0.0, logits)
        found = distillation_targets(said, labels, **self.options).float()
        onehot = torch.nn.functional.one_hot(labels, self.shape[1])
        return torch.where(silent, onehot.to(found.dtype), found)

    def __getstate__(self) -> dict[str, Any]:
        codes = None if self.codes is None else self.codes.cpu()
        return {**vars(self), "codes": codes}

    @property
    def objective(self) -> Any:
        """The loss of skdistill that these targets belong to."""
        if self.options["loss"] == "squared_error":
            return SquaredError()
        return CrossEntropy(self.options["temperature"], self.options["alpha"])


class QueriedTeachers:
    """Targets from teachers that are asked about the very images the student sees.

    Each batch is parted by fold, and each part goes to the teacher that held these
    rows out: one forward pass of the teacher a row and epoch. The teachers evaluate,
    on copies, without gradients.

    Parameters
    ----------
    modules : sequence of torch.nn.Module
        Teachers, from raw rows to logits (n, n_classes).
    fold_of_row : array-like of shape (n_samples,) or (n_samples, n_repeats), int
        Place of the module that held the row out; -1 for none. The probabilities of
        several are averaged. See :func:`fold_teachers`.
    codes : array-like of shape (n_samples,), default=None
        Labels encoded 0..n_classes-1; needed for ``alpha < 1``, a correction, and for
        rows without a teacher, whose targets they are.
    n_classes : int
    alpha, temperature, correction, loss
        As in :func:`distillation_targets`.

    Attributes
    ----------
    shape : tuple of int
        (n_samples, n_classes).
    objective : CrossEntropy or SquaredError
        What the student must minimise on these targets; ``fit_targets`` does unless
        told otherwise.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of range, or labels are needed and not given.

    References
    ----------
    .. [1] T. Dao, G. Kamath, V. Syrgkanis and L. Mackey, "Knowledge Distillation as
       Semiparametric Inference", ICLR 2021, section on cross-fitting.
       :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn import QueriedTeachers
    >>> modules = [torch.nn.Linear(4, 3) for _ in range(2)]
    >>> targets = QueriedTeachers(modules, [0, 1, 0, 1, 0], n_classes=3)
    >>> targets.batch(torch.tensor([3, 0]), torch.ones(2, 4)).shape
    torch.Size([2, 3])
    """

    #: What batches tell it: rows on the CPU, so that nothing waits for the device.
    wants = ("host_rows",)
    #: Equal pickles say the same: a training on it can be resumed.
    repeatable = True

    def __init__(
        self,
        modules: Any,
        fold_of_row: Any,
        codes: Any = None,
        *,
        n_classes: int,
        alpha: float = 1.0,
        temperature: float = 1.0,
        correction: Any = None,
        loss: str = "cross_entropy",
    ) -> None:
        self._teachers = HeldOut(modules, fold_of_row, n_classes)
        options = {
            "alpha": alpha,
            "temperature": temperature,
            "correction": correction,
            "loss": loss,
        }
        covered = self._teachers.covered
        self._options = _Options(codes, len(covered), n_classes, covered, options)
        self.shape = self._options.shape
        self.objective = self._options.objective

    @classmethod
    def from_crossfit(
        cls, crossfit: Any, y: Any = None, **options: Any
    ) -> "QueriedTeachers":
        """Targets of a cross-fit made with ``keep_teachers=True``.

        Parameters
        ----------
        crossfit : CrossFit
            ``distiller.crossfit_`` or what ``cross_fit_proba`` returned.
        y : array-like of shape (n_samples,), default=None
            Labels, where they are needed.
        **options
            `alpha`, `temperature`, `correction`, `loss`.

        Raises
        ------
        TypeError, ValueError
            As :func:`fold_teachers`; or if labels are no classes of the cross-fit.
        """
        modules, folds = fold_teachers(crossfit)
        codes = encode(y, crossfit.classes, len(folds))
        return cls(modules, folds, codes, n_classes=len(crossfit.classes), **options)

    def batch(self, rows: Tensor, images: Tensor, host_rows: Any = None) -> Tensor:
        """Targets of some rows.

        Parameters
        ----------
        rows : tensor of shape (b,), int64
        images : tensor of shape (b, ...)
            After augmentation.
        host_rows : tensor of shape (b,), default=None
            `rows` on the CPU; None copies them, for which the device is waited for.

        Returns
        -------
        tensor of shape (b, n_classes), float32
        """
        known = rows.cpu() if host_rows is None else host_rows
        logits = self._teachers.logits(known.numpy(), images)
        return self._options.targets(logits, rows)

    def __repr__(self) -> str:
        n, k = self.shape
        m = len(self._teachers.modules)
        return f"QueriedTeachers(n_samples={n}, n_classes={k}, n_teachers={m})"


class ViewTargets:
    """Targets that were computed once for each fixed view of each row.

    Parameters
    ----------
    logits : array-like of shape (n_views, n_samples, n_classes)
        Of the teachers, from :func:`view_logits`; a row of NaN had none.
    views : FixedViews
        The augmentation that the logits are of. The student's must be equal to it.
    codes, alpha, temperature, correction, loss
        As in :class:`QueriedTeachers`.

    Attributes
    ----------
    shape : tuple of int
        (n_samples, n_classes).
    objective : CrossEntropy or SquaredError
        As in :class:`QueriedTeachers`.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of range, or labels are needed and not given.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skdistill.nn import FixedViews, HorizontalFlip, ViewTargets
    >>> views = FixedViews(HorizontalFlip(), n_views=2)
    >>> targets = ViewTargets(np.zeros((2, 5, 4)), views)
    >>> targets.batch(torch.tensor([3]), None, views=torch.tensor([1]))
    tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    #: What batches tell it: the view of each row that is shown.
    wants = ("views",)
    #: Equal pickles say the same: a training on it can be resumed.
    repeatable = True

    def __init__(
        self,
        logits: Any,
        views: FixedViews,
        codes: Any = None,
        *,
        alpha: float = 1.0,
        temperature: float = 1.0,
        correction: Any = None,
        loss: str = "cross_entropy",
    ) -> None:
        if not isinstance(views, FixedViews):
            raise TypeError(f"views must be FixedViews, got {views!r}.")
        found = torch.as_tensor(np.asarray(logits))
        if found.ndim != 3 or len(found) != views.n_views:
            raise ValueError(
                f"logits must have shape ({views.n_views}, n_samples, n_classes), got "
                f"{tuple(found.shape)}."
            )
        options = {
            "alpha": alpha,
            "temperature": temperature,
            "correction": correction,
            "loss": loss,
        }
        _, n, n_classes = found.shape
        covered = ~torch.isnan(found).any(0).any(1).numpy()
        made = _Options(codes, n, n_classes, covered, options)
        rows = torch.arange(n)
        self.views = views
        self.shape = made.shape
        self.objective = made.objective
        self._targets = torch.cat([made.targets(view, rows) for view in found])

    @classmethod
    def from_crossfit(
        cls,
        crossfit: Any,
        X: Any,
        views: FixedViews,
        y: Any = None,
        *,
        channels: str = "auto",
        batch_size: int = 512,
        device: Any = None,
        **options: Any,
    ) -> "ViewTargets":
        """Targets of a cross-fit made with ``keep_teachers=True``: asks it all views.

        Parameters
        ----------
        crossfit : CrossFit
            ``distiller.crossfit_`` or what ``cross_fit_proba`` returned.
        X : array-like with n_samples rows
            What the cross-fit was made of.
        views : FixedViews
        y : array-like of shape (n_samples,), default=None
            Labels, where they are needed.
        channels, batch_size, device
            As in :func:`view_logits`.
        **options
            `alpha`, `temperature`, `correction`, `loss`.

        Raises
        ------
        TypeError, ValueError
            As :func:`fold_teachers`; or if labels are no classes of the cross-fit.
        """
        modules, folds = fold_teachers(crossfit)
        codes = encode(y, crossfit.classes, len(folds))
        asked = {"channels": channels, "batch_size": batch_size, "device": device}
        logits = view_logits(modules, folds, X, views, **asked)
        return cls(logits, views, codes, **options)

    def batch(self, rows: Tensor, images: Tensor, views: Tensor) -> Tensor:
        """Targets of some rows in the views that are shown of them.

        Parameters
        ----------
        rows : tensor of shape (b,), int64
        images : tensor of shape (b, ...)
            Not looked at.
        views : tensor of shape (b,), int
            Numbers of the views.

        Returns
        -------
        tensor of shape (b, n_classes), float32
        """
        del images
        if self._targets.device != rows.device:
            self._targets = self._targets.to(rows.device)
        return self._targets.index_select(0, views * self.shape[0] + rows)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_targets": self._targets.cpu()}

    def __repr__(self) -> str:
        n, k = self.shape
        return f"ViewTargets(n_samples={n}, n_classes={k}, views={self.views!r})"


def _codes(codes: Any, n: int, n_classes: int) -> Tensor:
    found = np.asarray(codes)
    if found.shape != (n,) or found.dtype.kind not in "iu":
        raise ValueError(
            f"codes must be ints of shape ({n},), got dtype {found.dtype} and shape "
            f"{found.shape}."
        )
    if found.min() < 0 or found.max() >= n_classes:
        raise ValueError(
            f"codes must lie in 0..{n_classes - 1}, got values from {found.min()} to "
            f"{found.max()}."
        )
    return torch.from_numpy(found.astype(np.int64))
