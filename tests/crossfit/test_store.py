"""Finished teachers survive: kills, damage, full disks, company."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn
from counting import Counting, fits
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import cross_fit_proba
from skdistill.crossfit import _digest
from skdistill.exceptions import StoreWarning

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
import numpy as np
from counting import Counting
from skdistill import cross_fit_proba

if __name__ == "__main__":
    folder, n_jobs, name = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    data = np.load(folder / "data.npz")
    fit = cross_fit_proba(
        Counting(str(folder)), data["X"], data["y"], random_state=0, n_jobs=n_jobs,
        memory=str(folder / "store"),
    )
    np.save(folder / name, fit.proba)
"""


@pytest.fixture
def place(toy, tmp_path):
    """A folder with the data and a script that cross-fits five teachers to them."""
    X, y = toy
    np.savez(tmp_path / "data.npz", X=X, y=y)
    here = str(Path(__file__).parents[1])
    (tmp_path / "script.py").write_text(SCRIPT.format(here=here))
    return tmp_path


def start(place, name="proba.npy", *, n_jobs=1):
    command = [sys.executable, place / "script.py", place, str(n_jobs), name]
    return subprocess.Popen([str(part) for part in command], start_new_session=True)


def in_process(place, X, y, **options):
    options = {"random_state": 0, "memory": str(place / "store"), **options}
    return cross_fit_proba(Counting(str(place)), X, y, **options)


def entries(place):
    return sorted((place / "store").rglob("output.pkl"))


def wait_until(ready, process=None, seconds=300):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "waited in vain"
        assert process is None or process.poll() is None, "the process ended"
        time.sleep(0.02)


@pytest.mark.parametrize(("done", "n_jobs"), [(0, 1), (1, 1), (4, 1), (2, 2)])
def test_a_killed_fit_loses_only_the_folds_in_flight(toy, place, done, n_jobs):
    X, y = toy
    (place / "limit").write_text(str(done))
    process = start(place, n_jobs=n_jobs)
    wait_until(
        lambda: (
            len(list(place.glob("waiting-*"))) == n_jobs
            and len(entries(place)) == fits(place)
        ),
        process,
    )
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (place / "limit").unlink()
    # Two at a time: both may begin before the last that is allowed has ended.
    kept = fits(place)
    assert done <= kept < done + n_jobs
    resumed = in_process(place, X, y)
    assert fits(place) == 5
    assert resumed.n_read == kept
    plain = cross_fit_proba(DecisionTreeClassifier(), X, y, random_state=0)
    assert_array_equal(resumed.proba, plain.proba)


def test_two_processes_that_share_a_store_both_end_right(toy, place):
    X, y = toy
    pair = [start(place, name) for name in ("one.npy", "two.npy")]
    assert [process.wait(300) for process in pair] == [0, 0]
    plain = cross_fit_proba(DecisionTreeClassifier(), X, y, random_state=0)
    for name in ("one.npy", "two.npy"):
        assert_array_equal(np.load(place / name), plain.proba)
    counted = fits(place)
    assert in_process(place, X, y).n_read == 5
    assert fits(place) == counted <= 10


def truncate(entry):
    entry.write_bytes(entry.read_bytes()[:-7])


def empty(entry):
    entry.write_bytes(b"")


def flip_a_bit(entry):
    data = bytearray(entry.read_bytes())
    data[-40] ^= 1
    entry.write_bytes(bytes(data))


def another_pickle(entry):
    joblib.dump({"proba": np.eye(3)}, entry)


def vandalise(entry):
    entry.write_bytes(pickle.dumps(_Bomb()))


class _Bomb:
    def __reduce__(self):
        return (eval, ("1 / 0",))


@pytest.mark.parametrize(
    "damage", [truncate, empty, flip_a_bit, another_pickle, vandalise]
)
def test_a_damaged_entry_is_counted_and_fitted_again(toy, place, damage):
    X, y = toy
    first = in_process(place, X, y)
    damage(entries(place)[2])
    with pytest.warns(StoreWarning, match="1 damaged entries were not used, and their"):
        again = in_process(place, X, y)
    assert fits(place) == 6
    assert again.n_read == 4
    assert_array_equal(again.proba, first.proba)
    assert in_process(place, X, y).n_read == 5


def test_an_entry_under_the_name_of_another_is_not_believed(toy, place):
    X, y = toy
    first = in_process(place, X, y)
    one, two, *_ = entries(place)
    shutil.copyfile(one, two)
    with pytest.warns(StoreWarning, match="1 damaged entries"):
        again = in_process(place, X, y)
    assert_array_equal(again.proba, first.proba)


