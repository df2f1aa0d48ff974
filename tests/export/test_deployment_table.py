"""Sizes, latencies and scores of teacher and student, before and after."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBRegressor

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.export import Deployment, deployment_table


@pytest.fixture(scope="module")
def distiller(toy):
    X, y = toy
    return CrossFitDistiller(
        RandomForestClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=3),
        keep_teachers=True,
        random_state=0,
    ).fit(X[:120], y[:120])


def test_teacher_and_student_in_both_forms(distiller, toy):
    X, y = toy[0][120:], toy[1][120:]
    table = deployment_table(distiller, X, y)
    assert [(one.name, one.form) for one in table] == [
        ("teacher", "pickle"),
        ("teacher", "onnx"),
        ("student", "pickle"),
        ("student", "onnx"),
    ]
    proba = distiller.predict_proba(X)
    for one in table[2:]:
        assert one.log_loss == pytest.approx(log_loss(y, proba), abs=1e-5)
        assert one.accuracy == accuracy_score(y, distiller.predict(X))
        assert 0 < one.batch_microseconds < one.single_microseconds
    assert table[2].n_bytes < table[0].n_bytes
    teacher = distiller.crossfit_.teachers[0]
    assert table[0].accuracy == teacher.score(X, y)


def test_without_labels_and_teachers_there_is_the_student_alone(toy):
    X, y = toy
    distiller = DistilledClassifier(GaussianNB(), LogisticRegression()).fit(X, y)
    table = deployment_table(distiller, X)
    assert [one.name for one in table] == ["student", "student"]
    assert np.isnan([one.log_loss for one in table]).all()


def test_models_by_name_and_what_cannot_be_exported(toy):
    X, y = toy
    two = np.column_stack([X[:, 0], X[:, 1]])
    models = {
        "tree": DecisionTreeRegressor(max_depth=2).fit(X, X[:, 0]),
        "both": XGBRegressor(n_estimators=2, n_jobs=1).fit(X, two),
    }
    table = deployment_table(models, X, y)
    assert [one.name for one in table] == ["tree", "tree", "both", "both"]
    assert table[3].n_bytes is None
    assert "MultiOutputRegressor" in table[3].note
    frame = table.to_frame()
    assert frame.shape == (4, 8)
    assert frame["n_bytes"].isna().tolist() == [False, False, False, True]


def test_large_models_are_not_converted(toy):
    X, y = toy
    table = deployment_table(LogisticRegression().fit(X, y), X, largest=10)
    assert table[0].name == "LogisticRegression"
    assert (table[1].n_bytes, table[1].note) == (None, "larger than largest")


def test_it_prints_as_a_table(distiller, toy):
    table = deployment_table(distiller, toy[0])
    lines = repr(table).splitlines()
    assert lines[0].split()[:3] == ["model", "form", "bytes"]
    assert len(lines) == 5
    assert len({line.rstrip().count("  ") > 0 for line in lines}) == 1
    assert lines[1].endswith("-         -")
    assert "<table" in table._repr_html_()


def test_a_record_is_a_row():
    row = Deployment("tree", "onnx", 10).as_row()
    assert (row["name"], row["form"], row["n_bytes"]) == ("tree", "onnx", 10)
