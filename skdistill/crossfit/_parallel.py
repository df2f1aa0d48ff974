"""joblib, with results as they come wherever the backend can do that."""

from collections.abc import Iterable, Iterator
from numbers import Integral
from typing import Any

from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

__all__ = ["check_n_jobs", "run_parallel"]


def check_n_jobs(n_jobs: Any) -> None:
    """Refuse what joblib would refuse without naming it."""
    if n_jobs is not None and not isinstance(n_jobs, Integral):
        raise TypeError(f"n_jobs must be None or an int other than 0, got {n_jobs!r}.")
    if n_jobs == 0:
        raise ValueError("n_jobs must be None or an int other than 0, got 0.")


def run_parallel(
    calls: Iterable[Any], n_jobs: int | None, *, ordered: bool
) -> Iterator[Any]:
    """Run delayed calls; yield their results as they end, or in their order.

    Each call is dispatched by itself: of a batch of several, all would be lost with
    one. Ray's backend knows no generators: there all results come at the end.
    """
    check_n_jobs(n_jobs)
    backend, _ = get_active_backend()
    if not getattr(backend, "supports_return_generator", False):
        return iter(Parallel(n_jobs=n_jobs, batch_size=1)(calls))
    return_as = "generator" if ordered else "generator_unordered"
    results: Iterator[Any] = Parallel(n_jobs=n_jobs, batch_size=1, return_as=return_as)(
        calls
    )
    return results
