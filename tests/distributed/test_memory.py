"""Nothing of the size of the data is ever in one place."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="peak memory is read from the resource module")
SCRIPT = Path(__file__).with_name("out_of_memory.py")


def run(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_rows_of_four_times_the_memory_of_all_workers_are_distilled():
    done = run()
    assert done.returncode == 0, done.stderr[-3000:]
    data, limits, grown, accuracy, loss = json.loads(done.stdout.splitlines()[-1])
    assert data >= 4 * limits
    assert grown < limits / 4  # of the client: models, counts, graphs
    assert accuracy > 0.6
    assert loss < 0.7


def test_the_limits_are_real():
    done = run("--gather")
    assert done.returncode != 0
    assert "KilledWorker" in done.stderr
