"""A fixed set of augmented views of each row, and what the teachers say of them.

With augmentation a teacher's logits of a row are no longer one vector. Either the
teacher is asked about each augmented image (:class:`QueriedTeachers`), or the images
come from a few views that stay, whose logits are computed once and kept.
"""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.nn._augment import Augmentation, check_count
from skdistill.nn._fold_teachers import as_teacher, check_holders, mean_logits
from skdistill.nn._inputs import as_tensor, is_dataset
from skdistill.nn._objective import as_logits
from skdistill.nn._torch import torch

__all__ = ["FixedViews", "view_logits"]

Array = npt.NDArray[Any]
Tensor = Any


@dataclass(frozen=True, slots=True)
class FixedViews(Augmentation):
    """Show each row in one of `n_views` versions of it that never change.

    Each epoch draws anew which view of a row is shown. The views depend on the row,
    its place among the n rows, on `augment` and `random_state`, and on nothing else;
    so a teacher's answers to them can be kept.

    Parameters
    ----------
    augment : augmentation or None
        What makes the views; None shows the rows as they are.
    n_views : int, default=4
    random_state : int, default=0
        Seed of the views.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of another type, or `n_views` is below 1.

    Examples
    --------
    >>> from skdistill.nn import FixedViews, RandomCrop
    >>> FixedViews(RandomCrop(), n_views=8)
    FixedViews(augment=RandomCrop(padding=4), n_views=8, random_state=0)
    """

    augment: Augmentation | None
    n_views: int = 4
    random_state: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.augment, FixedViews) or not isinstance(
            self.augment, Augmentation | None
        ):
            raise TypeError(
                "augment must be an augmentation of skdistill.nn or None, got "
                f"{self.augment!r}."
            )
        check_count("n_views", self.n_views)
        seed = self.random_state
        if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
            raise TypeError(
                "random_state must be a non-negative int, so that the views stay, got "
                f"{seed!r}."
            )

    @property
    def n_draws(self) -> int:  # type: ignore[override]
        """Integers an image: its view, and those that make it."""
        return 1 + (0 if self.augment is None else self.augment.n_draws)

    def table(self, n: int, shape: tuple[int, ...]) -> Tensor:
        """Random numbers of all views of n rows, (n_views, n, n_draws - 1), int32."""
        if self.augment is None:
            return torch.empty((self.n_views, n, 0), dtype=torch.int32)
        seeded = torch.Generator().manual_seed(int(self.random_state))
        drawn = self.augment.draw(self.n_views * n, shape, seeded)
        return drawn.view(self.n_views, n, -1)

    def draw(self, n: int, shape: tuple[int, ...], generator: Any) -> Tensor:
        """Refuse: views belong to rows."""
        raise TypeError(
            "FixedViews must be told which rows it is shown, as DeviceBatches does, "
            "got images alone. In a Compose, put FixedViews around it, not into it."
        )

    def draw_epoch(
        self, order: Tensor, shape: tuple[int, ...], generator: Any
    ) -> Tensor:
        """View of each row in this order, and the numbers that make it."""
        view = torch.randint(self.n_views, (len(order),), generator=generator)
        made = self.table(len(order), shape)[view, order]
        return torch.cat([view[:, None].to(torch.int32), made], 1)

    def apply(self, images: Tensor, drawn: Tensor) -> Tensor:
        """Make the views."""
        if self.augment is None:
            return images
        return self.augment.apply(images, drawn[:, 1:])


def view_logits(
    modules: Any,
    fold_of_row: Any,
    X: Any,
    views: FixedViews,
    *,
    channels: str = "auto",
    batch_size: int = 512,
    device: Any = None,
) -> Array:
    """Logits of every view of every row, by the teacher that held the row out.

    One forward pass of one teacher a row and view. With ``FixedViews(None, n_views=1)``
    these are the out-of-fold logits of the rows as they are.

    Parameters
    ----------
    modules, fold_of_row
        As in :class:`QueriedTeachers`.
    X : array-like or tensor with n_samples rows
        As :class:`NeuralClassifier` takes them, but no Dataset.
    views : FixedViews
    channels : {"auto", "first", "last"}, default="auto"
        Where the channels of images are, as in :class:`NeuralClassifier`.
    batch_size : int, default=512
        Rows a forward pass.
    device : str or torch.device, default=None
        Where to compute; None is where the first module is.

    Returns
    -------
    ndarray of shape (n_views, n_samples, n_classes), float32
        Of a row that several teachers held out, logarithms of the mean of their
        probabilities; NaN where none did.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of range, X is a Dataset, or X and `fold_of_row` differ in
        length.

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn import FixedViews, HorizontalFlip, view_logits
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 3))
    >>> X = torch.rand(5, 3, 2, 2)
    >>> view_logits([net], [0] * 5, X, FixedViews(HorizontalFlip(), 2)).shape
    (2, 5, 3)
    """
    modules, folds = check_holders(modules, fold_of_row)
    check_count("batch_size", batch_size)
    if is_dataset(X):
        raise TypeError("X must be an array or tensor for fixed views, got a Dataset.")
    images = as_tensor(X, channels)
    if len(images) != len(folds):
        raise ValueError(
            f"X must have {len(folds)} rows, as fold_of_row, got {len(images)}."
        )
    if device is None:
        first = next(modules[0].parameters(), None)
        device = "cpu" if first is None else first.device
    drawn = views.table(len(images), tuple(images.shape[1:]))
    columns = []
    for column in folds.T:
        parts = []
        for fold in np.unique(column[column >= 0]):
            teacher = as_teacher(modules[fold], device)
            held = torch.from_numpy(np.flatnonzero(column == fold))
            for rows in held.split(batch_size):
                batch = images[rows].to(device)
                said = _ask(teacher, batch, drawn[:, rows], views)
                parts.append((rows, said.cpu()))
        columns.append(_joined(parts, len(images)))
    if len(columns) == 1:
        return np.asarray(columns[0].numpy())
    return np.asarray(mean_logits(torch.stack(columns)).numpy())


def _joined(parts: list[tuple[Tensor, Tensor]], n: int) -> Tensor:
    """Logits of n rows from those of some; NaN for the others."""
    n_views, _, n_classes = parts[0][1].shape
    joined = torch.full((n_views, n, n_classes), torch.nan)
    for rows, said in parts:
        joined[:, rows] = said
    return joined


def _ask(teacher: Any, images: Tensor, drawn: Tensor, views: FixedViews) -> Tensor:
    """Logits of all views of a batch, (n_views, b, K), float32."""
    said = []
    with torch.no_grad():
        for made in drawn.to(images.device):
            shown = views.augment.apply(images, made) if views.augment else images
            said.append(as_logits(teacher(shown)).float())
    return torch.stack(said)
