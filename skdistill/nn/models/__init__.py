"""Networks of the papers, sized as published, for images of any size.

Each is a :class:`torch.nn.Module` (or returns one) that takes float images
(n, channels, height, width) and gives logits (n, n_classes). They keep the
channels-last layout of their input, and can be pickled.
"""

from skdistill.nn.models._cnn import CNN5
from skdistill.nn.models._lenet import LeNet5x8
from skdistill.nn.models._resnet import (
    CifarResNet,
    resnet8,
    resnet14,
    resnet20,
    resnet32,
    resnet44,
    resnet56,
    resnet110,
)

__all__ = [
    "CNN5",
    "CifarResNet",
    "LeNet5x8",
    "resnet8",
    "resnet14",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
]
