"""One record of several teachers."""

from dataclasses import replace

import numpy as np
import pytest

from skdistill.crossfit import CrossFit, merge, stacking_weights

RNG = np.random.default_rng(0)
CLASSES = np.array(["a", "b"])
CODES = RNG.integers(0, 2, 50)
GOOD = 0.8 * np.eye(2)[CODES] + 0.1
NOISE = RNG.dirichlet(np.ones(2), size=50)


def record(proba, number):
    return CrossFit(
        proba,
        CLASSES,
        source="cv",
        scores=(number, number + 0.5),
        spread=np.full(50, number),
        worst_sum=number,
        unlabeled_proba=np.array([[number, 1 - number]]),
        teachers=(f"teacher {number}",),
        fit_seconds=(number,),
    )


FIRST, SECOND = record(NOISE, 0.25), record(GOOD, 0.125)


def test_a_single_record_is_itself():
    assert merge([FIRST], CODES) is FIRST


@pytest.mark.parametrize("weight", [None, np.arange(50.0) % 3])
def test_figures_are_weighted_and_lists_are_joined(weight):
    merged = merge([FIRST, SECOND], CODES, weight)
    share = stacking_weights([NOISE, GOOD], CODES, weight)
    assert merged.teacher_weights == tuple(share.tolist())
    np.testing.assert_allclose(merged.proba, share[0] * NOISE + share[1] * GOOD)
    mean = share @ [0.25, 0.125]
    np.testing.assert_allclose(merged.spread, mean)
    np.testing.assert_allclose(merged.unlabeled_proba, [[mean, 1 - mean]])
    assert merged.worst_sum == 0.25
    assert merged.scores == (0.25, 0.75, 0.125, 0.625)
    assert merged.teachers == ("teacher 0.25", "teacher 0.125")
    assert merged.fit_seconds == (0.25, 0.125)
    assert merged.source == "cv"


def test_what_no_teacher_has_stays_none():
    bare = [
        replace(one, spread=None, unlabeled_proba=None, teachers=())
        for one in (FIRST, SECOND)
    ]
    merged = merge(bare, CODES)
    assert merged.spread is None
    assert merged.unlabeled_proba is None
    assert merged.teachers == ()


def test_a_record_of_given_probabilities_claims_nothing_else():
    given = CrossFit(GOOD, CLASSES, source="teacher_proba")
    assert given.worst_sum == given.n_clipped == given.n_negative == 0
    assert given.teacher_weights == (1.0,)
    assert given.splits == given.scores == given.filled == given.teachers == ()
    assert given.coverage is given.spread is given.unlabeled_proba is None
