"""The one module that imports Dask, on demand, and that starts its computations.

A pass over the data goes window by window: what is asked of the scheduler at a time are
as many partitions as the cluster has threads. Left to itself a scheduler reads ahead
wherever a worker is idle, and learners that are fed one partition after the other leave
workers idle: memory would fill with partitions that wait for their turn.
"""

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import uuid4

from skdistill.exceptions import MissingDependencyError

__all__ = [
    "client",
    "compute_each",
    "delayed",
    "import_dask",
    "is_array",
    "is_collection",
    "is_series",
    "keep",
    "keep_each",
    "pin_each",
    "stack",
    "tasks_of",
    "windows",
]


def import_dask(name: str = "dask") -> Any:
    """Import a module of the extra ``skdistill[distributed]``.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"Distilling in partitions needs {name}, which is not installed. "
            'Install it with: pip install "skdistill[distributed]"'
        ) from error


def is_array(data: Any) -> bool:
    """Whether `data` is a Dask array."""
    return _is(data, "dask.array", "Array")


def is_series(data: Any) -> bool:
    """Whether `data` is one column of a Dask dataframe."""
    return _is(data, "dask.dataframe", "Series")


def is_collection(data: Any) -> bool:
    """Whether `data` is a Dask array or dataframe, or a column of one."""
    return is_array(data) or is_series(data) or _is(data, "dask.dataframe", "DataFrame")


def _is(data: Any, module: str, name: str) -> bool:
    # Whoever holds such an object has imported the module that makes it.
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(data, getattr(loaded, name))


def delayed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` as one that makes a task of each call."""
    # Not pure: the key would be a digest of the arguments, models among them.
    task: Callable[..., Any] = import_dask("dask").delayed(
        function, pure=False, traverse=False
    )
    return task


def client() -> Any:
    """Return the client of the running cluster; None without one."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None


def tasks_of(*collections: Any) -> list[tuple[Any, ...]]:
    """Return the partitions of collections as delayed, under keys of their own.

    Optimised collections hold other tasks under the keys they had before, and a
    scheduler that meets both forms warns at best and loses a key at worst (seen with
    labels and the rows that were chosen by them). ``dask.graph_manipulation.clone``
    would rename too, but loses keys where y is made from X, and takes no dataframes.
    """
    spec = import_dask("dask._task_spec")
    task = import_dask("dask.delayed").Delayed
    highlevel = import_dask("dask.highlevelgraph").HighLevelGraph
    # Dataframes read only the columns they need once they are optimised.
    ready = [one if is_array(one) else one.optimize() for one in collections]
    graph: dict[Any, Any] = {}
    for one in ready:
        graph.update(one.__dask_graph__())
    mark = uuid4().hex
    new = {key: _marked(key, mark) for key in graph}
    renamed = {
        new[key]: node.substitute(new, key=new[key])
        for key, node in spec.convert_legacy_graph(graph).items()
    }

    def one_task(key: Any) -> Any:
        # Its own part of the graph alone: all of it would travel with every window.
        layer = f"{key[0]}-{key[1]}"
        part = highlevel.from_collections(layer, _needed(key, renamed), dependencies=())
        return task(key, part, layer=layer)

    return [tuple(one_task(new[key]) for key in _keys(one)) for one in ready]


def _needed(key: Any, graph: dict[Any, Any]) -> dict[Any, Any]:
    """Return the part of a graph that one key depends on."""
    needed: dict[Any, Any] = {}
    open_keys = [key]
    while open_keys:
        found = open_keys.pop()
        if found not in needed:
            needed[found] = graph[found]
            open_keys.extend(graph[found].dependencies)
    return needed


def _keys(collection: Any) -> list[Any]:
    """Keys of the partitions; an array of rows has one block of columns."""
    keys = list(collection.__dask_keys__())
    return [key[0] if isinstance(key, list) else key for key in keys]


def _marked(key: Any, mark: str) -> Any:
    if isinstance(key, tuple):
        return (f"{key[0]}-{mark}", *key[1:])
    return f"{key}-{mark}"


def windows(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Cut `items` into as many at a time as there are threads to work on them."""
    running = client()
    if running is None:
        size = int(import_dask("dask.system").CPU_COUNT)
    else:
        size = max(sum(running.nthreads().values()), 1)
    for start in range(0, len(items), size):
        yield items[start : start + size]


def compute_each(make: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Bring ``make(item)``, which must be small, of every item here."""
    dask = import_dask("dask")
    return [
        result
        for window in windows(items)
        for result in dask.compute(*map(make, window))
    ]


def keep_each(make: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Compute ``make(item)`` of every item and leave it where it was computed."""
    return [task for window in windows(items) for task in keep(map(make, window))]


def pin_each(tasks: Sequence[Any]) -> list[Any]:
    """Compute tasks and leave their results on workers that depend on nothing else.

    XGBoost sums up over the rows of a worker, so that which rows these are decides
    about the last digits, and they about splits.
    """
    dask = import_dask("dask")
    names: dict[str, str] = client().run(_name)
    workers = sorted(names, key=lambda address: (len(names[address]), names[address]))
    held = []
    for place, task in enumerate(tasks):
        with dask.annotate(workers=workers[place % len(workers)]):
            held.append(delayed(_itself)(task))
    return keep_each(_itself, held)


def _name(dask_worker: Any) -> str:
    return str(dask_worker.name)


def _itself(result: Any) -> Any:
    return result


def keep(tasks: Any) -> list[Any]:
    """Compute tasks, leave their results where they are, and raise their errors."""
    dask = import_dask("dask")
    held = list(dask.persist(*tasks))
    dask.compute(*map(delayed(_nothing), held))  # waits, and raises here
    return held


def _nothing(result: Any) -> None:
    """Stand for a result that stays where it is."""


def stack(
    tasks: Sequence[Any], lengths: Any, n_columns: int, dtype: str = "float64"
) -> Any:
    """Return tasks that make (length, n_columns) arrays as one lazy array."""
    array = import_dask("dask.array")
    return array.concatenate(
        [
            array.from_delayed(task, (int(length), n_columns), dtype=dtype)
            for task, length in zip(tasks, lengths, strict=True)
        ]
    )
