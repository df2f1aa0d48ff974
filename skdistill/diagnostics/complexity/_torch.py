"""Empirical neural tangent kernel of a torch module, in blocks, on its own device."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt

from skdistill.diagnostics.complexity._mlp import check_outputs
from skdistill.exceptions import MissingDependencyError

__all__ = ["ModuleKernel", "is_module", "rows_in_passing"]

Array = npt.NDArray[Any]

#: Rows whose Jacobians one call takes at most.
_CHUNK = 256
#: For the Jacobians of all rows.
_MAX_BYTES = 2**30


def is_module(student: Any) -> bool:
    """Whether `student` is a torch module; does not import torch."""
    return any(
        kind.__module__ == "torch.nn.modules.module" and kind.__name__ == "Module"
        for kind in type(student).__mro__
    )


def rows_in_passing(module: Any, n_outputs: int, most: int) -> int:
    """Rows, `most` at most, whose Jacobians fit the memory of a kernel's default.

    Beyond it each is made again for every block. A thousand images and a ResNet-20 of
    ten outputs have 22 GB of them.
    """
    n_free = sum(p.numel() for p in module.parameters() if p.requires_grad)
    return int(min(most, _MAX_BYTES // max(1, 8 * n_outputs * n_free)))


class ModuleKernel:
    """Empirical neural tangent kernel of a ``torch.nn.Module``.

    Entry ((i, c), (j, d)) is the inner product of the gradients, over all parameters
    that require one, of output c at row i and output d at row j; at initialisation or
    at a checkpoint, whatever the module holds. It is evaluated in evaluation mode, so
    that rows do not depend on each other, in double precision, on the module's device,
    by ``torch.func``. The module is left as it was.

    Parameters
    ----------
    module : torch.nn.Module
        Of a batch of rows to (n_rows, n_outputs) or (n_rows,): logits, not
        probabilities.
    X : tensor or array-like of shape (n_samples, ...)
    outputs : {"block", "mean"}, default="block"
        "block" is the matrix-valued kernel; "mean" averages it over equal outputs, and
        takes all outputs to share one kernel: smaller by the square of their number.
    max_bytes : int, default=2**30
        For Jacobians of n_outputs * n_parameters * 8 bytes a row. Where they do not
        all fit they are made again for every block, which holds as many as do.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    ValueError
        If no parameter requires a gradient.

    Examples
    --------
    The tangent kernel of a linear layer without bias is the inner product of rows:

    >>> import torch
    >>> from skdistill.diagnostics.complexity import ModuleKernel
    >>> layer = torch.nn.Linear(2, 1, bias=False)
    >>> kernel = ModuleKernel(layer, [[1.0, 0.0], [1.0, 2.0]])
    >>> kernel.gram(slice(0, 2), slice(0, 2))
    array([[1., 1.],
           [1., 5.]])
    """

    def __init__(
        self,
        module: Any,
        X: Any,
        *,
        outputs: str = "block",
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        check_outputs(outputs)
        self._torch = torch = _import_torch()
        self._module, self._mean = module, outputs == "mean"
        parameters = {k: p.detach() for k, p in module.named_parameters()}
        trained = {k for k, p in module.named_parameters() if p.requires_grad}
        if not trained:
            raise ValueError(
                "student must have a parameter that requires a gradient, got a "
                f"{type(module).__name__} without any."
            )
        state = {**parameters, **dict(module.named_buffers())}
        state = {
            k: v.double() if v.is_floating_point() else v for k, v in state.items()
        }
        self._free = {k: state.pop(k) for k in parameters if k in trained}
        self._fixed = state
        device = next(iter(self._free.values())).device
        if not torch.is_tensor(X):
            X = np.require(X, requirements="W")  # torch warns of mapped files
        rows = torch.as_tensor(X).to(device)
        self._X = rows.double() if rows.is_floating_point() else rows
        self.n_samples = len(rows)
        with _evaluating(module):
            self._width = int(self._outputs(self._free, self._X[0]).numel())
        self.n_outputs = 1 if self._mean else self._width
        self.name = f"neural tangent kernel of {type(module).__name__}"
        per_row = 8 * self._width * sum(p.numel() for p in self._free.values())
        self._step = max(1, max_bytes // (3 * per_row))
        fits = self.n_samples * per_row <= max_bytes
        self._held = self._jacobian(self._X) if fits else None

    @property
    def fingerprint(self) -> str:
        """Hash of the architecture as it prints, all parameters and the rows."""
        state = {**self._free, **self._fixed}
        held = {k: v.cpu().numpy() for k, v in state.items()}
        parts = (str(self._module), self._mean, held, self._X.cpu().numpy())
        return str(joblib.hash(parts))

    def gram(self, rows: Any, cols: Any) -> Array:
        """Entries for two sets of rows, times the number of outputs."""
        k = self.n_outputs
        n, m = (len(range(self.n_samples)[s]) if isinstance(s, slice) else len(s)
                for s in (rows, cols))  # fmt: skip
        found = np.empty((n * k, m * k))
        for i, left in self._features(rows):
            for j, right in self._features(cols):
                block = (left @ right.T).cpu().numpy()
                found[i : i + block.shape[0], j : j + block.shape[1]] = block
        return found

    def _features(self, rows: Any) -> Iterator[tuple[int, Any]]:
        """Yield the Jacobians of consecutive rows, and the row of the result."""
        index = rows if isinstance(rows, slice) else self._torch.as_tensor(rows)
        if self._held is not None:
            held = self._held[index]
            yield 0, held.reshape(-1, held.shape[-1])
            return
        chosen = self._X[index]
        for start in range(0, len(chosen), self._step):
            part = self._jacobian(chosen[start : start + self._step])
            yield start * self.n_outputs, part.reshape(-1, part.shape[-1])

    def _jacobian(self, rows: Any) -> Any:
        """Gradients of the outputs, (n_rows, n_outputs, n_parameters).

        Averaging over outputs is stacking them as one long gradient.
        """
        torch = self._torch
        of_rows = torch.func.vmap(torch.func.jacrev(self._outputs), in_dims=(None, 0))
        found = []
        with _evaluating(self._module), torch.no_grad():
            for chunk in torch.split(rows, min(_CHUNK, self._step)):
                parts = of_rows(self._free, chunk).values()
                flat = [part.reshape(len(chunk), self._width, -1) for part in parts]
                found.append(torch.cat(flat, dim=2))
        jacobian = torch.cat(found)
        if self._mean:
            jacobian = jacobian.reshape(len(rows), 1, -1) / self._width**0.5
        return jacobian

    def _outputs(self, free: Any, row: Any) -> Any:
        found = self._torch.func.functional_call(
            self._module, {**free, **self._fixed}, (row[None],)
        )
        return found.reshape(-1)


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """Set evaluation mode, and then every part's own mode again."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def _import_torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise MissingDependencyError(
            "The tangent kernel of a module needs torch, which is not installed. "
            'Install it with: pip install "skdistill[torch]"'
        ) from error
