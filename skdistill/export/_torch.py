"""Networks: torch's own ONNX exporter."""

import io
import warnings
from typing import Any

import numpy as np

from skdistill.export._graph import Graph
from skdistill.export._inputs import Input
from skdistill.export._libraries import library

__all__ = ["convert", "probabilities"]


def convert(model: Any, rows: Input, opset: int) -> Any:
    """Return a fitted ``NeuralClassifier`` as a ModelProto, of float32 to logits."""
    from skdistill.nn._torch import torch  # noqa: PLC0415

    network = model.as_module().cpu()
    example = torch.zeros((2, *rows.shape))
    file = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter that needs nothing but torch is called legacy by it.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        torch.onnx.export(
            network,
            (example,),
            file,
            input_names=["rows"],
            output_names=["logits"],
            dynamic_axes={"rows": {0: "n"}, "logits": {0: "n"}},
            opset_version=opset,
            dynamo=False,
        )
    return library("onnx", "Exporting to ONNX").load_from_string(file.getvalue())


def probabilities(graph: Graph, outputs: str, n_classes: int) -> str:
    """Return the softmax of a network's outputs, in double precision."""
    shape = graph.constant([0, -1])
    logits = graph.add("Reshape", graph.cast(outputs, "double"), shape)
    if n_classes == 2:
        # A network of two classes may say the second one's logit alone.
        single = graph.add("Mul", logits, graph.constant(np.zeros(1)))
        both = graph.add("Concat", single, logits, axis=1)
        last_two = [graph.constant([one]) for one in (-2, np.iinfo(np.int64).max, 1)]
        logits = graph.add("Slice", both, *last_two)
    return graph.add("Softmax", logits, axis=1)
