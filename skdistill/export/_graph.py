"""An ONNX graph in the making: converted parts, joined by nodes of our own."""

from typing import Any

import numpy as np

from skdistill.export._libraries import library

_PURPOSE = "Exporting to ONNX"

__all__ = ["DOMAIN", "NUMPY_KINDS", "Graph"]

#: Domain of the operators for trees, encoders and other learners.
DOMAIN = "ai.onnx.ml"

#: NumPy types of the tensors that inputs may have, by their ONNX names.
NUMPY_KINDS: dict[str, Any] = {
    "float": np.float32,
    "double": np.float64,
    "int64": np.int64,
    "uint8": np.uint8,
    "bool": np.bool_,
    "string": np.object_,
}


class Graph:
    """Nodes, constants and inputs; a name stands for each tensor.

    Parameters
    ----------
    opset : int
        Of the default domain.
    """

    def __init__(self, opset: int) -> None:
        self.onnx = library("onnx", _PURPOSE)
        self.helper = library("onnx.helper", _PURPOSE)
        self.opsets = {"": opset, DOMAIN: 3}
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._n_names = 0
        #: Whether something in it computes with float32.
        self.rounds = False

    def type_of(self, kind: str) -> int:
        """Return the number ONNX has for "float", "double", "int64" and so on."""
        return int(getattr(self.onnx.TensorProto, kind.upper()))

    def input(self, name: str, kind: str, shape: tuple[Any, ...]) -> str:
        """Declare an input; its first axis is the rows."""
        self.inputs.append(
            self.helper.make_tensor_value_info(name, self.type_of(kind), shape)
        )
        return name

    def constant(self, values: Any) -> str:
        """Store an array."""
        name = self._new_name("constant")
        array = np.asarray(values)
        if array.dtype.kind in "UO":
            text = [str(one).encode() for one in array.ravel()]
            made = self.helper.make_tensor(
                name, self.onnx.TensorProto.STRING, array.shape, text
            )
        else:
            made = library("onnx.numpy_helper", _PURPOSE).from_array(array, name)
        self.constants.append(made)
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output, and return the output's name."""
        name = self._new_name(operator.lower())
        self.nodes.append(
            self.helper.make_node(operator, inputs, [name], name=name, **attributes)
        )
        return name

    def cast(self, tensor: str, kind: str) -> str:
        """Cast to "float", "double" and so on."""
        return self.add("Cast", tensor, to=self.type_of(kind))

    def splice(self, part: Any, *tensors: str) -> dict[str, str]:
        """Put a whole model in, fed by tensors of this graph.

        Parameters
        ----------
        part : ModelProto
        *tensors : str
            What feeds its inputs, in their order.

        Returns
        -------
        dict
            Names here of its outputs.
        """
        prefix = self._new_name("part") + "_"
        compose = library("onnx.compose", _PURPOSE)
        said = [one.name for one in part.graph.output]
        inner = compose.add_prefix(part, prefix).graph
        for one, tensor in zip(part.graph.input, tensors, strict=True):
            name = prefix + one.name
            self.nodes.append(self.helper.make_node("Identity", [tensor], [name]))
        self.nodes.extend(inner.node)
        self.constants.extend(inner.initializer)
        # A converter writes the nodes of the opset it was asked for, and may say the
        # newest one that its nodes need: then that of this graph holds for them.
        for need in part.opset_import:
            known = self.opsets.get(need.domain, 1)
            self.opsets[need.domain] = max(known, need.version)
        return {name: prefix + name for name in said}

    def output(self, name: str, tensor: str, kind: str, *shape: Any) -> None:
        """Declare an output; its first axis is the rows, the others are `shape`."""
        self.nodes.append(self.helper.make_node("Identity", [tensor], [name]))
        known = ("n", *shape)
        self.outputs.append(
            self.helper.make_tensor_value_info(name, self.type_of(kind), known)
        )

    def build(self, notes: dict[str, str]) -> Any:
        """Return the model, with `notes` in its metadata."""
        graph = self.helper.make_graph(
            self.nodes, "skdistill", self.inputs, self.outputs, self.constants
        )
        opsets = [self.helper.make_opsetid(*one) for one in self.opsets.items()]
        model = self.helper.make_model(
            graph, opset_imports=opsets, producer_name="skdistill"
        )
        # The newest runtime should not be needed to read what an older one can run.
        model.ir_version = self.helper.find_min_ir_version_for(opsets)
        self.helper.set_model_props(model, notes)
        return model

    def _new_name(self, stem: str) -> str:
        """Return a name that no input has, or starts with: columns have any name."""
        while True:
            self._n_names += 1
            name = f"{stem}_{self._n_names}"
            if not any(one.name.startswith(name) for one in self.inputs):
                return name
