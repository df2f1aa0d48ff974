"""The loops a user would write by hand: what the trainer is measured against."""

import numpy as np
import torch

CIFAR_MEAN, CIFAR_STD = (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)


def cross_entropy(logits, targets):
    """Mean cross-entropy against labels or probabilities; torch's takes both."""
    return torch.nn.functional.cross_entropy(logits, targets)


class Standardized:
    """Pixels 0..255 to floats of mean 0 and standard deviation 1 a channel."""

    def __init__(self, device):
        self.mean = torch.tensor(CIFAR_MEAN, device=device).view(1, 3, 1, 1)
        self.std = torch.tensor(CIFAR_STD, device=device).view(1, 3, 1, 1)

    def __call__(self, images):
        return (images.float() - self.mean) / self.std


def bare_loop(
    module,
    images,
    targets,
    *,
    epochs=1,
    batch_size=128,
    augment=None,
    channels_last=False,
    amp=False,
):
    """Train `module` on tensors that stay on its device; AdamW, as the trainer does.

    Parameters
    ----------
    module : torch.nn.Module
    images : uint8 tensor (n, 3, 32, 32), on the device
    targets : tensor (n,) of labels or (n, K) of probabilities, on the device
    epochs, batch_size : int
    augment : callable of (images, generator), default=None
    channels_last, amp : bool
        Whether to lay out channels last, and to compute in bfloat16.
    """
    device = images.device
    standardized = Standardized(device)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(module.parameters(), fused=device.type == "cuda")
    if channels_last:
        module.to(memory_format=torch.channels_last)
    module.train()
    total = torch.zeros((), device=device)
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=generator).to(device)
        for rows in order.split(batch_size):
            x = images[rows]
            if augment is not None:
                x = augment(x, generator)
            x = standardized(x)
            if channels_last:
                x = x.contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=amp):
                loss = cross_entropy(module(x), targets[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.detach()
    return total.item()


class CropAndFlip(torch.utils.data.Dataset):
    """Images one at a time, cropped and mirrored on the CPU as torchvision does it."""

    def __init__(self, images, targets, padding=4):
        self.images = np.pad(images, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
        self.targets, self.padding = targets, padding

    def __len__(self):
        return len(self.images)

    def __getitem__(self, row):
        top, left = torch.randint(2 * self.padding + 1, (2,)).tolist()
        image = torch.from_numpy(self.images[row, :, top : top + 32, left : left + 32])
        if torch.rand(()) < 0.5:
            image = image.flip(-1)
        return image.float(), self.targets[row]


def loader_loop(module, images, targets, *, device, workers, batch_size=128):
    """Train `module` for an epoch on what a DataLoader brings; return the loss."""
    loader = torch.utils.data.DataLoader(
        CropAndFlip(images, targets),
        batch_size,
        shuffle=True,
        num_workers=workers,
        pin_memory=device == "cuda",
    )
    standardized = Standardized(device)
    optimizer = torch.optim.AdamW(module.parameters(), fused=device == "cuda")
    module.to(memory_format=torch.channels_last).train()
    total = torch.zeros((), device=device)
    for loaded, y in loader:
        x = standardized(loaded.to(device, non_blocking=True))
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            loss = cross_entropy(module(x), y.to(device, non_blocking=True))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.detach()
    return total.item()
