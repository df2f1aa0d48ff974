"""Latency of single rows and throughput of batches."""

import time

import numpy as np
import pytest

from skdistill.students import latency, timed


class Slow:
    """Every call takes `fixed` seconds; the first of single rows 200 times that."""

    def __init__(self, fixed):
        self.fixed = fixed
        self.sizes = []

    def __call__(self, X):
        single = len(X) == 1
        time.sleep(self.fixed * (200 if single and 1 not in self.sizes else 1))
        self.sizes.append(len(X))
        return X


def test_single_rows_and_batches_are_timed():
    predict = Slow(0.002)
    found = latency(predict, np.zeros((30, 1)), n_calls=40)
    assert 2000 <= found.p50 < 6000
    assert found.p50 <= found.p99 < 200_000  # the first, cold call is not counted
    assert predict.sizes.count(1) == 41  # rows come again
    assert found.n_calls == 40
    assert found.n_batch == 30
    assert 4000 < found.rows_per_second <= 15_000


def test_a_batch_has_a_thousand_rows():
    predict = Slow(0.0)
    assert latency(predict, np.zeros((2500, 1)), n_calls=3).n_batch == 1000
    assert set(predict.sizes) == {1, 1000}


def test_slow_models_are_timed_less_often():
    predict = Slow(0.02)
    predict.sizes.append(1)  # no cold call
    found = latency(predict, np.zeros((5, 1)), n_calls=100, seconds=0.05)
    assert found.n_calls == 3
    assert predict.sizes.count(5) == 3


def test_the_time_of_a_row_is_that_of_all_divided_by_their_number():
    said, microseconds = timed(Slow(0.01), np.zeros((100, 1)), 3)
    assert said.shape == (100, 1)
    assert microseconds == pytest.approx(100, rel=0.5)
