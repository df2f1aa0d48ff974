"""Without the libraries of the extra: what is missing is named, the rest works."""

import subprocess
import sys

import pytest

NEEDED = ("onnx", "onnxruntime", "skl2onnx", "onnxmltools", "skops", "torch")

HIDE = f"""
import sys

asked = []

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NEEDED!r}:
            frame = sys._getframe(1)
            while "importlib" in frame.f_code.co_filename:
                frame = frame.f_back
            if frame.f_globals.get("__name__", "").startswith("skdistill"):
                asked.append(name)
            raise ImportError(name)

sys.meta_path.insert(0, Hide())
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from skdistill.exceptions import MissingDependencyError
import skdistill.export as export

assert not asked, asked
X, y = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=500).fit(X, y)
"""

USES = {
    "onnx": "export.to_onnx(model, X)",
    "onnxruntime": "export.OnnxPredictor(b'')",
    "skops": "export.save(model, 'a.skops')",
}


@pytest.mark.parametrize("name", USES)
def test_what_is_missing_is_named_with_its_extra(name):
    code = (
        f"{HIDE}\ntry:\n    {USES[name]}\n"
        "except MissingDependencyError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.strip()
    assert f"needs {name}, which is not installed" in said
    assert said.endswith('Install it with: pip install "skdistill[export]"')
