"""
A forest, compressed into a tree that can be read
=================================================

Eight leaves can be printed, argued about and checked by hand; 300 trees cannot. How
well does so small a tree stand for the forest, and from how many leaves on does it pay
to learn from the forest instead of the labels?
"""

# %%
# The MAGIC gamma telescope: which showers of light are gamma rays? 2,000 rows to learn
# from, 17,020 to judge by.
import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier, plot_tree

from skdistill import CrossFitDistiller
from skdistill.datasets import load_magic

data = load_magic()
X, X_test, y, y_test = train_test_split(
    data.data, data.target, train_size=2000, random_state=0
)
forest = RandomForestClassifier(300, min_samples_leaf=3, n_jobs=1, random_state=0)
tree = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)

# %%
# ``cv="oob"`` takes the votes of the trees that did not draw a row: cross-fitting for
# the price of one forest.
forest.set_params(bootstrap=True)
distiller = CrossFitDistiller(
    forest, tree, cv="oob", alpha=1.0, correction=None, random_state=0
)
distiller.fit(X, y)
on_labels = clone(tree).fit(X, y)

# %%
# The distilled tree is a plain scikit-learn tree, so scikit-learn draws it.
figure, ax = plt.subplots(figsize=(11, 5.5), layout="constrained")
plot_tree(
    distiller.student_,
    feature_names=data.feature_names,
    class_names=[str(name) for name in distiller.classes_],
    proportion=True,
    impurity=False,
    filled=True,
    rounded=True,
    precision=2,
    fontsize=8,
    ax=ax,
)
plt.show()

# %%
# How often tree and forest agree on a class (fidelity). It says that the tree *stands
# for* the forest on these rows, not that it is right:
forest.fit(X, y)
same = distiller.predict(X_test) == forest.predict(X_test)
print(f"agreement with the forest: {same.mean():.2f}")
for name, model in {
    "forest": forest,
    "distilled": distiller,
    "on labels": on_labels,
}.items():
    loss = log_loss(y_test, model.predict_proba(X_test))
    print(f"{name:<10} log-loss {loss:.3f}, accuracy {model.score(X_test, y_test):.3f}")

# %%
# With eight leaves there is nothing to choose between the two trees: 2,000 labels are
# plenty for eight numbers. So let them grow. The forest is asked once;
# ``refit_student`` fits another student to the probabilities in hand.
leaves = [4, 8, 16, 32, 64]
losses = {"on labels": [], "distilled": []}
for n in leaves:
    distiller.refit_student(student__max_leaf_nodes=n)
    grown = clone(tree).set_params(max_leaf_nodes=n).fit(X, y)
    losses["on labels"].append(log_loss(y_test, grown.predict_proba(X_test)))
    losses["distilled"].append(log_loss(y_test, distiller.predict_proba(X_test)))

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(leaves, losses["on labels"], "o--", color="#000000", label="tree, on labels")
ax.plot(leaves, losses["distilled"], "D-", color="#009E73", label="tree, distilled")
floor = log_loss(y_test, forest.predict_proba(X_test))
ax.axhline(floor, color="#CC79A7", label="forest")
ax.set_xscale("log", base=2)
ax.set_xticks(leaves, [str(n) for n in leaves])
ax.set(xlabel="leaves", ylabel="log-loss on held-out rows, nats", ylim=(0, None))
ax.legend()
plt.show()

# %%
# On labels, a tree gets worse once its leaves are so small that some hold one class
# only and promise it: each such promise that fails costs dearly. The forest is never so
# sure, and the distilled tree goes on improving with its size.
print([f"{n}: {loss:.2f}" for n, loss in zip(leaves, losses["on labels"], strict=True)])
print([f"{n}: {loss:.2f}" for n, loss in zip(leaves, losses["distilled"], strict=True)])
