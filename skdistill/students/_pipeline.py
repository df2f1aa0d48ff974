"""Pipelines as students: transformers see the rows as they are, the last step T."""

from typing import Any

from sklearn.pipeline import Pipeline

from skdistill._rows import concatenate, first_rows
from skdistill._sklearn_compat import n_rows
from skdistill.students._data import StudentData

__all__ = ["fit_transformers", "with_last_step"]


def fit_transformers(pipeline: Pipeline, data: StudentData) -> tuple[Any, Any]:
    """Fit all steps but the last; return them and the transformed rows.

    They are fitted on the rows that have labels, with these labels (a feature selector
    needs them), never on rows repeated by a route. Rows without labels are transformed.
    """
    head = pipeline[:-1]
    if not head.steps:
        return head, data.X
    n_labeled, n_samples = len(data.codes), n_rows(data.X)
    if n_labeled == n_samples:
        return head, head.fit_transform(data.X, data.labels)
    labeled, rest = first_rows(data.X, n_labeled)
    return head, concatenate(
        head.fit_transform(labeled, data.labels), head.transform(rest)
    )


def with_last_step(pipeline: Pipeline, head: Any, last: Any) -> Pipeline:
    """Return `pipeline` with fitted transformers and a fitted last step."""
    name = pipeline.steps[-1][0]
    pipeline.steps = [*head.steps, (name, last)]
    return pipeline
