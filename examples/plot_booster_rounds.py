"""
A booster of 2,000 trees in 30 rounds
=====================================

Boosting with small steps and many rounds is accurate, and slow to ask. A booster of 30
rounds answers many times faster. What does it lose, and how much of the loss comes back
when it learns from the large one?
"""

# %%
# 2,000 rows of the MAGIC gamma telescope to learn from. The teacher takes 2,000 steps
# of .01, one small tree each; the student 30 steps.
import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skdistill import CrossFitDistiller
from skdistill.datasets import load_magic

X, X_test, y, y_test = train_test_split(
    *load_magic(return_X_y=True), train_size=2000, random_state=0
)
teacher = HistGradientBoostingClassifier(
    max_iter=2000, learning_rate=0.01, max_leaf_nodes=7, random_state=0
)
student = HistGradientBoostingClassifier(max_iter=30, learning_rate=0.2, random_state=0)

# %%
# The booster minimises the true objective, the cross-entropy to the teacher's
# probabilities, through its own loss; no label is drawn from them.
distiller = CrossFitDistiller(teacher, student, cv=3, random_state=0).fit(X, y)
print(f"route: {distiller.route_}; alpha: {distiller.alpha_}")

# %%
# Along the rounds, on 17,020 rows held out:
on_labels = clone(student).fit(X, y)
teacher.fit(X, y)


def course(model):
    """Log-loss after each round."""
    return [log_loss(y_test, P) for P in model.staged_predict_proba(X_test)]


rounds = range(1, 31)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(rounds, course(on_labels), "--", color="#000000", label="30 rounds, on labels")
ax.plot(
    rounds, course(distiller.student_), color="#009E73", label="30 rounds, distilled"
)
loss = log_loss(y_test, teacher.predict_proba(X_test))
ax.axhline(loss, color="#CC79A7", label="teacher, 2,000 rounds")
ax.set(xlabel="rounds of the student", ylabel="log-loss on held-out rows, nats")
ax.legend()
plt.show()

# %%
# The end of the curves, in numbers:
for name, model in {
    "teacher": teacher,
    "distilled": distiller,
    "on labels": on_labels,
}.items():
    print(f"{name:<10} {log_loss(y_test, model.predict_proba(X_test)):.3f}")

# %%
# On so few rows the large booster overfits a little, too, and the student learned from
# mixtures of its probabilities and the labels: it need not stay behind its teacher.
