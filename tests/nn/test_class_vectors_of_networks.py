"""Class vectors are of the layer that makes the logits, wherever it was registered."""

import numpy as np
import pytest
import torch
from modules import Convolution
from sklearn.frozen import FrozenEstimator

from skdistill.nn import NeuralClassifier
from skdistill.targets import class_vectors


class Tangled(torch.nn.Module):
    """Its head is registered first; two others of the head's width come after it."""

    def __init__(self, n_features, n_classes, scale=False):
        super().__init__()
        self.head = torch.nn.Linear(8, n_classes)
        self.body = torch.nn.Linear(n_features, 8)
        self.gate = torch.nn.Linear(n_features, n_classes)
        self.unused = torch.nn.Linear(8, n_classes)
        self.scale = scale

    def forward(self, x):
        out = self.head(torch.relu(self.body(x)))
        self.gate(x)  # called last, and no part of the output
        return out


class Scaled(Tangled):
    """Its logits are no layer's own output."""

    def forward(self, x):
        self.gate(x)
        return 2 * self.head(torch.relu(self.body(x)))


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 4)).astype(np.float32), np.array(["a", "b", "c"] * 10)


@pytest.mark.parametrize("module", [Tangled, Scaled])
def test_they_follow_the_forward_pass(module, rows):
    network = NeuralClassifier(module, max_epochs=1, random_state=0).fit(*rows)
    wanted = network.module_.head.weight.detach().numpy()
    np.testing.assert_array_equal(class_vectors(network), wanted)
    found = class_vectors(FrozenEstimator(network), ["c", "a", "b"])
    np.testing.assert_array_equal(found, wanted[[2, 0, 1]])
    assert not network.module_.head._forward_hooks


def test_of_images_too():
    X = np.random.default_rng(0).integers(0, 256, (12, 5, 5, 3), dtype=np.uint8)
    network = NeuralClassifier(Convolution, max_epochs=1, random_state=0)
    network.fit(X, np.arange(12) % 3)
    assert class_vectors(network).shape == (3, 32)


def test_of_a_net_of_which_the_classes_are_known_the_width_must_be_theirs():
    class Net:
        module_ = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 7))
        classes_ = np.array(["a", "b", "c"])

    wanted = Net.module_[0].weight.detach().numpy()
    np.testing.assert_array_equal(class_vectors(Net()), wanted)


def test_an_unfitted_network_is_refused():
    with pytest.raises(TypeError, match="must be fitted and end in a linear layer"):
        class_vectors(NeuralClassifier(Tangled))
