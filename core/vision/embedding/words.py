"""Vectors of words in one space with those of images, by the text model of a model of one's own."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from core.vision.detecting.detector import tensor
from core.vision.embedding.measured import Array
from core.vision.embedding.own_model import OwnModel, read_own_model
from core.vision.embedding.pictures import NUMBERS, empty, output_of
from core.vision.models.session import open_session

_TEXT_OUTPUTS = ("text_embeds", "text_features", "text_embeddings", "pooler_output")
_CLIP_TOKENS = 77
_MOST_TOKENS = 4096


class TextEmbedder:
    """A text model that is loaded, with its tokenizer."""

    def __init__(self, model: OwnModel) -> None:
        """Load both.

        Raises:
            ConfigurationError: one of them cannot be loaded.
        """
        assert model.text is not None  # noqa: S101 - the caller has looked
        self._session = open_session(model.text)
        inputs = {one.name: one for one in map(tensor, self._session.get_inputs())}
        if "input_ids" not in inputs:
            raise ConfigurationError(f"{model.text} does not take words as input_ids. Export it again.")
        self._ids = inputs.pop("input_ids")
        self._others = inputs
        self._tokenizer = _tokenizer(model, self._ids.shape[1])
        self._output = output_of(model, [tensor(one) for one in self._session.get_outputs()], _TEXT_OUTPUTS)

    def embed(self, text: str) -> Array:
        """Return the vector of a text, of length 1."""
        encoded = self._tokenizer.encode(text)
        given = {self._ids.name: np.array([encoded.ids], NUMBERS[self._ids.dtype])}
        for name, one in self._others.items():
            if len(one.shape) == 2:
                numbers = encoded.attention_mask if name == "attention_mask" else [0] * len(encoded.ids)
                given[name] = np.array([numbers], NUMBERS[one.dtype])
            else:
                given[name] = empty(one)
        (found,) = self._session.run([self._output], given)
        vector: Array = np.asarray(found, np.float32).reshape(-1)
        return vector / max(float(np.linalg.norm(vector)), 1e-6)


def embed_words(model: OwnModel, text: str) -> Array:
    """Return the vector of words that are searched for, of length 1; the model stays loaded.

    Raises:
        ConfigurationError: the text model or its tokenizer cannot be loaded.
    """
    assert model.text is not None  # noqa: S101 - the caller has looked
    stat = model.text.stat()
    return _loaded(model.path, (stat.st_mtime_ns, stat.st_size)).embed(text)


@cache
def _loaded(folder: Path, _changed: tuple[int, int]) -> TextEmbedder:
    found = read_own_model(folder)
    if found is None or found.text is None:
        raise ConfigurationError(f"{folder} was removed. Put the model there again.")
    return TextEmbedder(found)


def _tokenizer(model: OwnModel, fixed_tokens: int | None) -> Any:
    """Return the tokenizer with the length and padding that the model was trained with.

    CLIP takes texts as they are, SigLIP only texts that are filled up; a model with a fixed length is filled up to it.
    """
    from tokenizers import Tokenizer

    path = model.path / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises this class itself
        raise ConfigurationError(f"{path} cannot be read: {str(error)[:200]}.") from error
    config, told = model.config("config.json"), model.config("tokenizer_config.json")
    length = fixed_tokens or _length(config, told)
    tokenizer.enable_truncation(length)
    if fixed_tokens or "siglip" in str(config.get("model_type", "")).lower():
        token = _padding_token(told)
        number = tokenizer.token_to_id(token)
        tokenizer.enable_padding(length=length, pad_id=number if number is not None else 0, pad_token=token)
    return tokenizer


def _length(config: Mapping[str, Any], told: Mapping[str, Any]) -> int:
    """Return how many tokens the model takes at most."""
    text_config = config.get("text_config")
    stated = text_config.get("max_position_embeddings") if isinstance(text_config, dict) else None
    for length in (told.get("model_max_length"), stated):
        if isinstance(length, int) and 0 < length <= _MOST_TOKENS:
            return length
    return _CLIP_TOKENS


def _padding_token(told: Mapping[str, Any]) -> str:
    token = told.get("pad_token")
    return str(token.get("content") if isinstance(token, dict) else token or "<pad>")
