"""Every example of the gallery runs, draws, and leaves nothing behind."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/plot_*.py"))
NEEDS = {
    "plot_cnn_student": ("torch", "skorch"),
    "plot_export_onnx": ("onnxruntime", "skl2onnx"),
}
#: Run as the gallery runs it, but with every warning an error.
RUN = """
import sys, warnings
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
shown = []
plt.show = lambda: shown.extend(plt.figure(one) for one in plt.get_fignums())
from pathlib import Path
code = compile(Path(sys.argv[1]).read_text("utf-8"), sys.argv[1], "exec")
warnings.simplefilter("error")
# An empty legend, or a layout that does not fit, is a warning only once it is drawn.
exec(code, {"__name__": "__main__"})
for figure in shown:
    figure.canvas.draw()
    axes = figure.get_axes()
    assert axes and all(ax.has_data() or ax.texts for ax in axes), "an empty figure"
    assert all(ax.get_xlabel() or ax.images or ax.texts for ax in axes[:1]), "no label"
print("figures:", len(set(map(id, shown))))
"""


def test_there_are_as_many_as_promised():
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_a_title_a_text_and_cells(path):
    text = path.read_text("utf-8")
    title, rule, blank, *rest = ast.get_docstring(ast.parse(text)).splitlines()
    assert title
    assert rule == "=" * len(title)
    assert blank == ""
    assert len(" ".join(rest)) > 100
    assert text.count("\n# %%\n") >= 3
    assert "plt.show()" in text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_draws(path, tmp_path):
    missing = [one for one in NEEDS.get(path.stem, ()) if find_spec(one) is None]
    if missing:
        pytest.skip(f"{path.stem} needs {', '.join(missing)}")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    assert last.startswith("figures:")
    assert int(last.split()[1]) >= 1
    assert list(tmp_path.iterdir()) == []
