"""Ranking of teachers, temperatures, stages and corrected targets."""

import sys

import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import (
    margin_bound,
    rank_supervision,
    student_kernel,
    supervision_complexity,
)
from skdistill.exceptions import MissingDependencyError
from skdistill.targets import LossCorrection, Temperature


@pytest.fixture(scope="module")
def known():
    X, y, proba = make_known_bayes(900, random_state=0)
    return X[:300], y[:300], proba[:300], X[300:], y[300:]


@pytest.fixture(scope="module")
def kernel(known):
    return student_kernel(SVC(gamma=0.1), known[0])


def test_teachers_temperatures_stages_and_corrections_in_one_call(known, kernel):
    X, y, proba, X_other, y_other = known
    forest = RandomForestClassifier(30, random_state=0).fit(X_other, y_other)
    booster = GradientBoostingClassifier(random_state=0).fit(X_other, y_other)
    stages = list(booster.staged_predict_proba(X))
    P = forest.predict_proba(X)
    targets = {
        "labels": y,
        "truth": proba,
        "forest": P,
        "forest, T=4": Temperature(4)(P, y),
        "corrected": LossCorrection("fast", strength=0.5)(P, y),
        **{f"stage {i}": stages[i] for i in (0, 9, 99)},
    }
    found = rank_supervision(kernel, targets)
    assert set(found.names) == set(targets)
    assert list(found.records) == sorted(found.records, key=lambda r: r.normalized)
    assert found.names[-1] == "labels"
    assert found["truth"] < found["forest"] < found["labels"]
    assert found["forest"] < found["corrected"] < found["labels"]
    assert found["stage 0"] < found["stage 99"]
    for name, values in targets.items():
        alone = supervision_complexity(kernel, values, center=True)
        assert found[name].normalized == pytest.approx(alone.normalized, rel=1e-9)
    assert f"most complex is 'labels' with {found['labels'].normalized:.3g}" in (
        found.sentence
    )
    assert "SVC" not in found.sentence
    assert "rbf(gamma=0.1) on 300 rows, with jitter 1e-06" in found.sentence


def test_a_frame_has_the_order_and_all_fields(known, kernel):
    pytest.importorskip("pandas", reason="pandas is not installed")
    _, y, proba, *_ = known
    frame = rank_supervision(kernel, {"labels": y, "truth": proba}).to_frame()
    assert list(frame.index) == ["truth", "labels"]
    assert frame["normalized"].is_monotonic_increasing
    assert set(frame["kernel"]) == {"rbf(gamma=0.1)"}


def test_a_frame_without_pandas_names_the_extra(known, kernel, monkeypatch):
    found = rank_supervision(kernel, {"labels": known[1]})
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match=r"skdistill\[data\]"):
        found.to_frame()


def test_one_target_has_a_sentence_too(known, kernel):
    found = rank_supervision(kernel, {"labels": known[1]})
    assert found.sentence.startswith("The complexity of 'labels' is")
    with pytest.raises(KeyError, match="one of \\['labels'\\], got 'truth'"):
        found["truth"]


def test_where_the_jitter_is_measured_it_is_said(known):
    X, y, proba, *_ = known
    linear = student_kernel(LogisticRegression(), X)
    coded = {"labels": y, "truth": proba}
    assert "Most of every complexity is the jitter" in (
        rank_supervision(linear, coded).sentence
    )
    coded["a linear one"] = expit(X[:, 0] / 50)
    found = rank_supervision(linear, coded, jitter=1e-3)
    assert found["labels"].jitter_share > 0.5 > found["a linear one"].jitter_share
    assert "is the jitter:" not in found.sentence


def test_what_the_bounds_cannot_tell_apart_is_said(known, kernel):
    _, y, *_ = known
    flipped = y.copy()
    flipped[0] = 1 - flipped[0]
    targets = {"labels": y, "one flipped": flipped}
    with pytest.warns(match="2 of 2 targets is known roughly"):
        found = rank_supervision(
            kernel, targets, method="nystroem", n_components=30, random_state=0
        )
    assert "The method cannot tell apart '" in found.sentence
    assert "cannot tell" not in rank_supervision(kernel, targets).sentence


