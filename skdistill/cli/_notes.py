"""What the reader should know about a table that is not refused."""

from pathlib import Path
from typing import Any

import numpy as np

from skdistill.datasets._optional import import_data_library

__all__ = ["odd_kinds", "suspects"]


def suspects(X: Any) -> tuple[str, ...]:
    """Say which columns can only be learnt by heart.

    Parameters
    ----------
    X : DataFrame
        float64 and object columns.

    Returns
    -------
    tuple of str
        One sentence each.
    """
    notes = []
    for name in X.columns:
        column = X[name]
        if str(name).startswith("Unnamed: "):
            notes.append(
                f"column {name!r} has no name in the header; if it counts the rows, "
                f"leave it out: --drop {str(name)!r}"
            )
        elif column.dtype == object and len(X) > 50 and column.nunique() > len(X) / 2:
            notes.append(
                f"column {name!r} holds {column.nunique()} different texts in {len(X)} "
                f"rows; if it is an identifier, leave it out: --drop {str(name)!r}"
            )
    return tuple(notes)


def odd_kinds(path: Path, X: Any) -> tuple[str, ...]:
    """Say which columns pandas reads otherwise than the student takes them.

    A CSV file has numbers and text only. Parquet and Arrow have dates, decimals and
    pandas' own kinds of gaps, which scikit-learn's transformers refuse.

    Parameters
    ----------
    path : Path
        The table.
    X : DataFrame
        The same as float64 and object columns.

    Returns
    -------
    tuple of str
        One sentence, or none.
    """
    if path.name.lower().endswith((".csv", ".csv.gz")):
        return ()
    purpose = f"Reading {path.name}"
    arrow = import_data_library("pyarrow", purpose)
    tables = import_data_library("pyarrow.dataset", purpose)
    kind = "parquet" if path.suffix.lower() in (".parquet", ".pq") else "feather"
    schema = tables.dataset(str(path), format=kind).schema
    raw = schema.empty_table().to_pandas()
    odd = [
        str(name)
        for name in X.select_dtypes(float).columns
        if name in raw and _is_odd(raw[name].dtype, schema.field(name).type, arrow)
    ]
    if not odd:
        return ()
    return (
        f"column(s) {', '.join(map(repr, odd[:5]))}{', ...' * (len(odd) > 5)} hold "
        "dates, decimals or pandas.NA and were read as floats (dates as days since "
        "1970-01-01); the student takes these floats, not the column itself",
    )


def _is_odd(dtype: Any, kind: Any, arrow: Any) -> bool:
    plain = isinstance(dtype, np.dtype) and dtype.kind not in "mM"
    types = arrow.types
    return not plain or types.is_temporal(kind) or types.is_decimal(kind)
