"""
Export to ONNX, and serve
=========================

A student leaves Python as an ONNX file: one file, no code, run by onnxruntime in a
dozen languages. An export is worth what its check is worth, so every row is compared;
and it is worth doing for what a service feels, the time of a single row.
"""

# %%
# A forest as teacher, a tree of 32 leaves as student, on the events of the MAGIC
# telescope.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.datasets import load_magic
from skdistill.export import OnnxPredictor, check_onnx, deployment_table, to_onnx

X, y = load_magic(return_X_y=True)
order = np.random.default_rng(0).permutation(len(y))
X, y = X[order], y[order]
train, test = slice(0, 3000), slice(3000, None)

teacher = RandomForestClassifier(100, min_samples_leaf=5, random_state=0)
student = DecisionTreeClassifier(max_leaf_nodes=32, random_state=0)
distiller = CrossFitDistiller(
    teacher,
    student,
    cv=3,
    alpha=1.0,
    correction=None,
    keep_teachers=True,
    random_state=0,
)
distiller.fit(X[train], y[train])

# %%
# The export takes sample rows, for the types of the inputs, and compares on them.
# Held-out rows are the better check.
onnx = to_onnx(distiller, X[:100])
check = check_onnx(distiller, onnx, X[test])
print(f"{check.n_rows} rows, {check.n_labels} labels differ")
print(f"largest difference below 1e-6: {check.largest < 1e-6}")

# %%
# The file served. ``OnnxPredictor`` needs onnxruntime and NumPy, nothing fitted; other
# languages load the same bytes.
served = OnnxPredictor(onnx)
print(served.predict(X[test][:5]), served.predict_proba(X[test][:5]).dtype)

# %%
# Teacher and student, each as a pickle in scikit-learn and as ONNX in onnxruntime.
costs = deployment_table(distiller, X[test][:2000], y[test][:2000])
for one in costs:
    print(f"{one.name:<8} {one.form:<7} log-loss {one.log_loss:.2f}")

# %%
# Left: by how much the exported probabilities differ, row by row. They are float32,
# which rounds to 6e-8 next to 1. Right: the time of one row, and of a row in a batch,
# on the machine that built this page.
gaps = np.abs(served.predict_proba(X[test]) - distiller.predict_proba(X[test]))
colours = {"pickle": "#999999", "onnx": "#0072B2"}
libraries = {"pickle": "scikit-learn", "onnx": "onnxruntime"}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
left.hist(gaps.max(axis=1) * 1e8, 30, color=colours["onnx"])
left.axvline(6, color="black", ls="--", lw=1)
middle = {"transform": left.get_xaxis_transform(), "rotation": 90, "va": "center"}
left.text(5.9, 0.5, "rounding of float32", ha="right", **middle)
left.set(xlabel="difference of the probabilities, in 1e-8", ylabel="rows")
groups = [
    "teacher,\none row",
    "teacher,\nbatch",
    "student,\none row",
    "student,\nbatch",
]
for k, form in enumerate(colours):
    chosen = [one for one in costs if one.form == form]
    pairs = [(one.single_microseconds, one.batch_microseconds) for one in chosen]
    places, width = np.arange(4) + 0.42 * k, 0.4
    bars = right.bar(
        places, np.ravel(pairs), width, color=colours[form], label=libraries[form]
    )
    right.bar_label(
        bars,
        fmt=lambda value: f"{value:,.0f}" if value > 9 else f"{value:.2g}",
        fontsize=8,
    )
right.set(yscale="log", ylabel="microseconds per row")
right.set_xticks(np.arange(4) + 0.21, groups)
right.margins(y=0.12)
right.legend()
plt.show()

# %%
# On a single row scikit-learn spends its time on checks of the input and on calling
# trees one by one; onnxruntime has neither. In a batch these are shared by all rows,
# and the trees themselves count. What it costs in log-loss to ship the tree stands
# above. :doc:`/guide/deploying` says what cannot be exported, and what there is to know
# about rows near a threshold.
