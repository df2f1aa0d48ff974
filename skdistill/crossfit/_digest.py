"""What tells the data and the teacher of one fit from others: their hash.

``joblib.hash``, but for tensors, which torch pickles with an id that each process
draws anew: no store would find them again.
"""

import sys
from typing import Any

import joblib
from joblib.hashing import NumpyHasher

from skdistill._torch_rows import is_tensor

__all__ = ["digest"]


class _Hasher(NumpyHasher):
    """Reads tensors as it reads arrays: their bytes, streamed, wherever they lie."""

    def save(self, obj: Any) -> None:
        if is_tensor(obj) and str(obj.layout) == "torch.strided":
            kind, values = type(obj).__qualname__, obj.detach().cpu().ravel()
            values = values.contiguous().view(sys.modules["torch"].uint8).numpy()
            obj = (kind, str(obj.dtype), tuple(obj.shape), obj.requires_grad, values)
        super().save(obj)


def digest(thing: Any) -> str:
    """Hash any picklable object; the same in every process.

    Memory-mapped arrays and arrays in memory are alike, and neither is copied.
    """
    if "torch" not in sys.modules:
        return str(joblib.hash(thing, coerce_mmap=True))
    return str(_Hasher(hash_name="md5", coerce_mmap=True).hash(thing))
