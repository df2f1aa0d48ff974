"""Variance and bias of a risk: paper 4 exactly, over whole populations, not draws."""

import re
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import risk_decomposition

#: True probabilities of four equally frequent rows, in quarters.
TRUTH = np.array([[1, 1, 2], [0, 1, 3], [2, 2, 0], [4, 0, 0]]) / 4
TEACHER = np.array([[2, 3, 5], [1, 1, 8], [6, 3, 1], [9, 1, 0]]) / 10
STUDENT = np.array([[2, 5, 3], [3, 3, 4], [1, 6, 3], [5, 2, 3]]) / 10
#: Each row with each label, as often as the true probabilities say.
ROWS, LABELS = np.array(
    [(x, k) for x in range(4) for k in range(3) for _ in range(int(4 * TRUTH[x, k]))]
).T
N = len(ROWS)


def population(teacher=TEACHER, student=STUDENT, **options):
    """Decompose the whole population, every row with all its labels."""
    options = {"n_bootstrap": 10, "random_state": 0} | options
    return risk_decomposition(teacher[ROWS], LABELS, student[ROWS], **options)


def moments(weights, values):
    mean = weights @ values
    return mean, weights @ (values - mean) ** 2


def class_losses(loss):
    if loss == "cross_entropy":
        return -np.log(STUDENT)
    return ((STUDENT[:, None, :] - np.eye(3)) ** 2).sum(axis=2)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_the_lemma_holds_exactly(loss):
    """Var(one-hot) = Var(Bayes) + E Var_y(loss): the law of total variance."""
    losses = class_losses(loss)
    bayes = (TRUTH * losses).sum(axis=1)
    within = (TRUTH * (losses - bayes[:, None]) ** 2).sum(axis=1).mean()
    mean, variance = moments(np.full(4, 1 / 4), bayes)
    onehot = moments((TRUTH / 4).ravel(), losses.ravel())
    found = population(TRUTH, bayes_proba=TRUTH[ROWS], loss=loss)
    correction = N / (N - 1)
    assert_allclose(found.risk_onehot, mean, rtol=1e-13)
    assert_allclose(found.risk_distilled, mean, rtol=1e-13)
    assert_allclose(found.variance_onehot, onehot[1] * correction, rtol=1e-13)
    assert_allclose(found.variance_distilled, variance * correction, rtol=1e-13)
    assert_allclose(found.variance_bayes, variance * correction, rtol=1e-13)
    assert_allclose(found.label_variance, within, rtol=1e-13)
    assert_allclose(
        found.variance_onehot,
        found.variance_bayes + found.label_variance * correction,
        rtol=1e-13,
    )
    assert found.variance_ratio < 1
    assert found.bias == 0


def test_the_variances_are_equal_where_the_possible_losses_are():
    """Constant over the support of p*, however they differ outside of it."""
    truth = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [1, 0, 0]])
    student = np.array([[2, 2, 6], [8, 1, 1], [3, 4, 3], [5, 2, 3]]) / 10
    rows, labels = np.array(
        [
            (x, k)
            for x in range(4)
            for k in range(3)
            for _ in range(int(2 * truth[x, k]))
        ]
    ).T
    found = risk_decomposition(
        truth[rows], labels, student[rows], n_bootstrap=5, random_state=0
    )
    assert found.label_variance == pytest.approx(0, abs=1e-30)
    assert_allclose(found.variance_ratio, 1, rtol=1e-13)
    assert found.break_even == 0
    other = student.copy()
    other[0] = [0.3, 0.1, 0.6]
    found = risk_decomposition(
        truth[rows], labels, other[rows], n_bootstrap=5, random_state=0
    )
    assert found.label_variance > 0.01
    assert found.variance_ratio < 0.99


@pytest.mark.parametrize("n", [1, 2, 3])
def test_mean_squared_error_is_variance_by_rows_plus_squared_bias(n):
    """All samples of n rows, one by one: no Monte Carlo."""
    losses = -np.log(STUDENT)
    risk = (TRUTH * losses).sum(axis=1).mean()
    terms = (TEACHER * losses).sum(axis=1)
    means = np.array([terms[list(rows)].mean() for rows in product(range(4), repeat=n)])
    found = population(bayes_proba=TRUTH[ROWS])
    assert_allclose(found.bias, terms.mean() - risk, rtol=1e-12)
    variance = found.variance_distilled * (N - 1) / N
    assert_allclose(
        np.mean((means - risk) ** 2), variance / n + found.bias**2, rtol=1e-12
    )


