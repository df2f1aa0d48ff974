"""Rows as a network takes them: tensors of images or features, standardised inside.

Nothing is copied that need not be: uint8 images stay uint8, a memory map stays one.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_array

from skdistill.nn._torch import torch

__all__ = [
    "Images",
    "Prepare",
    "Rows",
    "as_tensor",
    "first_rows",
    "is_dataset",
    "measure",
]

Array = npt.NDArray[Any]

#: Numbers of channels that tell a last axis from a first one.
_CHANNELS = (1, 3, 4)

#: Rows read at a time where a mean is taken.
_BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows to train on or to predict.

    Attributes
    ----------
    images : Tensor of shape (n_samples, ...), or Dataset
        Images as (n_samples, channels, height, width).
    targets : Tensor or object with ``batch(rows, images)``, or None
        Codes (n_samples,), int64, or targets (n_samples, n_classes), float32.
    weight : Tensor of shape (n_samples,) or None
        Mean 1.
    """

    images: Any
    targets: Any = None
    weight: Any = None

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Any) -> "Rows":
        """Return some rows, by place; targets of a source cannot be split."""
        images = (
            torch.utils.data.Subset(self.images, rows.tolist())
            if is_dataset(self.images)
            else self.images[rows]
        )
        targets, weight = (
            None if one is None else one[rows] for one in (self.targets, self.weight)
        )
        return Rows(images, targets, weight)


def is_dataset(X: Any) -> bool:
    """Whether `X` is a torch ``Dataset``."""
    return isinstance(X, torch.utils.data.Dataset)


class Images(torch.utils.data.Dataset):
    """Images of a user's Dataset: of items x or (x, ...), channels first.

    Parameters
    ----------
    items : torch Dataset
    channels : {"auto", "first", "last"}
    """

    def __init__(self, items: Any, channels: str) -> None:
        self.items = items
        self._move = False
        shape = tuple(self[0].shape)
        self._move = len(shape) == 3 and _channels_are_last(shape, channels)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, row: int) -> Any:
        item = self.items[row]
        image = torch.as_tensor(item[0] if isinstance(item, tuple | list) else item)
        image = image if image.dtype == torch.uint8 else image.float()
        return image.permute(2, 0, 1) if self._move else image


def as_tensor(X: Any, channels: str) -> Any:
    """Return rows as a tensor, images with their channels first, or a Dataset of such.

    Parameters
    ----------
    X : ndarray, memmap, tensor, Dataset, or what numpy makes an array of
    channels : {"auto", "first", "last"}
        Where the channels of images are; "auto" looks for an axis of 1, 3 or 4.

    Returns
    -------
    Tensor of shape (n_samples, n_features) or (n_samples, channels, height, width)
        uint8 or float32. Or :class:`Images` of a Dataset.

    Raises
    ------
    ValueError
        If a number is not finite, there are no rows, or channels cannot be told.
    TypeError
        If X does not hold real numbers.
    """
    if is_dataset(X):
        if not len(X):
            raise ValueError("X must have at least one row, got an empty Dataset.")
        return Images(X, channels)
    if isinstance(X, torch.Tensor):
        if X.is_complex() or X.layout != torch.strided:
            raise TypeError(
                f"X must be dense and real, got a tensor of {X.dtype}, {X.layout}."
            )
        X = X.detach()
        found = X if X.dtype == torch.uint8 else X.to(torch.float32)
        if found.is_floating_point() and not bool(torch.isfinite(found).all()):
            raise ValueError("X must be finite, got a tensor with NaN or infinity.")
    else:
        found = _from_numpy(_checked(X))
    if found.ndim < 2 or not len(found):
        raise ValueError(
            "X must have at least one row of features or one image, got an array of "
            f"shape {tuple(found.shape)}."
        )
    if found.ndim == 4 and _channels_are_last(tuple(found.shape[1:]), channels):
        return found.permute(0, 3, 1, 2)
    return found


def _checked(X: Any) -> Array:
    """Real and finite numbers as uint8 or float32; a memory map is read in blocks."""
    if isinstance(X, np.ndarray) and X.dtype == np.uint8 and X.ndim > 1:
        return X
    if isinstance(X, np.memmap) and X.dtype == np.float32:
        for start in range(0, len(X), _BLOCK):
            check_array(X[start : start + _BLOCK], dtype=np.float32, allow_nd=True)
        return X
    return np.asarray(check_array(X, dtype=np.float32, allow_nd=True, order="C"))


