"""What "auto" tries, in which words, and when it keeps the labels."""

from dataclasses import replace

import numpy as np
import pytest

from skdistill.estimators._candidates import Candidate
from skdistill.estimators._selection import _finalists, decide
from skdistill.targets import LossCorrection

NAN = float("nan")
LABELS = Candidate(0.0, None, log_loss=0.5, gain=0.0, gain_error=0.0)


def rival(alpha=1.0, *, loss, error=0.01, gain=None, synthetic=False):
    gain = 0.5 - loss if gain is None else gain
    return Candidate(alpha, None, synthetic, log_loss=loss, gain=gain, gain_error=error)


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (Candidate(0.0, None), "labels only"),
        (Candidate(0.0, None, True), "labels only"),
        (Candidate(1.0, None), "the teacher alone"),
        (Candidate(0.25, None), "25% teacher, 75% labels"),
        (
            Candidate(1.0, LossCorrection("fast", 0.1)),
            "the teacher alone, correction 'fast' (0.1)",
        ),
        (
            Candidate(1.0, LossCorrection("relative")),
            "the teacher alone, correction 'relative'",
        ),
        (
            Candidate(0.5, LossCorrection("fast", 1.0), True),
            "50% teacher, 50% labels, correction 'fast' (1), synthetic rows",
        ),
    ],
)
def test_a_candidate_is_said_in_words(candidate, words):
    assert str(candidate) == words


class TestDecide:
    def test_the_least_log_loss_wins(self):
        best = rival(0.5, loss=0.3)
        assert decide([LABELS, rival(loss=0.4), best]) is best

    def test_it_has_to_beat_the_labels_by_a_standard_error(self):
        close, clear = rival(loss=0.45, error=0.051), rival(loss=0.45, error=0.049)
        assert decide([LABELS, close]) is LABELS
        assert decide([LABELS, clear]) is clear

    def test_a_gain_of_just_the_error_is_none(self):
        assert decide([LABELS, rival(loss=0.25, error=0.25)]) is LABELS

    def test_the_second_best_gets_no_chance_when_the_best_is_unsure(self):
        unsure, sure = rival(loss=0.40, error=0.2), rival(loss=0.41, error=0.001)
        assert decide([LABELS, sure, unsure]) is LABELS

    def test_the_first_of_equals_wins(self):
        first, second = rival(0.5, loss=0.3), rival(1.0, loss=0.3)
        assert decide([LABELS, first, second]) is first
        assert decide([LABELS, second, first]) is second
        assert decide([LABELS, rival(loss=0.5, error=0.0)]) is LABELS

    def test_an_unknown_error_is_no_proof(self):
        """A single row is scored: its gain has no standard error."""
        assert decide([LABELS, rival(loss=0.1, error=NAN)]) is LABELS
        assert decide([LABELS, rival(loss=0.1, gain=NAN)]) is LABELS

    def test_without_error_any_gain_counts(self):
        best = rival(loss=0.499, error=0.0)
        assert decide([LABELS, best]) is best

    def test_where_labels_are_no_candidate_the_least_log_loss_wins(self):
        one, two = (rival(0.7, loss=loss, gain=NAN, error=NAN) for loss in (0.4, 0.3))
        assert decide([one, two]) is two

    def test_where_nothing_was_scored_the_first_is_taken(self):
        labels = replace(LABELS, log_loss=np.inf)
        assert decide([labels, rival(loss=np.inf, gain=NAN)]) is labels


def test_labels_and_the_two_best_of_the_others_go_on():
    first = [
        rival(loss=0.2),
        rival(loss=0.4),
        replace(LABELS, log_loss=0.9),
        rival(loss=0.3),
        rival(loss=np.inf),
    ]
    assert _finalists(first) == [0, 2, 3]
    assert _finalists([replace(LABELS, log_loss=0.1), *first[:2], first[3]]) == [
        0,
        1,
        3,
    ]
    assert _finalists([one for one in first if one.alpha > 0]) == [0, 2]
