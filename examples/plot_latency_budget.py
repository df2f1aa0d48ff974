"""
The best student within a latency budget
========================================

"It may take one and a half microseconds a row." A list of students is fitted to one set
of teacher probabilities; each is timed and weighed. What is left is to draw the line
and to take the best on its left.
"""

# %%
# Four students of very different kinds, one forest that teaches them all:
import matplotlib.pyplot as plt
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.datasets import load_magic
from skdistill.diagnostics import ParetoDisplay

X, X_test, y, y_test = train_test_split(
    *load_magic(return_X_y=True), train_size=2000, random_state=0
)
students = [
    make_pipeline(StandardScaler(), LogisticRegression()),
    DecisionTreeClassifier(max_leaf_nodes=32, random_state=0),
    RandomForestClassifier(10, max_leaf_nodes=64, random_state=0),
    HistGradientBoostingClassifier(max_iter=40, random_state=0),
]
forest = RandomForestClassifier(100, min_samples_leaf=3, random_state=0)
distiller = CrossFitDistiller(
    forest, students, cv="oob", synthetic=False, random_state=0
).fit(X, y)

# %%
# Log-loss on rows held out against the time of a row, in a batch of 1,000, on this
# machine. Filled: not beaten in both by any other.
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
display = ParetoDisplay.from_estimator(distiller, X_test, y_test, ax=ax)
budget = 1.5
ax.axvline(budget, color="#D55E00", lw=1.2)
ax.annotate(
    "budget", (budget, 1), xycoords=("data", "axes fraction"), xytext=(-42, -12),
    textcoords="offset points", color="#D55E00",
)  # fmt: skip
plt.show()

# %%
# The choice itself is one line; ``skdistill distill --budget-us 1.5`` does the same at
# the command line. (Which students are within depends on the machine.)
within = [one for one in distiller.students_ if one.microseconds_per_row <= budget]
best = min(within, key=lambda one: one.log_loss, default=None)
print("a choice was made" if best else "nothing is fast enough: ask for a smaller one")

# %%
# What each takes on disk does not depend on the machine:
for one in distiller.students_:
    print(f"{one.name:<32} {one.n_bytes / 1000:>8.0f} kB, log-loss {one.log_loss:.2f}")
