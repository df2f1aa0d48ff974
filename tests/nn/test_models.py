"""The networks of the papers: their sizes, shapes, layouts, gradients."""

import io

import joblib
import pytest

from skdistill.nn import models
from skdistill.nn._torch import torch

RESNETS = {
    8: (models.resnet8, 75_290),
    14: (models.resnet14, 172_506),
    20: (models.resnet20, 269_722),
    32: (models.resnet32, 464_154),
    44: (models.resnet44, 658_586),
    56: (models.resnet56, 853_018),
    110: (models.resnet110, 1_727_962),
}
PUBLISHED = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}
SMALL = (models.resnet8, models.CNN5, models.LeNet5x8)


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("depth", RESNETS)
def test_a_resnet_has_the_layers_and_parameters_of_the_paper(depth):
    factory, n_parameters = RESNETS[depth]
    net = factory()
    layers = [
        part
        for part in net.modules()
        if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear))
    ]
    assert len(layers) == depth
    assert count(net) == n_parameters
    if depth in PUBLISHED:
        digits = 1 if depth == 110 else 2
        assert round(count(net) / 1e6, digits) == PUBLISHED[depth]


def test_the_parameters_of_the_other_networks_are_those_of_their_layers():
    convolutions = 9 * (3 * 32 + 32 * 64 + 64 * 128) + 2 * (32 + 64 + 128)
    assert count(models.CNN5()) == convolutions + (128 * 16 + 1) * 128 + 129 * 10
    filters = (25 * 1 + 1) * 48 + (25 * 48 + 1) * 128
    dense = (128 * 25 + 1) * 120 + 121 * 84 + 85 * 10
    assert count(models.LeNet5x8()) == filters + dense


@pytest.mark.parametrize("factory", SMALL)
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (2, 9, 12), (4, 70, 41)])
def test_images_of_any_size_give_logits(factory, shape):
    net = factory(n_classes=7, in_channels=shape[0])
    logits = net(torch.randn(2, *shape))
    assert logits.shape == (2, 7)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("factory", SMALL)
def test_every_parameter_gets_a_gradient(factory):
    net = factory(in_channels=3)
    loss = torch.nn.functional.cross_entropy(
        net(torch.randn(8, 3, 32, 32)), torch.arange(8)
    )
    loss.backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("factory", SMALL)
def test_channels_last_gives_the_same_logits_and_is_kept(factory):
    net = factory(in_channels=3).eval()
    images = torch.randn(4, 3, 32, 32)
    expected = net(images)
    layouts = []
    for part in net.modules():
        if isinstance(part, torch.nn.Conv2d):
            part.register_forward_hook(
                lambda _, given, out: layouts.append(
                    all(
                        x.is_contiguous(memory_format=torch.channels_last)
                        for x in (*given, out)
                    )
                )
            )
    net = net.to(memory_format=torch.channels_last)
    found = net(images.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert layouts
    assert all(layouts)


def test_a_resnet_keeps_channels_last_in_training():
    """Gradients come back in the layout of the weights: no copy a step."""
    net = models.resnet8().to(memory_format=torch.channels_last)
    images = torch.randn(4, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    net(images).sum().backward()
    weight = net.blocks[1].conv1.weight
    assert weight.grad.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("factory", SMALL)
def test_weights_travel_as_a_state_and_as_a_pickle(factory):
    net = factory(in_channels=3)
    images = torch.randn(4, 3, 32, 32)
    net(images)  # moves the means of the batch norms
    net.eval()
    other = factory(in_channels=3).eval()
    assert not torch.equal(other(images), net(images))
    other.load_state_dict(net.state_dict())
    assert torch.equal(other(images), net(images))
    file = io.BytesIO()
    joblib.dump(net, file)
    file.seek(0)
    assert torch.equal(joblib.load(file)(images), net(images))


def test_the_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    net = models.resnet8().eval()
    block = net.blocks[1]
    torch.nn.init.zeros_(block.norm2.weight)  # only the shortcut is left
    x = torch.rand(2, 16, 7, 6)
    out = block(x)
    assert out.shape == (2, 32, 4, 3)
    assert torch.equal(out[:, :16], x[..., ::2, ::2])
    assert not out[:, 16:].any()


@pytest.mark.parametrize(
    ("factory", "name"), [(models.resnet20, "conv"), (models.CNN5, "hidden")]
)
def test_weights_have_the_variance_of_he(factory, name):
    layer = getattr(factory(), name)
    n_inputs = layer.weight[0].numel()
    ratio = layer.weight.var().item() / (2 / n_inputs)
    assert ratio == pytest.approx(1, abs=5 * (2 / layer.weight.numel()) ** 0.5)


def test_the_same_seed_gives_the_same_network():
    torch.manual_seed(3)
    first = models.CNN5()
    torch.manual_seed(3)
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(models.CNN5()(images), first(images))


@pytest.mark.parametrize("depth", [2, 10, 20.0, True, "20"])
def test_a_depth_that_is_no_resnet_is_refused(depth):
    with pytest.raises(ValueError, match="depth must be"):
        models.CifarResNet(depth)


@pytest.mark.parametrize("factory", SMALL)
def test_counts_out_of_range_are_refused(factory):
    with pytest.raises(ValueError, match="n_classes must be an integer of at least 2"):
        factory(n_classes=1)
    with pytest.raises(ValueError, match="in_channels must be an integer of at least"):
        factory(in_channels=0)


@pytest.mark.parametrize("factory", SMALL)
def test_images_of_another_shape_are_refused(factory):
    net = factory(in_channels=3)
    for shape in [(2, 1, 32, 32), (3, 32, 32), (2, 32, 32, 3)]:
        with pytest.raises(ValueError, match=r"images must have shape \(n, 3, height"):
            net(torch.zeros(shape))


def test_cnn5_says_how_small_images_may_be():
    with pytest.raises(ValueError, match="at least 8 pixels a side"):
        models.CNN5()(torch.zeros(2, 3, 8, 7))
