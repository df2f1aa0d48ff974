"""The demo's teacher and students, for clean numbers or for any table."""

from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill.cli._columns import linear_columns, tree_columns

_MAX_LEAVES = 32
_STUDENT_TREES = 5
_MANY_ROWS = 10_000


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
    return make_pipeline(tree_columns(), forest) if is_table else forest


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
            make_pipeline(tree_columns(), tree) if is_table else tree
        ),
        f"forest of {_STUDENT_TREES} trees": (
            make_pipeline(tree_columns(), forest) if is_table else forest
        ),
        "logistic regression": make_pipeline(
            linear_columns() if is_table else StandardScaler(), linear
        ),
    }
