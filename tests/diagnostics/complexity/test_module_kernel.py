"""Tangent kernels of torch modules."""

import copy

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from skdistill.diagnostics import student_kernel, supervision_complexity
from skdistill.diagnostics.complexity import ModuleKernel, PerceptronKernel
from skdistill.exceptions import MissingDependencyError

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="torch is not installed")
WHOLE = slice(0, None)


def copied(network, device="cpu"):
    """A torch module with the weights of a fitted ReLU perceptron."""
    layers = []
    for w, b in zip(network.coefs_, network.intercepts_, strict=True):
        layer = torch.nn.Linear(*w.shape)
        layer.weight.data = torch.as_tensor(w.T.copy())
        layer.bias.data = torch.as_tensor(b.copy())
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).to(device)


@pytest.fixture(scope="module")
def fitted(toy_module):
    X, y = toy_module
    return MLPClassifier((6, 5), random_state=0).partial_fit(X, y, classes=np.unique(y))


@pytest.fixture(scope="module")
def toy_module():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 4)), rng.integers(0, 3, 40)


def devices():
    return (
        ["cpu", "cuda"] if torch is not None and torch.cuda.is_available() else ["cpu"]
    )


@needs_torch
@pytest.mark.parametrize("outputs", ["block", "mean"])
@pytest.mark.parametrize("device", devices())
@pytest.mark.parametrize("max_bytes", [2**30, 3 * 8 * 3 * 83 * 7])
def test_it_equals_the_perceptrons_on_copied_weights(
    outputs, device, max_bytes, fitted, toy_module
):
    """Held at once, and made again for every seven rows."""
    X, _ = toy_module
    module = copied(fitted, device)
    assert sum(p.numel() for p in module.parameters()) == 83
    kernel = ModuleKernel(module, X, outputs=outputs, max_bytes=max_bytes)
    assert (kernel._held is None) == (max_bytes < 2**30)
    wanted = PerceptronKernel(fitted, X, outputs=outputs)
    np.testing.assert_allclose(
        kernel.gram(WHOLE, WHOLE), wanted.gram(WHOLE, WHOLE), rtol=1e-10, atol=1e-10
    )
    some = np.array([30, 2, 11])
    np.testing.assert_allclose(
        kernel.gram(some, slice(3, 20)), wanted.gram(some, slice(3, 20)), atol=1e-10
    )
    T = np.random.default_rng(1).normal(size=(40, 3))
    assert supervision_complexity(kernel, T).raw == pytest.approx(
        supervision_complexity(wanted, T).raw, rel=1e-6
    )


@needs_torch
def test_a_module_is_left_as_it_was(toy_module):
    X, _ = toy_module
    module = torch.nn.Sequential(
        torch.nn.Linear(4, 5),
        torch.nn.BatchNorm1d(5),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(5, 2),
    )
    module.train()
    module[1].eval()
    before = copy.deepcopy(module.state_dict())
    kernel = student_kernel(module, X)
    first = kernel.gram(WHOLE, WHOLE)
    assert [part.training for part in module] == [True, False, True, True]
    assert module[0].weight.dtype == torch.float32
    assert all(p.grad is None for p in module.parameters())
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
    # Evaluation mode: no dropout, and a row's entries are its own.
    np.testing.assert_array_equal(student_kernel(module, X).gram(WHOLE, WHOLE), first)
    few = student_kernel(module, X[:5]).gram(WHOLE, WHOLE)
    np.testing.assert_allclose(few, first[:10, :10], rtol=1e-10)


@needs_torch
def test_only_what_is_trained_counts(fitted, toy_module):
    """A frozen body leaves the kernel of the last layer: of its inputs, plus one."""
    X, _ = toy_module
    module = copied(fitted)
    for parameter in module[:-1].parameters():
        parameter.requires_grad = False
    kernel = student_kernel(module, torch.as_tensor(X), outputs="mean")
    hidden = module[:-1].double()(torch.as_tensor(X)).detach().numpy()
    np.testing.assert_allclose(kernel.gram(WHOLE, WHOLE), hidden @ hidden.T + 1)
    for parameter in module.parameters():
        parameter.requires_grad = False
    with pytest.raises(ValueError, match="requires a gradient, got a Sequential"):
        student_kernel(module, X)


@needs_torch
def test_rows_of_any_rank_and_outputs_without_an_axis():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 2, 3)

        def forward(self, x):
            return self.conv(x).mean(dim=(1, 2, 3))

    X = np.random.default_rng(0).normal(size=(6, 1, 5, 5)).astype(np.float32)
    kernel = student_kernel(Net(), X)
    assert kernel.n_outputs == 1
    assert kernel.gram(WHOLE, WHOLE).shape == (6, 6)
    assert supervision_complexity(kernel, np.arange(6.0)).raw > 0


@needs_torch
def test_weights_and_rows_make_the_fingerprint(fitted, toy_module):
    X, _ = toy_module
    module = copied(fitted)
    first = student_kernel(module, X).fingerprint
    assert student_kernel(copied(fitted), X).fingerprint == first
    assert student_kernel(module, X[::-1].copy()).fingerprint != first
    with torch.no_grad():
        module[0].weight[0, 0] += 1e-3
    assert student_kernel(module, X).fingerprint != first


@needs_torch
def test_networks_of_skorch_are_opened(fitted, toy_module):
    X, _ = toy_module
    skorch = pytest.importorskip("skorch", reason="skorch is not installed")
    net = skorch.NeuralNetClassifier(copied(fitted)).initialize()
    np.testing.assert_allclose(
        student_kernel(net, X).gram(WHOLE, WHOLE),
        student_kernel(copied(fitted), X).gram(WHOLE, WHOLE),
    )


@pytest.mark.skipif(torch is not None, reason="torch is installed")
def test_without_torch_the_extra_is_named():
    with pytest.raises(MissingDependencyError, match=r"skdistill\[torch\]"):
        ModuleKernel(object(), np.ones((2, 2)))
