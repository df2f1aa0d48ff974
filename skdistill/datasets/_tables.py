"""Read a user's CSV, Parquet or Feather table into features and class labels."""

import difflib
import gzip
import os
import zlib
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np

from skdistill.datasets._optional import import_data_library

_SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq", ".feather", ".arrow")
_MAX_CLASSES = 20
_MAX_CLASS_SHARE = 0.05


def read_table(path: str | os.PathLike[str], target: str) -> tuple[Any, np.ndarray]:
    r"""Read a CSV, Parquet or Feather file as features and class labels.

    Columns come in two kinds, whatever the file held, so that two transformers
    are enough for any table: numbers, booleans and dates as float64 (dates in days
    since 1970-01-01), all else as str objects. Missing entries stay missing (NaN).
    No row and no column but the target is left out.

    Parameters
    ----------
    path : str or path-like
        A file ending in .csv, .csv.gz (UTF-8, with a header; separated by commas,
        semicolons or tabs, whichever the header has most of), .parquet, .pq, or
        .feather or .arrow (Arrow's file format, not its stream).
    target : str
        The column with the class labels.

    Returns
    -------
    X : DataFrame of shape (n_samples, n_features)
        float64 and object columns.
    y : ndarray of shape (n_samples,), int64 or str
        Labels: integers stay integers, everything else becomes text.

    Raises
    ------
    MissingDependencyError
        If pandas, or pyarrow for a Parquet or Feather file, is not installed.
    ValueError
        If the file is missing, unreadable or of another kind; if `target` is no
        column of it, has missing entries, has fewer than two classes, has no two
        classes with two rows each, or looks like a number to be regressed; if no
        feature is left, or a feature has infinite entries or lists for entries.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skdistill.datasets import read_table
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name, "fruit.csv")
    >>> _ = path.write_text("grams,skin,kind\n150,red,apple\n,red,apple\n"
    ...                     "120,yellow,banana\n118,green,banana\n")
    >>> X, y = read_table(path, "kind")
    >>> X.dtypes.astype(str).tolist(), y.tolist()
    (['float64', 'object'], ['apple', 'apple', 'banana', 'banana'])
    >>> folder.cleanup()
    """
    file = Path(path)
    frame = _read_frame(file)
    frame.columns = [str(name) for name in frame.columns]
    names = list(frame.columns)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"`path` must be a table with distinct column names, got {repeated[0]!r} "
            f"more than once in {file.name}."
        )
    if target not in names:
        raise ValueError(_unknown_column(target, names, file.name))
    if len(names) == 1:
        raise ValueError(
            f"`path` must be a table with at least one column besides the target, "
            f"got only {target!r} in {file.name}."
        )
    y = _read_labels(frame[target], target)
    return _read_features(frame.drop(columns=target)), y


def _read_frame(file: Path) -> Any:
    suffix = next((s for s in _SUFFIXES if file.name.lower().endswith(s)), None)
    if suffix is None:
        raise ValueError(
            f"`path` must end in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}, "
            f"got {str(file)!r}."
        )
    if not file.is_file():
        raise ValueError(f"`path` must name an existing file, got {str(file)!r}.")
    pandas = import_data_library("pandas", "Reading a table")
    try:
        if suffix.startswith(".csv"):
            return _read_csv(pandas, file)
        import_data_library("pyarrow", f"Reading a {_kind(suffix)} file")
        if _kind(suffix) == "Feather":
            return pandas.read_feather(file)
        return pandas.read_parquet(file, engine="pyarrow")
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"`path` must be a readable {_kind(suffix)} file, got {str(file)!r} "
            f"({str(error).splitlines()[0] if str(error) else type(error).__name__})."
            f"{' Save it as UTF-8.' * isinstance(error, UnicodeDecodeError)}"
        ) from error


def _kind(suffix: str) -> str:
    if suffix.startswith(".csv"):
        return "CSV"
    return "Feather" if suffix in (".feather", ".arrow") else "Parquet"


def _read_csv(pandas: Any, file: Path) -> Any:
    separator = _guess_separator(file)
    # One pass over the file: in chunks a column could be half numbers, half text,
    # with a warning.
    options = {"sep": separator, "encoding": "utf-8", "low_memory": False}
    frame = pandas.read_csv(file, **options)
    # Where columns are parted by semicolons, the comma is often the decimal point.
    # Read as points, such numbers would become text categories in silence.
    if separator == ";" and any(_has_decimal_commas(frame[name]) for name in frame):
        return pandas.read_csv(file, decimal=",", **options)
    return frame


