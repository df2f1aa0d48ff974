"""Time of the batches alone, on a processor: DeviceBatches against a DataLoader.

An epoch of random uint8 images (3, 32, 32) in batches of 128, shuffled, without a
network: as they are, and with a crop, a flip and a cutout. The DataLoader's `Dataset`
does the same to one image at a time, with a handful of tensor operations. Images are in
a tensor, channels first or last, or in an array from which each batch is gathered
(``resident=False``). Medians of the wall clock, one thread a
process. Required: augmented batches take at most a fifth of the DataLoader's time.
"""

import argparse
import time

import numpy as np
import torch
from _common import announce, interleaved, print_table, verdict
from torch.nn.functional import pad
from torch.utils.data import DataLoader, Dataset

from skdistill.nn import Compose, Cutout, DeviceBatches, HorizontalFlip, RandomCrop

AUGMENT = Compose([RandomCrop(4), HorizontalFlip(), Cutout(8)])
FACTOR = 5


class OneByOne(Dataset):
    """Images as a DataLoader asks for them."""

    def __init__(self, images, labels, augmented):
        self.images, self.labels, self.augmented = images, labels, augmented

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, row):
        image = self.images[row]
        if self.augmented:
            y, x = torch.randint(9, (2,)).tolist()
            image = pad(image, (4,) * 4)[:, y : y + 32, x : x + 32]
            image = image.flip(-1) if torch.rand(()) < 0.5 else image.clone()
            y, x = torch.randint(32, (2,)).tolist()
            image[:, max(y - 4, 0) : y + 4, max(x - 4, 0) : x + 4] = 0
        return image, self.labels[row]


def contenders(images, labels, augmented):
    last = images.contiguous(memory_format=torch.channels_last)
    augment = AUGMENT if augmented else None

    def ours(stored, **params):
        return DeviceBatches(
            stored, labels, None, batch_size=128, shuffle=True, augment=augment,
            device="cpu", **params,
        )  # fmt: skip

    def loader(workers):
        data = OneByOne(images, labels, augmented)
        return DataLoader(data, 128, shuffle=True, num_workers=workers)

    return {
        "DeviceBatches, channels first": ours(images),
        "DeviceBatches, channels last": ours(last),
        "DeviceBatches, an array": ours(images.numpy(), resident=False),
        "DataLoader": loader(0),
        "DataLoader, 2 workers": loader(2),
    }


def exhaust(batches):
    for _ in batches:
        pass


def measure(images, labels, augmented, repeats):
    """Rows of the table."""
    named = contenders(images, labels, augmented)
    seconds = interleaved(
        {name: (lambda one=one: exhaust(one)) for name, one in named.items()},
        repeats,
        clock=time.perf_counter,
    )
    medians = {name: float(np.median(each)) for name, each in seconds.items()}
    best = min(medians["DataLoader"], medians["DataLoader, 2 workers"])
    for name, median in medians.items():
        ours = name.startswith("Device")
        passed = best >= FACTOR * median if ours and augmented else None
        yield (
            name,
            "yes" if augmented else "no",
            f"{1e3 * median:.1f}",
            f"{best / median:.1f}" if ours else "",
            verdict(passed),
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    shape = (args.images, 3, 32, 32)
    images = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
    labels = torch.randint(10, (args.images,), generator=generator)
    announce("torch")
    header = ("batches", "augmented", "ms an epoch", "times faster", "required")
    rows = [
        row
        for augmented in (False, True)
        for row in measure(images, labels, augmented, args.repeats)
    ]
    print_table(header, rows)


if __name__ == "__main__":
    main()
