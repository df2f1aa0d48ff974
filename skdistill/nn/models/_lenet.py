"""LeNet-5 with more filters, the weak student of the supervision-complexity paper."""

from typing import Any

from skdistill.nn._torch import torch
from skdistill.nn.models._parts import check_count, check_images, he_init

__all__ = ["LeNet5x8"]

WIDTHS, FIELD, SIDE, HIDDEN = (8 * 6, 8 * 16), 32, 5, (120, 84)


class LeNet5x8(torch.nn.Module):
    """LeNet-5 [1]_ with eight times its filters, a student of [2]_.

    Two 5x5 convolutions of 48 and 128 channels, each rectified and followed by the
    maximum over 2x2 pixels, and dense layers of 120, 84 and `n_classes` units. No batch
    norm. The exact network of [2]_ is not known to us: here the filters are eight times
    those of LeNet-5 and the dense layers as wide as its own; rectified units and
    maxima replace its squashing functions and means.

    Images of less than 32x32 pixels get a frame of zeros, as LeNet-5 put digits of
    28x28 into a field of 32x32; larger ones are averaged to 5x5 pixels before the dense
    layers, which is what 32x32 gives.

    Parameters
    ----------
    n_classes : int, default=10
        Outputs, at least 2.
    in_channels : int, default=1
        Channels of the images.

    Raises
    ------
    ValueError
        If an argument is out of range, or images have another shape.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning
       applied to document recognition", Proceedings of the IEEE 86, 1998, section II.B.
       :doi:`10.1109/5.726791`
    .. [2] H. Harutyunyan, A. S. Rawat, A. K. Menon, S. Kim and S. Kumar, "Supervision
       complexity and its role in knowledge distillation", ICLR 2023.
       arXiv:2301.12245

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn.models import LeNet5x8
    >>> net = LeNet5x8(n_classes=100, in_channels=3)
    >>> sum(p.numel() for p in net.parameters())
    560160
    >>> net(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 100])
    """

    def __init__(self, n_classes: int = 10, in_channels: int = 1) -> None:
        super().__init__()
        n_classes = check_count("n_classes", n_classes, 2)
        self.in_channels = check_count("in_channels", in_channels)
        first, second = WIDTHS
        self.conv1 = torch.nn.Conv2d(self.in_channels, first, 5)
        self.conv2 = torch.nn.Conv2d(first, second, 5)
        self.hidden1 = torch.nn.Linear(second * SIDE**2, HIDDEN[0])
        self.hidden2 = torch.nn.Linear(*HIDDEN)
        self.dense = torch.nn.Linear(HIDDEN[1], n_classes)
        he_init(self)

    def forward(self, images: Any) -> Any:
        """Return the logits (n, n_classes) of float images (n, channels, h, w)."""
        check_images(images, self.in_channels)
        functional = torch.nn.functional
        features = self._in_field(images)
        for conv in (self.conv1, self.conv2):
            features = functional.max_pool2d(torch.relu(conv(features)), 2)
        if tuple(features.shape[2:]) != (SIDE, SIDE):
            features = functional.adaptive_avg_pool2d(features, SIDE)
        features = torch.relu(self.hidden1(features.flatten(1)))
        return self.dense(torch.relu(self.hidden2(features)))

    @staticmethod
    def _in_field(images: Any) -> Any:
        """Put small images into the middle of a field of zeros."""
        missing = [max(FIELD - side, 0) for side in reversed(images.shape[2:])]
        if not any(missing):
            return images
        frame = [side for m in missing for side in (m // 2, m - m // 2)]
        return torch.nn.functional.pad(images, frame)
