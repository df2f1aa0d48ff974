"""The student as .skops and .onnx: read back, it says what the .joblib says."""

import json
from pathlib import Path

import joblib
import numpy as np
import pytest
from commands import distill, work_in

pandas = pytest.importorskip("pandas", reason="the command reads tables with pandas")

STUDENTS = ("tree:max_leaf_nodes=8", "forest:n_estimators=2", "boosting", "logistic")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    return work_in(tmp_path, monkeypatch)


def test_skops_says_the_same(folder):
    io = pytest.importorskip("skops.io", reason="skdistill[export]")
    assert distill("--out", "s.skops").code == 0
    assert distill("--out", "s.joblib").code == 0
    student = io.load("s.skops", trusted=io.get_untrusted_types(file="s.skops"))
    rows = pandas.read_csv("t.csv")
    expected = joblib.load("s.joblib").predict_proba(rows)
    np.testing.assert_array_equal(student.predict_proba(rows), expected)


@pytest.mark.parametrize("student", STUDENTS)
def test_onnx_takes_text_and_gaps_and_says_labels(folder, student):
    runtime = pytest.importorskip("onnxruntime", reason="skdistill[export]")
    pytest.importorskip("skl2onnx", reason="skdistill[export]")
    fill = ("--fill-text", "none")
    done = distill(*fill, "--student", student, "--out", "s.onnx")
    assert done.code == 0, done.err
    session = runtime.InferenceSession("s.onnx")
    rows = pandas.read_csv("t.csv")
    fed = {
        one.name: rows[[one.name]].fillna("none").to_numpy(object)
        if one.type == "tensor(string)"
        else rows[[one.name]].to_numpy(float)
        for one in session.get_inputs()
    }
    label, proba = session.run(None, fed)
    assert set(label) <= {"low", "mid", "high"}
    assert proba.shape == (360, 3)
    assert np.mean(label == rows["label"]) > 0.5


def test_a_student_without_onnx_form_is_refused_before_any_teacher(folder):
    pytest.importorskip("skl2onnx", reason="skdistill[export]")
    Path("odd.py").write_text(
        "from sklearn.linear_model import LogisticRegression\n"
        "class Odd(LogisticRegression):\n"
        "    def predict_proba(self, X):\n"
        "        return super().predict_proba(X) ** 2\n"
    )
    done = distill(
        *("--fill-text", "none", "--student", "tree", "odd.Odd", "--out", "s.onnx")
    )
    assert done.code == 2
    assert "`--student` 'odd.Odd' cannot be written to s.onnx: " in done.err
    assert "fitting the teacher" not in done.err
    assert json.loads(done.out or "null") is None
