"""
Leakage, seen in a histogram
============================

A forest that labels the rows it was fitted on repeats their labels: it remembers them.
The same forest is honest about rows it has not seen. Here the true probabilities are
known, so that the difference can be seen, not only inferred.
"""

# %%
# The data: every row has a known probability of class 1; the labels are drawn from it.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier

from skdistill import cross_fit_proba
from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import leakage_check

X, y, truth = make_known_bayes(3000, random_state=0)
forest = RandomForestClassifier(100, random_state=0)

# %%
# In-sample: fitted on all rows, asked about all rows. Out of fold: fitted five times
# without a fifth of the rows, asked about that fifth.
in_sample = forest.fit(X, y).predict_proba(X)
out_of_fold = cross_fit_proba(forest, X, y, random_state=0).proba

# %%
# The probability that each gives to the label that the row *has*. A teacher that knew
# the truth would give the dashed line.
rows = np.arange(len(y))
given = {
    "the truth": truth[rows, y],
    "in-sample": in_sample[rows, y],
    "out of fold": out_of_fold[rows, y],
}
edges = np.linspace(0, 1, 26)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.hist(given["in-sample"], edges, color="#D55E00", alpha=0.75, label="in-sample")
ax.hist(given["out of fold"], edges, color="#0072B2", alpha=0.75, label="out of fold")
ax.hist(
    given["the truth"],
    edges,
    histtype="step",
    color="black",
    ls="--",
    lw=1.6,
    label="the truth",
)
ax.set(xlabel="probability of the row's own label", ylabel="rows", xlim=(0, 1))
ax.legend()
plt.show()

# %%
# In-sample, the forest is sure of labels that are coin flips: next to no row falls
# below one half. A student that is trained on these learns the noise of the labels,
# with more confidence than from the labels themselves.
# :func:`~skdistill.diagnostics.leakage_check` says it in one sentence, from
# probabilities alone:
print(leakage_check(in_sample, out_of_fold, y).sentence)

# %%
# Distance to the truth, the mean squared error of the probabilities:
for name, proba in {"in-sample": in_sample, "out of fold": out_of_fold}.items():
    print(f"{name:<12} {np.mean((proba - truth) ** 2):.3f}")
