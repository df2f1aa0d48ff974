"""Which copy of the kernels runs, and what happens in other processes."""

import os
import subprocess
import sys

import numpy as np
import pytest
from joblib import Parallel, delayed
from numpy.testing import assert_array_equal

from skdistill._kernels import _cpu, soft_ce


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("level", range(_cpu.BEST + 1))
def test_the_environment_asks_for_a_level(level):
    code = "from skdistill._kernels import _cpu; print(_cpu.LEVEL)"
    done = python(code, SKDISTILL_CPU=_cpu.LEVELS[level])
    assert done.stdout.split() == [str(level)], done.stderr


def test_an_unknown_level_is_an_import_error():
    done = python("import skdistill.losses", SKDISTILL_CPU="avx1024")
    assert done.returncode == 1
    message = "ImportError: SKDISTILL_CPU must be one of baseline"
    assert message in done.stderr
    assert "got 'avx1024'" in done.stderr


def test_a_level_is_chosen():
    assert _cpu.chosen(None) == _cpu.chosen("") == _cpu.BEST
    assert _cpu.chosen("baseline") == 0
    with pytest.raises(ImportError, match="must be one of .*, got 'AVX2'"):
        _cpu.chosen("AVX2")


def test_a_level_the_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setattr(_cpu, "BEST", 1)
    message = r"what this processor has \(baseline, avx2\), got 'avx512'"
    with pytest.raises(ImportError, match=message):
        _cpu.chosen("avx512")


FORK = """
import os, signal
import numpy as np
from skdistill._kernels import soft_ce

logit = np.random.default_rng(0).normal(size=(20_000, 10))
target = np.eye(10)[np.arange(20_000) % 10]
before = soft_ce(target, logit, n_threads=2).grad
child = os.fork()
if child == 0:
    signal.alarm(20)
    same = (soft_ce(target, logit, n_threads=2).grad == before).all()
    os._exit(0 if same else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_after_threads_does_not_hang():
    done = python(FORK)
    assert done.stdout.split() == ["0"], done.stderr


def test_a_loky_worker_gets_the_same_bits():
    rng = np.random.default_rng(0)
    target, logit = rng.random((9000, 10)), rng.normal(size=(9000, 10))
    here = soft_ce(target, logit, 2.0, 0.5, hessian=True)
    call = delayed(soft_ce)(target, logit, 2.0, 0.5, hessian=True, n_threads=2)
    for there in Parallel(n_jobs=2, backend="loky", max_nbytes=None)([call, call]):
        for name in ("loss", "grad", "hess"):
            assert_array_equal(getattr(there, name), getattr(here, name))
