"""
Supervision complexity along boosting stages
============================================

A teacher gets better with every round of boosting, and what it says gets harder to
learn. Supervision complexity (Harutyunyan et al., ICLR 2023) is a number for "harder":
the squared norm of the simplest function, in the eyes of a student's kernel, that
passes through the targets.
"""

# %%
# The teacher is a booster; its probabilities are taken at ten stages, each out of fold,
# from one run of each fold.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler

from skdistill.crossfit import cross_fit_stages
from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import supervision_complexity

X, y, truth = make_known_bayes(1000, random_state=0)
booster = GradientBoostingClassifier(n_estimators=200, random_state=0)
trajectory = cross_fit_stages(booster, X, y, stages=10, cv=3, random_state=0)
probas = [record.proba for record in trajectory.records]

# %%
# The student's kernel: here a smooth one. For a fitted student
# :func:`~skdistill.diagnostics.student_kernel` gives its own.
Z = StandardScaler().fit_transform(X)
K = rbf_kernel(Z, gamma=0.1)


def complexity(targets):
    """Of targets, normalized by their own size."""
    return supervision_complexity(K, targets, jitter=1e-3, center=True).normalized


rounds = [20 * (stage + 1) for stage in range(10)]
along = [complexity(P) for P in probas]
labels, exact = complexity(y), complexity(truth)

# %%
# How hard, and how good, at each stage. The truth is known here, so both can be drawn:
losses = [-np.mean(np.log(P[np.arange(len(y)), y])) for P in probas]
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
axes[0].plot(rounds, along, "o-", color="#0072B2", label="teacher, out of fold")
axes[0].axhline(labels, color="black", ls="--", label="labels")
axes[0].axhline(exact, color="#009E73", ls=":", lw=2, label="true probabilities")
axes[0].set(ylabel="supervision complexity, normalized", ylim=(0, None))
axes[0].legend()
axes[1].plot(rounds, losses, "o-", color="#0072B2")
axes[1].set(ylabel="log-loss of the teacher, out of fold, nats")
for ax in axes:
    ax.set(xlabel="rounds of the teacher")
plt.show()

# %%
# Soft targets are simpler than labels at every stage; they become harder as the teacher
# becomes sure of its noise. The best stage of the teacher by its own log-loss is an
# early one here:
best = int(np.argmin(losses))
print(f"best stage: {rounds[best]} rounds")
print(f"labels {labels:.1f}, last stage {along[-1]:.1f}, best stage {along[best]:.1f}")

# %%
# :class:`~skdistill.OnlineDistiller` lets a student follow these stages, or takes the
# best of them. A word of care: the number ranks targets for *one* kernel, and the
# paper's claim is about wide networks. For other students treat it as a suggestion, and
# the held-out log-loss as the judge.
