"""Converting a TensorFlow.js graph model of convolutions to ONNX.

TensorFlow keeps images as rows, columns, channels; ONNX keeps channels first. Every tensor is written channels first,
so constants and axes are turned around where they are written, and no transposition is left in the graph.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInputError
from core.vision.models.tfjs import GraphModel, Node

OPSET, IR_VERSION = 18, 9
"""Both are read by every onnxruntime since 1.15."""
_ELEMENTWISE = {"Add": "Add", "AddV2": "Add", "Sub": "Sub", "Mul": "Mul"}
_CONVOLUTIONS = ("Conv2D", "_FusedConv2D")
_DEPTHWISE = ("DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")


def write_onnx(
    model: GraphModel,
    path: Path,
    *,
    input_shape: tuple[int, int, int, int],
    outputs: Mapping[str, tuple[str, list[int]]],
    metadata: Mapping[str, str],
) -> None:
    """Write a model with one input ``images``.

    Args:
        input_shape: images, channels, rows, columns.
        outputs: for each output of the ONNX model the node that makes it, and its shape.
        metadata: stored in the file, by name.

    Raises:
        InvalidInputError: the graph has an operation that is not converted.
    """
    import onnx
    from onnx import TensorProto, helper

    graph = _Graph(model)
    for name, (node, _) in outputs.items():
        graph.add("Identity", [graph.tensor(node)], output=name)
    made = helper.make_graph(
        graph.nodes,
        "converted",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, list(input_shape))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, (_, shape) in outputs.items()],
        graph.constants,
    )
    whole = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    helper.set_model_props(whole, dict(metadata))
    onnx.checker.check_model(whole, full_check=True)
    onnx.save(whole, str(path))


class _Graph:
    """The ONNX nodes and constants that were written so far."""

    def __init__(self, model: GraphModel) -> None:
        self._model = model
        self._made: dict[str, str] = {}
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def tensor(self, name: str) -> str:
        """Return the ONNX tensor that a node makes, writing it and what it needs the first time."""
        # Not recursive: the graph is deeper than Python's stack.
        waiting = [name]
        while waiting:
            node = self._model.nodes[waiting[-1]]
            missing = [one for one in self._tensors_of(node) if one not in self._made]
            if missing:
                waiting += missing
            else:
                if node.name not in self._made:
                    self._made[node.name] = self._write(node)
                waiting.pop()
        return self._made[name]

    def add(self, op: str, inputs: list[str], *, output: str = "", **attributes: Any) -> str:
        """Write a node and return its output."""
        from onnx import helper

        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        """Write a constant and return its name."""
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _tensors_of(self, node: Node) -> tuple[str, ...]:
        """Return the inputs of a node that are tensors, without those that are weights, sizes or axes."""
        if node.op in ("Const", "Placeholder"):
            return ()
        if node.op in _ELEMENTWISE:
            return node.inputs
        return node.inputs[:-1] if node.op == "ConcatV2" else node.inputs[:1]

    def _write(self, node: Node) -> str:
        inputs = [self._made[name] for name in self._tensors_of(node)]
        match node.op:
            case "Placeholder":
                return "images"
            case "Const":
                return self.constant(_channels_first(self._model.weights[node.name]))
            case "Identity":
                return inputs[0]
            case "Relu" | "Sigmoid":
                return self.add(node.op, inputs)
            case "Relu6":
                return self._relu6(inputs[0])
            case "Mean":
                return self.add("ReduceMean", [*inputs, self.constant(np.array([2, 3]))], keepdims=1)
            case "ConcatV2":
                return self.add("Concat", inputs, axis=1)
            case "ResizeBilinear":
                return self._resize(node, inputs[0])
            case _ if node.op in _ELEMENTWISE:
                return self.add(_ELEMENTWISE[node.op], inputs)
            case _ if node.op in (*_CONVOLUTIONS, *_DEPTHWISE):
                return self._convolution(node, inputs[0])
            case _:
                raise InvalidInputError(f"The operation {node.op} of {node.name} is not converted.")

    def _convolution(self, node: Node, source: str) -> str:
        weights = self._model.weights[node.inputs[1]]  # rows, columns, inputs, outputs
        groups = 1
        if node.op in _DEPTHWISE:
            rows, columns, groups, times = weights.shape
            weights = weights.transpose(2, 3, 0, 1).reshape(groups * times, 1, rows, columns)
        else:
            weights = weights.transpose(3, 2, 0, 1)
        inputs = [source, self.constant(weights)]
        inputs += [self.constant(self._model.weights[name].reshape(-1)) for name in node.inputs[2:3]]
        made = self.add(
            "Conv", inputs, auto_pad=_padding(node), strides=node.ints("strides")[1:3],
            dilations=node.ints("dilations", (1, 1, 1, 1))[1:3], group=groups,
        )  # fmt: skip
        for fused in node.texts("fused_ops"):
            if fused == "Relu":
                made = self.add("Relu", [made])
            elif fused == "Relu6":
                made = self._relu6(made)
            elif fused != "BiasAdd":  # the bias is an input of the convolution
                raise InvalidInputError(f"The fused operation {fused} of {node.name} is not converted.")
        return made

    def _relu6(self, source: str) -> str:
        return self.add(
            "Clip", [source, self.constant(np.array(0, np.float32)), self.constant(np.array(6, np.float32))]
        )

    def _resize(self, node: Node, source: str) -> str:
        """Write a resize of rows and columns; its other two sizes are those of the source."""
        size = self._model.weights[node.inputs[1]].astype(np.int64)
        first, behind = self.constant(np.array([0])), self.constant(np.array([2]))
        kept = self.add("Slice", [self.add("Shape", [source]), first, behind])
        shape = self.add("Concat", [kept, self.constant(size)], axis=0)
        if node.flag("align_corners"):
            mode = "align_corners"
        else:
            mode = "half_pixel" if node.flag("half_pixel_centers") else "asymmetric"
        return self.add("Resize", [source, "", "", shape], mode="linear", coordinate_transformation_mode=mode)


def _padding(node: Node) -> str:
    return {"SAME": "SAME_UPPER", "VALID": "VALID"}[node.text("padding")]


def _channels_first(values: NDArray[Any]) -> NDArray[Any]:
    """Return a constant in the order in which it meets the tensors."""
    if values.ndim == 1 and values.size > 1:
        return values.reshape(1, -1, 1, 1)
    return values.transpose(0, 3, 1, 2) if values.ndim == 4 else values
