"""Converting a TensorFlow.js graph model: the ONNX file computes the same numbers."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from core.errors import InvalidInputError
from core.vision.models.tfjs import read_graph_model
from core.vision.models.tfjs_onnx import write_onnx
from tests.core.vision.models.tiny_graph import Graph


def _run(graph: Graph, tmp_path: Path, output: str, shape: list[int], image: np.ndarray) -> np.ndarray:
    graph.write(tmp_path)
    model = read_graph_model(tmp_path / "tiny.json", tmp_path / "tiny.bin")
    path = tmp_path / "tiny.onnx"
    write_onnx(model, path, input_shape=image.shape, outputs={"made": (output, shape)}, metadata={"of": "a test"})
    session = onnxruntime.InferenceSession(str(path))
    assert session.get_modelmeta().custom_metadata_map == {"of": "a test"}
    return session.run(["made"], {"images": image})[0]


def test_a_convolution_with_bias_and_a_limit_is_the_same(tmp_path: Path) -> None:
    graph = Graph()
    weights = np.zeros((1, 1, 2, 1), np.float32)  # rows, columns, inputs, outputs
    weights[0, 0] = [[2.0], [1.0]]
    graph.constant("w", weights).constant("b", np.array([0.5], np.float32))
    graph.node("conv", "_FusedConv2D", "images", "w", "b", padding="SAME", strides=1, fused=["BiasAdd", "Relu6"])
    image = np.array([[[[-1.0, 0.0], [1.0, 9.0]], [[0.0, 1.0], [0.0, 0.0]]]], np.float32)
    made = _run(graph, tmp_path, "conv", [1, 1, 2, 2], image)
    np.testing.assert_allclose(made, [[[[0.0, 1.5], [2.5, 6.0]]]])


def test_each_channel_has_its_filter_and_padding_follows_the_stride(tmp_path: Path) -> None:
    graph = Graph()
    weights = np.ones((3, 3, 2, 1), np.float32) * np.array([1, 10], np.float32).reshape(1, 1, 2, 1)
    graph.constant("w", weights)
    graph.node("deep", "DepthwiseConv2dNative", "images", "w", padding="SAME", strides=2)
    image = np.stack([np.arange(16, dtype=np.float32).reshape(4, 4), np.ones((4, 4), np.float32)])[None]
    made = _run(graph, tmp_path, "deep", [1, 2, 2, 2], image)
    # SAME with stride 2 pads the last row and column only.
    np.testing.assert_allclose(made[0, 0], [[45, 39], [66, 50]])
    np.testing.assert_allclose(made[0, 1], [[90, 60], [60, 40]])


def test_a_mean_scales_its_channel_and_maps_are_joined_after_resizing(tmp_path: Path) -> None:
    graph = Graph()
    graph.constant("axes", np.array([1, 2], np.int32)).constant("size", np.array([4, 4], np.int32))
    graph.constant("axis", np.array(3, np.int32)).constant("add", np.array([10, 20], np.float32))
    graph.node("mean", "Mean", "images", "axes").node("scaled", "Mul", "images", "mean")
    graph.node("moved", "AddV2", "scaled", "add").node("big", "ResizeBilinear", "moved", "size", half_pixel=False)
    graph.node("two", "ConcatV2", "big", "big", "axis")
    image = np.array([[[[1.0, 3.0], [1.0, 3.0]], [[0.0, 0.0], [4.0, 4.0]]]], np.float32)
    made = _run(graph, tmp_path, "two", [1, 4, 4, 4], image)
    np.testing.assert_allclose(made[0, 0, 0], [12, 14, 16, 16])  # means 2, then + 10
    np.testing.assert_allclose(made[0, 3, :, 0], [20, 24, 28, 28])


def test_weights_of_16_bits_are_read(tmp_path: Path) -> None:
    graph = Graph()
    graph.constant("half", np.array([0.5], np.float32), half=True).node("made", "Mul", "images", "half")
    image = np.full((1, 1, 1, 1), 3.0, np.float32)
    assert _run(graph, tmp_path, "made", [1, 1, 1, 1], image).item() == 1.5


def test_what_is_not_converted_is_named(tmp_path: Path) -> None:
    graph = Graph().node("odd", "Softmax", "images")
    with pytest.raises(InvalidInputError, match="The operation Softmax of odd is not converted"):
        _run(graph, tmp_path, "odd", [1, 1, 1, 1], np.zeros((1, 1, 1, 1), np.float32))


def test_weights_that_do_not_belong_to_the_graph_are_refused(tmp_path: Path) -> None:
    Graph().constant("w", np.zeros(3, np.float32)).write(tmp_path)
    (tmp_path / "tiny.bin").write_bytes(bytes(16))
    with pytest.raises(InvalidInputError, match="another size"):
        read_graph_model(tmp_path / "tiny.json", tmp_path / "tiny.bin")
    assert json.loads((tmp_path / "tiny.json").read_text())["format"] == "graph-model"
