"""joblib, with results as they come wherever the backend can do that."""

from collections.abc import Iterable, Iterator
from typing import Any

from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

__all__ = ["run_parallel"]


def run_parallel(
    calls: Iterable[Any], n_jobs: int | None, *, ordered: bool
) -> Iterator[Any]:
    """Run delayed calls; yield their results as they end, or in their order.

    Each call is dispatched by itself: of a batch of several, all would be lost with
    one. Ray's backend knows no generators: there all results come at the end.
    """
    backend, _ = get_active_backend()
    if not getattr(backend, "supports_return_generator", False):
        return iter(Parallel(n_jobs=n_jobs, batch_size=1)(calls))
    return_as = "generator" if ordered else "generator_unordered"
    results: Iterator[Any] = Parallel(n_jobs=n_jobs, batch_size=1, return_as=return_as)(
        calls
    )
    return results
