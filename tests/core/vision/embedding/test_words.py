"""What a text model is given for words: how many tokens, filled up with what, and its further inputs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from core.errors import ConfigurationError
from core.vision.embedding.own_model import OwnModel
from core.vision.embedding.words import TextEmbedder, embed_words
from tests.core.vision.embedding.clip_models import write_preparation, write_text, write_tokenizer, write_vision

SIGLIP = {"model_type": "siglip"}
UNKNOWN, RED, GREEN, BLUE = 1, 2, 3, 4


class Recording:
    """A session that keeps what it is given."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.given: dict[str, np.ndarray[Any, Any]] = {}

    def run(self, outputs: list[str], given: dict[str, Any]) -> Any:
        self.given = given
        return self._session.run(outputs, given)


def _given(folder: Path, text: str) -> dict[str, list[Any]]:
    """Return the inputs of the text model for *text*."""
    embedder = TextEmbedder(OwnModel(folder, folder / "vision.onnx", folder / "text_model.onnx"))
    embedder._session = recording = Recording(embedder._session)
    embedder.embed(text)
    return {name: values.tolist() for name, values in recording.given.items()}


@pytest.mark.parametrize(
    ("told", "config", "tokens"),
    [
        ({}, {}, 77),
        ({"model_max_length": 2}, {"text_config": {"max_position_embeddings": 3}}, 2),
        ({}, {"text_config": {"max_position_embeddings": 3}}, 3),
        ({"model_max_length": 10**30}, {"text_config": {"max_position_embeddings": 3}}, 3),
        ({"model_max_length": 4096}, {"text_config": {"max_position_embeddings": 3}}, 4096),
        ({"model_max_length": 4097}, {"text_config": {"max_position_embeddings": 3}}, 3),
        ({"model_max_length": 1}, {}, 1),
        ({"model_max_length": 0}, {}, 77),
        ({"model_max_length": "2"}, {"text_config": "none"}, 77),
    ],
)
def test_a_text_is_cut_at_the_length_that_the_files_state(
    tmp_path: Path, told: dict[str, Any], config: dict[str, Any], tokens: int
) -> None:
    write_tokenizer(tmp_path)
    write_text(tmp_path / "text_model.onnx")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(told))
    (tmp_path / "config.json").write_text(json.dumps(config))

    assert _given(tmp_path, "red " * 5000) == {"input_ids": [[RED] * tokens]}


@pytest.mark.parametrize(
    ("config", "fixed", "told", "ids"),
    [
        (SIGLIP, "tokens", {"pad_token": "blue"}, [RED, BLUE, BLUE]),
        (SIGLIP, "tokens", {"pad_token": {"content": "green"}}, [RED, GREEN, GREEN]),
        (SIGLIP, "tokens", {}, [RED, 0, 0]),
        (SIGLIP, "tokens", {"pad_token": "not in the vocabulary"}, [RED, 0, 0]),
        ({"model_type": "clip"}, "tokens", {"pad_token": "blue"}, [RED]),
        ({"model_type": "clip"}, 4, {"pad_token": "blue"}, [RED, BLUE, BLUE, BLUE]),
    ],
)
def test_a_text_is_filled_up_for_siglip_and_for_a_fixed_length(
    tmp_path: Path, config: dict[str, Any], fixed: int | str, told: dict[str, Any], ids: list[int]
) -> None:
    write_tokenizer(tmp_path)
    write_text(tmp_path / "text_model.onnx", tokens=fixed)
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(told | {"model_max_length": 3}))

    assert _given(tmp_path, "red") == {"input_ids": [ids]}


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
def test_the_further_inputs_have_the_kind_of_numbers_that_the_model_takes(tmp_path: Path, kind: int) -> None:
    write_tokenizer(tmp_path)
    write_text(
        tmp_path / "text_model.onnx", tokens=3, kind=kind, attention_mask=(kind, ("batch", 3)),
        token_type_ids=(kind, ("batch", 3)), pixel_values=(TensorProto.FLOAT, ("batch", 3, 2, "width")),
    )  # fmt: skip

    assert _given(tmp_path, "red what") == {
        "input_ids": [[RED, UNKNOWN, 0]], "attention_mask": [[1, 1, 0]], "token_type_ids": [[0, 0, 0]],
        "pixel_values": [[[[0.0], [0.0]]] * 3],
    }  # fmt: skip


def test_a_text_without_a_direction_has_a_vector_of_zeros(tmp_path: Path) -> None:
    write_preparation(tmp_path)
    write_tokenizer(tmp_path)
    write_vision(tmp_path / "vision_model.onnx")
    write_text(tmp_path / "text_model.onnx")
    model = OwnModel(tmp_path, tmp_path / "vision_model.onnx", tmp_path / "text_model.onnx")

    assert embed_words(model, "what").tolist() == [0, 0, 0]
    assert np.linalg.norm(embed_words(model, "red green")) == pytest.approx(1)


@pytest.mark.parametrize("gone", ["text_model.onnx", "all"])
def test_a_model_that_was_removed_is_named(tmp_path: Path, gone: str) -> None:
    folder = tmp_path / "embedding"
    write_preparation(folder)
    write_vision(folder / "vision_model.onnx")
    write_text(tmp_path / "text_model.onnx")
    kept = OwnModel(
        folder if gone != "all" else tmp_path / "none", folder / "vision_model.onnx", tmp_path / "text_model.onnx"
    )
    with pytest.raises(ConfigurationError, match="was removed"):
        embed_words(kept, "red")


def test_a_model_that_takes_no_words_is_named(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    write_vision(tmp_path / "text_model.onnx")
    with pytest.raises(ConfigurationError, match="does not take words as input_ids"):
        TextEmbedder(OwnModel(tmp_path, tmp_path / "vision.onnx", tmp_path / "text_model.onnx"))
