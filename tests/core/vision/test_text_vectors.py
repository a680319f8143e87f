"""Vectors of texts: the same meaning lies near, without a network."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.vision import text_vectors
from core.vision.text_vectors import embed


def test_other_words_for_the_same_question_are_nearer_than_another_question() -> None:
    asked, reworded, other = embed(
        ["What colour is the car?", "Which color does the automobile have?", "How many people are there?"]
    )
    assert asked @ reworded > 0.5
    assert asked @ other < 0.2


def test_vectors_have_length_one_and_an_empty_text_has_none() -> None:
    made = embed(["a cup on a table", ""])
    assert made.shape == (2, 256)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), [1.0, 0.0], atol=1e-5)
    assert embed([]).shape == (0, 256)


def test_weights_and_tokenizer_are_those_in_the_package() -> None:
    weights, tokenizers = text_vectors._directory(), text_vectors._directory(is_tokenizer_config=True)
    assert [file.suffix for file in weights.iterdir() if file.suffix == ".safetensors"]
    assert list(tokenizers.glob("*.json"))


def test_a_text_of_known_words_has_length_one_however_short(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SimpleNamespace(embed=lambda texts, norm: np.array([[3.0, 4.0], [0.0, 0.0]]))
    monkeypatch.setattr(text_vectors, "_model", lambda: model)
    made = embed(["a", ""])
    np.testing.assert_allclose(made, [[0.6, 0.8], [0.0, 0.0]])
