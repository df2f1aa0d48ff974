"""
Retrieval among very many labels
================================

With thousands of labels nobody writes down a probability of each. The best twenty of a
row are enough, and training on them costs the same whatever the number of labels. How
narrow may the model become, and does a teacher help it?
"""

# %%
# Rows of words with about three relevant labels of 2,000, most of them rare. Labels of
# fewer than ten rows are left out: no fold could learn them.
import matplotlib.pyplot as plt

from skdistill.datasets import make_relevance
from skdistill.extreme import ExtremeDistiller, cross_fit_top_k
from skdistill.metrics import (
    label_propensities,
    precision_at_k,
    propensity_scored_precision_at_k,
)

problem = make_relevance(6000, 2000, 1500, n_concepts=60, random_state=0)
known = problem.Y[:5000].sum(axis=0) >= 10
X, Y = problem.X[:5000], problem.Y[:5000, known]
X_test, Y_test = problem.X[5000:], problem.Y[5000:, known]
print(f"{known.sum()} labels")

# %%
# The teacher has one weight for each word and label. Each row is scored by a fold's
# teacher that never saw it; twenty scores a row are kept.
wide = ExtremeDistiller(max_epochs=5, random_state=0)
record = cross_fit_top_k(wide, X, Y, k=20, random_state=0)
print(f"{record.scores.nnz / X.shape[0]:.0f} scores a row instead of {Y.shape[1]}")

# %%
# Students with a bottleneck, on the labels and with the teacher's scores besides:
widths = [4, 8, 16, 32]
found = {"on labels": [], "with the teacher": []}
for width in widths:
    student = ExtremeDistiller(n_components=width, max_epochs=5, random_state=0)
    student.fit(X, Y)
    ranked, _ = student.predict_topk(X_test, k=5)
    found["on labels"].append(precision_at_k(Y_test, ranked, k=5))
    student.fit(X, Y, teacher_proba=record.scores)
    ranked, _ = student.predict_topk(X_test, k=5)
    found["with the teacher"].append(precision_at_k(Y_test, ranked, k=5))
wide.fit(X, Y)
ranked, _ = wide.predict_topk(X_test, k=5)

# %%
# Precision among the first five, on 1,000 rows held out:
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(widths, found["on labels"], "o--", color="black", label="on labels")
ax.plot(
    widths, found["with the teacher"], "D-", color="#009E73", label="with the teacher"
)
ax.axhline(
    precision_at_k(Y_test, ranked, k=5), color="#CC79A7", label="teacher, no bottleneck"
)
ax.set_xscale("log", base=2)
ax.set_xticks(widths, [str(width) for width in widths])
ax.set(xlabel="width of the bottleneck", ylabel="precision at 5", ylim=(0, None))
ax.legend()
plt.show()

# %%
# The gain from the teacher at each width:
for width, alone, taught in zip(widths, *found.values(), strict=True):
    print(f"width {width:>2}: {alone:.3f} on labels, {taught - alone:+.3f} taught")

# %%
# Frequent labels are easily found. Weighted by how rarely a label is observed (its
# propensity), the wide model's precision reads otherwise:
scored = propensity_scored_precision_at_k(Y_test, ranked, label_propensities(Y), k=5)
print(f"precision at 5: {precision_at_k(Y_test, ranked, k=5):.2f}")
print(f"propensity scored: {scored:.2f}")
