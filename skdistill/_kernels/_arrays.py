"""What the wrappers share: array types, shapes, buffers and row chunks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

# Starting two threads costs as much as computing this many entries (both measured at
# about 0.2 ms), so with less than this per thread the work stays in the caller.
_ENTRIES_PER_THREAD = 32_768

AnyArray = npt.NDArray[Any]
Buffers = tuple[AnyArray, AnyArray | None]


def in_chunks(
    run: Callable[[slice], None], shape: tuple[int, ...], n_threads: int
) -> None:
    """Call `run` on slices that cover all rows; each row's result is its own."""
    if n_threads < 1:
        raise ValueError(f"n_threads must be at least 1, got {n_threads}.")
    n, entries = shape[0], shape[0] * shape[1]
    if n == 0:
        return
    parts = min(n_threads, n, max(1, entries // _ENTRIES_PER_THREAD))
    if parts == 1:
        run(slice(0, n))
        return
    edges = [n * i // parts for i in range(parts + 1)]
    # A pool for this call only: a pool kept by the module would hang after a fork.
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(run, map(slice, edges[:-1], edges[1:])))


def as_floats(
    name: str, array: npt.ArrayLike, dtype: npt.DTypeLike | None = None
) -> AnyArray:
    found = np.asarray(array)
    if found.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {found.dtype}.")
    if found.ndim != 2 or found.shape[1] == 0:
        raise ValueError(
            f"{name} must have shape (n_samples, n_classes) with a class or more, "
            f"got {found.shape}."
        )
    if dtype is None:
        dtype = np.float32 if found.dtype == np.float32 else np.float64
    return np.ascontiguousarray(found, dtype=dtype)


def as_operands(
    target: npt.ArrayLike, logit: npt.ArrayLike, sample_weight: npt.ArrayLike | None
) -> tuple[AnyArray, AnyArray, npt.NDArray[np.float64] | None]:
    t, f = as_floats("target", target), as_floats("logit", logit)
    if t.shape != f.shape:
        raise ValueError(
            f"target and logit must have one shape, got {t.shape} and {f.shape}."
        )
    if t.dtype != f.dtype:
        t, f = np.asarray(t, dtype=np.float64), np.asarray(f, dtype=np.float64)
    return t, f, as_weight(sample_weight, len(f))


def as_weight(
    sample_weight: npt.ArrayLike | None, n: int
) -> npt.NDArray[np.float64] | None:
    if sample_weight is None:
        return None
    weight = np.ascontiguousarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), got {weight.shape}.")
    return weight


def as_buffers(
    out: Buffers | None, dtype: Any, shape: tuple[int, ...], hessian: bool
) -> Buffers:
    if out is None:
        return np.empty(shape, dtype), np.empty(shape, dtype) if hessian else None
    grad, hess = out
    for name, buffer in (("gradient", grad), ("Hessian", hess)):
        if buffer is None and name == "Hessian" and not hessian:
            continue
        if not isinstance(buffer, np.ndarray) or buffer.dtype != dtype:
            kind = getattr(buffer, "dtype", type(buffer).__name__)
            raise TypeError(
                f"out must hold a {name} array of dtype {dtype}, got {kind}."
            )
        flags = buffer.flags
        if buffer.shape != shape or not (flags.c_contiguous and flags.writeable):
            raise ValueError(
                f"out must hold a writeable C-contiguous {name} array of shape "
                f"{shape}, got shape {buffer.shape}, contiguous "
                f"{flags.c_contiguous}, writeable {flags.writeable}."
            )
    return grad, hess if hessian else None


def as_codes(labels: npt.ArrayLike | None, n: int) -> npt.NDArray[np.intp]:
    if labels is None:
        raise ValueError(
            "labels must be given for variance='observed', got None. "
            "variance='plugin' needs none."
        )
    found = np.asarray(labels)
    if found.dtype.kind not in "iu":
        raise TypeError(f"labels must hold integers, got dtype {found.dtype}.")
    if found.shape != (n,):
        raise ValueError(f"labels must have shape ({n},), got {found.shape}.")
    return np.ascontiguousarray(found, dtype=np.intp)


def refuse_unknown(name: str, value: object, known: Any) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {sorted(known)}, got {value!r}.")
