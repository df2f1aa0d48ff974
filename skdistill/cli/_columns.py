"""What stands before a model so that it takes a table as it is."""

from typing import Any

from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from skdistill._sklearn_compat import accepts_sparse_and_nan

__all__ = ["linear_columns", "on_table", "tree_columns"]

# Beyond this the rarest categories of a column share one column: an identifier
# would otherwise give the linear student one feature per row.
_MAX_CATEGORIES = 30


def on_table(model: Any, columns: str | None, *tables: Any, fill: bool = False) -> Any:
    """Put before a model what the columns of a table ask for, and no more.

    Parameters
    ----------
    model : estimator
        Unfitted. A pipeline is taken as it is: it brings its own preparation.
    columns : {"trees", "linear"} or None
        Codes for text, or one-hot text and filled, scaled numbers. None is "trees"
        for models that take missing entries, "linear" for others; and nothing for
        either where all columns are numbers without gaps.
    *tables : DataFrame
        All rows it will see (gaps may be in the test rows only): float64 and object
        columns, as `skdistill.datasets.read_table` makes them.
    fill : bool, default=False
        Whether trees get missing numbers filled and marked, too: what converts them
        to ONNX sends a row with NaN the wrong way.

    Returns
    -------
    estimator

    Examples
    --------
    >>> import pandas
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill.cli._columns import on_table
    >>> X = pandas.DataFrame({"grams": [1.0, 2.0]})
    >>> on_table(DecisionTreeClassifier(), "trees", X)
    DecisionTreeClassifier()
    """
    if isinstance(model, Pipeline):
        return model
    has_text = any(not one.select_dtypes(object).empty for one in tables)
    has_gaps = any(one.isna().any(axis=None) for one in tables)
    if columns is None:
        if not (has_text or has_gaps):
            return model
        columns = "trees" if accepts_sparse_and_nan(model)[1] else "linear"
    if columns == "trees":
        before = _for_trees(has_text, fill=fill and has_gaps)
    elif has_text:
        before = [linear_columns(has_gaps=has_gaps)]
    else:
        before = [_filled(), StandardScaler()] if has_gaps else [StandardScaler()]
    return make_pipeline(*before, model) if before else model


def tree_columns(numbers: Any = "passthrough") -> ColumnTransformer:
    """Text as codes; numbers as they are: scikit-learn's trees split on NaN."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer(
        [("text", codes, make_column_selector(dtype_exclude=float))],
        remainder=numbers,
    )


def linear_columns(*, has_gaps: bool = True) -> ColumnTransformer:
    """Text one-hot; numbers filled with the median, the filled ones marked."""
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=_MAX_CATEGORIES,
        sparse_output=False,
    )
    scaled = StandardScaler()
    numbers = make_pipeline(_filled(), scaled) if has_gaps else scaled
    return ColumnTransformer(
        [
            ("text", one_hot, make_column_selector(dtype_exclude=float)),
            ("numbers", numbers, make_column_selector(dtype_include=float)),
        ]
    )


def _for_trees(has_text: bool, *, fill: bool) -> list[Any]:
    if has_text:
        return [tree_columns(_filled() if fill else "passthrough")]
    return [_filled()] if fill else []


def _filled() -> SimpleImputer:
    return SimpleImputer(
        strategy="median", add_indicator=True, keep_empty_features=True
    )
