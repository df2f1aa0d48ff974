"""A kernel matrix that is read in blocks: of an array, or of an object with `gram`."""

from collections.abc import Iterator
from typing import Any, Protocol

import joblib
import numpy as np
import numpy.typing as npt

__all__ = [
    "ArrayKernel",
    "Kernel",
    "as_kernel",
    "diagonal",
    "fingerprint",
    "hold",
    "lower_triangle",
    "multiply",
    "n_outputs",
]

Array = npt.NDArray[Any]

#: Bytes of one block of rows: what is held beside the matrix itself.
_BLOCK_BYTES = 64 * 2**20
#: Largest matrix that is kept for repeated products: of 16,384 rows.
_HELD_BYTES = 2 * 2**30
#: Largest difference between K and its transpose, as a share of its largest entry.
_ASYMMETRY = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-8}
_N_SAMPLED = 256


class Kernel(Protocol):
    """What `supervision_complexity` asks of a kernel object.

    Attributes
    ----------
    name : str
        What it is, for people.
    n_samples : int
        Number of rows n.

    Optional are ``n_outputs`` (int, default 1), for matrix-valued kernels, and
    ``fingerprint`` (str), equal for equal kernels; without it one is taken from the
    values at evenly spaced rows.

    Examples
    --------
    A kernel of one's own, of which no matrix of n x n numbers is ever held:

    >>> import numpy as np
    >>> from skdistill.diagnostics import supervision_complexity
    >>> class Distance:
    ...     name, n_samples = "exp(-|a - b|)", 40
    ...     def gram(self, rows, cols):
    ...         x = np.linspace(0, 4, 40)
    ...         return np.exp(-np.abs(x[rows][:, None] - x[cols]))
    >>> y = (np.arange(40) >= 20).astype(float)
    >>> record = supervision_complexity(Distance(), y)
    >>> record.kernel, record.n_samples
    ('exp(-|a - b|)', 40)
    """

    name: str
    n_samples: int

    def gram(self, rows: Any, cols: Any) -> Array:
        """Entries for two sets of rows, each a slice or an integer array.

        Of shape (n_rows, n_cols), times `n_outputs` on both sides: row
        ``i * n_outputs + c`` belongs to output c of sample i.
        """
        ...


class ArrayKernel:
    """A kernel matrix at hand.

    Parameters
    ----------
    matrix : array-like of shape (n_samples * n_outputs, n_samples * n_outputs)
        Symmetric and finite; float64 is not copied.
    n_outputs : int, default=1
        Outputs of a matrix-valued kernel: consecutive rows belong to one sample.
    name : str, default="array"

    Raises
    ------
    TypeError
        If the entries are not real numbers.
    ValueError
        If the matrix is not square, not symmetric, or has a NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.diagnostics.complexity import ArrayKernel
    >>> ArrayKernel(np.eye(4)).gram(slice(0, 2), slice(0, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]])
    """

    def __init__(
        self, matrix: npt.ArrayLike, *, n_outputs: int = 1, name: str = "array"
    ) -> None:
        matrix = np.asarray(matrix)
        if matrix.dtype.kind not in "fiub":
            raise TypeError(f"kernel must hold real numbers, got dtype {matrix.dtype}.")
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
            raise ValueError(
                f"kernel must be a square matrix, got an array of shape {matrix.shape}."
            )
        if matrix.shape[0] % n_outputs:
            raise ValueError(
                f"kernel must have n_samples * {n_outputs} rows, got {matrix.shape[0]}."
            )
        asymmetry = _ASYMMETRY.get(matrix.dtype, 1e-8)
        self.matrix = matrix.astype(np.float64, copy=False)
        self.n_outputs = n_outputs
        self.n_samples = matrix.shape[0] // n_outputs
        self.name = name
        self._refuse_nonfinite()
        self._refuse_asymmetry(asymmetry)

    def gram(self, rows: Any, cols: Any) -> Array:
        """Entries for two sets of rows; views of the matrix where slices are asked."""
        rows, cols = self._expand(rows), self._expand(cols)
        if isinstance(rows, slice) or isinstance(cols, slice):
            return np.asarray(self.matrix[rows, cols])
        return self.matrix[np.ix_(rows, cols)]

    @property
    def fingerprint(self) -> str:
        """Hash of all entries."""
        return str(joblib.hash(self.matrix))

    def _expand(self, rows: Any) -> Any:
        k = self.n_outputs
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(self.n_samples)
            return slice(start * k, stop * k)
        return (np.asarray(rows)[:, None] * k + np.arange(k)).ravel()

    def _refuse_nonfinite(self) -> None:
        for rows in _blocks(self):
            bad = ~np.isfinite(self.matrix[rows])
            if bad.any():
                i, j = np.argwhere(bad)[0]
                raise ValueError(
                    f"kernel must be finite, got {self.matrix[rows][i, j]} in row "
                    f"{rows.start + i}, column {j}."
                )

    def _refuse_asymmetry(self, tolerance: float) -> None:
        gap = largest = 0.0
        for rows in _blocks(self):
            block, mirror = self.matrix[rows, : rows.stop], self.matrix[: rows.stop]
            gap = max(gap, float(np.abs(block - mirror[:, rows].T).max()))
            largest = max(largest, float(np.abs(block).max()))
        if gap > tolerance * largest:
            raise ValueError(
                "kernel must be symmetric, got entries that differ from their mirror "
                f"image by up to {gap:.3g}. Pass (K + K.T) / 2 if this is rounding."
            )


