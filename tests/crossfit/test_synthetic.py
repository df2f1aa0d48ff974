"""Rows with features swapped: types are kept, and values stay in their column."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skdistill.crossfit import _synthetic, can_swap, swap_features

N = 200


@pytest.fixture(scope="module")
def table():
    """Columns of many kinds; each value names its row and its column."""
    rows = np.arange(N)
    levels = ["never", *"abcde"]
    texts = [None if i % 7 == 0 else f"o{i}" for i in rows]
    whole = [None if i % 5 == 0 else i for i in rows]
    return pd.DataFrame(
        {
            "number": rows * 1.0,
            "small": (rows % 100).astype(np.int8),
            "text": [f"t{i}" for i in rows],
            "object": pd.Series(texts, dtype=object).to_numpy(),
            "category": pd.Categorical(np.take(levels, 1 + rows % 5), levels, True),
            "nullable": pd.array(whole, dtype="Int64"),
            "missing": np.where(rows % 3 == 0, np.nan, rows + 0.5),
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rows, unit="D"),
            "zoned": pd.date_range("2021-01-01", periods=N, freq="h", tz="UTC"),
            "flag": rows % 2 == 0,
        },
        index=rows[::-1] + 1000,
    )


def test_values_of_an_array_stay_in_their_column():
    X = np.arange(N * 6, dtype=np.float32).reshape(N, 6)
    made = swap_features(X, 0)
    assert made.dtype == X.dtype
    assert made.shape == X.shape
    for j in range(6):
        assert set(made[:, j]) <= set(X[:, j])
    assert_array_equal(X, np.arange(N * 6).reshape(N, 6))  # X is left alone


def test_a_quarter_of_the_features_comes_from_one_other_row():
    X = np.arange(N * 40).reshape(N, 40)
    made = swap_features(X, 1)
    origin = made // 40
    moved = origin != np.arange(N)[:, None]
    assert 0.22 < moved.mean() < 0.28
    assert all(
        len(set(row[away])) <= 1 for row, away in zip(origin, moved, strict=True)
    )
    # Each row lends to one other row only.
    lenders = [
        row[away][0] for row, away in zip(origin, moved, strict=True) if away.any()
    ]
    assert len(set(lenders)) == len(lenders) > 0.9 * N


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_the_share_is_the_users(share, expected):
    X = np.arange(N * 40).reshape(N, 40)
    moved = swap_features(X, 0, share) // 40 != np.arange(N)[:, None]
    assert moved.mean() == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("dtype", [object, "U5", "datetime64[D]", np.int16, bool])
def test_arrays_keep_their_type(dtype):
    X = np.arange(60).reshape(20, 3).astype(dtype)
    made = swap_features(X, 0)
    assert made.dtype == X.dtype
    assert all(set(made[:, j]) <= set(X[:, j]) for j in range(3))


def test_the_seed_decides():
    X = np.arange(120.0).reshape(40, 3)
    assert_array_equal(swap_features(X, 5), swap_features(X, 5))
    assert not np.array_equal(swap_features(X, 5), swap_features(X, 6))


def test_columns_of_a_frame_keep_type_and_values(table):
    before = table.copy()
    made = swap_features(table, 0)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_series_equal(made.dtypes, table.dtypes)
    assert list(made.columns) == list(table.columns)
    assert len(made) == N
    for name in table.columns:
        own = set(table[name].dropna())
        assert set(made[name].dropna()) <= own
        assert made[name].isna().any() == table[name].isna().any()
    assert list(made["category"].cat.categories) == list(
        table["category"].cat.categories
    )


def test_a_frame_swaps_as_the_array_of_its_values():
    X = np.arange(300).reshape(50, 6)
    expected = swap_features(X, 3)
    assert_array_equal(swap_features(pd.DataFrame(X), 3).to_numpy(), expected)
    assert_array_equal(swap_features(pl.DataFrame(X), 3).to_numpy(), expected)


def test_two_columns_of_one_name_are_two_columns():
    X = np.arange(200).reshape(50, 4)
    frame = pd.DataFrame(X, columns=["a", "b", "a", "a"])
    made = swap_features(frame, 0)
    assert list(made.columns) == ["a", "b", "a", "a"]
    assert_array_equal(made.to_numpy(), swap_features(X, 0))


def test_polars_columns_keep_their_types():
    frame = pl.DataFrame(
        {
            "number": np.arange(40.0),
            "text": [f"t{i}" if i % 4 else None for i in range(40)],
            "category": pl.Series(["a", "b"] * 20, dtype=pl.Categorical),
            "small": pl.Series(range(40), dtype=pl.Int8),
        }
    )
    made = swap_features(frame, 0)
    assert made.schema == frame.schema
    for name in frame.columns:
        assert set(made[name]) <= set(frame[name])
    assert not made.equals(frame)


def test_frames_of_many_columns_are_no_trouble():
    X = np.random.default_rng(0).normal(size=(10, 300))
    assert_array_equal(swap_features(pd.DataFrame(X), 0), swap_features(X, 0))


@pytest.mark.parametrize(
    ("X", "can"),
    [
        (np.zeros((3, 2)), True),
        (np.zeros((3, 2), dtype=object), True),
        (pd.DataFrame(np.zeros((3, 2))), True),
        (pl.DataFrame(np.zeros((3, 2))), True),
        (np.zeros((3, 1)), False),
        (pd.DataFrame(np.zeros((3, 1))), False),
        (pl.DataFrame(np.zeros((3, 1))), False),
        (np.zeros(3), False),
        (np.zeros((3, 2, 2)), False),
        (sparse.csr_matrix(np.eye(3)), False),
        (sparse.csr_array(np.eye(3)), False),
        ([[1, 2], [3, 4]], False),
        (["a text", "another"], False),
        (pd.Series([1, 2]), False),
    ],
)
def test_what_has_features_to_swap(X, can):
    assert can_swap(X) is can


def test_frames_of_other_libraries_are_left_alone():
    class Table:
        columns = ("a", "b")

    assert not can_swap(Table())


def test_text_kept_as_objects_stays_objects_whatever_the_index():
    """A frame read by pandas 2, or with mixed columns: pandas 3 would infer "str"."""
    text = pd.Series(["a", "b", "c", "d"] * 5, dtype=object)
    frame = pd.DataFrame({"text": text, "number": np.arange(20)})
    frame.index = [7] * 20
    made = swap_features(frame, 0)
    assert list(made.dtypes) == list(frame.dtypes)
    assert list(made.index) == [7] * 20
    assert set(made["text"]) <= set("abcd")


@pytest.mark.parametrize("kind", ["array", "pandas", "polars"])
def test_some_rows_are_what_they_would_be_among_all(kind, monkeypatch):
    X = np.arange(4000.0).reshape(1000, 4)
    if kind != "array":
        frames = pytest.importorskip(kind)
        X = (
            frames.DataFrame(X, schema=list("abcd"))
            if kind == "polars"
            else (frames.DataFrame(X, index=np.arange(1000) * 2))
        )
    rows = np.sort(np.random.default_rng(0).permutation(1000)[:300])
    monkeypatch.setattr(_synthetic, "BLOCK", 64)  # numbers drawn at a time
    some = swap_features(X, 3, rows=rows)
    monkeypatch.undo()
    everything = swap_features(X, 3)
    assert_array_equal(np.asarray(some), np.asarray(everything)[rows])
    if kind == "pandas":
        assert_array_equal(some.index, everything.index[rows])
    # As they are drawn at once.
    rng = np.random.default_rng(3)
    partner, drawn = rng.permutation(1000), rng.random((1000, 4)) < 0.25
    base = np.arange(4000.0).reshape(1000, 4)
    assert_array_equal(np.asarray(everything), np.where(drawn, base[partner], base))
