"""Finished folds of many classes survive a kill, and are told from others."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from teachers import Counting, fits

from skdistill.exceptions import StoreWarning
from skdistill.extreme import cross_fit_top_k

X, Y = make_multilabel_classification(90, 10, n_classes=6, random_state=0)
Y = sparse.csr_matrix(Y)

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from teachers import Counting
from test_top_k_store import X, Y, cross_fit_top_k

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    cross_fit_top_k(
        Counting(str(folder)), X, Y, k=3, random_state=0, n_jobs=int(sys.argv[2]),
        memory=str(folder / "store"),
    )
"""


def in_process(place, Y=Y, **options):
    options = {"k": 3, "random_state": 0, "memory": str(place / "store"), **options}
    return cross_fit_top_k(Counting(str(place)), X, Y, **options)


def entries(place):
    return sorted((place / "store").rglob("output.pkl"))


def same(one, two):
    assert_array_equal(one.scores.toarray(), two.scores.toarray())
    assert one.precision == two.precision
    assert one.calibration == two.calibration


@pytest.mark.parametrize(("done", "n_jobs"), [(2, 1), (2, 2)])
def test_a_killed_fit_loses_only_the_folds_in_flight(tmp_path, done, n_jobs):
    (tmp_path / "limit").write_text(str(done))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(here=str(Path(__file__).parent)))
    command = [sys.executable, str(script), str(tmp_path), str(n_jobs)]
    process = subprocess.Popen(command, start_new_session=True)
    end = time.monotonic() + 300
    while len(list(tmp_path.glob("waiting-*"))) < n_jobs or len(
        entries(tmp_path)
    ) != fits(tmp_path):
        assert time.monotonic() < end, "waited in vain"
        assert process.poll() is None, "the process ended"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (tmp_path / "limit").unlink()
    # Two at a time: both may begin before the last that is allowed has ended.
    kept = fits(tmp_path)
    assert done <= kept < done + n_jobs
    resumed = in_process(tmp_path)
    assert fits(tmp_path) == 5
    assert resumed.reused == kept
    plain = OneVsRestClassifier(LogisticRegression())
    same(resumed, cross_fit_top_k(plain, X, Y, k=3, random_state=0))


def test_folds_are_found_again_whoever_runs_them(tmp_path):
    first = in_process(tmp_path)
    assert first.reused == 0
    again = in_process(tmp_path, n_jobs=2)
    assert again.reused == 5
    assert fits(tmp_path) == 5
    same(first, again)


@pytest.mark.parametrize("change", ["k", "Y", "dense", "seed", "cv", "raw"])
def test_another_question_is_not_answered_by_the_store(tmp_path, change):
    in_process(tmp_path)
    labels, options, kind = Y, {}, Counting
    if change == "k":
        options["k"] = 2
    elif change == "Y":
        labels = Y.toarray()
        labels[0, 0] = 1 - labels[0, 0]
        labels = sparse.csr_matrix(labels)
    elif change == "dense":
        labels = Y.toarray()
    elif change == "seed":
        options["random_state"] = 1
    elif change == "cv":
        options["cv"] = 4
    else:
        kind = Tops
    options = {"k": 3, "random_state": 0, "memory": str(tmp_path / "store"), **options}
    assert cross_fit_top_k(kind(str(tmp_path)), X, labels, **options).reused == 0


class Tops(Counting):
    """The same teacher, asked for its margins."""

    def predict_topk(self, X, k):
        margins = self.decision_function(X)
        labels = np.argsort(-margins, axis=1)[:, :k]
        return labels, np.take_along_axis(margins, labels, axis=1)


def test_a_damaged_fold_is_fitted_again(tmp_path):
    first = in_process(tmp_path)
    entry = entries(tmp_path)[1]
    entry.write_bytes(entry.read_bytes()[:-7])
    with pytest.warns(StoreWarning, match="1 damaged entries were not used"):
        again = in_process(tmp_path)
    assert again.reused == 4
    same(first, again)