def as_kernel(kernel: Any, n_rows: int, n_columns: int) -> Any:
    """Return `kernel` as an object with `gram`, fit for targets of the given shape.

    Parameters
    ----------
    kernel : array-like or object with ``gram`` and ``n_samples``
    n_rows, n_columns : int
        Shape of the targets. A matrix of n_rows * n_columns rows is matrix-valued.

    Raises
    ------
    TypeError
        If `kernel` is neither.
    ValueError
        If its rows are not those of the targets.
    """
    if not hasattr(kernel, "gram"):
        size = len(kernel) if hasattr(kernel, "__len__") else 0
        blocks = n_columns if size == n_rows * n_columns != n_rows else 1
        kernel = ArrayKernel(kernel, n_outputs=blocks)
    elif not hasattr(kernel, "n_samples"):
        raise TypeError(
            "kernel must be a matrix or have gram(rows, cols) and n_samples, got "
            f"{type(kernel).__name__}."
        )
    if kernel.n_samples != n_rows:
        raise ValueError(
            f"targets must have one row for each of the kernel's {kernel.n_samples} "
            f"samples, got {n_rows}."
        )
    outputs = n_outputs(kernel)
    if outputs > 1 and outputs != n_columns:
        raise ValueError(
            f"targets must have the kernel's {outputs} outputs as columns, got "
            f"{n_columns}."
        )
    return kernel


def n_outputs(kernel: Any) -> int:
    """Count the outputs of a kernel: 1 unless it says otherwise."""
    return int(getattr(kernel, "n_outputs", 1))


def _blocks(kernel: Any) -> Iterator[slice]:
    """Slices of the matrix' rows, whole samples each, so that a block stays small."""
    k, n = n_outputs(kernel), kernel.n_samples
    step = max(1, _BLOCK_BYTES // (8 * n * k * k)) * k
    for start in range(0, n * k, step):
        yield slice(start, min(start + step, n * k))


def _samples(kernel: Any, rows: slice) -> slice:
    k = n_outputs(kernel)
    return slice(rows.start // k, rows.stop // k)


def diagonal(kernel: Any) -> Array:
    """Diagonal of the matrix, (n_samples * n_outputs,)."""
    k, n = n_outputs(kernel), kernel.n_samples
    found = np.empty(n * k)
    step = max(1, 256 // k)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        block = np.asarray(kernel.gram(rows, rows))
        size = (rows.stop - start) * k
        if block.shape != (size, size):
            raise ValueError(
                f"kernel.gram must return shape {(size, size)} for {rows}, got "
                f"{block.shape}."
            )
        if not np.allclose(block, block.T, rtol=1e-5, atol=1e-8 * np.abs(block).max()):
            raise ValueError(
                f"kernel must be symmetric, got a block of {rows} that is not."
            )
        found[start * k : rows.stop * k] = np.diagonal(block)
    if not np.isfinite(found).all():
        raise ValueError(
            f"kernel must be finite, got {found[~np.isfinite(found)][0]} on its "
            "diagonal."
        )
    if (found < 0).any() or not found.any():
        raise ValueError(
            "kernel must be positive definite, got a diagonal with smallest entry "
            f"{found.min():.3g} and largest {found.max():.3g}. A kernel value k(x, x) "
            "is a squared length."
        )
    return found


def lower_triangle(kernel: Any) -> Array:
    """Copy the matrix, of which only the lower triangle is meant, (N, N), C order."""
    size = kernel.n_samples * n_outputs(kernel)
    matrix = np.empty((size, size))
    for rows in _blocks(kernel):
        block = kernel.gram(
            _samples(kernel, rows), _samples(kernel, slice(0, rows.stop))
        )
        matrix[rows, : rows.stop] = block
    return matrix


def multiply(kernel: Any, columns: Array) -> Array:
    """Product of the matrix and `columns` (N, m), without ever holding the matrix."""
    product = np.empty(columns.shape)
    for rows in _blocks(kernel):
        block = kernel.gram(_samples(kernel, rows), slice(0, kernel.n_samples))
        product[rows] = block @ columns
    return product


def hold(kernel: Any) -> Any:
    """Return the kernel as a matrix at hand if that is small enough, or as it is.

    Making the entries of an RBF kernel costs ten times what multiplying them does.
    """
    k = n_outputs(kernel)
    size = kernel.n_samples * k
    if isinstance(kernel, ArrayKernel) or 8 * size**2 > _HELD_BYTES:
        return kernel
    matrix = np.empty((size, size))
    for rows in _blocks(kernel):
        matrix[rows] = kernel.gram(_samples(kernel, rows), slice(0, kernel.n_samples))
    return ArrayKernel(matrix, n_outputs=k)


def fingerprint(kernel: Any) -> str:
    """Tell kernels apart by a hash: their own, or of the values at 256 rows."""
    own = getattr(kernel, "fingerprint", None)
    if own is not None:
        return str(own)
    n = kernel.n_samples
    rows = np.unique(np.linspace(0, n - 1, min(n, _N_SAMPLED)).astype(int))
    return str(
        joblib.hash((type(kernel).__qualname__, np.asarray(kernel.gram(rows, rows))))
    )