def test_bias_against_labels_is_that_against_the_truth_with_a_larger_error():
    labels, truth = population(), population(bayes_proba=TRUTH[ROWS])
    assert_allclose(labels.bias, truth.bias, rtol=1e-12)
    assert labels.bias_error > truth.bias_error > 0
    assert (labels.bias_source, truth.bias_source) == ("labels", "bayes_proba")
    assert np.isnan(labels.variance_bayes)
    assert np.isnan(labels.intervals["variance_bayes"][0])
    gaps = (TEACHER * -np.log(STUDENT)).sum(axis=1)[ROWS] + np.log(STUDENT)[
        ROWS, LABELS
    ]
    assert_allclose(labels.bias_error, gaps.std(ddof=1) / np.sqrt(N), rtol=1e-12)


@pytest.mark.parametrize("known", [True, False])
def test_label_variance_is_of_the_truth_or_else_of_the_teacher(known):
    losses = -np.log(STUDENT)
    law = TRUTH if known else TEACHER
    mean = (law * losses).sum(axis=1, keepdims=True)
    found = population(bayes_proba=TRUTH[ROWS] if known else None)
    assert_allclose(
        found.label_variance,
        (law * (losses - mean) ** 2).sum(axis=1).mean(),
        rtol=1e-12,
    )


def test_costs_follow_from_variance_and_bias():
    found = population(bayes_proba=TRUTH[ROWS])
    squared = max(0, found.bias**2 - found.bias_error**2)
    assert_allclose(found.bias_squared, squared)
    assert_allclose(found.mse_onehot, found.variance_onehot / N)
    assert_allclose(found.mse_distilled, found.variance_distilled / N + squared)
    flat = population(np.full((4, 3), 1 / 3), bayes_proba=TRUTH[ROWS])
    assert flat.bias_squared > 0
    even = flat.break_even
    assert 0 < even < np.inf
    assert_allclose(
        flat.variance_onehot / even,
        flat.variance_distilled / even + flat.bias_squared,
    )
    assert f"from about {np.ceil(even):,.0f} rows on" in flat.sentence
    assert population(TRUTH, bayes_proba=TRUTH[ROWS]).break_even == np.inf
    assert found.variance_distilled < found.variance_onehot


def test_a_teacher_that_says_the_labels_saves_nothing():
    found = risk_decomposition(
        np.eye(3)[LABELS], LABELS, STUDENT[ROWS], n_bootstrap=10, random_state=0
    )
    assert found.variance_ratio == 1
    assert found.bias == found.label_variance == found.break_even == 0
    assert "saves no variance" in found.sentence


def test_constant_losses_have_no_ratio():
    found = population(student=np.full((4, 3), 1 / 3))
    assert np.isnan(found.variance_ratio)
    assert np.isnan(found.intervals["variance_ratio"]).all()
    assert "constant" in found.sentence


def test_zero_probabilities_are_raised_and_counted():
    student = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0.5, 0.5, 0]])
    found = population(student=student)
    assert found.n_raised == (student[ROWS] == 0).sum()
    assert np.isfinite(found.risk_onehot)
    assert population(student=student, loss="squared_error").n_raised == 0


def test_intervals_cover_the_truth_as_often_as_they_say():
    """40 samples of 300 rows; a fixed seed, and room for the binomial spread."""
    X, _, _ = make_known_bayes(20_000, random_state=1)
    truth = make_known_bayes(20_000, random_state=1)[2]
    teacher = truth**2 / (truth**2).sum(axis=1, keepdims=True)
    student = 0.6 * truth + 0.2
    losses = -np.log(student)
    expected = {
        "bias": ((teacher - truth) * losses).sum(axis=1).mean(),
        "risk_onehot": (truth * losses).sum(axis=1).mean(),
        "variance_distilled": (teacher * losses).sum(axis=1).var(),
    }
    rng = np.random.default_rng(0)
    covered = dict.fromkeys(expected, 0)
    for seed in range(40):
        rows = rng.integers(len(X), size=300)
        y = (rng.uniform(size=300) < truth[rows, 1]).astype(int)
        found = risk_decomposition(
            teacher[rows],
            y,
            student[rows],
            n_bootstrap=200,
            confidence=0.9,
            random_state=seed,
        )
        for name, value in expected.items():
            low, high = found.intervals[name]
            covered[name] += low <= value <= high
    assert all(30 <= count <= 40 for count in covered.values()), covered


