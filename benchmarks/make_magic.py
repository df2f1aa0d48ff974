"""Make ``skdistill/datasets/data/magic.npz`` from a Parquet copy of the MAGIC data.

Usage: ``python benchmarks/make_magic.py path/to/magic.parquet``

The Parquet file has the ten float64 columns of UCI's ``magic04.data``, in its
row order, and a column ``target`` of "g" and "h". UCI publishes every value with
four decimals or fewer, so value * 10^4 is an integer below 2^24 once each column
starts at zero: three bytes hold it, without loss. Deflate finds little in mixed
bytes, so bytes of one significance are stored together. Measured, compressed
with zlib: float64 676 kB, float32 (with loss) 614 kB, int32 549 kB, these byte
planes 456 kB; the CSV text 644 kB; the Parquet file 890 kB.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

DESTINATION = Path(__file__).parents[1] / "skdistill" / "datasets" / "data"


def byte_planes(units):
    """Return the three low bytes of (n, d) integers as uint8 of shape (3, d, n)."""
    if units.min() < 0 or units.max() >= 2**24:
        raise ValueError(
            f"units must lie in [0, 2**24), got [{units.min()}, {units.max()}]."
        )
    return np.stack([(units.T >> shift & 255).astype(np.uint8) for shift in (0, 8, 16)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parquet", type=Path)
    frame = pd.read_parquet(parser.parse_args().parquet)
    values = frame.drop(columns="target").to_numpy(np.float64)
    units = np.rint(values * 1e4).astype(np.int64)
    if not np.array_equal(units / 1e4, values):
        raise ValueError("values must have at most four decimals, got others.")
    lowest = units.min(axis=0)
    path = DESTINATION / "magic.npz"
    np.savez_compressed(
        path,
        planes=byte_planes(units - lowest),
        lowest=lowest,
        is_hadron=frame["target"].to_numpy(dtype=str) == "h",
    )
    print(f"{path.name}: {path.stat().st_size} bytes, {values.shape} values, exact")


if __name__ == "__main__":
    main()
