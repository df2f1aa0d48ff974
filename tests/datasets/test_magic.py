"""The shipped MAGIC data: the published values, with their attribution."""

import hashlib
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest

from skdistill.datasets import load_magic

# SHA-256 of the ten columns of UCI's magic04.data, as little-endian float64 in C
# order, computed from the source file and not from the packaged one.
SHA256 = "a187636bde656beea2c6c1c8a509e8d3afb74f9ec454493000d391e56aa061a4"


def test_every_value_is_the_published_one_in_float64():
    data = load_magic().data
    assert data.dtype == np.float64
    assert data.shape == (19020, 10)
    assert data.flags.c_contiguous
    assert hashlib.sha256(data.astype("<f8").tobytes()).hexdigest() == SHA256


def test_first_and_last_rows_read_as_in_the_published_text():
    data = load_magic().data
    assert data[0].tolist() == [
        28.7967, 16.0021, 2.6449, 0.3918, 0.1982,
        27.7004, 22.0110, -8.2027, 40.0920, 81.8828,
    ]  # fmt: skip
    assert data[-1, 0] == 187.1814


def test_gammas_come_first_and_are_counted_as_published():
    target = load_magic().target
    assert (target[:12332] == "g").all()
    assert (target[12332:] == "h").all()
    assert len(target) == 19020


def test_return_X_y_gives_data_and_target_only():
    bunch = load_magic()
    X, y = load_magic(return_X_y=True)
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)


def test_as_frame_names_the_columns():
    pandas = pytest.importorskip("pandas")
    bunch = load_magic(as_frame=True)
    assert list(bunch.data.columns) == bunch.feature_names
    assert list(bunch.frame.columns) == [*bunch.feature_names, "target"]
    X, y = load_magic(return_X_y=True, as_frame=True)
    pandas.testing.assert_frame_equal(X, bunch.data)
    assert y.name == "target"
    assert sorted(y.unique()) == list(bunch.target_names)


def test_description_and_licence_file_attribute_the_data():
    folder = resources.files("skdistill.datasets") / "data"
    licence = (folder / "LICENSE-magic.txt").read_text(encoding="utf-8")
    for text in (load_magic().DESCR, licence):
        for needed in ("Bock, R.", "10.24432/C52C8B", "CC BY 4.0"):
            assert needed in text


def test_packaged_file_is_small():
    file = resources.files("skdistill.datasets") / "data" / "magic.npz"
    with resources.as_file(file) as path:
        assert path.stat().st_size < 500_000


def test_needs_no_pandas_unless_a_frame_is_asked_for():
    code = (
        "import sys; sys.modules['pandas'] = sys.modules['pyarrow'] = None\n"
        "from skdistill.datasets import load_magic\n"
        "print(load_magic().data.shape)\n"
        "load_magic(as_frame=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "(19020, 10)"
    assert "MissingDependencyError: load_magic(as_frame=True) needs pandas" in (
        done.stderr
    )
    assert 'pip install "skdistill[data]"' in done.stderr
