"""What "auto" tries, in which words, and when it keeps the labels."""

from dataclasses import replace

import numpy as np
import pytest

from skdistill.estimators._candidates import Candidate
from skdistill.estimators._selection import decide
from skdistill.targets import LossCorrection

NAN = float("nan")
LABELS = Candidate(0.0, None, log_loss=0.5)
N = 10


def rival(alpha=1.0, *, loss, synthetic=False):
    return Candidate(alpha, None, synthetic, log_loss=loss)


def choice(*rivals, labels=0.5):
    """Decide among labels and (alpha, synthetic, loss, error of the gain)."""
    candidates = [] if labels is None else [replace(LABELS, log_loss=labels)]
    rows = [] if labels is None else [np.full(N, labels)]
    signs = np.tile([1.0, -1.0], N // 2)
    for alpha, synthetic, loss, error in rivals:
        candidates.append(rival(alpha, loss=loss, synthetic=synthetic))
        rows.append(loss + error * np.sqrt(N - 1) * signs)
    return candidates[decide(candidates, np.array(rows), np.ones(N))]


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
        assert choice((1.0, False, 0.4, 0.0), (0.5, False, 0.3, 0.0)).alpha == 0.5
        assert choice((1.0, False, 0.6, 0.0), (0.5, False, 0.7, 0.0)).alpha == 0

    @pytest.mark.parametrize(("error", "alpha"), [(0.0334, 0), (0.0332, 1)])
    def test_a_teacher_has_to_beat_the_labels_by_one_and_a_half_errors(
        self, error, alpha
    ):
        assert choice((1.0, False, 0.45, error)).alpha == alpha
        assert choice((1.0, True, 0.45, error)).alpha == alpha

    @pytest.mark.parametrize(("loss", "synthetic"), [(0.301, False), (0.299, True)])
    def test_synthetic_rows_have_to_be_better_than_none(self, loss, synthetic):
        chosen = choice((1.0, False, 0.3, 0.0), (1.0, True, loss, 0.1))
        assert chosen.alpha == 1
        assert chosen.synthetic is synthetic

    def test_synthetic_rows_that_win_have_to_beat_the_labels_too(self):
        assert choice((1.0, False, 0.6, 0.0), (1.0, True, 0.45, 0.04)).alpha == 0
        assert choice((1.0, False, 0.6, 0.0), (1.0, True, 0.45, 0.03)).synthetic

    @pytest.mark.parametrize(("error", "alpha"), [(0.051, 1.0), (0.049, 0.5)])
    def test_a_mixture_has_to_beat_the_teacher_alone_by_one(self, error, alpha):
        assert choice((0.5, False, 0.25, error), (1.0, False, 0.3, 0.0)).alpha == alpha

    @pytest.mark.parametrize(("error", "corrected"), [(0.051, False), (0.049, True)])
    def test_a_correction_has_to_beat_the_teacher_alone_by_one(self, error, corrected):
        fast = LossCorrection("fast", 0.1)
        candidates = [
            rival(loss=0.3),
            replace(rival(loss=0.25), correction=fast),
        ]
        rows = np.full((2, N), 0.3)
        rows[1] = 0.25 + error * np.sqrt(N - 1) * np.tile([1.0, -1.0], N // 2)
        chosen = candidates[decide(candidates, rows, np.ones(N))]
        assert (chosen.correction is fast) is corrected

    def test_a_mixture_kept_for_noise_is_no_rival_of_labels(self):
        unsure = (0.5, False, 0.3, 0.3)
        assert choice(unsure, (1.0, False, 0.6, 0.0)).alpha == 0
        assert choice(unsure, (1.0, False, 0.4, 0.0)).alpha == 1

    def test_the_second_best_gets_no_chance_when_the_best_is_unsure(self):
        unsure = (1.0, False, 0.40, 0.2)
        assert choice((0.5, False, 0.41, 0.001), unsure).alpha == 0

    def test_the_first_of_equals_wins(self):
        half, whole = (0.5, False, 0.3, 0.0), (1.0, False, 0.3, 0.0)
        assert choice(half, (0.25, False, 0.3, 0.0)).alpha == 0.5
        assert choice((1.0, False, 0.5, 0.0)).alpha == 0
        assert not choice(whole, (1.0, True, 0.3, 0.0)).synthetic

    def test_one_row_is_no_proof(self):
        candidates = [LABELS, rival(loss=0.1)]
        rows = np.full((2, N), NAN)
        rows[:, 3] = [0.5, 0.1]
        assert decide(candidates, rows, np.ones(N)) == 0
        rows[:, 4] = [0.5, 0.1]
        assert decide(candidates, rows, np.ones(N)) == 1

    def test_rows_without_weight_prove_nothing(self):
        candidates = [LABELS, rival(loss=0.1)]
        rows = np.array([np.full(N, 0.5), np.r_[np.full(5, 0.6), np.full(5, 0.01)]])
        assert decide(candidates, rows, np.repeat([1.0, 0.0], 5)) == 0
        assert decide(candidates, rows, np.repeat([0.0, 1.0], 5)) == 1

    def test_where_labels_are_no_candidate_the_least_log_loss_wins(self):
        rivals = (0.7, False, 0.4, 0.0), (0.6, False, 0.3, 0.01)
        assert choice(*rivals, labels=None).alpha == 0.6
        assert choice((0.6, True, 0.3, 0.0), labels=None).synthetic

    def test_where_nothing_was_scored_the_labels_are_kept(self):
        candidates = [replace(LABELS, log_loss=np.inf), rival(loss=np.inf)]
        assert decide(candidates, np.full((2, N), NAN), np.ones(N)) == 0

    def test_a_gain_smaller_than_the_penalty_is_none(self):
        rows = np.repeat([[0.5], [0.3], [0.4]], N, axis=1)
        for penalty, alpha in ((0.0, 1.0), (0.11, 0.5), (0.21, 0.5)):
            whole = replace(rival(loss=0.3), penalty=penalty)
            half = rival(0.5, loss=0.4)
            candidates = [LABELS, whole, half]
            assert candidates[decide(candidates, rows, np.ones(N))].alpha == alpha
        candidates = [LABELS, whole]
        assert decide(candidates, rows[:2], np.ones(N)) == 0
