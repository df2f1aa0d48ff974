"""
Top-k targets
=============

With many classes most of a teacher's probability lies on a few. ``TopK(k)`` keeps the k
largest of each row and spreads the rest evenly; stored sparsely it takes 2 k numbers a
row instead of K. How many are needed? (KD-topk of Tang et al., 2020.)
"""

# %%
# Handwritten digits, ten classes, 600 rows; the teacher is a forest, the student a tree
# of 64 leaves.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.targets import TopK

X, X_test, y, y_test = train_test_split(
    *load_digits(return_X_y=True), train_size=600, random_state=0
)
X, X_test = X / 16, X_test / 16
forest = ExtraTreesClassifier(200, random_state=0)
student = DecisionTreeClassifier(max_leaf_nodes=64, random_state=0)

# %%
# The teacher is fitted once; ``refit_student`` changes the rule only.
distiller = CrossFitDistiller(
    forest, student, alpha=1.0, correction=None, target=TopK(1), random_state=0
).fit(X, y)
ks = list(range(1, 11))
losses = []
for k in ks:
    distiller.refit_student(target=TopK(k))
    losses.append(log_loss(y_test, distiller.predict_proba(X_test)))
labels = log_loss(y_test, student.fit(X, y).predict_proba(X_test))

# %%
# What is kept of the teacher's probability with k classes, and what the student makes
# of it:
P = distiller.teacher_proba_
kept = [np.sort(P, axis=1)[:, -k:].sum(axis=1).mean() for k in ks]
figure, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
axes[0].plot(ks, kept, "o-", color="#0072B2")
axes[0].set(ylabel="share of the probability kept", ylim=(0, 1.02))
axes[1].plot(ks, losses, "D-", color="#009E73")
axes[1].set(ylabel="log-loss of the student, held-out rows, nats")
for ax in axes:
    ax.set(xlabel="k", xticks=ks)
plt.show()

# %%
# Three classes of ten do nearly what all ten do. The same tree on labels, with its pure
# leaves, is not on this scale:
for k in (1, 2, 3, 5, 10):
    print(f"k = {k:>2}: kept {kept[k - 1]:.2f}, log-loss {losses[k - 1]:.2f}")
print(f"labels: log-loss {labels:.1f}")

# %%
# Stored sparsely, the size grows with k, not with the number of classes:
small, dense = TopK(3).sparse(P), P.nbytes
print(f"{small.values.nbytes + small.indices.nbytes} bytes instead of {dense}")

# %%
# Not every student wants a teacher here: softmax regression on the labels beats all of
# these on digits. The sparse form pays where there are hundreds of classes.
