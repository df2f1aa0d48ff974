"""Batches made where the network is: gathered and augmented on its device."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from skdistill.nn._augment import Augmentation, check_count, is_channels_last
from skdistill.nn._torch import torch

__all__ = ["DeviceBatches"]

Tensor = Any


class DeviceBatches:
    """Batches of images, targets and weights; each iteration is an epoch.

    The random numbers of an epoch, its order and its augmentations, are drawn at its
    start on the CPU and moved to the device at once. They are therefore the same on
    every device, and nothing but the generator's state decides them: an epoch that is
    begun from a saved state is the same epoch.

    Parameters
    ----------
    images : tensor or ndarray of shape (n, ...)
        Images (n, channels, height, width), or rows of any shape where nothing is
        augmented. They keep their dtype (uint8 takes a quarter of float32) and their
        memory format.
    targets : tensor of shape (n,) or (n, K), object with ``batch``, or None
        Labels or soft targets. An object is asked for each batch's targets as
        ``targets.batch(rows, images)``, with the images after augmentation, and with
        what else it names in a tuple ``targets.wants``: ``"views"``, (b,) numbers of
        the views that :class:`FixedViews` showed, or ``"host_rows"``, the rows
        once more, on the CPU.
    weight : tensor of shape (n,) or None
        Weights of the rows.
    batch_size : int
        Rows a batch; the last one may be smaller.
    shuffle : bool
        Whether the rows come in a new random order each epoch.
    augment : augmentation or callable, default=None
        One of this package, or ``augment(images, generator) -> images``.
    generator : torch.Generator on the CPU, default=None
        Source of the random numbers; None is torch's own.
    device : str or torch.device
        Where the batches are made.
    drop_last : bool, default=False
        Whether a last batch that is smaller than the others is left out.
    resident : bool, default=None
        Whether all images are moved to the device. Otherwise each batch is gathered
        on the CPU and moved, one batch ahead of the one in use, from pinned memory
        where there is a CUDA device. None does that for memory-mapped arrays only.

    Notes
    -----
    An iteration gives pairs ``(images, (rows, targets, weight))``: rows (b,), int64,
    targets and weight of these rows or None, all on the device.

    Raises
    ------
    TypeError, ValueError
        If `batch_size` is no positive int, the generator is not on the CPU, there are
        no rows, or the parts differ in length.

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn import DeviceBatches, HorizontalFlip
    >>> batches = DeviceBatches(
    ...     torch.zeros(5, 3, 8, 8, dtype=torch.uint8), torch.arange(5), None,
    ...     batch_size=2, shuffle=False, augment=HorizontalFlip(), device="cpu",
    ... )
    >>> [targets.tolist() for images, (rows, targets, weight) in batches]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        images: Any,
        targets: Any,
        weight: Tensor | None,
        *,
        batch_size: int,
        shuffle: bool,
        augment: Any = None,
        generator: Any = None,
        device: Any,
        drop_last: bool = False,
        resident: bool | None = None,
    ) -> None:
        self.n_rows = len(images)
        self.batch_size = check_count("batch_size", batch_size)
        self.shuffle = shuffle
        self.augment = augment
        self.generator = generator
        self.device = torch.device(device)
        self.drop_last = drop_last
        self._check(targets, weight)
        self.shape = tuple(images.shape[1:])
        if resident is None:
            resident = not isinstance(images, np.memmap)
        self.resident = resident
        self._images = (_Resident if resident else _Gathered)(images, self.device)
        self.targets = targets if hasattr(targets, "batch") else self._moved(targets)
        self.weight = self._moved(weight)

    def __len__(self) -> int:
        whole, rest = divmod(self.n_rows, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, tuple[Tensor, Any, Any]]]:
        order = torch.arange(self.n_rows)
        if self.shuffle:
            order = torch.randperm(self.n_rows, generator=self.generator)
        drawn = None
        if isinstance(self.augment, Augmentation):
            drawn = self.augment.draw_epoch(order, self.shape, self.generator)
            drawn = drawn.to(self.device)
        rows = order.to(self.device)
        spans = [
            slice(start, start + self.batch_size)
            for start in range(0, len(self) * self.batch_size, self.batch_size)
        ]
        loaded: Iterator[Tensor] = (
            self._images.take(order[span], rows[span]) for span in spans
        )
        if not self.resident:
            loaded = _one_ahead(loaded)
        for span, raw in zip(spans, loaded, strict=True):
            part = None if drawn is None else drawn[span]
            images = self._augmented(raw, part)
            targets = self._targets(rows[span], images, order[span], part)
            weight = self.weight
            if weight is not None:
                weight = weight.index_select(0, rows[span])
            yield images, (rows[span], targets, weight)

    def _augmented(self, images: Tensor, drawn: Tensor | None) -> Tensor:
        if drawn is not None:
            return self.augment.apply(images, drawn)
        if self.augment is not None:
            return self.augment(images, self.generator)
        return images

    def _targets(
        self, rows: Tensor, images: Tensor, order: Tensor, drawn: Tensor | None
    ) -> Any:
        """Targets of a batch: kept ones, or asked ones."""
        if self.targets is None:
            return None
        if not hasattr(self.targets, "batch"):
            return self.targets.index_select(0, rows)
        known = {"views": None if drawn is None else drawn[:, 0], "host_rows": order}
        wanted = {name: known[name] for name in getattr(self.targets, "wants", ())}
        return self.targets.batch(rows, images, **wanted)

    def _moved(self, values: Any) -> Tensor | None:
        return None if values is None else torch.as_tensor(values).to(self.device)

    def _check(self, targets: Any, weight: Any) -> None:
        if self.n_rows == 0:
            raise ValueError("images must have at least one row, got none.")
        for name, part in (("targets", targets), ("weight", weight)):
            if part is not None and part.shape[0] != self.n_rows:
                raise ValueError(
                    f"{name} must have {self.n_rows} rows, as images, got "
                    f"{part.shape[0]}."
                )
        if self.generator is not None and self.generator.device.type != "cpu":
            raise ValueError(
                "generator must be on the CPU, so that every device has the same "
                f"epochs, got one on {self.generator.device}."
            )
        if "views" in getattr(targets, "wants", ()) and targets.views != self.augment:
            raise ValueError(
                f"augment must be the views of the targets, {targets.views!r}, got "
                f"{self.augment!r}."
            )


