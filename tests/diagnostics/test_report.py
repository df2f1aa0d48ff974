"""The verdict: did distilling pay, against the same student on labels."""

import pickle
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import distillation_report, measure_model
from skdistill.diagnostics._intervals import Interval
from skdistill.diagnostics._measure import held_out_losses
from skdistill.diagnostics._sections._quality import _but
from skdistill.exceptions import DistillationWarning, MissingDependencyError

TREE = DecisionTreeClassifier(random_state=0)


@pytest.fixture(scope="module")
def split():
    X, y, proba = make_known_bayes(1600, random_state=0)
    return X[:800], y[:800], X[800:], y[800:], proba[:800]


@pytest.fixture(scope="module")
def distilled(split):
    X, y, *_ = split
    return CrossFitDistiller(
        RandomForestClassifier(30), TREE, keep_teachers=True, random_state=0
    ).fit(X, y)


def test_a_gain_is_called_a_gain(split, distilled):
    _, _, X_test, y_test, _ = split
    report = distilled.report(X_test, y_test)
    assert report.verdict.startswith("Distil: the student's log-loss is lower by")
    assert [m.name for m in report.models] == ["distilled", "labels only", "teacher"]
    assert report.gain > 2 * report.gain_error
    assert (report.alpha, report.route) == (distilled.alpha_, "tree")


def test_the_gain_is_against_the_same_student_on_labels(split, distilled):
    X, y, X_test, y_test, _ = split
    report = distillation_report(distilled, X_test, y_test)
    seed = distilled.student_.random_state
    baseline = clone(TREE).set_params(random_state=seed).fit(X, y)
    gap = held_out_losses(baseline.predict_proba(X_test), y_test, np.arange(2))
    gap = gap - held_out_losses(distilled.predict_proba(X_test), y_test, np.arange(2))
    assert report.gain == pytest.approx(gap.mean())
    assert report.gain_error == pytest.approx(gap.std(ddof=1) / np.sqrt(len(gap)))
    expected = measure_model(baseline, X_test, y_test)
    assert report.models[1].auc == pytest.approx(expected.auc)


def test_fidelity_is_agreement_with_the_mean_teacher(split, distilled):
    _, _, X_test, y_test, _ = split
    mean = np.mean(
        [t.predict_proba(X_test) for t in distilled.crossfit_.teachers], axis=0
    )
    agree = mean.argmax(axis=1) == distilled.predict_proba(X_test).argmax(axis=1)
    assert distilled.report(X_test, y_test).fidelity == pytest.approx(agree.mean())


def test_a_loss_is_called_a_loss(split):
    X, y, X_test, y_test, proba = split
    wrong = DistilledClassifier(student=LogisticRegression()).fit(
        X, y, teacher_proba=1 - proba
    )
    verdict = wrong.report(X_test, y_test).verdict
    assert verdict.startswith("Do not distil: the student's log-loss is higher by")


def test_noise_is_called_noise(split):
    X, y, X_test, y_test, _ = split
    same = DistilledClassifier(student=LogisticRegression()).fit(
        X, y, teacher_proba=np.eye(2)[y] * 0.998 + 0.001
    )
    verdict = same.report(X_test[:50], y_test[:50]).verdict
    assert verdict.startswith("No difference beyond noise")


def test_labels_only_is_called_do_not_distil(split):
    X, y, X_test, y_test, proba = split
    labels = CrossFitDistiller(student=TREE, alpha=0.0, correction=None)
    labels.fit(X, y, teacher_proba=proba)
    report = labels.report(X_test, y_test)
    assert report.verdict.startswith("Do not distil: ")
    assert report.gain == 0


def test_regressors_have_a_baseline_on_labels_too(split):
    X, y, X_test, y_test, proba = split
    distiller = DistilledClassifier(
        student=DecisionTreeRegressor(random_state=0), random_state=0
    ).fit(X, y, teacher_proba=proba)
    report = distiller.report(X_test, y_test)
    own = DecisionTreeRegressor(random_state=0).fit(X, y).predict(X_test)
    assert report.models[1].accuracy == pytest.approx(((own > 0.5) == y_test).mean())


def test_without_training_data_there_is_no_verdict(split, distilled):
    _, _, X_test, y_test, _ = split
    again = pickle.loads(pickle.dumps(distilled.refit_student()))
    report = again.report(X_test, y_test)
    assert report.verdict.startswith("No verdict: the training data are gone")
    assert report.verdict.endswith("Call report() or baseline_student() before saving.")
    assert [m.name for m in report.models] == ["distilled", "teacher"]


def test_the_baseline_of_a_report_is_pickled_with_the_distiller(split, distilled):
    _, _, X_test, y_test, _ = split
    before = distilled.report(X_test, y_test, n_bootstrap=0)
    again = pickle.loads(pickle.dumps(distilled))
    assert not hasattr(again, "_problem")
    after = again.report(X_test, y_test, n_bootstrap=0)
    assert (after.verdict, after.gain) == (before.verdict, before.gain)
    assert [m.name for m in after.models] == ["distilled", "labels only", "teacher"]


def test_teachers_that_lack_a_class_are_aligned(toy):
    X, y = toy
    cv = [(np.flatnonzero(y != "0")[:100], np.flatnonzero(y == "0"))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DistillationWarning)
        distiller = CrossFitDistiller(
            RandomForestClassifier(5), TREE, cv=cv, keep_teachers=True, alpha=1.0
        ).fit(X, y)
    assert 0 <= distiller.report(X, y).fidelity <= 1


def test_text_frame_and_html_show_every_model(split, distilled):
    _, _, X_test, y_test, _ = split
    report = distilled.report(X_test, y_test)
    lines = str(report).splitlines()
    assert lines[0] == report.verdict
    assert len(lines) == 2 + len(report.models)
    frame = report.to_frame()
    assert frame.loc["labels only", "log_loss"] == report.models[1].log_loss
    html = report._repr_html_()
    assert html.count("<tr>") == 1 + len(report.models)
    assert report.verdict in html


def test_a_frame_needs_pandas(split, distilled, monkeypatch):
    _, _, X_test, y_test, _ = split
    report = distilled.report(X_test, y_test)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        MissingDependencyError, match=r"pip install 'skdistill\[data\]'"
    ):
        report.to_frame()


def test_no_rows_are_refused(distilled):
    with pytest.raises(ValueError, match="at least one held-out row, got none"):
        distilled.report(np.zeros((0, 10)), [])


def test_where_few_rows_decide_the_two_errors_may_disagree():
    loss = np.zeros(200)
    loss[:3] = 30.0
    gap = Interval("distilled - labels only", "log_loss", -loss.mean(), -0.9, -0.15)
    evidence = SimpleNamespace(losses={"labels only": loss, "distilled": np.zeros(200)})
    assert abs(gap.value) < 2 * loss.std(ddof=1) / np.sqrt(200)
    assert "say otherwise" in _but(evidence, "labels only", gap)
    evidence.losses["labels only"] = np.full(200, -gap.value) + loss / 1000
    assert _but(evidence, "labels only", gap) == ""
