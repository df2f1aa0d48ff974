"""From what a converted learner says to probabilities and a label, in ONNX nodes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill.exceptions import ExportError
from skdistill.export._graph import Graph

__all__ = ["from_predictions", "in_order", "label", "stored", "unit"]

Array = npt.NDArray[Any]


def in_order(graph: Graph, proba: str, own: Array, classes: Array) -> str:
    """Return columns in the order of `classes`, as ``student_proba`` does.

    Parameters
    ----------
    graph : Graph
    proba : str
        Tensor of doubles with a column for each of `own`.
    own, classes : ndarray
        Classes as the student has them (XGBoost numbers them) and as it should.
    """
    labels, said = classes.tolist(), own.tolist()
    if said == labels:
        return proba
    if len(said) == len(labels):
        if set(said) != set(labels):
            return proba
        columns = [said.index(one) for one in labels]
    else:
        # A class whose targets were all 0 never reached the learner: a column of 0.
        zero = graph.constant(np.zeros((1, 1)))
        first = graph.add("Slice", proba, *_first_column(graph))
        proba = graph.add("Concat", proba, graph.add("Mul", first, zero), axis=1)
        columns = [said.index(one) if one in set(said) else len(said) for one in labels]
    return graph.add("Gather", proba, graph.constant(columns), axis=1)


def from_predictions(
    graph: Graph, said: str, n_classes: int, scale: str, *, projected: bool
) -> str:
    """Return probabilities of what a regressor said, as ``to_proba`` makes them.

    In double precision, (n, n_classes).
    """
    said = graph.add(
        "Reshape", said, graph.constant([-1, 1 if n_classes == 2 else n_classes])
    )
    zero, one = unit(graph)
    if n_classes == 2:
        second = graph.add("Exp", said) if scale == "log" else said
        second = graph.add("Clip", second, zero, one)
        return graph.add("Concat", graph.add("Sub", one, second), second, axis=1)
    if scale == "log":
        return graph.add("Softmax", said, axis=1)
    if projected:
        return said
    positive = graph.add("Max", said, zero)
    total = graph.add("ReduceSum", positive, graph.constant([1]), keepdims=1)
    some = graph.add("Greater", total, zero)
    share = graph.add("Div", positive, graph.add("Where", some, total, one))
    return graph.add("Where", some, share, graph.constant(np.array(1 / n_classes)))


def unit(graph: Graph) -> tuple[str, str]:
    """Return 0 and 1 as doubles."""
    return graph.constant(np.array(0.0)), graph.constant(np.array(1.0))


def label(graph: Graph, proba: str, classes: Array) -> tuple[str, str]:
    """Return the most probable class, (n,), the first of equals, and its kind."""
    code = graph.add("ArgMax", proba, axis=1, keepdims=0)
    values = stored(classes)
    kind = {"i": "int64", "f": "double", "b": "bool"}.get(values.dtype.kind, "string")
    return graph.add("Gather", graph.constant(values), code), kind


def stored(classes: Array) -> Array:
    """Return labels in a type that ONNX has; raise if there is none."""
    letter = classes.dtype.kind
    if letter in "iu":
        return classes.astype(np.int64)
    if letter in "fb":
        return classes.astype(np.float64) if letter == "f" else classes
    if all(isinstance(one, str) for one in classes.tolist()):
        return classes.astype(np.str_)
    raise ExportError(
        f"The classes must be numbers or all text to be exported, got {classes!r}. Fit "
        "with y.astype(str)."
    )


def _first_column(graph: Graph) -> tuple[str, str, str]:
    return graph.constant([0]), graph.constant([1]), graph.constant([1])
