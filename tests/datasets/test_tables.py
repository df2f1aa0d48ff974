"""Reading a user's table: two kinds of columns, clear refusals."""

import gzip
import subprocess
import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from skdistill.datasets import read_table

pandas = pytest.importorskip("pandas")


@pytest.fixture
def frame():
    return pandas.DataFrame(
        {
            "number": [1.5, None, 3.0, 4.0, 5.0, 6.0],
            "count": [1, 2, 3, 4, 5, 6],
            "flag": [True, False, True, False, True, False],
            "text": ["a", "b", None, "a", "b", "c"],
            "label": ["no", "no", "no", "yes", "yes", "yes"],
        }
    )


def write(frame, path):
    if path.name.endswith((".parquet", ".pq")):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "name", ["t.csv", "t.csv.gz", "t.parquet", "T.PARQUET", "t.pq"]
)
def test_columns_become_numbers_or_text_and_no_row_is_lost(frame, tmp_path, name):
    path = tmp_path / name
    if name == "T.PARQUET":
        frame.to_parquet(path)
    else:
        write(frame, path)
    X, y = read_table(path, "label")
    assert X.dtypes.astype(str).to_dict() == {
        "number": "float64",
        "count": "float64",
        "flag": "float64",
        "text": "object",
    }
    assert y.tolist() == frame["label"].tolist()
    np.testing.assert_array_equal(X["number"], [1.5, np.nan, 3, 4, 5, 6])
    assert X["flag"].tolist() == [1, 0, 1, 0, 1, 0]
    assert X["text"].isna().tolist() == [False, False, True, False, False, False]


def test_parquet_types_without_a_csv_form_are_read(frame, tmp_path):
    frame["day"] = pandas.to_datetime(["1970-01-02", None, "1970-01-11"] * 2)
    frame["zoned"] = frame["day"].dt.tz_localize("UTC")
    frame["lapse"] = pandas.to_timedelta([36, 0, 12] * 2, unit="h")
    frame["whole"] = pandas.array([1, None, 3] * 2, dtype="Int64")
    frame["group"] = pandas.Categorical(["x", None, "y"] * 2)
    X, _ = read_table(write(frame, tmp_path / "t.parquet"), "label")
    np.testing.assert_array_equal(X["day"][:3], [1.0, np.nan, 10.0])
    np.testing.assert_array_equal(X["zoned"][:3], [1.0, np.nan, 10.0])
    np.testing.assert_array_equal(X["lapse"][:3], [1.5, 0.0, 0.5])
    np.testing.assert_array_equal(X["whole"][:3], [1.0, np.nan, 3.0])
    assert [X["group"][0], X["group"][2]] == ["x", "y"]
    assert X["group"].isna().tolist()[:3] == [False, True, False]


@pytest.mark.parametrize("suffix", ["feather", "arrow"])
def test_feather_reads_like_parquet(frame, tmp_path, suffix):
    frame.to_feather(tmp_path / f"t.{suffix}")
    X, y = read_table(tmp_path / f"t.{suffix}", "label")
    like, labels = read_table(write(frame, tmp_path / "t.parquet"), "label")
    pandas.testing.assert_frame_equal(X, like)
    assert y.tolist() == labels.tolist()


def test_booleans_with_gaps_are_numbers_from_any_file(frame, tmp_path):
    frame["known"] = pandas.array([True, None, False] * 2, dtype="boolean")
    for suffix in ("csv", "parquet"):
        X, _ = read_table(write(frame, tmp_path / f"t.{suffix}"), "label")
        np.testing.assert_array_equal(X["known"][:3], [1.0, np.nan, 0.0])
        assert X["known"].dtype == float


def test_decimals_and_dates_without_time_are_numbers(frame, tmp_path):
    frame["price"] = [Decimal("1.5"), None, Decimal(2)] * 2
    frame["day"] = [date(1970, 1, 2), None, date(1970, 1, 11)] * 2
    X, _ = read_table(write(frame, tmp_path / "t.parquet"), "label")
    np.testing.assert_array_equal(X["price"][:3], [1.5, np.nan, 2.0])
    np.testing.assert_array_equal(X["day"][:3], [1.0, np.nan, 10.0])


def test_lists_are_refused(frame, tmp_path):
    frame["both"] = [[1, 2], None] * 3
    with pytest.raises(ValueError, match=r"got 3 ndarray in column 'both'\. Give each"):
        read_table(write(frame, tmp_path / "t.parquet"), "label")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_separator_is_taken_from_the_header(frame, tmp_path, separator):
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False, sep=separator)
    X, _ = read_table(path, "label")
    assert list(X.columns) == ["number", "count", "flag", "text"]


