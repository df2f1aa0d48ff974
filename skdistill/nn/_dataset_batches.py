"""Batches of a torch ``Dataset``, whose items are asked for anew in every epoch."""

from collections.abc import Iterator
from typing import Any

from skdistill.nn._torch import torch

__all__ = ["DatasetBatches"]


class DatasetBatches:
    """A ``DataLoader`` that knows the places of its rows.

    Parameters
    ----------
    images : torch Dataset
        Of images alone.
    targets : Tensor of shape (n_samples, ...), object with ``batch``, or None
    weight : Tensor of shape (n_samples,) or None
    batch_size : int
    shuffle : bool
    augment : callable or None
    generator : torch.Generator
        Of the order of rows and the augmentation.
    device : str or torch.device
    **kwargs
        ``DataLoader``'s, such as ``num_workers``.
    """

    def __init__(
        self,
        images: Any,
        targets: Any = None,
        weight: Any = None,
        *,
        batch_size: int,
        shuffle: bool,
        augment: Any = None,
        generator: Any = None,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> None:
        if "views" in getattr(targets, "wants", ()):
            raise TypeError(
                "X must be an array or tensor where targets are those of fixed views, "
                "got a Dataset."
            )
        self.targets, self.weight = (
            one.to(device) if isinstance(one, torch.Tensor) else one
            for one in (targets, weight)
        )
        self.augment, self.generator, self.device = augment, generator, device
        self.shuffle = shuffle
        self.loader = torch.utils.data.DataLoader(
            _Placed(images),
            batch_size=batch_size,
            sampler=_Order(len(images), generator) if shuffle else None,
            generator=torch.Generator(),
            **kwargs,
        )

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        self._seed_workers()
        for stacked, places in self.loader:
            images = stacked.to(self.device, non_blocking=True)
            rows = places.to(self.device)
            if self.augment is not None:
                images = self.augment(images, self.generator)
            weight = None if self.weight is None else self.weight[rows]
            yield images, (rows, self._targets(rows, images, places), weight)

    def _targets(self, rows: Any, images: Any, places: Any) -> Any:
        if not hasattr(self.targets, "batch"):
            return None if self.targets is None else self.targets[rows]
        asks = "host_rows" in getattr(self.targets, "wants", ())
        known = {"host_rows": places} if asks else {}
        return self.targets.batch(rows, images, **known)

    def _seed_workers(self) -> None:
        """Give workers seeds of this epoch, the same when it is begun again."""
        if not self.loader.num_workers:
            return
        source = self.generator
        if self.shuffle and source is not None:
            # A look ahead: the order of rows is to be that of an array.
            source = torch.Generator().set_state(source.get_state())
        seed = torch.randint(2**62, (), generator=source)
        self.loader.generator.manual_seed(int(seed))


class _Order(torch.utils.data.Sampler):
    """A new order of the rows in every epoch, as :class:`DeviceBatches` draws it."""

    def __init__(self, n: int, generator: Any) -> None:
        self.n, self.generator = n, generator

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        yield from torch.randperm(self.n, generator=self.generator).tolist()


class _Placed(torch.utils.data.Dataset):
    """Items of a Dataset with their places."""

    def __init__(self, images: Any) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> Any:
        return self.images[row], row
