"""The sentence and the table of a report."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import DistilledClassifier
from skdistill.diagnostics._report import _verdict
from skdistill.estimators._candidates import Candidate


@pytest.fixture(scope="module")
def distilled(toy):
    student = DecisionTreeClassifier(max_depth=3, random_state=0)
    return DistilledClassifier(GaussianNB(), student).fit(*toy)


@pytest.mark.parametrize(
    ("gain", "start"),
    [
        (0.51, "Distil: the student's log-loss is lower by 0.5100 nats per row "),
        (0.5, "No difference beyond noise: the log-loss differs by 0.5000 nats"),
        (-0.5, "No difference beyond noise: the log-loss differs by 0.5000 nats"),
        (-0.51, "Do not distil: the student's log-loss is higher by 0.5100 nats"),
    ],
)
def test_more_than_two_standard_errors_are_a_difference(gain, start):
    distiller = SimpleNamespace(
        alpha_=0.5, correction_=None, synthetic_=False, selection_=()
    )
    verdict = _verdict(distiller, gain, 0.25)
    assert verdict.startswith(start)
    assert "(standard error 0.2500)" in verdict


def test_the_verdict_says_what_was_chosen_and_why():
    labels = Candidate(0.0, None, log_loss=0.5, gain=0.0, gain_error=0.0)
    mixed = Candidate(0.5, None, True, log_loss=0.4, gain=0.1, gain_error=0.02)
    distiller = SimpleNamespace(
        alpha_=0.5, correction_=None, synthetic_=True, selection_=(labels, mixed)
    )
    assert _verdict(distiller, 0.3, 0.1) == (
        "Distil: the student's log-loss is lower by 0.3000 nats per row (standard "
        "error 0.1000) than on labels; chosen of 2 candidates: 50% teacher, 50% "
        "labels, synthetic rows, which gained 0.1000 (standard error 0.0200) on "
        "labels in cross-validation."
    )


@pytest.mark.parametrize(("gain", "word"), [(0.01, "gained"), (-0.01, "lost")])
def test_labels_only_says_how_close_the_teacher_came(gain, word):
    labels = Candidate(0.0, None, log_loss=0.5, gain=0.0, gain_error=0.0)
    tried = Candidate(1.0, None, log_loss=0.5 - gain, gain=gain, gain_error=0.02)
    distiller = SimpleNamespace(alpha_=0.0, selection_=(labels, tried))
    verdict = _verdict(distiller, 0.0, 0.1)
    assert verdict.startswith("Do not distil: of 2 candidates the best use")
    assert f"(the teacher alone) {word} 0.0100 nats per row (standard error" in verdict


def test_labels_that_were_asked_for_need_no_reason():
    distiller = SimpleNamespace(alpha_=0.0, selection_=())
    assert "alpha=0 was asked for" in _verdict(distiller, 0.0, 0.1)


def test_one_row_has_no_standard_error_and_two_have(toy, distilled):
    X, y = toy
    one = distilled.report(X[:1], y[:1])
    assert np.isnan(one.gain_error)
    assert one.verdict.startswith("No difference beyond noise")
    assert np.isfinite(distilled.report(X[:2], y[:2]).gain_error)


def test_labels_may_be_a_list(toy, distilled):
    X, y = toy
    report = distilled.report(X, y.tolist())
    assert report.gain == distilled.report(X, y).gain


def test_names_stand_left_and_numbers_right(toy, distilled):
    lines = str(distilled.report(*toy)).splitlines()[1:]
    assert [line.split("  ")[0] for line in lines] == [
        "model",
        "distilled",
        "labels only",
    ]
    assert len({len(line) for line in lines}) == 1
    assert not any(line.endswith(" ") for line in lines)
    column = lines[0].index("bytes") + len("bytes")
    assert all(line[column - 1] != " " and line[column] == " " for line in lines)
