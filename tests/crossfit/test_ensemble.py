"""Several teachers: weights by out-of-fold log-loss."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from skdistill.crossfit import stacking_weights


@pytest.fixture(scope="module")
def teachers():
    rng = np.random.default_rng(0)
    truth = rng.dirichlet(np.ones(3), size=500)
    codes = np.array([rng.choice(3, p=row) for row in truth])
    noisy = 0.5 * truth + 0.5 * rng.dirichlet(np.ones(3), size=500)
    return truth, noisy, codes


def mean_log_loss(proba, codes, weight=None):
    return np.average(-np.log(proba[np.arange(len(codes)), codes]), weights=weight)


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_minimise_the_log_loss_of_the_average(teachers, weighted):
    first, second, codes = teachers
    second = np.roll(second, 1, axis=0) * 0.4 + first * 0.6
    weight = np.linspace(0.1, 2, len(codes)) if weighted else None
    found = stacking_weights([first, second], codes, weight)
    best = minimize_scalar(
        lambda w: mean_log_loss(w * first + (1 - w) * second, codes, weight),
        bounds=(0, 1),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert found.sum() == pytest.approx(1)
    assert found[0] == pytest.approx(best.x, abs=1e-3)


def test_a_useless_teacher_gets_no_weight(teachers):
    truth, _, codes = teachers
    useless = np.roll(truth, 7, axis=0)
    assert stacking_weights([truth, useless], codes)[1] < 0.1


def test_rows_without_a_teacher_are_left_out(teachers):
    truth, noisy, codes = teachers
    holes = noisy.copy()
    holes[:100] = np.nan
    expected = stacking_weights([truth[100:], noisy[100:]], codes[100:])
    np.testing.assert_allclose(stacking_weights([truth, holes], codes), expected)
