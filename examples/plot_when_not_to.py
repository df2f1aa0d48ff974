"""
When not to distil
==================

Distilling costs fits of the teacher. Where the student already learns from the labels
what it can learn, it buys nothing, and the honest answer is: train it on labels. Two
students, one teacher, one question each.
"""

# %%
# A straight line and a tree, both from 1,500 rows of a problem whose true probabilities
# are known.
import matplotlib.pyplot as plt
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.datasets import make_known_bayes

X, y, _ = make_known_bayes(6500, random_state=0)
X, X_test, y, y_test = X[:1500], X[1500:], y[:1500], y[1500:]
forest = RandomForestClassifier(100, min_samples_leaf=3, random_state=0)
students = {
    "logistic regression": LogisticRegression(),
    "tree of 32 leaves": DecisionTreeClassifier(max_leaf_nodes=32, random_state=0),
}

# %%
# The default, ``alpha="auto"``, tries mixtures and corrections on rows that the student
# has not seen; *labels only* is always among them and is kept unless another one beats
# it beyond noise.
reports = {}
for name, student in students.items():
    distiller = CrossFitDistiller(forest, student, random_state=0).fit(X, y)
    reports[name] = distiller.report(X_test, y_test)
    print(f"{name}: {reports[name].verdict}")

# %%
# The gain of each on the rows held out, in nats a row, with two standard errors:
figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
gains = [report.gain for report in reports.values()]
errors = [2 * report.gain_error for report in reports.values()]
ax.errorbar(gains, list(reports), xerr=errors, fmt="o", color="#0072B2", capsize=4)
ax.axvline(0, color="black", ls="--", lw=1)
ax.set(xlabel="gain over the same student on labels, nats a row", ylim=(-0.5, 1.5))
ax.margins(x=0.1)
plt.show()

# %%
# The line was left on labels: it is the same model, so its gain is nothing, exactly.
# The tree gained, because soft targets keep its small leaves from promising too much.
# What was tried for the line, and at what price a row:
line = CrossFitDistiller(forest, students["logistic regression"], random_state=0)
for one in line.fit(X, y).selection_:
    print(f"{one.log_loss:.3f} +- {one.standard_error:.3f}  {one}")
