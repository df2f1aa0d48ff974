"""label_propensities: the formula by hand, containers, and what it refuses."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skdistill.metrics import label_propensities, propensity_scored_precision_at_k


def test_the_formula_by_hand():
    # Twenty rows; labels in 8, 2 and none of them; A = 1 and B = 2 leave fractions:
    # C = 3 (log 20 - 1), p = 1 / (1 + C / (N_l + 2)).
    Y = np.zeros((20, 3), dtype=int)
    Y[:8, 0] = Y[:2, 1] = 1
    C = 3 * (np.log(20) - 1)
    expected = [1 / (1 + C / 10), 1 / (1 + C / 4), 1 / (1 + C / 2)]
    assert_allclose(label_propensities(Y, 1.0, 2), expected, rtol=1e-14)


def test_the_authors_values_are_the_defaults():
    # N = 100, of which label 0 has 10: C = (log 100 - 1) (1.5 + 1)^0.55.
    found = label_propensities([0] * 10 + [1] * 90)
    assert_allclose(found[0], 1 / (1 + 3.605170186 * 2.5**0.55 * 11.5**-0.55))
    assert_allclose(found, label_propensities([0] * 10 + [1] * 90, 0.55, 1.5))


def test_a_label_in_one_row_of_many_has_the_inverse_log():
    """At N_l = 1 the two powers cancel: 1 / p = log N, whatever A and B."""
    Y = sparse.csr_array(([1.0], ([0], [0])), shape=(1000, 1))
    for A, B in ((0.55, 1.5), (0.5, 0.4), (0.6, 2.6)):
        assert_allclose(label_propensities(Y, A, B), 1 / np.log(1000), rtol=1e-14)


def test_propensities_grow_with_rows_and_stay_below_one():
    found = label_propensities(np.repeat(np.arange(6), [1, 2, 5, 10, 100, 5000]))
    assert found.dtype == np.float64
    assert (np.diff(found) > 0).all()
    assert 0 < found[0] < found[-1] < 1


def test_containers_agree():
    codes = np.array([0, 2, 2, 1, 2, 0])
    dense = np.eye(4)[codes]
    expected = label_propensities(dense)
    assert expected.shape == (4,)
    assert_allclose(label_propensities(codes), expected[:3], rtol=0)
    assert_allclose(label_propensities(codes, n_labels=4), expected, rtol=0)
    for form in ("bsr", "coo", "csc", "csr", "lil"):
        assert_allclose(
            label_propensities(sparse.csr_matrix(dense).asformat(form), n_labels=4),
            expected,
            rtol=0,
        )


def test_one_label_is_enough():
    expected = [1 / (1 + (np.log(4) - 1) * (2.5 / 5.5) ** 0.55)]
    for Y in ([0, 0, 0, 0], np.ones((4, 1))):
        assert_allclose(label_propensities(Y, n_labels=1), expected, rtol=1e-14)


def test_propensities_of_the_training_rows_fit_the_metric():
    p = label_propensities([0, 0, 0, 1, 2])
    value = propensity_scored_precision_at_k([0, 1], [[0], [0]], p)
    assert_allclose(value, (1 / p[0]) / (1 / p[0] + 1 / p[1]))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 1],), ValueError, "Y must have at least 3 rows, got 2."),
        (([],), ValueError, "Y must have at least one row, got 0."),
        (([0.5, 1, 1],), TypeError, "Y must hold integer codes or, in a column for"),
        ((np.empty((0, 3)),), ValueError, "Y must have at least one row, got 0."),
        ((np.empty((3, 0)),), ValueError, "at least one column, got shape (3, 0)."),
        (
            ([0, 1, -1],),
            ValueError,
            "Y must hold codes from 0 upwards, got -1 in row 2",
        ),
        (([0, 1, 1], 0), ValueError, "A must be a positive finite number, got 0."),
        (([0, 1, 1], "a"), TypeError, "A must be a positive finite number, got 'a'."),
        (([0, 1, 1], 1, -1), ValueError, "B must be a positive finite number, got -1."),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        label_propensities(*arguments)


@pytest.mark.parametrize(
    ("Y", "n_labels", "error", "message"),
    [
        ([0, 1, 2], 2, ValueError, "Y must hold codes in 0..1, got 2 in row 2."),
        ([0, 1, 2], 0, ValueError, "n_labels must be at least 1, got 0."),
        ([0, 1, 2], 3.0, TypeError, "n_labels must be an integer or None, got 3.0."),
        ([0, 0, 0], True, TypeError, "n_labels must be an integer or None, got True."),
        (np.eye(3), 4, ValueError, "the number of columns of Y, 3, or None, got 4."),
    ],
)
def test_numbers_of_labels_that_do_not_fit_are_refused(Y, n_labels, error, message):
    with pytest.raises(error, match=re.escape(message)):
        label_propensities(Y, n_labels=n_labels)
