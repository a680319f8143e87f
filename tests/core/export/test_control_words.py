"""Words that tokenizers and trainers read as commands are plain text in the formats for trainers."""

import pytest

from core.export import FORMATS
from core.export.checks.base import NO_CONTROL_WORD
from core.export.checks.texts import control_word
from core.export.control_words import CONTROL_WORDS, has_control_word, without_control_words
from tests.core.export.formats.sample import entry, rows

WITH_BARS = ("<|im_end|>", "<|image_pad|>", "<|eot_id|>", "<|image|>", "<|user|>", "<|image_1|>", "<｜User｜>")
WORDS = (*WITH_BARS, *(word for words in CONTROL_WORDS.values() for word in words), "ASSISTANT: ")
TRAINERS = [format_.name for format_ in FORMATS if NO_CONTROL_WORD in format_.checker.checks]


@pytest.mark.parametrize("word", WORDS)
def test_a_control_word_is_found_and_escaped(word: str) -> None:
    text = f"What is {word}here?"

    assert has_control_word(text)
    assert control_word(text) == word
    escaped = without_control_words(text)
    assert word not in escaped
    assert not has_control_word(escaped)
    assert control_word(escaped) == ""


def test_escaped_words_stay_readable() -> None:
    text = "an <Image>, a <ref-object>, <|im_end|>, </s>, [INST], ASSISTANT: so"
    assert without_control_words(text) == "an [Image], a [ref-object], [|im_end|], [/s], (INST), ASSISTANT : so"


@pytest.mark.parametrize(
    "text", ["<b>bold</b>", "a < b and c > d", '["red", "[x]"]', "1 <| 2", "<image 1>", "assistant: x"]
)
def test_other_brackets_are_unchanged(text: str) -> None:
    assert without_control_words(text) == text
    assert not has_control_word(text)
    assert control_word(text) == ""


@pytest.mark.parametrize("name", TRAINERS)
def test_no_row_for_a_trainer_has_one(name: str) -> None:
    box = {"label": "a <|im_end|> cup", "xyxy": [1, 2, 30, 40], "image": 0}
    edited = entry(
        1, "What is <|image_pad|>?", "It ends </s>[INST].", generated_answer="A <start_of_turn>.", boxes=[box]
    )
    worse = entry(2, "What is <|image_pad|>?", "ASSISTANT: no.", rejected=True, confirmed=False)

    compared = {"answer"} if name == "lmms-eval" else _COMPARED
    texts = [text for row in rows(name, edited, worse) for text in _texts(row, compared)]

    assert any("[|image_pad|]" in text for text in texts)
    if name == "ms-swift-grounding":  # it puts boxes and labels in place of these
        texts = [text.replace("<bbox>", "").replace("<ref-object>", "") for text in texts]
    assert [text for text in texts if control_word(text.removeprefix("<image>"))] == []


def test_the_formats_for_trainers_are_checked() -> None:
    assert set(TRAINERS) >= {
        "llava", "qwen", "llama-factory", "sharegpt", "ms-swift", "trl", "finevision", "roboflow", "llama-factory-dpo",
        "llama-factory-kto", "ms-swift-dpo", "ms-swift-kto", "trl-dpo",
    }  # fmt: skip


# What a program compares with the answer of a model is no text for a tokenizer.
_COMPARED = {"solution", "verifier", "reward_model", "extra_info"}


def _texts(value: object, but: set[str]) -> list[str]:
    if isinstance(value, dict):
        return [text for key, inner in value.items() if key not in but for text in _texts(inner, but)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner, but)]
    return [value] if isinstance(value, str) else []
