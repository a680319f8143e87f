"""Tiny models with the files, inputs and outputs that exports of CLIP, SigLIP and DINOv2 have."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

WORDS = ("red", "green", "blue")
_SIDE = 8


def write_preparation(folder: Path, **more: Any) -> None:
    """Write ``preprocessor_config.json`` as CLIP has it, for images of 8 x 8 px."""
    told = {
        "do_resize": True, "size": {"shortest_edge": _SIDE}, "resample": 3, "do_center_crop": True,
        "crop_size": {"height": _SIDE, "width": _SIDE}, "do_rescale": True, "rescale_factor": 1 / 255,
        "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "preprocessor_config.json").write_text(json.dumps(told | more), "utf-8")


def write_tokenizer(folder: Path) -> None:
    """Write ``tokenizer.json``: a word is a token."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {"<pad>": 0, "<unk>": 1} | {word: number for number, word in enumerate(WORDS, 2)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))


def write_vision(path: Path, output: str = "image_embeds", *, with_words: bool = False) -> None:
    """Write a model whose vector is the mean color of the image.

    Args:
        output: ``image_embeds`` or ``pooler_output``, or ``last_hidden_state`` with a class token before four patches.
        with_words: the text model is in the same file, as optimum exports a whole CLIP.
    """
    nodes = [helper.make_node("ReduceMean", ["pixel_values", "sides"], ["mean"], keepdims=0)]
    constants = {"sides": np.array([2, 3], np.int64)}
    if output == "last_hidden_state":
        nodes += [
            helper.make_node("Unsqueeze", ["mean", "one"], ["token"]),
            helper.make_node("Concat", ["token", *["nothing"] * 4], [output], axis=1),
        ]
        constants |= {"one": np.array([1], np.int64), "nothing": np.zeros((1, 1, 3), np.float32)}
    else:
        nodes.append(helper.make_node("Identity", ["mean"], [output]))
    shape = ("batch", "tokens", 3) if output == "last_hidden_state" else ("batch", 3)
    inputs = {"pixel_values": (TensorProto.FLOAT, ("batch", 3, "height", "width"))}
    outputs = {output: shape}
    if with_words:
        text_nodes, text_constants = _reading()
        nodes, constants = [*nodes, *text_nodes], constants | text_constants
        inputs["input_ids"] = (TensorProto.INT64, ("texts", "tokens"))
        outputs["text_embeds"] = ("texts", 3)
    _save(path, nodes, inputs, outputs, constants)


def write_text(
    path: Path, output: str = "text_embeds", tokens: int | str = "tokens", *,
    kind: int = TensorProto.INT64, **more: tuple[int, tuple[int | str, ...]],
) -> None:  # fmt: skip
    """Write a model whose vector is the color that the words say; of a padding token it is gray.

    Args:
        kind: of the numbers of its tokens.
        more: further inputs, which change nothing.
    """
    nodes, constants = _reading(output)
    _save(path, nodes, {"input_ids": (kind, ("batch", tokens)), **more}, {output: ("batch", 3)}, constants)


def _reading(output: str = "text_embeds") -> tuple[list[Any], dict[str, Any]]:
    colors = np.array([[-0.01] * 3, [0] * 3, [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float32)
    nodes = [
        helper.make_node("Gather", ["colors", "input_ids"], ["said"]),
        helper.make_node("ReduceMean", ["said", "along"], [output], keepdims=0),
    ]
    return nodes, {"colors": colors, "along": np.array([1], np.int64)}


def _save(path: Path, nodes: list[Any], inputs: Any, outputs: Any, constants: Any) -> None:
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info(name, type_, list(shape)) for name, (type_, shape) in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs.items()],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, str(path))
