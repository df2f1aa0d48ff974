"""Small networks that the tests share; in a module, so that they pickle."""

from skdistill.nn._torch import torch

nn = torch.nn


def linear(n_features, n_classes):
    """One layer: what softmax regression fits."""
    return nn.Linear(n_features, n_classes)


class Dense(nn.Module):
    """Features to logits, through one layer with dropout."""

    def __init__(self, n_features, n_classes, width=16, dropout=0.2):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_features, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, n_classes),
        )

    def forward(self, x):
        return self.layers(x)


class Convolution(nn.Module):
    """Images of any size to logits, with batch norm."""

    def __init__(self, n_classes, in_channels=3, width=8):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * width, n_classes),
        )

    def forward(self, x):
        return self.layers(x)


class OneLogit(nn.Module):
    """Features to the logit of the second of two classes."""

    def __init__(self, n_features):
        super().__init__()
        self.layer = nn.Linear(n_features, 1)

    def forward(self, x):
        return self.layer(x)


class Hungry(nn.Module):
    """Asks the allocator for a quarter of a terabyte a row above so many rows."""

    def __init__(self, n_features, n_classes, most=20):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)
        self.most = most

    def forward(self, x):
        torch.empty(len(x), 2**38 if len(x) > self.most else 1)
        return self.layer(x)


class Bursting(nn.Module):
    """Returns NaN from its n-th training batch on."""

    def __init__(self, n_features, n_classes, batch=5):
        super().__init__()
        self.layer = nn.Linear(n_features, n_classes)
        self.left = batch

    def forward(self, x):
        self.left -= self.training
        burst = self.training and self.left <= 0
        return self.layer(x) * (float("nan") if burst else 1.0)