def _from_numpy(array: Array) -> Any:
    with warnings.catch_warnings():
        # Maps of joblib's workers are read-only; nothing here writes to rows.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        forward = all(step >= 0 for step in array.strides)
        return torch.from_numpy(array if forward else np.ascontiguousarray(array))


def first_rows(images: Any, n: int) -> Any:
    """Return the first rows of what :func:`as_tensor` returned, as a tensor."""
    if not is_dataset(images):
        return images[:n]
    return torch.stack([images[row] for row in range(min(n, len(images)))])


def _channels_are_last(shape: tuple[int, ...], channels: str) -> bool:
    if channels != "auto":
        return channels == "last"
    first, last = shape[0] in _CHANNELS, shape[2] in _CHANNELS
    if first == last:
        raise ValueError(
            "channels must be 'first' or 'last' for images whose axes do not tell "
            f"(exactly one of the outer ones is 1, 3 or 4), got shape {shape}."
        )
    return last


class Prepare(torch.nn.Module):
    """First layer of every network here: floats, channels first, standardised.

    Parameters
    ----------
    shape : tuple of int
        Of one row, channels first.
    mean, scale : Tensor of shape (channels,) or (n_features,), or None
        None leaves the numbers as they are.
    """

    def __init__(self, shape: tuple[int, ...], mean: Any = None, scale: Any = None):
        super().__init__()
        self.shape = tuple(shape)
        wide = (1, -1, *(1 for _ in shape[1:]))
        for name, value in (("mean", mean), ("scale", scale)):
            self.register_buffer(name, None if value is None else value.reshape(wide))

    def forward(self, rows: Any) -> Any:
        """Return rows as floats; images may still have their channels last."""
        if tuple(rows.shape[1:]) != self.shape and rows.ndim == 4:
            rows = rows.permute(0, 3, 1, 2)
        rows = rows if rows.is_floating_point() else rows.float()
        return rows if self.mean is None else (rows - self.mean) / self.scale


def measure(images: Any, standardize: Any) -> tuple[Any, Any]:
    """Mean and standard deviation of each channel or feature, float32, or two None.

    Parameters
    ----------
    images : Tensor of shape (n_samples, ...), or Dataset
    standardize : {"auto", True, False}
        "auto" standardises uint8 only.

    Returns
    -------
    mean, scale : Tensor of shape (channels,) or None
        A constant channel has scale 1.
    """
    if standardize == "auto":
        standardize = first_rows(images, 1).dtype == torch.uint8
    if not standardize:
        return None, None
    total: Any = 0.0
    squares: Any = 0.0
    count = 0
    for block in _blocks(images):
        sums = _sums_of_bytes if block.dtype == torch.uint8 else _sums
        once, twice = sums(block.transpose(0, 1).flatten(1))
        total, squares = total + once, squares + twice
        count += block.numel() // block.shape[1]
    mean = total / count
    scale = (squares / count - mean * mean).clamp_min(0).sqrt()
    scale = torch.where(scale > 1e-6 * mean.abs().clamp_min(1), scale, 1.0)
    return mean.float(), scale.float()


def _sums(channels: Any) -> tuple[Any, Any]:
    """Return sums of each channel, (n_channels, n), and of the squares in it."""
    wide = channels.double()
    return wide.sum(1), (wide * wide).sum(1)


def _sums_of_bytes(channels: Any) -> tuple[Any, Any]:
    """Return the same from counts of the 256 values: no wider copy of the images.

    15 million of them take .03 s instead of .2, of 3 s for an epoch of CNN5.
    """
    counts = torch.stack([torch.bincount(one, minlength=256) for one in channels])
    values = torch.arange(256, dtype=torch.float64, device=channels.device)
    wide = counts.double()
    return wide @ values, wide @ (values * values)


def _blocks(images: Any) -> Any:
    if is_dataset(images):
        for item in range(len(images)):
            yield images[item][None]
        return
    yield from torch.split(images, _BLOCK)
