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
# Codes of Adult's categories: the order of UCI's adult.names, which OpenML keeps. It
# decides what a shallow teacher can do: a stump's AUC is .883 here (official .882 to
# .884), and .874 with codes in alphabetical order.
ADULT_ORDER = {
    "workclass": "Private, Self-emp-not-inc, Self-emp-inc, Federal-gov, Local-gov, "
    "State-gov, Without-pay, Never-worked",
    "education": "Bachelors, Some-college, 11th, HS-grad, Prof-school, Assoc-acdm, "
    "Assoc-voc, 9th, 7th-8th, 12th, Masters, 1st-4th, 10th, Doctorate, 5th-6th, "
    "Preschool",
    "marital-status": "Married-civ-spouse, Divorced, Never-married, Separated, "
    "Widowed, Married-spouse-absent, Married-AF-spouse",
    "occupation": "Tech-support, Craft-repair, Other-service, Sales, Exec-managerial, "
    "Prof-specialty, Handlers-cleaners, Machine-op-inspct, Adm-clerical, "
    "Farming-fishing, Transport-moving, Priv-house-serv, Protective-serv, "
    "Armed-Forces",
    "relationship": "Wife, Own-child, Husband, Not-in-family, Other-relative, "
    "Unmarried",
    "race": "White, Asian-Pac-Islander, Amer-Indian-Eskimo, Other, Black",
    "sex": "Female, Male",
    "native-country": "United-States, Cambodia, England, Puerto-Rico, Canada, Germany, "
    "Outlying-US(Guam-USVI-etc), India, Japan, Greece, South, China, Cuba, Iran, "
    "Honduras, Philippines, Italy, Poland, Jamaica, Vietnam, Mexico, Portugal, "
    "Ireland, France, Dominican-Republic, Laos, Ecuador, Taiwan, Haiti, Columbia, "
    "Hungary, Guatemala, Nicaragua, Scotland, Thailand, Yugoslavia, El-Salvador, "
    "Trinadad&Tobago, Peru, Hong, Holand-Netherlands",
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
    """Categories become their place in the order above, missing ones NaN."""
    if column.dtype.kind in "fiu":
        return column.to_numpy(dtype=float)
    names = {name: k for k, name in enumerate(ADULT_ORDER[column.name].split(", "))}
    unknown = set(column.dropna()) - set(names)
    if unknown:
        raise ValueError(f"{column.name} must hold {sorted(names)}, got {unknown}.")
    return column.astype(object).map(names).to_numpy(dtype=float)


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