def _has_decimal_commas(column: Any) -> bool:
    if column.dtype.kind in "biuf":
        return False
    present = column.dropna().astype(str)
    return bool(len(present)) and bool(
        present.str.fullmatch(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?").all()
    )


def _guess_separator(file: Path) -> str:
    def open_text() -> Any:
        if file.name.lower().endswith(".gz"):
            return gzip.open(file, "rt", encoding="utf-8")
        return file.open(encoding="utf-8")

    with open_text() as stream:
        header = stream.readline()
    return max(",;\t", key=header.count)


def _unknown_column(target: str, names: list[str], file_name: str) -> str:
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(target.casefold(), folded, n=3, cutoff=0.5)
    message = f"`target` must name a column of {file_name}, got {target!r}."
    if close:
        return f"{message} Did you mean {' or '.join(repr(folded[c]) for c in close)}?"
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    return f"{message} Its columns are: {shown}."


def _read_labels(column: Any, target: str) -> np.ndarray:
    n_missing = int(column.isna().sum())
    if n_missing:
        raise ValueError(
            f"`target` must have a label in every row, got {n_missing} missing of "
            f"{len(column)} in column {target!r}. Fill or remove these rows first."
        )
    is_number = _is_number(column)
    values = column.to_numpy(dtype=float) if is_number else np.array([np.inf])
    is_whole = bool(np.all(np.isfinite(values) & (values == np.floor(values))))
    labels: np.ndarray
    if is_whole:
        labels = column.to_numpy(dtype=np.int64)
    else:
        labels = np.array([str(label) for label in column], dtype=str)
    _check_classes(labels, target, is_number=is_number, is_whole=is_whole)
    return labels


def _is_number(column: Any) -> bool:
    pandas = import_data_library("pandas", "Reading a table")
    api = pandas.api.types
    return bool(api.is_numeric_dtype(column)) and not api.is_bool_dtype(column)


def _check_classes(
    labels: np.ndarray, target: str, *, is_number: bool, is_whole: bool
) -> None:
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            f"`target` must have at least 2 classes, got {len(classes)} in column "
            f"{target!r}{f': {classes[0]!s}' if len(classes) else ''}."
        )
    # Whole numbers may be codes of many classes (26 letters, 100 digits pairs), so
    # they are suspect only when a class has few rows; fractions never are codes.
    ceiling = max(_MAX_CLASSES, _MAX_CLASS_SHARE * len(labels) if is_whole else 0)
    if is_number and len(classes) > ceiling:
        raise ValueError(
            f"`target` must hold classes, got {len(classes)} different numbers in "
            f"{len(labels)} rows of column {target!r}: this looks like regression. "
            "Cut the numbers into a few classes first."
        )
    if np.sum(counts >= 2) < 2:
        raise ValueError(
            f"`target` must have at least 2 classes with 2 rows or more each, got "
            f"{int(np.sum(counts >= 2))} in column {target!r} ({len(classes)} classes "
            f"in {len(labels)} rows). Is it an identifier?"
        )


def _read_features(frame: Any) -> Any:
    return frame.assign(
        **{name: _read_feature(frame[name], name) for name in frame.columns}
    )


def _unboxed(column: Any, pandas: Any) -> Any:
    """Return as numbers or dates what pandas keeps as objects, as it does with gaps."""
    kind = pandas.api.types.infer_dtype(column, skipna=True)
    if kind in ("boolean", "decimal", "integer", "floating", "mixed-integer-float"):
        return column.astype(float)
    return pandas.to_datetime(column) if kind == "date" else column


def _read_feature(column: Any, name: str) -> Any:
    pandas = import_data_library("pandas", "Reading a table")
    api = pandas.api.types
    if column.dtype == object:
        column = _unboxed(column, pandas)
    if api.is_datetime64_any_dtype(column):
        origin = pandas.Timestamp("1970-01-01", tz=column.dt.tz)
        return (column - origin) / pandas.Timedelta(days=1)
    if api.is_timedelta64_dtype(column):
        return column / pandas.Timedelta(days=1)
    if not api.is_numeric_dtype(column):
        present = column.notna().to_numpy()
        _check_scalars(column[present], name)
        text = np.full(len(column), np.nan, dtype=object)
        text[present] = [str(entry) for entry in column[present]]
        return pandas.Series(text, index=column.index, dtype=object)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    # Trees compute in float32: what overflows there is as good as infinite.
    n_infinite = int((np.abs(values) > np.finfo(np.float32).max).sum())
    if n_infinite:
        raise ValueError(
            f"`path` must be a table of missing numbers or numbers below 3.4e38, got "
            f"{n_infinite} infinite or larger in column {name!r}. Replace them first."
        )
    return pandas.Series(values, index=column.index)


def _check_scalars(present: Any, name: str) -> None:
    kinds = [type(entry) for entry in present if not isinstance(entry, Hashable)]
    if kinds:
        raise ValueError(
            f"`path` must be a table of numbers, words and dates, got {len(kinds)} "
            f"{kinds[0].__name__} in column {name!r}. Give each part a column, "
            "or remove it from the file."
        )
