"""Trees as they are: what the converters write of thresholds and missing entries.

The converters of histogram boosting and LightGBM round thresholds to float32, so that
rows between a threshold and what it was rounded to go the other way. Version 3 of the
ONNX operators stores them as they are; the container is what converters write into.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from skdistill.export._libraries import library

__all__ = ["exact"]

#: Attributes that version 3 of the operators stores in double precision, too.
_REAL = (
    "nodes_values",
    "nodes_hitrates",
    "class_weights",
    "target_weights",
    "base_values",
)


def exact(convert: Callable[..., None]) -> Callable[[Any, Any, Any], None]:
    """Return the converter with its trees written in the precision of their input."""

    def converted(scope: Any, operator: Any, container: Any) -> None:
        types = library("skl2onnx.common.data_types", "Exporting to ONNX")
        doubled = isinstance(operator.inputs[0].type, types.DoubleTensorType)
        missing = _missing(operator.raw_operator)
        convert(scope, operator, _Container(container, doubled, missing))

    return converted


class _Container:
    """The container of a converter, which rewrites the nodes of trees."""

    def __init__(self, container: Any, doubled: bool, missing: list[int]) -> None:
        self._container = container
        self._doubled = doubled
        self._missing = missing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, op_type: str, inputs: Any, outputs: Any, **given: Any) -> None:
        """Add a node as the container does, trees as they are meant."""
        if op_type.startswith("TreeEnsemble"):
            given = {name: _plain(value) for name, value in given.items()}
            if self._missing:
                given["nodes_missing_value_tracks_true"] = self._missing
            given = _as_tensors(given) if self._doubled else {**given, "op_version": 1}
        self._container.add_node(op_type, inputs, outputs, **given)


def _missing(model: Any) -> list[int]:
    """Whether missing entries go left, node by node, of scikit-learn's trees.

    Their converters send them right everywhere, without a word.
    """
    trees = [model] if hasattr(model, "tree_") else getattr(model, "estimators_", ())
    return [
        int(left > 0 and flag)
        for one in trees
        for left, flag in zip(
            one.tree_.children_left, one.tree_.missing_go_to_left, strict=True
        )
    ]


def _plain(value: Any) -> Any:
    """Return lists of NumPy's booleans and integers as ints, which protobuf demands."""
    whole = (int, np.bool_, np.integer)
    if isinstance(value, list) and all(isinstance(one, whole) for one in value):
        return [int(one) for one in value]
    return value


def _as_tensors(given: dict[str, Any]) -> dict[str, Any]:
    helper = library("onnx.helper", "Exporting to ONNX")
    double = library("onnx", "Exporting to ONNX").TensorProto.DOUBLE
    made = {**given, "op_version": 3}
    for name in _REAL:
        values = np.ravel(np.asarray(made.pop(name, ()), dtype=float))
        if len(values):
            made[f"{name}_as_tensor"] = helper.make_tensor(
                name, double, values.shape, values
            )
    return made
