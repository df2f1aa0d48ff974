"""Networks as ONNX: features, images as they are stored, a single logit."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs skdistill[torch]")

from sklearn.naive_bayes import GaussianNB  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from skdistill import DistilledClassifier  # noqa: E402
from skdistill.exceptions import ExportError  # noqa: E402
from skdistill.export import OnnxPredictor, check_onnx, save, to_onnx  # noqa: E402
from skdistill.nn import NeuralClassifier  # noqa: E402
from skdistill.nn.models import resnet8  # noqa: E402


def layers(n_features, n_classes):
    return torch.nn.Sequential(
        torch.nn.Linear(n_features, 8),
        torch.nn.ReLU(),
        torch.nn.BatchNorm1d(8),
        torch.nn.Linear(8, n_classes),
    )


def single(n_features):
    return torch.nn.Linear(n_features, 1)


def network(module=layers, **options):
    return NeuralClassifier(module, max_epochs=2, random_state=0, **options)


@pytest.mark.parametrize("module", [layers, single])
@pytest.mark.parametrize("standardize", [True, False])
def test_features_of_two_classes(module, standardize, binary):
    X, y = binary
    model = network(module, standardize=standardize).fit(X, y)
    found = check_onnx(model, to_onnx(model, X[:20]), X)
    assert found.largest < 1e-6
    assert (found.precision, found.tolerance) == ("float32", 1e-4)


def test_a_distilled_network_behind_a_scaler(toy):
    X, y = toy
    student = make_pipeline(StandardScaler(), network())
    distiller = DistilledClassifier(GaussianNB(), student, random_state=0).fit(X, y)
    onnx = to_onnx(distiller, X)
    assert check_onnx(distiller, onnx, X).largest < 1e-6
    served = OnnxPredictor(onnx.SerializeToString())
    np.testing.assert_array_equal(served.predict(X), distiller.predict(X))


@pytest.mark.parametrize("shape", [(3, 16, 16), (16, 16, 3)])
def test_images_are_taken_as_they_are_stored(shape):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (40, *shape), dtype=np.uint8)
    y = np.arange(40) % 2
    model = network(resnet8).fit(X, y)
    onnx = to_onnx(model, X[:4])
    (rows,) = onnx.graph.input
    assert rows.type.tensor_type.elem_type == 2  # uint8
    assert check_onnx(model, onnx, X).n_rows == 40


class Upside(torch.nn.Module):
    """Its operator is in no version of ONNX."""

    def __init__(self, n_features, n_classes):
        super().__init__()
        self.last = torch.nn.Linear(n_features, n_classes)

    def forward(self, x):
        return self.last(torch.special.bessel_j0(x))


def test_layers_without_an_onnx_form_are_named(binary):
    X, y = binary
    model = network(Upside).fit(X, y)
    with pytest.raises(ExportError, match=r"bessel_j0.* Replace the layer"):
        to_onnx(model, X)


def test_skops_has_no_form_for_networks(binary, tmp_path):
    X, y = binary
    distiller = DistilledClassifier(GaussianNB(), network(), random_state=0).fit(X, y)
    with pytest.raises(ExportError, match="no form for torch modules. Use to_onnx"):
        save(distiller, tmp_path / "student.skops")
