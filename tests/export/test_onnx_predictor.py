"""The serving object: pickled, in a fresh process, and onnxruntime without it."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.export import OnnxPredictor, to_onnx


@pytest.fixture(scope="module")
def served(toy, tmp_path_factory):
    X, y = toy
    distiller = CrossFitDistiller(
        RandomForestClassifier(5, random_state=0),
        DecisionTreeClassifier(max_depth=3),
        random_state=0,
    ).fit(X, y)
    file = tmp_path_factory.mktemp("served") / "student.onnx"
    to_onnx(distiller, X, file)
    return distiller, X, file


def test_it_predicts_as_the_distiller(served):
    distiller, X, file = served
    predictor = OnnxPredictor(file)
    np.testing.assert_array_equal(predictor.classes_, distiller.classes_)
    np.testing.assert_array_equal(predictor.predict(X), distiller.predict(X))
    proba = predictor.predict_proba(X.tolist())
    np.testing.assert_allclose(proba, distiller.predict_proba(X), atol=1e-6)
    assert predictor.predict(X).dtype == distiller.predict(X).dtype
    assert repr(predictor).startswith("OnnxPredictor(<")


@pytest.mark.parametrize("kind", [str, lambda file: file.read_bytes(), onnx.load])
def test_a_name_the_bytes_or_the_model_will_do(served, kind):
    _, X, file = served
    assert OnnxPredictor(kind(file)).predict(X).shape == (240,)


def test_it_can_be_pickled_and_shared_by_threads(served):
    distiller, X, file = served
    again = pickle.loads(pickle.dumps(OnnxPredictor(file)))
    with ThreadPoolExecutor(4) as pool:
        for said in pool.map(again.predict, [X] * 8):
            np.testing.assert_array_equal(said, distiller.predict(X))


def test_rows_of_another_width_are_an_error(served):
    _, X, file = served
    with pytest.raises(ValueError, match=r"X must have shape \(n, 6\), got \(240, 5\)"):
        OnnxPredictor(file).predict(X[:, :5])


def test_no_rows_give_no_predictions(served):
    _, X, file = served
    assert OnnxPredictor(file).predict(X[:0]).shape == (0,)
    assert OnnxPredictor(file).predict_proba(X[:0]).shape == (0, 3)


# What a server without this package does: onnxruntime and NumPy alone.
BARE = """
import sys

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("skdistill", "sklearn", "scipy", "onnx"):
            raise ImportError(name)

sys.meta_path.insert(0, Hide())
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
label, proba = session.run(["label", "probabilities"], {"X": np.load(sys.argv[2])})
np.savez(sys.argv[3], label=label.astype(str), proba=proba)
"""


def test_a_fresh_process_serves_with_onnxruntime_alone(served, tmp_path):
    distiller, X, file = served
    np.save(tmp_path / "rows.npy", X)
    out = tmp_path / "said.npz"
    done = subprocess.run(
        [sys.executable, "-c", BARE, file, tmp_path / "rows.npy", out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = np.load(out)
    np.testing.assert_array_equal(said["label"], distiller.predict(X))
    np.testing.assert_allclose(said["proba"], distiller.predict_proba(X), atol=1e-6)


def test_the_file_says_what_it_holds(served):
    import onnx

    model = onnx.load(served[2])
    onnx.checker.check_model(model)
    notes = {one.key: one.value for one in model.metadata_props}
    assert notes["student"] == "DecisionTreeClassifier"
    assert notes["classes"] == '["0", "1", "2"]'
    assert [one.name for one in model.graph.output] == ["label", "probabilities"]


def test_models_of_others_are_refused(binary):
    from skl2onnx import to_onnx as foreign

    X, y = binary
    made = foreign(LogisticRegression().fit(X, y), X[:1].astype(np.float32))
    with pytest.raises(ValueError, match="model must be written by skdistill.export"):
        OnnxPredictor(made.SerializeToString())
