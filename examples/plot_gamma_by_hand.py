r"""
Gamma by hand
=============

The corrected target is :math:`T = P + \gamma\,(Y - P)`: with :math:`\gamma = 0` it is
the teacher, with :math:`\gamma = 1` the label. In between lies a trade. Of one row,
with :math:`b = P - p_0` the teacher's error and :math:`v = p_0 (1 - p_0)` the variance
of a label,

.. math:: \mathrm{E}\,(T - p_0)^2 = (1 - \gamma)^2 b^2 + \gamma^2 v .

Where the true :math:`p_0` is known, the trade can be drawn, and the rules that choose
:math:`\gamma` without knowing it can be judged. (Dao et al., ICLR 2021.)
"""

# %%
# A forest, and a teacher that is much worse: a tree of two leaves.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from skdistill import cross_fit_proba
from skdistill.datasets import make_known_bayes
from skdistill.targets import LossCorrection

X, y, truth = make_known_bayes(2000, random_state=0)
Y = np.eye(2)[y]
teachers = {
    "forest": RandomForestClassifier(100, min_samples_leaf=3, random_state=0),
    "tree of 2 leaves": DecisionTreeClassifier(max_leaf_nodes=2, random_state=0),
}
proba = {
    name: cross_fit_proba(teacher, X, y, random_state=0).proba
    for name, teacher in teachers.items()
}

# %%
# For one gamma for all rows, the curve of the formula against the error that is
# measured with the labels as they were drawn:
gammas = np.linspace(0, 1, 41)
figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, (name, P) in zip(axes, proba.items(), strict=True):
    b2, v = ((P - truth) ** 2).mean(), (truth * (1 - truth)).mean()
    measured = [((P + g * (Y - P) - truth) ** 2).mean() for g in gammas]
    ax.plot(gammas, (1 - gammas) ** 2 * b2, ":", color="#0072B2", label="bias")
    ax.plot(gammas, gammas**2 * v, "--", color="#E69F00", label="variance")
    ax.plot(gammas, (1 - gammas) ** 2 * b2 + gammas**2 * v, color="black", label="sum")
    ax.plot(gammas[::4], measured[::4], "o", ms=4, color="black", label="measured")
    best = b2 / (b2 + v)
    ax.axvline(best, color="#D55E00", lw=1)
    ax.set(title=f"teacher: {name}", xlabel="gamma", xlim=(0, 1))
    print(f"{name}: best single gamma {best:.2f}")
axes[0].set_ylabel("squared error of the target")
axes[0].legend()
plt.show()

# %%
# The best gamma is the teacher's share of the error: small for a good teacher, larger
# for a poor one. The rules choose a gamma for each row, from P and a strength c alone.
# Squared error of their targets, and of the teacher and the labels:
for name, P in proba.items():
    print(f"\n{name}: teacher {((P - truth) ** 2).mean():.3f}")
    print(f"  labels    {((Y - truth) ** 2).mean():.3f}")
    for rule in ("fast", "slow", "relative", "absolute", "power", "mixed"):
        T = LossCorrection(rule)(P, y)
        print(f"  {rule:<9} {((T - truth) ** 2).mean():.3f}")

# %%
# With these strengths the rules stay near the teacher. Which rule, and how strong, is
# for the data to say: ``correction="auto"`` tries them by the student's own loss on
# rows it has not seen.