def test_byte_order_mark_is_no_part_of_the_first_name(frame, tmp_path):
    path = tmp_path / "t.csv"
    frame[["label", "count"]].to_csv(path, index=False, encoding="utf-8-sig")
    assert len(read_table(path, "label")[1]) == 6


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([3, 3, 7, 7], np.array([3, 3, 7, 7])),
        ([1.0, 1.0, 2.0, 2.0], np.array([1, 1, 2, 2])),
        ([0.5, 0.5, 1.5, 1.5], np.array(["0.5", "0.5", "1.5", "1.5"])),
        ([True, True, False, False], np.array(["True", "True", "False", "False"])),
    ],
)
def test_labels_are_integers_or_text(tmp_path, labels, expected):
    table = pandas.DataFrame({"x": range(4), "label": labels})
    _, y = read_table(write(table, tmp_path / "t.parquet"), "label")
    assert y.tolist() == expected.tolist()
    assert y.dtype.kind == expected.dtype.kind


def test_many_integer_codes_with_enough_rows_are_classes(tmp_path):
    table = pandas.DataFrame({"x": range(1300), "label": [i % 26 for i in range(1300)]})
    assert len(set(read_table(write(table, tmp_path / "t.csv"), "label")[1])) == 26


def column(values):
    return pandas.DataFrame({"x": range(len(values)), "label": values})


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (column(["a", None, "b", None]), "a label in every row, got 2 missing of 4"),
        (column(["a"] * 4), "at least 2 classes, got 1 in column 'label': a"),
        (column(["a"] * 0), "at least 2 classes, got 0 in column 'label'"),
        (
            column([i + 0.5 for i in range(30)]),
            "hold classes, got 30 different numbers in 30 rows .* like regression",
        ),
        (column(range(300)), "hold classes, got 300 different numbers"),
        (column([f"id{i}" for i in range(9)]), "2 rows or more each, got 0 .* ident"),
        (column(["a", "a", "b"]), "2 rows or more each, got 1 in column 'label'"),
    ],
)
def test_a_column_that_holds_no_classes_is_refused(tmp_path, table, match):
    with pytest.raises(ValueError, match=f"`target` must .*{match}"):
        read_table(write(table, tmp_path / "t.parquet"), "label")


def test_unknown_target_suggests_the_near_one(frame, tmp_path):
    path = write(frame, tmp_path / "t.csv")
    with pytest.raises(
        ValueError, match=r"a column of t.csv, got 'Labl'. Did you mean 'label'"
    ):
        read_table(path, "Labl")
    with pytest.raises(ValueError, match=r"got 'zzz'. Its columns are: number, count"):
        read_table(path, "zzz")


def test_a_file_that_cannot_be_read_is_refused(frame, tmp_path):
    with pytest.raises(ValueError, match="`path` must name an existing file, got"):
        read_table(tmp_path / "none.csv", "label")
    with pytest.raises(ValueError, match=r"`path` must end in .csv, .*got .*t.xlsx"):
        read_table(tmp_path / "t.xlsx", "label")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"not parquet")
    with pytest.raises(ValueError, match="must be a readable Parquet file, got"):
        read_table(broken, "label")
    packed = tmp_path / "cut.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n" * 1000)[:-20])
    with pytest.raises(ValueError, match="must be a readable CSV file, got"):
        read_table(packed, "label")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("a,b,label\n1,é,x\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"codec .*\)\. Save it as UTF-8\.$"):
        read_table(latin, "label")
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(ValueError, match=r"readable CSV file, got .*No columns"):
        read_table(empty, "label")


def test_tables_without_usable_features_are_refused(frame, tmp_path):
    with pytest.raises(ValueError, match="one column besides the target, got only"):
        read_table(write(frame[["label"]], tmp_path / "t.csv"), "label")
    frame["number"] = [1.0, np.inf, -np.inf, 2, 3, 4]
    with pytest.raises(ValueError, match="got 2 infinite or larger in column 'number'"):
        read_table(write(frame, tmp_path / "t.parquet"), "label")


@pytest.mark.parametrize(
    ("hidden", "suffix", "message"),
    [
        ("pandas", "csv", "Reading a table needs pandas"),
        ("pyarrow", "parquet", "Reading a Parquet file needs pyarrow"),
    ],
)
def test_missing_library_names_the_extra(frame, tmp_path, hidden, suffix, message):
    path = write(frame, tmp_path / f"t.{suffix}")
    code = (
        f"import sys; sys.modules[{hidden!r}] = None\n"
        "from skdistill.datasets import read_table\n"
        f"read_table({str(path)!r}, 'label')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert f"MissingDependencyError: {message}" in done.stderr
    assert 'pip install "skdistill[data]"' in done.stderr


def test_decimal_commas_between_semicolons_are_numbers(frame, tmp_path):
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False, sep=";", decimal=",")
    X, _ = read_table(path, "label")
    np.testing.assert_array_equal(X["number"], [1.5, np.nan, 3, 4, 5, 6])
    frame["text"] = ["1,5", "x", "2,5", "3", "4", "5"]
    frame.drop(columns="number").to_csv(path, index=False, sep=";")
    assert read_table(path, "label")[0]["text"].iloc[0] == "1,5"


def test_numbers_beyond_float32_are_refused(frame, tmp_path):
    frame["number"] = [1e300, 1.0, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="got 1 infinite or larger in column 'number'"):
        read_table(write(frame, tmp_path / "t.csv"), "label")
