"""Teachers ranked by their squared error to probabilities nobody has to know."""

import re
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import rank_teachers
from skdistill.metrics import soft_brier_score

TRUTH = np.array([[1, 1, 2], [0, 1, 3], [2, 2, 0], [4, 0, 0]]) / 4
TEACHER = np.array([[2, 3, 5], [1, 1, 8], [6, 3, 1], [9, 1, 0]]) / 10
ROWS, LABELS = np.array(
    [(x, k) for x in range(4) for k in range(3) for _ in range(int(4 * TRUTH[x, k]))]
).T


def test_expected_brier_difference_is_the_squared_error_to_the_truth():
    """Over every possible vector of labels, weighted by its probability."""
    total = 0.0
    for labels in product(range(3), repeat=4):
        chance = np.prod(TRUTH[range(4), labels])
        gap = soft_brier_score(labels, TEACHER) - soft_brier_score(labels, TRUTH)
        total += chance * gap
    assert_allclose(total, ((TEACHER - TRUTH) ** 2).sum(axis=1).mean(), rtol=1e-13)


def test_excess_is_the_squared_error_to_the_truth():
    """On a population that has every label as often as the truth says."""
    found = rank_teachers(
        {"teacher": TEACHER[ROWS], "truth": TRUTH[ROWS]}, LABELS, random_state=0
    )
    assert found.best == "truth"
    best, other = found.teachers
    assert_allclose(
        other.excess, ((TEACHER - TRUTH) ** 2).sum(axis=1).mean(), rtol=1e-13
    )
    assert_allclose(other.brier - best.brier, other.excess, rtol=1e-13)
    assert_allclose(best.brier, 1 - (TRUTH**2).sum(axis=1).mean(), rtol=1e-13)
    assert best.excess == best.excess_error == best.excess_low == best.excess_high == 0
    assert not best.clearly_worse


def two_teachers(n=2000):
    """One is right as often as can be and sure of itself, the other the reverse."""
    _, y, truth = make_known_bayes(n, random_state=0)
    rng = np.random.default_rng(0)
    column = np.clip(truth[:, 1] + rng.normal(0, 0.12, n), 0.01, 0.99)
    honest = np.column_stack([1 - column, column])
    return {"sure": truth.round(), "honest": honest}, y, truth


def test_accuracy_would_choose_the_worse_teacher():
    teachers, y, truth = two_teachers()
    found = rank_teachers(teachers, y, random_state=0)
    assert found.best == "honest"
    assert found.most_accurate == "sure"
    assert found.accuracy_misleads
    assert "Accuracy would choose sure" in found.sentence
    distance = {
        name: ((proba - truth) ** 2).sum(axis=1).mean()
        for name, proba in teachers.items()
    }
    worse = found.teachers[1]
    assert worse.excess_low < distance["sure"] - distance["honest"] < worse.excess_high
    assert worse.clearly_worse
    assert worse.accuracy > found.teachers[0].accuracy


def test_the_paired_error_is_that_of_the_difference():
    teachers, y, _ = two_teachers()
    onehot = np.eye(2)[y]
    rows = [((teachers[name] - onehot) ** 2).sum(axis=1) for name in ("sure", "honest")]
    gap = rows[0] - rows[1]
    found = rank_teachers(teachers, y, random_state=0).teachers[1]
    assert_allclose(found.excess_error, gap.std(ddof=1) / np.sqrt(len(y)), rtol=1e-12)
    width = found.excess_high - found.excess_low
    assert_allclose(width, 2 * 1.96 * found.excess_error, rtol=0.1)


def test_teachers_that_noise_may_have_ordered_are_said_to_be_as_near():
    teachers, y, truth = two_teachers(300)
    found = rank_teachers(
        {"a": truth, "b": 0.99 * truth + 0.005, "sure": teachers["sure"]},
        y,
        random_state=0,
    )
    assert [one.clearly_worse for one in found.teachers] == [False, False, True]
    assert "b may be as near" in found.sentence or "a may be as near" in found.sentence
    assert rank_teachers({"only": truth}, y, random_state=0).sentence.endswith(").")


def test_the_order_of_the_mapping_and_the_seed_do_not_matter():
    teachers, y, _ = two_teachers(300)
    found = rank_teachers(teachers, y, random_state=0)
    turned = rank_teachers(dict(reversed(teachers.items())), y, random_state=0)
    assert found == turned
    other = rank_teachers(teachers, y, random_state=1)
    assert other.best == found.best
    assert other != found


def test_frame_and_words():
    pytest.importorskip("pandas")
    teachers, y, _ = two_teachers(300)
    found = rank_teachers(teachers, y, random_state=0)
    table = found.to_frame()
    assert table.index.tolist() == ["honest", "sure"]
    assert table.loc["sure", "excess"] == found.teachers[1].excess
    assert str(found) == found.sentence


HALF = [[0.5, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"teachers": {}}, "teachers must name at least one teacher, got none."),
        (
            {"teachers": {"a": HALF, "b": HALF[:1]}},
            "teachers['b'] must have shape (2, 2), got (1, 2).",
        ),
        (
            {"teachers": {"a": [[np.nan, 1], [0, 1]]}},
            "teachers['a'] must be finite, got nan in row 0, column 0.",
        ),
        (
            {"teachers": {"a": [[0.5, 0.6], [0.5, 0.5]]}},
            "teachers['a'] must have rows that sum to 1, got 1.1 in row 0.",
        ),
        (
            {"teachers": {"a": [[0.5, 0.5]]}, "y": [0]},
            "teachers must have at least 2 rows, got 1.",
        ),
        ({"y": [0, 1, 1]}, "y must have shape (2,), got (3,)."),
        ({"y": [0, 0]}, "y must have at least 2 classes, got 1: [0]."),
        ({"n_bootstrap": 0}, "n_bootstrap must be at least 1, got 0."),
        ({"confidence": 0.0}, "confidence must be in (0, 1), got 0.0."),
    ],
)
def test_wrong_input_is_refused(changed, message):
    plain = {"teachers": {"a": HALF}, "y": [0, 1]}
    with pytest.raises(ValueError, match=re.escape(message)):
        rank_teachers(**(plain | changed))


def test_teachers_have_names():
    with pytest.raises(TypeError, match=r"teachers must be a mapping .* got list\."):
        rank_teachers([HALF], [0, 1])
