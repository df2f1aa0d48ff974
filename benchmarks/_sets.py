"""Tabular data sets of the suite: from a folder of Parquet files, or from OpenML."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import fetch_openml
from sklearn.model_selection import train_test_split

#: Name of the Parquet file: name and version on OpenML, None where there is none.
SETS = {
    "adult": ("adult", 2),
    "balance_scale": ("balance-scale", 1),
    "bank_marketing": ("bank-marketing", 1),
    "breast_w": ("breast-w", 1),
    "cmc": ("cmc", 1),
    "covertype_93k": ("covertype", 3),
    "credit_g": ("credit-g", 1),
    "dna": ("dna", 1),
    "dry_bean": None,
    "fico_heloc": None,
    "hypothyroid": ("hypothyroid", 1),
    "kr_vs_k": ("kropt", 1),
    "kr_vs_kp": ("kr-vs-kp", 1),
    "letter": ("letter", 1),
    "magic": ("MagicTelescope", 1),
    "movement_libras": ("libras_move", 1),
    "optdigits": ("optdigits", 1),
    "page_blocks": ("page-blocks", 1),
    "pima_diabetes": ("diabetes", 1),
    "saheart": ("sa-heart", 1),
    "segment": ("segment", 1),
    "shuttle": ("shuttle", 1),
    "sick": ("sick", 1),
    "soybean": ("soybean", 1),
    "splice": ("splice", 1),
    "sylva_agnostic": ("sylva_agnostic", 1),
    "tic_tac_toe": ("tic-tac-toe", 1),
    "twonorm": ("twonorm", 1),
    "waveform5000": ("waveform-5000", 1),
}


def read_set(name, data_dir):
    """Return the features as a frame and the labels as codes 0..K-1."""
    if data_dir is not None:
        frame = pd.read_parquet(Path(data_dir) / f"{name}.parquet")
        X, y = frame.drop(columns="target"), frame["target"]
    elif SETS[name] is None:
        raise ValueError(f"{name} is not on OpenML. Pass --data-dir.")
    else:
        openml, version = SETS[name]
        X, y = fetch_openml(openml, version=version, return_X_y=True, as_frame=True)
    return X, np.unique(np.asarray(y.astype(str)), return_inverse=True)[1]


def split_set(name, data_dir, *, max_rows, seed, test_size=0.3):
    """Return X, y, X_test, y_test and the places of the categorical columns.

    Categories become integer codes, missing values the mean of the training rows (the
    most frequent code). Classes of fewer than 10 rows are left out: a test set of
    30 % would not hold them.
    """
    X, y = read_set(name, data_dir)
    categorical = [
        j
        for j, dtype in enumerate(X.dtypes)
        if not pd.api.types.is_numeric_dtype(dtype)
    ]
    columns = [
        pd.Series(column.astype("category").cat.codes, dtype=float).where(
            column.notna()
        )
        if j in categorical
        else column.astype(float)
        for j, (_, column) in enumerate(X.items())
    ]
    values = np.column_stack(columns)
    common = np.bincount(y)[y] >= 10
    values, y = values[common], np.unique(y[common], return_inverse=True)[1]
    if len(y) > max_rows:
        values, _, y, _ = train_test_split(
            values, y, train_size=max_rows, stratify=y, random_state=seed
        )
        common = np.bincount(y)[y] >= 10
        values, y = values[common], np.unique(y[common], return_inverse=True)[1]
    X, X_test, y, y_test = train_test_split(
        values, y, test_size=test_size, stratify=y, random_state=seed
    )
    fill = _fill_values(X, categorical)
    X, X_test = (np.where(np.isnan(side), fill, side) for side in (X, X_test))
    return X, y, X_test, y_test, categorical


def _fill_values(X, categorical):
    fill = np.zeros(X.shape[1])
    for j in range(X.shape[1]):
        known = X[~np.isnan(X[:, j]), j]
        if not len(known):
            continue
        if j in categorical:
            codes, counts = np.unique(known, return_counts=True)
            fill[j] = codes[counts.argmax()]
        else:
            fill[j] = known.mean()
    return fill
