"""A small convolutional student."""

from itertools import pairwise
from typing import Any

from skdistill.nn._torch import torch
from skdistill.nn.models._parts import check_count, check_images, he_init

__all__ = ["CNN5"]

WIDTHS, SIDE, HIDDEN = (32, 64, 128), 4, 128


class CNN5(torch.nn.Module):
    """Network of five layers: three convolutions, two dense layers.

    The convolutions are 3x3 with 32, 64 and 128 channels, each followed by batch norm,
    rectification and the maximum over 2x2 pixels; then a dense layer of 128 rectified
    units and the outputs. Kind and number of the layers, widths and batch norm are
    those of the student in the code of [1]_; the size of the filters, the pooling and
    the 128 units are a choice made here. Images of 32x32 arrive at the dense layers as
    4x4 pixels; those of other sizes are averaged to 4x4.

    Parameters
    ----------
    n_classes : int, default=10
        Outputs, at least 2.
    in_channels : int, default=3
        Channels of the images, which must have at least 8 pixels a side.

    Raises
    ------
    ValueError
        If an argument is out of range, or images have another shape.

    References
    ----------
    .. [1] T. Dao, G. M. Kamath, V. Syrgkanis and L. Mackey, "Knowledge distillation as
       semiparametric inference", ICLR 2021: the network of its CIFAR-10 scripts.
       arXiv:2104.09732

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn.models import CNN5
    >>> net = CNN5()
    >>> sum(p.numel() for p in net.parameters())
    357034
    >>> net(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        n_classes = check_count("n_classes", n_classes, 2)
        self.in_channels = check_count("in_channels", in_channels)
        widths = (self.in_channels, *WIDTHS)
        layers = []
        for n_in, n_out in pairwise(widths):
            layers += [
                torch.nn.Conv2d(n_in, n_out, 3, padding=1, bias=False),
                torch.nn.BatchNorm2d(n_out),
                torch.nn.ReLU(inplace=True),
                torch.nn.MaxPool2d(2),
            ]
        self.features = torch.nn.Sequential(*layers)
        self.hidden = torch.nn.Linear(WIDTHS[-1] * SIDE**2, HIDDEN)
        self.dense = torch.nn.Linear(HIDDEN, n_classes)
        he_init(self)

    def forward(self, images: Any) -> Any:
        """Return the logits (n, n_classes) of float images (n, channels, h, w)."""
        check_images(images, self.in_channels, 8)
        features = self.features(images)
        # The backward pass of adaptive pooling is not deterministic on CUDA: none is
        # done where there is nothing to average.
        if tuple(features.shape[2:]) != (SIDE, SIDE):
            features = torch.nn.functional.adaptive_avg_pool2d(features, SIDE)
        return self.dense(torch.relu(self.hidden(features.flatten(1))))