class _Resident:
    """All images on the device; a batch is one gather there."""

    def __init__(self, images: Any, device: Any) -> None:
        # A copy of what is read-only: torch warns where it shares such memory.
        shared = torch.is_tensor(images) or images.flags.writeable
        images = torch.as_tensor(images) if shared else torch.tensor(images)
        self.last = is_channels_last(images)
        images = images.to(device)
        # index_select answers in the default format: it is shown rows of pixels.
        self.images = images.permute(0, 2, 3, 1) if self.last else images

    def take(self, order: Tensor, rows: Tensor) -> Tensor:
        """Images at `rows`, on the device."""
        del order
        taken = self.images.index_select(0, rows)
        return taken.permute(0, 3, 1, 2) if self.last else taken


class _Gathered:
    """Images on the CPU, or in a file; a batch is gathered there and moved."""

    def __init__(self, images: Any, device: Any) -> None:
        if torch.is_tensor(images):
            images = images.numpy()
        images = np.asarray(images)
        pixels = images.transpose(0, 2, 3, 1) if images.ndim == 4 else images
        self.last = not images.flags.c_contiguous and pixels.flags.c_contiguous
        self.images = pixels if self.last else images
        self.dtype = torch.from_numpy(np.empty(0, images.dtype)).dtype
        self.device = device

    def take(self, order: Tensor, rows: Tensor) -> Tensor:
        """Images at the rows `order`, on their way to the device."""
        del rows
        # Pinned memory comes from torch's cache, which reuses a buffer only when the
        # copy out of it is over; so batches in flight do not overwrite each other.
        taken = torch.empty(
            (len(order), *self.images.shape[1:]),
            dtype=self.dtype,
            pin_memory=self.device.type == "cuda",
        )
        self.images.take(order.numpy(), axis=0, out=taken.numpy(), mode="clip")
        taken = taken.to(self.device, non_blocking=True)
        return taken.permute(0, 3, 1, 2) if self.last else taken


def _one_ahead(items: Iterator[Tensor]) -> Iterator[Tensor]:
    """Ask for each item before the one in front of it is handed out."""
    ahead = next(items, None)
    for item in items:
        yield ahead
        ahead = item
    if ahead is not None:
        yield ahead