def test_more_classes(toy):
    X, y = toy
    student = LogisticRegression().fit(X, y)
    found = rank_supervision(
        student_kernel(student, X), {"labels": y, "student": student.predict_proba(X)}
    )
    assert found.names == ("student", "labels")
    assert {record.n_targets for record in found.records} == {3}


def test_logits_are_taken_as_they_are(known, kernel):
    logit = np.log(known[2][:, 1] / known[2][:, 0])
    found = rank_supervision(kernel, {"logits": logit}, center=False)
    assert found["logits"] == supervision_complexity(kernel, logit)


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        ([1, 2], TypeError, "targets must map names to arrays, got list"),
        ({}, ValueError, "at least one array, got none"),
        ({"a": [0, 1]}, ValueError, "each of the kernel's 300 samples, got 2"),
        ({"a": np.zeros(300, int)}, ValueError, r"targets\['a'\] must have at least"),
        ({"a": np.full((300, 2), 0.5)}, ValueError, r"targets\['a'\] must vary"),
        ({"a": np.ones((300, 2))}, ValueError, r"targets\['a'\] must have rows that"),
    ],
)
def test_no_targets(targets, error, message, kernel):
    with pytest.raises(error, match=message):
        rank_supervision(kernel, targets)


# The margin bound


def test_the_terms_of_the_bound_by_hand():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    K, g = rbf_kernel(X), rng.normal(size=50)
    y = rng.integers(0, 2, 50)
    found = margin_bound(K, g, y, margin=0.3, delta=0.1, jitter=1e-2)
    A = K + 1e-2 * np.eye(50)
    x = np.linalg.solve(A, g)
    raw, trace = g @ x, np.trace(A)
    assert found.teacher_error == np.mean((2 * y - 1) * g <= 0)
    assert found.margin_share == np.mean(np.sign(g) * (K @ x) <= 0.3)
    assert found.margin_share != np.mean(np.abs(g) <= 0.3)
    assert found.capacity == pytest.approx(
        (2 * np.sqrt(raw) + 2) / (0.3 * 50) * np.sqrt(trace)
    )
    m0 = np.ceil(0.3 * np.sqrt(50) / (2 * np.sqrt(1.01)))
    assert found.confidence == pytest.approx(3 * np.sqrt(np.log(2 * m0 / 0.1) / 100))
    assert found.total == pytest.approx(
        found.teacher_error + found.margin_share + found.capacity + found.confidence
    )
    assert found.vacuous
    assert found.complexity == supervision_complexity(K, g, jitter=1e-2)


def test_the_levers_move_as_they_should(known, kernel):
    _, y, proba, *_ = known
    truth = margin_bound(kernel, proba, y)
    labels = margin_bound(kernel, np.eye(2)[y], y)
    assert labels.teacher_error == 0 < truth.teacher_error
    assert labels.capacity > 2 * truth.capacity
    named = margin_bound(kernel, proba[:, 1] - proba[:, 0], np.array(["a", "b"])[y])
    assert named == truth
    assert margin_bound(kernel, proba, np.array([9.0, 10.0])[y]) == truth


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"margin": 0}, "margin must be a positive finite number"),
        ({"delta": 1.0}, r"delta must be a number in \(0, 1\), got 1.0"),
        ({"y": np.zeros(300, int)}, "at least two classes"),
        ({"y": np.arange(300) % 3}, r"two classes and as many rows, got .* \(300, 3\)"),
        ({"y": [0, 1]}, "as many rows"),
        ({"teacher": np.full((300, 3), 1 / 3)}, "teacher must vary over the rows"),
    ],
)
def test_no_bound(change, message, known, kernel):
    options = {"teacher": known[2], "y": known[1], **change}
    with pytest.raises(ValueError, match=message):
        margin_bound(kernel, options.pop("teacher"), options.pop("y"), **options)
