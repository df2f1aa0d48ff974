"""
A CNN student of wrong labels, and of a forest
==============================================

A convolutional network that is trained for long on labels of which a fifth are wrong
learns the wrong ones by heart. Its teacher here is a forest, which is not even a
network: any classifier may teach any other. Needs ``pip install "skdistill[torch]"``.
"""

# %%
# Handwritten digits of 8 by 8 pixels; 500 to learn from, 1,297 with clean labels to
# judge by.
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdistill import CrossFitDistiller
from skdistill.nn import NeuralClassifier

torch.set_num_threads(1)
X, y = load_digits(return_X_y=True)
X = (X * 15).astype(np.uint8).reshape(-1, 1, 8, 8)
X, X_test, y, y_test = train_test_split(X, y, train_size=500, random_state=0)
rng = np.random.RandomState(0)
wrong = rng.rand(len(y)) < 0.2
labels = np.where(wrong, rng.randint(0, 10, len(y)), y)


class Net(torch.nn.Module):
    """Two convolutions of eight channels and a linear layer."""

    def __init__(self, n_classes, in_channels, width=8):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(in_channels, width, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.Conv2d(width, width, 3, padding=1, stride=2),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.Linear(16 * width, n_classes),
        )

    def forward(self, x):
        return self.layers(x)


def network(max_epochs):
    return NeuralClassifier(
        Net, standardize=True, max_epochs=max_epochs, lr=3e-3, random_state=0
    )


def flat(images):
    return images.reshape(len(images), -1)


# %%
# The forest wants flat rows, so it stands in a pipeline. Cross-fitted, it labels images
# that it has not seen; the network is fitted to these probabilities by gradient steps.
forest = make_pipeline(
    FunctionTransformer(flat), ExtraTreesClassifier(200, random_state=0)
)
distiller = CrossFitDistiller(
    forest,
    network(10),
    alpha=1.0,
    correction=None,
    calibration="temperature",
    random_state=0,
).fit(X, labels)

# %%
# Training for longer and longer, on the labels and on the forest. Its probabilities are
# made once.
epochs = [10, 20, 40, 80]
accuracy = {"on labels": [], "distilled": []}
for n in epochs:
    distiller.refit_student(student__max_epochs=n)
    accuracy["distilled"].append(distiller.score(X_test, y_test))
    accuracy["on labels"].append(network(n).fit(X, labels).score(X_test, y_test))
teacher = forest.fit(X, labels).score(X_test, y_test)

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(epochs, accuracy["on labels"], "o--", color="black", label="network, on labels")
ax.plot(
    epochs, accuracy["distilled"], "D-", color="#009E73", label="network, distilled"
)
ax.axhline(teacher, color="#CC79A7", label="forest")
ax.set_xscale("log", base=2)
ax.set_xticks(epochs, [str(n) for n in epochs])
ax.set(xlabel="epochs", ylabel="accuracy on clean labels", ylim=(0.7, 1))
ax.legend(loc="lower right")
plt.show()

# %%
# With the forest as teacher, more epochs do no harm. It gains accuracy, not
# calibration: a teacher of labels of which a fifth are wrong says so in its
# probabilities, and the student repeats it.
P = distiller.predict_proba(X_test)
print(f"accuracy {distiller.score(X_test, y_test):.1f}")
print(f"mean confidence {P.max(axis=1).mean():.1f}")
