"""What a report refuses, and what it says."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.diagnostics import distillation_report

pd = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def frame(toy):
    X, y = toy
    return pd.DataFrame(X, columns=list("abcdef")), y


@pytest.fixture(scope="module")
def distilled(frame):
    X, y = frame
    student = DecisionTreeClassifier(max_depth=2, random_state=0)
    return DistilledClassifier(LogisticRegression(), student).fit(X, y)


def test_an_unfitted_distiller_is_refused(frame):
    with pytest.raises(NotFittedError, match="DistilledClassifier instance is not fit"):
        distillation_report(DistilledClassifier(), *frame)


def test_what_is_no_distiller_is_refused(frame):
    with pytest.raises(
        TypeError, match="distiller must be a DistilledClassifier or a .* got Decision"
    ):
        distillation_report(DecisionTreeClassifier().fit(*frame), *frame)


def test_a_single_class_is_refused(frame, distilled):
    X, y = frame
    with pytest.raises(ValueError, match="y must hold at least 2 classes, got 0 in al"):
        distilled.report(X[y == "0"], y[y == "0"])


def test_unknown_labels_are_refused_and_named(frame, distilled):
    X, y = frame
    wrong = np.where(np.arange(len(y)) < 3, "other", y)
    with pytest.raises(
        ValueError, match=r"y must hold labels of fit, .*'2'.*, got other in 3 rows"
    ):
        distilled.report(X, wrong)


def test_missing_columns_are_refused_and_named(frame, distilled):
    X, y = frame
    with pytest.raises(ValueError, match="columns of fit, got none of the name 'c' an"):
        distilled.report(X.rename(columns={"c": "x", "d": "y"}), y)
    with pytest.raises(ValueError, match=r"got none of the name 'b'\."):
        distilled.report(X.drop(columns="b"), y)


def test_another_number_of_columns_is_refused(toy):
    X, y = toy
    distiller = DistilledClassifier(
        LogisticRegression(), DecisionTreeClassifier(max_depth=2)
    ).fit(X, y)
    with pytest.raises(ValueError, match="X must have the 6 columns of fit, got 5 col"):
        distiller.report(X[:, :5], y)


def test_labels_of_another_length_are_refused(frame, distilled):
    X, y = frame
    with pytest.raises(ValueError, match="a label for each row of X, 240, got 239"):
        distilled.report(X, y[1:])


@pytest.mark.parametrize("wrong", [-1, 2.5, "many"])
def test_draws_are_counted(frame, distilled, wrong):
    with pytest.raises(ValueError, match=f"n_bootstrap must be an integer.* {wrong!r}"):
        distilled.report(*frame, n_bootstrap=wrong)


def test_no_draws_no_intervals(frame, distilled):
    report = distilled.report(*frame, n_bootstrap=0)
    assert all(np.isnan([one.low, one.high]).all() for one in report.intervals)
    assert not any("interval" in one for one in report.findings)


def test_equal_seeds_give_equal_reports(frame, distilled):
    def said(seed):
        report = distilled.report(*frame, n_bootstrap=30, random_state=seed)
        return [(one.low, one.high) for one in report.intervals], [
            (one.words, one.inside) for one in report.segments
        ]

    assert said(0) == said(0)
    assert said(0) != said(1)


def test_intervals_are_of_the_models_in_the_table(frame, distilled):
    report = distilled.report(*frame, n_bootstrap=100, random_state=0)
    found = {(one.model, one.metric): one for one in report.intervals}
    for model in report.models:
        for metric in ("log_loss", "brier", "accuracy", "auc"):
            one = found[model.name, metric]
            assert one.value == pytest.approx(getattr(model, metric))
            assert one.low < one.value < one.high
    gap = found["distilled - labels only", "log_loss"]
    assert gap.value == pytest.approx(-report.gain)
    assert (gap.high - gap.low) / 4 == pytest.approx(report.gain_error, rel=0.3)


def test_a_frame_has_measures_and_limits(frame, distilled):
    report = distilled.report(*frame, n_bootstrap=20, random_state=0)
    table = report.to_frame()
    assert list(table.index) == [one.name for one in report.models]
    first = report.intervals[0]
    assert table.loc[first.model, f"{first.metric}_low"] == first.low
    assert table.loc[first.model, f"{first.metric}_high"] == first.high
    for name in ("brier", "ece", "latency_p50", "latency_p99", "rows_per_second"):
        assert np.isfinite(table[name]).all()
    assert (table["latency_p50"] <= table["latency_p99"]).all()


def flat(X):
    return np.reshape(X, (len(X), -1))


def finding(report, title):
    return next(one for one in report.sections if one.title == title)


def test_a_teacher_not_kept_is_said_and_its_own_probabilities_are_used(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        RandomForestClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=3, random_state=0),
        alpha=1.0,
        correction=None,
        random_state=0,
    ).fit(X, y)
    report = distiller.report(X, y, n_bootstrap=0)
    said = finding(report, "Fidelity to the teacher")
    assert "The teacher was not kept (keep_teachers=True keeps it)" in said.findings[0]
    teacher, student = distiller.teacher_proba_, distiller.predict_proba(X)
    agree = (teacher.argmax(axis=1) == student.argmax(axis=1)).mean()
    assert f"the teacher's class on {agree:.1%} of them" in said.findings[0]
    assert "240 training rows (out of fold)" in said.findings[0]
    table = finding(report, "Quality").tables[-1]
    codes = np.unique(y, return_inverse=True)[1]
    own = -np.log(np.maximum(teacher[np.arange(240), codes], np.finfo(float).eps))
    assert table.rows[0][:2] == ("teacher, out of fold", f"{own.mean():.4f}")


def test_kept_teachers_that_were_calibrated_are_not_the_teacher(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        RandomForestClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=3),
        calibration="sigmoid",
        alpha=1.0,
        correction=None,
        keep_teachers=True,
    ).fit(X, y)
    said = finding(distiller.report(X, y, n_bootstrap=0), "Fidelity to the teacher")
    assert "are not, as they are, what labelled the rows" in said.findings[0]


def test_divergence_is_from_the_kept_teacher(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        RandomForestClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=3),
        alpha=1.0,
        correction=None,
        calibration=None,
        keep_teachers=True,
    ).fit(X, y)
    report = distiller.report(X, y, n_bootstrap=0)
    P = np.mean([one.predict_proba(X) for one in distiller.crossfit_.teachers], axis=0)
    Q = np.maximum(distiller.predict_proba(X), np.finfo(float).eps)
    terms = np.where(P > 0, P * np.log(np.where(P > 0, P, 1) / Q), 0)
    assert report.divergence == pytest.approx(terms.sum(axis=1).mean())
    assert f"{report.divergence:.4f} nats" in " ".join(report.findings)


def test_labels_alone_is_told_to_be_what_it_is(toy):
    X, y = toy
    distiller = CrossFitDistiller(
        student=DecisionTreeClassifier(max_depth=3), alpha=0.0, correction=None
    ).fit(X, y, teacher_proba=np.full((240, 3), 1 / 3))
    findings = distiller.report(X, y, n_bootstrap=0).findings
    assert "gives every row the probabilities of 'labels only'" in findings[0]
    assert findings[1].startswith("Expected calibration error, 15 bins: distilled 0.")


def test_images_have_no_segments():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4, 4))
    y = (X.mean(axis=(1, 2)) > 0).astype(int)
    student, teacher = (
        make_pipeline(
            FunctionTransformer(flat), DecisionTreeClassifier(max_depth=depth)
        )
        for depth in (2, 5)
    )
    distiller = DistilledClassifier(teacher, student).fit(X, y)
    report = distiller.report(X, y, n_bootstrap=0)
    assert "the rows have no columns" in finding(report, "Worst segments").findings[0]
    assert report.segments == ()


def test_few_rows_have_no_segments(toy, distilled, frame):
    X, y = frame
    report = distilled.report(X[:30], y[:30], n_bootstrap=0)
    assert (
        "30 held-out rows are too few" in finding(report, "Worst segments").findings[0]
    )


def test_every_finding_is_a_sentence(frame, distilled):
    report = distilled.report(*frame, n_bootstrap=5)
    assert len(report.findings) >= 5
    assert all(one[0].isupper() and one.endswith(".") for one in report.findings)


@pytest.mark.parametrize("n", [2, 9, 10])
def test_few_rows_have_no_intervals(frame, distilled, n):
    X, y = frame
    first = y[0]
    same, other = np.flatnonzero(y == first), np.flatnonzero(y != first)
    rows = np.r_[same[: n - 1], other[:1]]
    report = distilled.report(X.iloc[rows], y[rows])
    assert np.isnan(report.intervals[0].low) == (n < 10)
