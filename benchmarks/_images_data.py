"""CIFAR-10 from what the user has; without it, scikit-learn's digits as images."""

import io
import pickle
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SHEETS = "cifar10_25k_webp.npz"
BATCHES = "cifar-10-batches-py"
TILES = (20, 50)  # of 32x32 pixels in a sheet of 1,000 images


@dataclass(frozen=True, slots=True)
class Images:
    """uint8 images (n, 3, 32, 32) and labels 0..9, to learn from and to judge by."""

    name: str
    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    def subset(self, n_rows, n_test, seed):
        """Return as many rows, the same share of each class, drawn by `seed`."""
        x, y = _drawn(self.x, self.y, n_rows, seed)
        x_test, y_test = _drawn(self.x_test, self.y_test, n_test, seed)
        return Images(self.name, x, y, x_test, y_test)


def load_images(data_dir):
    """Find images: the sheets or the python batches, torchvision's copy, or digits.

    Parameters
    ----------
    data_dir : str or None
        Folder with `cifar10_25k_webp.npz` (20,000 and 5,000 images), or with the full
        set as its authors' python batches, or as torchvision keeps it. None is digits.

    Returns
    -------
    Images
    """
    if data_dir is None:
        return _digits()
    folder = Path(data_dir)
    if (folder / SHEETS).exists():
        return _from_sheets(folder / SHEETS)
    for place in (folder, folder / BATCHES):
        if (place / "data_batch_1").exists():
            return _from_batches(place)
    try:
        return _from_torchvision(folder)
    except (ImportError, RuntimeError) as error:
        raise SystemExit(
            f"--data-dir must be a folder with {SHEETS} or {BATCHES}, got {folder} "
            f"(torchvision: {error})."
        ) from error


def _from_sheets(path):
    """Decode lossless WebP sheets of 1,000 images each."""
    from PIL import Image  # noqa: PLC0415

    stored = np.load(path)
    sheets, places, tiles = stored["sheets"], stored["offsets"], []
    for start, stop in pairwise(places):
        picture = Image.open(io.BytesIO(sheets[start:stop].tobytes())).convert("RGB")
        tile = np.asarray(picture).reshape(TILES[0], 32, TILES[1], 32, 3)
        tiles.append(tile.transpose(0, 2, 4, 1, 3).reshape(-1, 3, 32, 32))
    x, y, n = (
        np.concatenate(tiles),
        stored["y"].astype(np.int64),
        int(stored["n_train"]),
    )
    return Images("CIFAR-10, 25,000 images", x[:n], y[:n], x[n:], y[n:])


def _from_batches(folder):
    """Read the authors' python batches."""

    def read(name):
        with open(folder / name, "rb") as file:
            batch = pickle.load(file, encoding="latin1")
        return batch["data"].reshape(-1, 3, 32, 32), np.array(batch["labels"])

    parts = [read(f"data_batch_{i}") for i in range(1, 6)]
    x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Images("CIFAR-10", x, y, *read("test_batch"))


def _from_torchvision(folder):
    from torchvision.datasets import CIFAR10  # noqa: PLC0415

    parts = []
    for train in (True, False):
        part = CIFAR10(folder, train=train, download=False)
        pixels = np.ascontiguousarray(part.data.transpose(0, 3, 1, 2))
        parts += [pixels, np.array(part.targets)]
    return Images("CIFAR-10", *parts)


def _digits():
    """1,797 digits of 8x8 pixels, four times as wide and high, in three colours."""
    x, y = load_digits(return_X_y=True)
    x = (x.reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)
    x = np.ascontiguousarray(x.repeat(4, axis=2).repeat(4, axis=3).repeat(3, axis=1))
    parts = train_test_split(x, y, test_size=500, stratify=y, random_state=0)
    return Images("digits", parts[0], parts[2], parts[1], parts[3])


def _drawn(x, y, n_rows, seed):
    if n_rows is None or n_rows >= len(y):
        return x, y
    rows, _ = train_test_split(
        np.arange(len(y)), train_size=n_rows, stratify=y, random_state=seed
    )
    return np.ascontiguousarray(x[rows]), y[rows]
