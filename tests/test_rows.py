"""Rows of any container: cut and joined without looking inside."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skdistill._rows import check_joinable, concatenate, first_rows

X = np.arange(12.0).reshape(4, 3)
CONTAINERS = {
    "array": X,
    "float32": X.astype(np.float32),
    "images": X.reshape(4, 3, 1),
    "csr": sparse.csr_array(X),
    "csc": sparse.csc_matrix(X),
    "list": ["row 0", "row 1", "row 2", "row 3"],
    "pandas": pd.DataFrame(X, columns=list("abc")).assign(
        kind=pd.Categorical(["hi", "lo", "hi", "lo"])
    ),
    "polars": pl.DataFrame(X, schema=list("abc"), orient="row").with_columns(
        kind=pl.Series(["hi", "lo", "hi", "lo"], dtype=pl.Categorical)
    ),
}


def plain(rows):
    return (
        rows.toarray().tolist() if sparse.issparse(rows) else np.asarray(rows).tolist()
    )


@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_was_cut_is_joined_again(kind):
    rows = CONTAINERS[kind]
    first, rest = first_rows(rows, 3)
    assert plain(first) == plain(rows)[:3]
    assert plain(rest) == plain(rows)[3:]
    check_joinable(first, rest)
    joined = concatenate(first, rest)
    assert plain(joined) == plain(rows)
    if sparse.issparse(rows):
        assert joined.format == "csr"
    else:
        assert type(joined) is type(rows)


def test_types_of_columns_are_kept():
    for kind in ("pandas", "polars"):
        frame = CONTAINERS[kind]
        joined = concatenate(*first_rows(frame, 1))
        assert list(joined.dtypes) == list(frame.dtypes)
    assert concatenate(*first_rows(CONTAINERS["float32"], 1)).dtype == np.float32


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (X.tolist(), r"must be of the kind of X \(ndarray\), got list"),
        (sparse.csr_array(X), r"kind of X \(ndarray\), got csr_array"),
        (pd.DataFrame(X), r"kind of X \(ndarray\), got DataFrame"),
    ],
)
def test_containers_of_two_kinds_are_refused(other, message):
    with pytest.raises(TypeError, match=message):
        check_joinable(X, other)
    with pytest.raises(TypeError, match="must be of the kind of X"):
        check_joinable(other, X)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_frames_with_other_columns_are_refused(kind):
    frame = CONTAINERS[kind]
    other = frame[["b", "a", "c", "kind"]]
    with pytest.raises(ValueError, match=r"columns of X, \['a', 'b'.*got \['b', 'a'"):
        check_joinable(frame, other)


@pytest.mark.parametrize(
    ("rows", "other", "message"),
    [
        (X, X[:, :2], r"rows of shape \(3,\), as X, got \(2,\)"),
        (X.reshape(4, 3, 1), X, r"rows of shape \(3, 1\), as X, got \(3,\)"),
        (pd.DataFrame(X), pd.Series(X[0]), r"shape \(3,\), as X, got \(\)"),
        (sparse.csr_array(X), sparse.csr_array(X[:, :2]), r"\(3,\), as X, got \(2,\)"),
    ],
)
def test_rows_of_another_shape_are_refused(rows, other, message):
    with pytest.raises(ValueError, match=message):
        check_joinable(rows, other)


def test_frames_need_no_shape_but_series_do():
    series = pd.Series([1.0, 2.0])
    check_joinable(series, series)
    assert concatenate(series, series).tolist() == [1, 2, 1, 2]
