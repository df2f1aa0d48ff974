"""The one path on which targets are coded, solved for and recorded."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._sklearn_compat import caller_level
from skdistill._validation import check_positive
from skdistill.diagnostics.complexity._gram import (
    as_kernel,
    diagonal,
    fingerprint,
    n_outputs,
)
from skdistill.diagnostics.complexity._record import SupervisionComplexity
from skdistill.diagnostics.complexity._solve import (
    Approximation,
    Solution,
    solve_approximately,
    solve_exactly,
)
from skdistill.diagnostics.complexity._targets import center_targets, check_targets
from skdistill.exceptions import ComplexityWarning

__all__ = ["Measured", "measure"]

Array = npt.NDArray[Any]

#: Rows of the matrix up to which "auto" is exact: 8000 take 8 s of a core
#: and at most 1.2 GiB (benchmarks/complexity.py).
EXACT_ROWS = 8000
#: Relative error from which a complexity is called rough.
_ROUGH = 0.1
_METHODS = ("auto", "cholesky", "nystroem", "cg")


@dataclass(frozen=True, slots=True)
class Measured:
    """Complexities of several targets of one kernel, and what they were made from.

    Attributes
    ----------
    records : dict of str to SupervisionComplexity
    x : ndarray of shape (n_rows, n_columns)
        ``(K + ridge)^-1`` of all targets, side by side.
    ridge : float
        What was added to the diagonal.
    diagonal : ndarray of shape (n_rows,)
        Of the kernel, without it.
    """

    records: dict[str, SupervisionComplexity]
    x: Array
    ridge: float
    diagonal: Array


def measure(
    kernel: Any,
    targets: Mapping[str, npt.ArrayLike],
    *,
    jitter: float,
    method: str,
    center: bool,
    settings: Approximation,
    label: str = "{}",
) -> Measured:
    """Measure several targets at the price of one factorisation.

    In messages the targets are called by `label`, filled with their name.
    """
    jitter = check_positive("jitter", jitter)
    _check_settings(method, settings)
    given = {
        name: _prepared(label.format(name), values, center, n_outputs(kernel))
        for name, values in targets.items()
    }
    for values in given.values():
        kernel = as_kernel(kernel, *values.shape)
    # Of a matrix-valued kernel, all outputs of all rows are one column.
    stacked = {
        name: values.reshape(kernel.n_samples * n_outputs(kernel), -1)
        for name, values in given.items()
    }
    columns = np.concatenate(list(stacked.values()), axis=1)
    diag = diagonal(kernel)
    ridge = jitter * float(diag.mean())
    if method == "auto":
        method = "cholesky" if len(columns) <= EXACT_ROWS else "cg"
    solved = _solve(kernel, columns, ridge, diag, method, settings)
    shared = {
        "jitter": jitter,
        "n_samples": kernel.n_samples,
        "kernel": str(getattr(kernel, "name", type(kernel).__name__)),
        "fingerprint": fingerprint(kernel),
        "method": method,
    }
    trace = float((diag + ridge).sum()) / n_outputs(kernel)
    records, start = {}, 0
    for name, values in stacked.items():
        own = slice(start, start + values.shape[1])
        start = own.stop
        records[name] = _record(given[name], solved, own, ridge, trace, shared)
    _warn_of_wide_bounds(records)
    return Measured(records, solved.x, ridge, diag)


def _solve(
    kernel: Any,
    columns: Array,
    ridge: float,
    diag: Array,
    method: str,
    settings: Approximation,
) -> Solution:
    """Solve for the columns that are not zero: a class that no row has is simple."""
    varied: Array = np.asarray(columns.any(axis=0))
    if method == "cholesky":
        part = solve_exactly(kernel, columns[:, varied], ridge)
    else:
        part = solve_approximately(
            kernel, columns[:, varied], ridge, diag, settings, refine=method == "cg"
        )
    x = np.zeros_like(columns)
    lower, upper = np.zeros((2, len(varied)))
    x[:, varied], lower[varied], upper[varied] = part.x, part.lower, part.upper
    return Solution(x, lower, upper)


def _record(
    values: Array,
    solved: Solution,
    own: slice,
    ridge: float,
    trace: float,
    shared: dict[str, Any],
) -> SupervisionComplexity:
    lower, upper = float(solved.lower[own].sum()), float(solved.upper[own].sum())
    n_samples = len(values)
    # Conjugate gradients reach the value from below, long before their bound shows it;
    # of Nystroem's bounds neither is the nearer one.
    factor = upper / lower
    raw = float(lower if shared["method"] == "cg" else lower * np.sqrt(factor))
    adjusted = float(np.sqrt(raw * trace)) / n_samples
    return SupervisionComplexity(
        raw=raw,
        adjusted=adjusted,
        normalized=adjusted / float(np.sqrt((values**2).sum() / n_samples)),
        jitter_share=min(1.0, ridge * float((solved.x[:, own] ** 2).sum()) / raw),
        n_targets=values.shape[1],
        relative_error=max(factor, 1.0) ** (1 if shared["method"] == "cg" else 0.5) - 1,
        **shared,
    )


def _prepared(name: str, values: npt.ArrayLike, center: bool, outputs: int) -> Array:
    if center:
        values = center_targets(values, one_column=outputs == 1, name=name)
    return check_targets(name, values)


def _warn_of_wide_bounds(records: Mapping[str, SupervisionComplexity]) -> None:
    rough = [r for r in records.values() if r.relative_error > _ROUGH]
    if rough:
        remedy = (
            "Raise max_iter or n_components."
            if rough[0].method == "cg"
            else 'Take method="cg", or raise n_components.'
        )
        warnings.warn(
            f"The complexity of {len(rough)} of {len(records)} targets is known "
            "roughly only, within a relative error of "
            f"{max(r.relative_error for r in rough):.2g}. {remedy}",
            ComplexityWarning,
            stacklevel=caller_level(),
        )


def _check_settings(method: str, settings: Approximation) -> None:
    if method not in _METHODS:
        raise ValueError(f"method must be one of {_METHODS}, got {method!r}.")
    check_positive("tol", settings.tol)
    for name in ("n_components", "max_iter"):
        value = getattr(settings, name)
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a positive integer, got {value!r}.")
