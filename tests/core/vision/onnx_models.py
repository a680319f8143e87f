"""Tiny ONNX models with known outputs, made by tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper, save


def write(
    path: Path,
    nodes: Sequence[Any],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Mapping[str, Sequence[int | str]],
    constants: Mapping[str, NDArray[Any]],
    *,
    input_type: int = TensorProto.FLOAT,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a model of *nodes*; a side that is a text has any length."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(name, input_type, list(shape)) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs.items()],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, dict(metadata or {}))
    checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, str(path))


def color_centernet(folder: Path) -> None:
    """Write a CenterNet for 64 x 64 px that finds red and green dots of 4 x 4 px.

    A dot's score is its share of the color; its box reaches 8 px to the left and right, and 4 px up and down.
    """
    weights = np.zeros((2, 3, 4, 4), np.float32)
    weights[0, 0] = weights[1, 1] = 1 / (16 * 255)
    nodes = [
        helper.make_node("Conv", ["images", "colors"], ["keypoints"], strides=[4, 4]),
        helper.make_node("Conv", ["images", "nothing", "sizes"], ["wh"], strides=[4, 4]),
    ]
    constants = {
        "colors": weights, "nothing": np.zeros((4, 3, 4, 4), np.float32), "sizes": np.array([8, 4, 8, 4], np.float32),
    }  # fmt: skip
    outputs = {"keypoints": (1, 2, 16, 16), "wh": (1, 4, 16, 16)}
    write(folder / "color.onnx", nodes, {"images": (1, 3, 64, 64)}, outputs, constants)
    (folder / "labels.txt").write_text("Red dot\nGreen dot\n", "utf-8")


def constant_model(
    path: Path, outputs: Mapping[str, NDArray[Any]], input_shape: Sequence[int | str] = (1, 3, 64, 64),
    open_sides: Mapping[str, Sequence[int | str]] | None = None, **inputs: Sequence[int | str],
) -> None:  # fmt: skip
    """Write a model that has the same outputs for every image; *open_sides* states other shapes for them."""
    constants = {f"{name}_value": values for name, values in outputs.items()}
    nodes = [helper.make_node("Identity", [f"{name}_value"], [name]) for name in outputs]
    shapes = {name: values.shape for name, values in outputs.items()} | dict(open_sides or {})
    write(path, nodes, {"images": input_shape, **inputs}, shapes, constants)
