"""The demo's teacher and students, for clean numbers or for any table."""

from typing import Any

from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

_MAX_LEAVES = 32
_STUDENT_TREES = 5
_MANY_ROWS = 10_000
# Beyond this the rarest categories of a column share one column: an identifier
# would otherwise give the linear student one feature per row.
_MAX_CATEGORIES = 30


def make_teacher(
    n_rows: int, *, n_trees: int, is_table: bool, n_jobs: int, seed: int
) -> Any:
    """Return the unfitted teacher: a random forest.

    Parameters
    ----------
    n_rows : int
        Rows it will be fitted on. From 10,000 on each tree draws half of them.
    n_trees : int
        Number of trees, at least 1.
    is_table : bool
        Whether text and missing entries must be expected.
    n_jobs : int
        Cores to grow trees on; -1 means all.
    seed : int
        Seed of the forest.

    Returns
    -------
    RandomForestClassifier or Pipeline

    Examples
    --------
    >>> from skdistill.cli._models import make_teacher
    >>> teacher = make_teacher(500, n_trees=10, is_table=False, n_jobs=1, seed=0)
    >>> teacher.n_estimators
    10
    """
    # Measured on MAGIC, 500 trees: all rows 17 s of CPU, AUC .9347; half of them
    # 10 s, AUC .9332. The teacher is fitted six times, within a minute.
    forest = RandomForestClassifier(
        n_trees,
        max_samples=0.5 if n_rows >= _MANY_ROWS else None,
        n_jobs=n_jobs,
        random_state=seed,
    )
    return make_pipeline(_tree_columns(), forest) if is_table else forest


def make_students(*, is_table: bool, n_jobs: int, seed: int) -> dict[str, Any]:
    """Return the unfitted students by name, smallest tree first.

    Parameters
    ----------
    is_table : bool
        Whether text and missing entries must be expected.
    n_jobs : int
        Cores to grow the forest on; -1 means all.
    seed : int
        Seed of the tree and the forest.

    Returns
    -------
    dict of str to classifier

    Examples
    --------
    >>> from skdistill.cli._models import make_students
    >>> list(make_students(is_table=False, n_jobs=1, seed=0))
    ['tree of 32 leaves', 'forest of 5 trees', 'logistic regression']
    """
    tree = DecisionTreeClassifier(max_leaf_nodes=_MAX_LEAVES, random_state=seed)
    forest = RandomForestClassifier(
        _STUDENT_TREES, min_samples_leaf=10, n_jobs=n_jobs, random_state=seed
    )
    linear = LogisticRegression(max_iter=1000)
    return {
        f"tree of {_MAX_LEAVES} leaves": (
            make_pipeline(_tree_columns(), tree) if is_table else tree
        ),
        f"forest of {_STUDENT_TREES} trees": (
            make_pipeline(_tree_columns(), forest) if is_table else forest
        ),
        "logistic regression": make_pipeline(
            _linear_columns() if is_table else StandardScaler(), linear
        ),
    }


def _tree_columns() -> ColumnTransformer:
    """Text as codes; numbers as they are: scikit-learn's trees split on NaN."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer(
        [("text", codes, make_column_selector(dtype_exclude=float))],
        remainder="passthrough",
    )


def _linear_columns() -> ColumnTransformer:
    """Text one-hot; numbers filled with the median, the filled ones marked."""
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=_MAX_CATEGORIES,
        sparse_output=False,
    )
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    return ColumnTransformer(
        [
            ("text", one_hot, make_column_selector(dtype_exclude=float)),
            ("numbers", numbers, make_column_selector(dtype_include=float)),
        ]
    )
