"""The graph of one model: inputs, transformers, learner, probabilities, label."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline

import skdistill
from skdistill.exceptions import ExportError
from skdistill.export import _catboost, _skl2onnx, _torch
from skdistill.export._graph import Graph
from skdistill.export._inputs import Input
from skdistill.export._parts import library_of
from skdistill.export._probabilities import from_predictions, in_order, label, unit

__all__ = ["Precision", "build", "split"]


@dataclass(frozen=True, slots=True)
class Precision:
    """What the transformers of a pipeline, and its learner, are fed with.

    Attributes
    ----------
    head, learner : {"double", "float"}
    """

    head: str
    learner: str


def build(
    model: Any,
    student: Any,
    inputs: tuple[Input, ...],
    precision: Precision,
    opset: int,
) -> Any:
    """Return the ModelProto of `model`, whose student is `student`."""
    graph = Graph(opset)
    for one in inputs:
        graph.input(one.name, one.kind, ("n", *one.shape))
    head, learner = split(student)
    if head is None:
        rows, shape = _side_by_side(graph, inputs, precision.learner)
    else:
        rows, shape = _transformed(graph, head, inputs, precision, opset)
    said = _converted(graph, learner, Input(rows, precision.learner, shape), opset)
    # What was rounded on the way is not to look as if it had not been.
    rounded = graph.rounds or any(one.kind == "float" for one in inputs)
    kind = "float" if rounded or precision.head == "float" else "double"
    notes = {"skdistill": skdistill.__version__, "student": type(learner).__name__}
    notes["features"] = json.dumps(inputs[0].features)
    if inputs[0].column:
        notes["columns"] = "one input each"
    if not is_classifier(model):
        graph.output("prediction", graph.cast(said, kind), kind, "outputs")
        return graph.build(notes)
    if is_classifier(learner):
        own = np.asarray(getattr(student, "classes_", model.classes_))
        proba = in_order(graph, said, own, model.classes_)
        if graph.rounds:  # sums of float32 may leave [0, 1] by some 1e-7
            proba = graph.add("Clip", proba, *unit(graph))
    else:
        scale, projected = model.scale_, model._projected
        n_classes = len(model.classes_)
        proba = from_predictions(graph, said, n_classes, scale, projected=projected)
    notes["classes"] = json.dumps(model.classes_.tolist())
    notes["classes_dtype"] = model.classes_.dtype.str
    graph.output("label", *label(graph, proba, model.classes_))
    graph.output("probabilities", graph.cast(proba, kind), kind, len(model.classes_))
    return graph.build(notes)


def split(student: Any) -> tuple[Any, Any]:
    """Return the transformers of a pipeline, or None, and its learner."""
    if isinstance(student, FrozenEstimator):
        return split(student.estimator)
    if not isinstance(student, Pipeline):
        return None, student
    steps = [one for one in student.steps[:-1] if one[1] not in (None, "passthrough")]
    inner, learner = split(student.steps[-1][1])
    if inner is not None:
        steps.append(("inner", inner))
    return (Pipeline(steps) if steps else None), learner


def _side_by_side(
    graph: Graph, inputs: tuple[Input, ...], kind: str
) -> tuple[str, tuple[int, ...]]:
    """Return all inputs as one tensor, and the shape of its rows."""
    texts = [one.name for one in inputs if one.kind == "string"]
    if texts:
        raise ExportError(
            f"Columns of text must be encoded in the student to be exported, got "
            f"{texts}. Fit a pipeline of a ColumnTransformer and the learner."
        )
    same = [graph.cast(one.name, kind) for one in inputs]
    if len(same) == 1:
        return same[0], inputs[0].shape
    return graph.add("Concat", *same, axis=1), (len(same),)


def _transformed(
    graph: Graph, head: Any, inputs: tuple[Input, ...], precision: Precision, opset: int
) -> tuple[str, tuple[int, ...]]:
    """Put the transformers in; return their output and the shape of its rows."""
    # Encoders know integers and text, no truth values.
    whole = {"string": "string", "int64": "int64", "bool": "int64"}
    kinds = [whole.get(one.kind) if one.column else None for one in inputs]
    taken = tuple(
        replace(one, kind=kind or precision.head)
        for one, kind in zip(inputs, kinds, strict=True)
    )
    fed = [graph.cast(one.name, one.kind) for one in taken]
    part = _skl2onnx.convert(head, taken, opset)
    (said,) = graph.splice(part, *fed).values()
    width = part.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    return graph.cast(said, precision.learner), (width,)


def _converted(graph: Graph, learner: Any, rows: Input, opset: int) -> str:
    """Put the learner in; return its probabilities, or predictions, as doubles."""
    if isinstance(learner, MultiOutputRegressor):
        columns = [
            graph.add(
                "Reshape",
                _converted(graph, one, rows, opset),
                graph.constant([-1, 1]),
            )
            for one in learner.estimators_
        ]
        return graph.add("Concat", *columns, axis=1)
    if hasattr(learner, "as_module"):
        part = _torch.convert(learner, rows, opset)
        graph.rounds = True
        logits = graph.splice(part, rows.name)["logits"]
        return _torch.probabilities(graph, logits, len(learner.classes_))
    if library_of(learner) == "catboost":
        part = _catboost.convert(learner)
    else:
        width = getattr(learner, "n_features_in_", rows.shape[0])
        taken = Input("rows", rows.kind, (width,))
        part = _skl2onnx.convert(learner, (taken,), opset)
    graph.rounds |= rounds(part)
    said = [*graph.splice(part, rows.name).values()][-1]
    return graph.cast(said, "double")


def rounds(part: Any) -> bool:
    """Whether a converted part computes with float32 anywhere."""
    graph = part.graph
    numbers = any(one.data_type == _FLOAT for one in graph.initializer)
    return numbers or any(_node_rounds(one) for one in graph.node)


#: What onnx calls float32.
_FLOAT = 1

#: Operators for learners that hand on what they get; others answer in float32.
_HANDING_ON = ("ArrayFeatureExtractor", "LabelEncoder", "OneHotEncoder", "ZipMap")


def _node_rounds(node: Any) -> bool:
    if node.op_type == "Cast":
        return any(one.name == "to" and one.i == _FLOAT for one in node.attribute)
    return node.domain == "ai.onnx.ml" and node.op_type not in _HANDING_ON
