"""Numeric ``SimpleImputer`` for skl2onnx, in double precision and with indicators.

Its own converter writes an operator that onnxruntime has for float32 only, and leaves
out the columns of ``add_indicator=True`` without a word.
"""

from typing import Any

import numpy as np

from skdistill.export._libraries import library

__all__ = ["convert", "shape"]

_PURPOSE = "Exporting to ONNX"


def shape(operator: Any) -> None:
    """Tell skl2onnx the type and the width of the output."""
    types = library("skl2onnx.common.data_types", _PURPOSE)
    imputer = operator.raw_operator
    width = len(_kept(imputer))
    if imputer.indicator_ is not None:
        width += len(imputer.indicator_.features_)
    doubled = any(
        isinstance(one.type, types.DoubleTensorType) for one in operator.inputs
    )
    kind = types.DoubleTensorType if doubled else types.FloatTensorType
    operator.outputs[0].type = kind([None, width])


def convert(scope: Any, operator: Any, container: Any) -> None:
    """Write the nodes: a fill where the entry is missing, then the indicators."""
    imputer = operator.raw_operator
    types = library("skl2onnx.common.data_types", _PURPOSE)
    proto = library("onnx", _PURPOSE).TensorProto
    doubled = isinstance(operator.outputs[0].type, types.DoubleTensorType)
    kind = proto.DOUBLE if doubled else proto.FLOAT

    def add(op: str, *inputs: str, **attributes: Any) -> str:
        name: str = scope.get_unique_variable_name(op.lower())
        container.add_node(
            op,
            [*inputs],
            [name],
            name=scope.get_unique_operator_name(op),
            op_version=13,
            **attributes,
        )
        return name

    def constant(values: Any, of: int) -> str:
        name: str = scope.get_unique_variable_name("fill")
        array = np.asarray(values)
        container.add_initializer(name, of, array.shape, array.ravel().tolist())
        return name

    same = [add("Cast", one.full_name, to=kind) for one in operator.inputs]
    rows = add("Concat", *same, axis=1) if len(same) > 1 else same[0]
    if np.isnan(imputer.missing_values):
        missing = add("IsNaN", rows)
    else:
        missing = add("Equal", rows, constant([imputer.missing_values], kind))
    kept = constant(_kept(imputer), proto.INT64)
    fill = np.asarray(imputer.statistics_, dtype=float)[_kept(imputer)]
    parts = [
        add(
            "Where",
            add("Gather", missing, kept, axis=1),
            constant(fill, kind),
            add("Gather", rows, kept, axis=1),
        )
    ]
    if imputer.indicator_ is not None:
        marked = constant(imputer.indicator_.features_, proto.INT64)
        parts.append(add("Cast", add("Gather", missing, marked, axis=1), to=kind))
    found = add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
    container.add_node("Identity", [found], [operator.outputs[0].full_name])


def _kept(imputer: Any) -> Any:
    """Columns that are not dropped for having been empty in fit."""
    filled = ~np.isnan(np.asarray(imputer.statistics_, dtype=float))
    return np.flatnonzero(filled | imputer.keep_empty_features)
