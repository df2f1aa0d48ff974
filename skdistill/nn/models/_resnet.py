"""Residual networks for small images."""

from itertools import pairwise
from typing import Any

from skdistill.nn._torch import torch
from skdistill.nn.models._parts import check_count, check_images, he_init

__all__ = [
    "CifarResNet",
    "resnet8",
    "resnet14",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
]

WIDTHS = (16, 32, 64)


class _Block(torch.nn.Module):
    """Two convolutions and a shortcut without parameters (option A)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.stride = 1 if n_in == n_out else 2
        self.padding = n_out - n_in
        self.conv1 = torch.nn.Conv2d(n_in, n_out, 3, self.stride, 1, bias=False)
        self.norm1 = torch.nn.BatchNorm2d(n_out)
        self.conv2 = torch.nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.norm2 = torch.nn.BatchNorm2d(n_out)
        self.relu = torch.nn.ReLU(inplace=True)

    def forward(self, x: Any) -> Any:
        shortcut = x
        if self.stride == 2:
            kept = x[..., ::2, ::2]
            shortcut = torch.nn.functional.pad(kept, (0, 0, 0, 0, 0, self.padding))
        out = self.relu(self.norm1(self.conv1(x)))
        out = self.norm2(self.conv2(out))
        out += shortcut
        return self.relu(out)


class CifarResNet(torch.nn.Module):
    """Residual network of 6n + 2 layers for small images [1]_, section 4.2.

    A 3x3 convolution, three stages of n blocks with 16, 32 and 64 channels, of which
    the second and the third halve the image, a mean over the pixels left and a dense
    layer. Shortcuts take every second pixel and add channels of zeros (option A), so
    that they have no parameters. Batch norm after every convolution.

    Parameters
    ----------
    depth : int
        6n + 2 with n of at least 1: 8, 14, 20, ..., 110. The published parameter
        counts: 20 layers .27 million, 32 .46, 44 .66, 56 .85, 110 1.7.
    n_classes : int, default=10
        Outputs, at least 2.
    in_channels : int, default=3
        Channels of the images.

    Raises
    ------
    ValueError
        If an argument is out of range, or images have another shape.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image
       recognition", CVPR 2016, section 4.2. :doi:`10.1109/CVPR.2016.90`

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn.models import CifarResNet
    >>> net = CifarResNet(20)
    >>> sum(p.numel() for p in net.parameters())
    269722
    >>> net(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, depth: int, n_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        depth = check_count("depth", depth, 8)
        if depth % 6 != 2:
            raise ValueError(
                f"depth must be 6n + 2 (8, 14, 20, ..., 110), got {depth!r}."
            )
        n_classes = check_count("n_classes", n_classes, 2)
        self.in_channels = check_count("in_channels", in_channels)
        first, _, last = WIDTHS
        self.conv = torch.nn.Conv2d(self.in_channels, first, 3, 1, 1, bias=False)
        self.norm = torch.nn.BatchNorm2d(first)
        self.relu = torch.nn.ReLU(inplace=True)
        widths = [first] + [w for w in WIDTHS for _ in range((depth - 2) // 6)]
        self.blocks = torch.nn.Sequential(*(_Block(*pair) for pair in pairwise(widths)))
        self.dense = torch.nn.Linear(last, n_classes)
        he_init(self)

    def forward(self, images: Any) -> Any:
        """Return the logits (n, n_classes) of float images (n, channels, h, w)."""
        check_images(images, self.in_channels)
        features = self.blocks(self.relu(self.norm(self.conv(images))))
        return self.dense(features.mean(dim=(2, 3)))


def resnet8(n_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Return a :class:`CifarResNet` of 8 layers, 75,290 parameters by default.

    Parameters
    ----------
    n_classes, in_channels : int
        As in :class:`CifarResNet`.

    Returns
    -------
    CifarResNet

    Raises
    ------
    TypeError, ValueError
        If a number is no int, or too small.

    Examples
    --------
    >>> from skdistill.nn.models import resnet8
    >>> sum(p.numel() for p in resnet8().parameters())
    75290
    """
    return CifarResNet(8, n_classes, in_channels)


def resnet14(n_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Return a :class:`CifarResNet` of 14 layers, 172,506 parameters by default.

    Parameters
    ----------
    n_classes, in_channels : int
        As in :class:`CifarResNet`.

    Returns
    -------
    CifarResNet

    Raises
    ------
    TypeError, ValueError
        If a number is no int, or too small.

    Examples
    --------
    >>> from skdistill.nn.models import resnet14
    >>> sum(p.numel() for p in resnet14().parameters())
    172506
    """
    return CifarResNet(14, n_classes, in_channels)


def resnet20(n_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Return a :class:`CifarResNet` of 20 layers, 269,722 parameters by default.

    Parameters
    ----------
    n_classes, in_channels : int
        As in :class:`CifarResNet`.

    Returns
    -------
    CifarResNet

    Raises
    ------
    TypeError, ValueError
        If a number is no int, or too small.

    Examples
    --------
    >>> from skdistill.nn.models import resnet20
    >>> sum(p.numel() for p in resnet20().parameters())
    269722
    """
    return CifarResNet(20, n_classes, in_channels)


def resnet32(n_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Return a :class:`CifarResNet` of 32 layers, 464,154 parameters by default.

    Parameters
    ----------
    n_classes, in_channels : int
        As in :class:`CifarResNet`.

    Returns
    -------
    CifarResNet

    Raises
    ------
    TypeError, ValueError
        If a number is no int, or too small.

    Examples
    --------
    >>> from skdistill.nn.models import resnet32
    >>> sum(p.numel() for p in resnet32().parameters())
    464154
    """
    return CifarResNet(32, n_classes, in_channels)


def resnet44(n_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Return a :class:`CifarResNet` of 44 layers, 658,586 parameters by default.

    Parameters
    ----------
    n_classes, in_channels : int
        As in :class:`CifarResNet`.

    Returns
    -------
    CifarResNet

    Raises
    ------
    TypeError, ValueError
        If a number is no int, or too small.

    Examples
    --------
    >>> from skdistill.nn.models import resnet44
    >>> sum(p.numel() for p in resnet44().parameters())
    658586
    """
    return CifarResNet(44, n_classes, in_channels)


def resnet56(n_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Return a :class:`CifarResNet` of 56 layers, 853,018 parameters by default.

    Parameters
    ----------
    n_classes, in_channels : int
        As in :class:`CifarResNet`.

    Returns
    -------
    CifarResNet

    Raises
    ------
    TypeError, ValueError
        If a number is no int, or too small.

    Examples
    --------
    >>> from skdistill.nn.models import resnet56
    >>> sum(p.numel() for p in resnet56().parameters())
    853018
    """
    return CifarResNet(56, n_classes, in_channels)


def resnet110(n_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Return a :class:`CifarResNet` of 110 layers, 1,727,962 parameters by default.

    Parameters
    ----------
    n_classes, in_channels : int
        As in :class:`CifarResNet`.

    Returns
    -------
    CifarResNet

    Raises
    ------
    TypeError, ValueError
        If a number is no int, or too small.

    Examples
    --------
    >>> from skdistill.nn.models import resnet110
    >>> sum(p.numel() for p in resnet110().parameters())
    1727962
    """
    return CifarResNet(110, n_classes, in_channels)