def test_half_written_files_of_a_kill_are_no_entries(toy, place):
    X, y = toy
    in_process(place, X, y)
    entry = entries(place)[0]
    entry.rename(entry.with_name("output.pkl.0f1e-1234-5678"))
    assert in_process(place, X, y).n_read == 4


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_full_disk_gives_one_warning(toy, tmp_path, n_jobs):
    X, y = toy
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    options = {"random_state": 0, "n_jobs": n_jobs}
    try:
        with pytest.warns(StoreWarning) as said:
            fit = cross_fit_proba(GaussianNB(), X, y, memory=str(disk), **options)
        assert len(said) == 1
        assert "times it could not be written (first: " in str(said[0].message)
        assert "No space left" in str(said[0].message)
        assert not list(disk.rglob("output.pkl.*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert_array_equal(fit.proba, cross_fit_proba(GaussianNB(), X, y, **options).proba)


def test_a_folder_that_cannot_be_made_gives_one_warning(toy, tmp_path):
    X, y = toy
    (tmp_path / "file").touch()
    with pytest.warns(StoreWarning, match="could not be written.*Not a dir") as said:
        fit = cross_fit_proba(GaussianNB(), X, y, memory=str(tmp_path / "file" / "in"))
    assert len(said) == 1
    assert np.isfinite(fit.proba).all()


BEGUN = []


class Interrupted(GaussianNB):
    """Control-C is pressed at its third fit."""

    def fit(self, X, y, sample_weight=None):
        BEGUN.append(1)
        if len(BEGUN) == 3:
            raise KeyboardInterrupt
        return super().fit(X, y, sample_weight)


def test_an_interrupt_leaves_the_store_whole(toy, tmp_path):
    X, y = toy
    BEGUN.clear()
    options = {"random_state": 0, "memory": str(tmp_path)}
    with pytest.raises(KeyboardInterrupt):
        cross_fit_proba(Interrupted(), X, y, **options)
    assert cross_fit_proba(Interrupted(), X, y, **options).n_read == 2
    assert len(BEGUN) == 3 + 3


class Failing(Counting):
    """Fails for good once two are fitted, as long as the file "broken" is there."""

    def fit(self, X, y, sample_weight=None):
        if fits(self.folder) == 2 and (Path(self.folder) / "broken").exists():
            raise ValueError("out of luck")
        return super().fit(X, y, sample_weight)


def test_an_error_of_one_teacher_keeps_the_others(toy, place):
    X, y = toy
    (place / "broken").touch()
    options = {"random_state": 0, "memory": str(place / "store")}
    with pytest.raises(ValueError, match="out of luck"):
        cross_fit_proba(Failing(str(place)), X, y, **options)
    (place / "broken").unlink()
    assert cross_fit_proba(Failing(str(place)), X, y, **options).n_read == 2


class TestKeys:
    def test_the_same_job_is_found_whatever_runs_it(self, toy, place):
        X, y = toy
        in_process(place, X, y)
        np.save(place / "X.npy", X)
        mapped = np.load(place / "X.npy", mmap_mode="r")
        assert in_process(place, mapped, y, n_jobs=2).n_read == 5
        memory = joblib.Memory(str(place / "store"), verbose=0)
        assert in_process(place, X, y, memory=memory).n_read == 5
        assert in_process(place, X, y, memory=place / "store").n_read == 5

    def test_what_teachers_and_matrices_remember_is_no_part_of_it(self, toy, place):
        X, y = toy
        X = sparse.csr_matrix(X)
        options = {"random_state": 0, "memory": str(place / "store")}
        teacher = Counting(str(place))
        cross_fit_proba(teacher, X, y, **options)
        teacher.fit(X, y)
        assert X.has_sorted_indices
        assert cross_fit_proba(teacher, X, y, **options).n_read == 5

    @pytest.mark.parametrize("change", ["X", "y", "weight", "seed", "cv", "parameter"])
    def test_another_job_is_not(self, toy, place, change):
        X, y = toy
        weight = np.ones(240)
        in_process(place, X, y, sample_weight=weight)
        options = {"sample_weight": weight, "random_state": 0}
        teacher = Counting(str(place))
        if change == "X":
            X = X.copy()
            X[-1, -1] += 1e-9
        elif change == "y":
            y = y.copy()
            y[0] = "1" if y[0] != "1" else "2"
        elif change == "weight":
            options["sample_weight"] = np.r_[weight[:-1], 2.0]
        elif change == "seed":
            options["random_state"] = 1
        elif change == "cv":
            options["cv"] = 4
        else:
            teacher = Counting(f"{place}/")
        fit = cross_fit_proba(teacher, X, y, memory=str(place / "store"), **options)
        assert fit.n_read == 0

    def test_another_seed_of_the_teacher_alone_is_not(self, toy, place):
        X, y = toy
        splits = list(StratifiedKFold(3).split(X, y))
        assert in_process(place, X, y, cv=splits).n_read == 0
        assert in_process(place, X, y, cv=splits, random_state=1).n_read == 0
        assert in_process(place, X, y, cv=splits).n_read == 3

    def test_another_version_is_not(self, toy, place, monkeypatch):
        X, y = toy
        in_process(place, X, y)
        monkeypatch.setattr(sklearn, "__version__", "0.1")
        assert in_process(place, X, y).n_read == 0

    def test_the_data_are_hashed_once(self, toy, tmp_path, monkeypatch):
        X, y = toy
        hashed = []
        real = _digest.NumpyHasher.hash  # joblib.hash, too, goes by it

        def counted(hasher, thing, **options):
            hashed.append(isinstance(thing, list) and any(part is X for part in thing))
            return real(hasher, thing, **options)

        monkeypatch.setattr(_digest.NumpyHasher, "hash", counted)
        cross_fit_proba(GaussianNB(), X, y, memory=str(tmp_path), n_repeats=2)
        assert sum(hashed) == 1


def test_a_memory_without_a_place_stores_nothing(toy, place):
    X, y = toy
    for _ in range(2):
        fit = in_process(place, X, y, memory=joblib.Memory(None, verbose=0))
        assert fit.n_read == 0
    assert fits(place) == 10


class Locked(GaussianNB):
    """Cannot be pickled, as what holds a lock or a connection."""

    def __reduce__(self):
        raise TypeError("cannot pickle a lock")


def test_teachers_that_cannot_be_pickled(toy, tmp_path):
    X, y = toy
    fit = cross_fit_proba(Locked(), X, y, random_state=0, n_jobs=1)
    plain = cross_fit_proba(GaussianNB(), X, y, random_state=0)
    assert_array_equal(fit.proba, plain.proba)
    with joblib.parallel_config("threading"):
        fit = cross_fit_proba(Locked(), X, y, random_state=0, n_jobs=2)
    assert_array_equal(fit.proba, plain.proba)
    with pytest.raises(ValueError, match="must be picklable for n_jobs=2, got Locked"):
        cross_fit_proba(Locked(), X, y, n_jobs=2)
    with pytest.raises(ValueError, match="must be picklable with a memory, got Locked"):
        cross_fit_proba(Locked(), X, y, memory=str(tmp_path))


class Held(GaussianNB):
    """Cannot be pickled once it is fitted."""

    def fit(self, X, y, sample_weight=None):
        self.lock_ = threading.Lock()
        return super().fit(X, y, sample_weight)


def test_fitted_teachers_that_cannot_be_pickled(toy, tmp_path):
    X, y = toy
    options = {"keep_teachers": True, "cv": 3}
    with pytest.raises(ValueError, match="must be picklable for n_jobs=2, got Held"):
        cross_fit_proba(Held(), X, y, n_jobs=2, **options)
    with pytest.warns(StoreWarning, match="3 results could not be pickled.*keep_teach"):
        fit = cross_fit_proba(Held(), X, y, memory=str(tmp_path), **options)
    assert len(fit.teachers) == 3
    assert cross_fit_proba(Held(), X, y, n_jobs=2, cv=3).n_uncovered == 0


class Chatty(GaussianNB):
    """Warns from the thread it is fitted in, while others are being stored."""

    def fit(self, X, y, sample_weight=None):
        time.sleep(0.01)
        warnings.warn("as teachers do", UserWarning, stacklevel=1)
        return super().fit(X, y, sample_weight)


@pytest.mark.filterwarnings("ignore:as teachers do")
def test_a_teacher_that_warns_in_a_thread_is_stored(toy, tmp_path):
    X, y = toy
    options = {"cv": 10, "n_repeats": 5, "random_state": 0, "memory": str(tmp_path)}
    with joblib.parallel_config("threading"):
        cross_fit_proba(Chatty(), X, y, n_jobs=4, **options)
    assert cross_fit_proba(Chatty(), X, y, **options).n_read == 50


def test_kept_teachers_are_stored_too(toy, tmp_path):
    X, y = toy
    options = {"random_state": 0, "memory": str(tmp_path)}
    forest = RandomForestClassifier(3)
    assert cross_fit_proba(forest, X, y, **options).teachers == ()
    first, again = (
        cross_fit_proba(forest, X, y, keep_teachers=True, **options) for _ in range(2)
    )
    assert first.n_read == 0
    assert again.n_read == len(again.teachers) == 5
    assert_array_equal(
        first.teachers[0].predict_proba(X), again.teachers[0].predict_proba(X)
    )
