"""Tangent kernels of networks, fitted and not, of images as they are."""

import numpy as np
import pytest
import torch
from modules import Convolution, Dense
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from torch.utils.data import TensorDataset

from skdistill import CrossFitDistiller
from skdistill.diagnostics import rank_supervision, student_kernel
from skdistill.diagnostics.complexity import ModuleKernel
from skdistill.diagnostics.complexity._students import kernel_rows
from skdistill.nn import NeuralClassifier

WHOLE = slice(0, None)
NETWORK = NeuralClassifier(
    Convolution, module__width=2, max_epochs=2, lr=1e-2, random_state=0
)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 40)
    X = rng.integers(0, 120, (40, 3, 6, 6), dtype=np.uint8)
    X[np.arange(40), y] += 100
    return X, np.array(["blue", "green", "red"])[y]


def jacobian(module, X):
    """Gradients of each logit of each row by ordinary backward passes."""
    module = module.double()
    rows = []
    for out in module(torch.as_tensor(X, dtype=torch.float64)).reshape(-1):
        module.zero_grad()
        out.backward(retain_graph=True)
        rows.append(torch.cat([p.grad.ravel() for p in module.parameters()]).numpy())
    return np.stack(rows)


@pytest.mark.parametrize("fitted", [True, False])
def test_the_kernel_is_that_of_the_gradients(images, fitted):
    X, y = images
    network = clone(NETWORK).fit(X, y) if fitted else NETWORK
    module = network.as_module() if fitted else network.initial_module(X, 3)
    J = jacobian(module, X[:8])
    found = student_kernel(network, X, None if fitted else y)
    few = found.gram(slice(0, 8), slice(0, 8))
    np.testing.assert_allclose(few, J @ J.T, rtol=1e-8, atol=1e-8)
    assert found.n_outputs == 3
    assert isinstance(found, ModuleKernel)


def test_rows_of_every_kind_have_one_kernel(images, tmp_path):
    X, y = images
    network = clone(NETWORK).fit(X, y)
    wanted = student_kernel(network, X).gram(WHOLE, WHOLE)
    np.save(tmp_path / "images.npy", X)
    np.save(tmp_path / "floats.npy", np.float64(X))
    for rows in (
        np.load(tmp_path / "images.npy", mmap_mode="r"),
        torch.from_numpy(X),
        TensorDataset(torch.from_numpy(X), torch.zeros(40)),
        np.float32(X),
    ):
        found = student_kernel(network, rows).gram(WHOLE, WHOLE)
        np.testing.assert_array_equal(found, wanted)
    mapped = np.load(tmp_path / "floats.npy", mmap_mode="r")
    found = ModuleKernel(network.as_module(), mapped).gram(WHOLE, WHOLE)
    np.testing.assert_array_equal(found, wanted)


def test_what_holds_a_network_has_its_kernel(images):
    X, y = images
    network = clone(NETWORK).fit(X, y)
    wanted = student_kernel(network, X).fingerprint
    pipeline = make_pipeline(FunctionTransformer(), network)
    for one in (FrozenEstimator(network), pipeline):
        assert student_kernel(one, X).fingerprint == wanted
    other = clone(network).set_params(random_state=1).fit(X, y)
    assert student_kernel(other, X).fingerprint != wanted


def test_an_unfitted_network_needs_labels(images):
    with pytest.raises(ValueError, match="come with y, got an unfitted NeuralClassif"):
        student_kernel(NETWORK, images[0])


def test_targets_are_ranked_for_a_network(images):
    X, y = images
    rng = np.random.default_rng(0)
    kernel = student_kernel(NETWORK, X, y)
    ranking = rank_supervision(kernel, {"labels": y, "noise": rng.permutation(y)})
    assert ranking.names == ("labels", "noise")


def test_a_report_takes_the_kernel_of_as_many_rows_as_it_can_afford(images):
    X, y = images
    wide = clone(NETWORK).set_params(module__width=16)
    distiller = CrossFitDistiller(
        wide, wide, cv=2, alpha=1.0, keep_teachers=True, random_state=0
    ).fit(X, y)
    page = distiller.report(X, y, n_bootstrap=20)._repr_html_()
    assert "neural tangent kernel of Convolution on 40 rows" in page
    small = NeuralClassifier(Dense, module__width=4, max_epochs=0, random_state=0)
    small.fit(X.reshape(40, -1), y)
    assert kernel_rows(small, 1000) == 1000
    large = clone(small).set_params(module__width=4000).fit(X.reshape(40, -1), y)
    n_free = sum(p.numel() for p in large.module_.parameters())
    assert kernel_rows(make_pipeline(large), 1000) == 2**30 // (24 * n_free) < 1000
