"""Data of paper1.py: the three tables, cleaned and split as the authors' code does."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skdistill.datasets import load_magic, read_table

SPLIT_SEED = 2357  # also the seed of the ten folds
ADULT_TEST_ROWS = 16281  # of UCI's adult.test
OPENML = {
    "magic": {"name": "MagicTelescope", "version": 1},
    "adult": {"name": "adult", "version": 2},
    "fico": {"data_id": 45554},
}
FILES = {"magic": "magic", "adult": "adult", "fico": "fico_heloc"}


@dataclass(frozen=True)
class Split:
    """Standardised features and labels 0 and 1."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def load(name, data_dir, n_rows=None):
    """Read a table from OpenML, or ``<data_dir>/<name>.parquet`` (.csv), and split it.

    `n_rows` keeps that many random rows, for a trial.
    """
    if data_dir is not None:
        file = _find(name, Path(data_dir))
        if file is None:
            X, labels = load_magic(as_frame=True, return_X_y=True)
        else:
            X, labels = read_table(file, "target")
        if name == "adult":
            # UCI's order is adult.data, adult.test; OpenML has the test rows first,
            # and with another order the same seed draws another split.
            order = np.roll(np.arange(len(X)), ADULT_TEST_ROWS)
            X, labels = X.iloc[order], labels[order]
    else:
        X, labels = fetch_openml(**OPENML[name], return_X_y=True, as_frame=True)
    X, y = clean(name, X, np.unique(np.asarray(labels), return_inverse=True)[1])
    if n_rows is not None:
        kept = np.random.default_rng(0).permutation(len(X))[:n_rows]
        X, y = X[kept], y[kept]
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, random_state=SPLIT_SEED
    )
    scaler = StandardScaler().fit(X)
    return Split(scaler.transform(X), y, scaler.transform(X_test), y_test)


def clean(name, X, y):
    """Return a matrix of numbers without gaps, and the labels of its rows."""
    values = np.column_stack([_numbers(X[column]) for column in X.columns])
    if name == "fico":
        values[np.isin(values, (-7, -8, -9))] = -9
        known = (values != -9).any(axis=1)
        return values[known], y[known]
    return SimpleImputer().fit_transform(values), y


def _numbers(column):
    """Categories become their alphabetical rank, missing ones NaN."""
    if column.dtype.kind in "fiu":
        return column.to_numpy(dtype=float)
    codes = column.astype("category").cat.codes.to_numpy(dtype=float)
    return np.where(codes < 0, np.nan, codes)


def _find(name, folder):
    for stem in (FILES[name], name):
        for suffix in (".parquet", ".csv"):
            if (folder / (stem + suffix)).exists():
                return folder / (stem + suffix)
    if name == "magic":
        return None  # the package has it
    raise FileNotFoundError(
        f"--data-dir must hold {FILES[name]}.parquet or .csv, got {folder}."
    )