def test_the_same_seed_gives_the_same_intervals():
    assert population().intervals["bias"] == population().intervals["bias"]
    assert (
        population().intervals["bias"] != population(random_state=1).intervals["bias"]
    )


def test_a_shift_of_all_losses_changes_no_variance():
    """A student that is certain of a class: losses far from 0 keep their digits."""
    student = np.array([[1e-12, 1e-11, 1.0]] * 4)
    losses = -np.log(student[0])
    found = population(student=student)
    weights = TRUTH.mean(axis=0)
    assert_allclose(
        found.variance_onehot * (N - 1) / N, moments(weights, losses)[1], rtol=1e-12
    )


def test_frame_and_words():
    pytest.importorskip("pandas")
    found = population()
    table = found.to_frame()
    assert table.loc["variance_ratio", "value"] == found.variance_ratio
    low, high = found.intervals["variance_ratio"]
    assert tuple(table.loc["variance_ratio", ["low", "high"]]) == (low, high)
    assert np.isnan(table.loc["break_even", "low"])
    assert str(found) == found.sentence
    assert f"{found.variance_ratio:.0%}" in found.sentence
    assert "against the labels" in found.sentence
    truth = population(bayes_proba=TRUTH[ROWS])
    assert "against the true probabilities" in truth.sentence


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"P": [[0.5, 0.6], [0.5, 0.5]]}, "P must have rows that sum to 1, got 1.1"),
        ({"P": [[np.nan, 0.5], [0.5, 0.5]]}, "P must be finite, got nan in row 0"),
        ({"P": [0.5, 0.5]}, "P must have shape (n_samples, n_classes)"),
        (
            {"student_proba": [[0.5, 0.5]]},
            "student_proba must have shape (2, 2), got (1, 2).",
        ),
        (
            {"student_proba": [[1.5, -0.5], [0.5, 0.5]]},
            "student_proba must be non-negative, got -0.5 in row 0, column 1.",
        ),
        (
            {"bayes_proba": [[0.5, 0.5]]},
            "bayes_proba must have shape (2, 2), got (1, 2).",
        ),
        ({"y": [0, 1, 1]}, "y must have shape (2,), got (3,)."),
        ({"y": [0, 2]}, "y must be integers in 0..1, got int64 from 0 to 2."),
        ({"y": [1, 1]}, "y must have at least 2 classes, got 1: [1]."),
        ({"loss": "hinge"}, "loss must be one of 'cross_entropy', 'squared_error'"),
        ({"n_bootstrap": 0}, "n_bootstrap must be at least 1, got 0."),
        ({"confidence": 1}, "confidence must be in (0, 1), got 1."),
        (
            {"P": [[0.5, 0.5]], "student_proba": [[0.5, 0.5]], "y": [0]},
            "P must have at least 2 rows, got 1.",
        ),
    ],
)
def test_wrong_input_is_refused(changed, message):
    half = [[0.5, 0.5], [0.5, 0.5]]
    plain = {"P": half, "y": [0, 1], "student_proba": half}
    with pytest.raises(ValueError, match=re.escape(message)):
        risk_decomposition(**(plain | changed))


def test_a_number_of_resamples_is_an_integer():
    half = [[0.5, 0.5], [0.5, 0.5]]
    with pytest.raises(TypeError, match=r"n_bootstrap must be an integer, got 2\.5\."):
        risk_decomposition(half, [0, 1], half, n_bootstrap=2.5)


def test_more_variance_is_not_called_less():
    rng = np.random.default_rng(0)
    q = np.tile([[0.9, 0.1], [0.1, 0.9]], (100, 1))
    labels = q.argmax(axis=1)
    labels[:2] = 1 - labels[:2]
    loud = np.eye(2)[rng.integers(2, size=200)]
    found = risk_decomposition(loud, labels, q, random_state=0)
    assert found.variance_ratio > 2
    assert "Soft labels make" in found.sentence
    assert found.sentence.endswith("labels estimate the risk better.")
