"""Rows that are torch's: tensors and data sets. Torch itself is never imported.

Whoever has a tensor has imported it: it is looked for among the loaded modules.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["is_dataset", "is_tensor", "joined", "parts", "subset"]


def is_tensor(X: Any) -> bool:
    """Whether `X` is a torch tensor."""
    torch: Any = sys.modules.get("torch")
    return hasattr(torch, "Tensor") and isinstance(X, torch.Tensor)


def is_dataset(X: Any) -> bool:
    """Whether `X` is a torch ``Dataset``, a ``Subset`` among them.

    Raises
    ------
    TypeError
        If it is an ``IterableDataset``, which has no rows to take.
    """
    data: Any = sys.modules.get("torch.utils.data")
    if not hasattr(data, "Dataset") or not isinstance(X, data.Dataset):
        return False
    if isinstance(X, data.IterableDataset):
        raise TypeError(
            f"X must be a Dataset with __getitem__ and __len__, got the iterable "
            f"{type(X).__name__}, whose rows cannot be taken by number."
        )
    return True


def subset(dataset: Any, rows: Any) -> Any:
    """Take rows of a data set as a ``Subset``; those of one, of what it was cut from.

    A fold of a fold then looks a row up once, and ships one array of numbers.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
    rows : slice, or sequence of int or bool

    Returns
    -------
    torch.utils.data.Subset
    """
    kind = sys.modules["torch.utils.data"].Subset
    rows = np.arange(len(dataset))[rows]
    while type(dataset) is kind:  # a class of the user's may do more
        rows, dataset = (
            np.asarray(dataset.indices, dtype=np.intp)[rows],
            dataset.dataset,
        )
    return kind(dataset, rows)


def joined(first: Any, second: Any) -> Any:
    """Put the rows of one tensor or data set below those of another."""
    if is_tensor(first):
        return sys.modules["torch"].cat([first, second])
    return sys.modules["torch.utils.data"].ConcatDataset([first, second])


def parts(dataset: Any) -> Iterator[Any]:
    """Yield a data set, those it is made of, and the functions that they call."""
    yield dataset
    for value in vars(dataset).values():
        for one in value if isinstance(value, list | tuple) else (value,):
            if is_dataset(one):
                yield from parts(one)
            elif callable(one):
                yield one
