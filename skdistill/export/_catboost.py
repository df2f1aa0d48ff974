"""CatBoost's own ONNX exporter."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from skdistill.exceptions import ExportError
from skdistill.export._libraries import library

__all__ = ["convert"]


def convert(model: Any) -> Any:
    """Return a fitted CatBoost model as a ModelProto of float32 rows.

    Its outputs are the probabilities of a classifier, or the predictions.
    """
    onnx = library("onnx", "Exporting to ONNX")
    if model.get_cat_feature_indices():
        raise ExportError(
            f"{type(model).__name__} cannot be exported: CatBoost writes no ONNX for "
            "models with categorical features. Fit it behind a OneHotEncoder or "
            "OrdinalEncoder, without cat_features."
        )
    labels = getattr(model, "classes_", None)
    if labels is not None and np.asarray(labels).dtype.kind not in "iuUO":
        raise ExportError(
            f"{type(model).__name__} cannot be exported: CatBoost writes no ONNX for "
            f"classes like {labels.tolist()}. Fit it with whole numbers or text, such "
            "as y.astype(str)."
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        model.save_model(str(file), format="onnx")
        made = onnx.load(str(file))
    trees = made.graph.node[0]
    del made.graph.node[1:]  # the ZipMap
    tensor = trees.output[-1]
    del made.graph.output[:]
    made.graph.output.append(
        onnx.helper.make_tensor_value_info(tensor, onnx.TensorProto.FLOAT, None)
    )
    return made
