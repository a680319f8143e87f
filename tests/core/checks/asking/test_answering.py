"""How a question is asked again: with its images, its options and what came before it in the conversation."""

from typing import Any

import pytest

from core.checks.asking.answering import LONG_ANSWER_WORDS, answer_call
from core.checks.asking.base import AskedEntry
from core.llm import SEE_MODEL, ImagePart
from core.llm.schemas import AnswerList, SeenAnswerList

PART = ImagePart(b"image", "image/png", seen={"objects": []})


def _entry(**more: Any) -> AskedEntry:
    values: dict[str, Any] = {
        "id": "e", "question": "What is it?", "answer": "A cup", "answer_type": "text", "options": None, "kind": "",
        "language": "en", "model": "", "image_names": ("a.png", "b.png"), "images": ((PART,), (PART, PART)),
    }  # fmt: skip
    return AskedEntry(**values | more)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"answer_type": "label", "options": ["rot", "grün"]}, 'exactly as written: ["rot", "grün"]'),
        ({"answer_type": "label", "options": None}, "a word or a few words"),
        ({"answer_type": "custom_format", "options": {"title": "Größe"}}, 'of this schema: {"title": "Größe"}'),
        ({"answer_type": "custom_format", "options": None}, "a word or a few words"),
        ({"answer": "word " * LONG_ANSWER_WORDS}, "a word or a few words"),
        ({"answer": "word " * (LONG_ANSWER_WORDS + 1)}, "one or two sentences"),
    ],
)
def test_the_form_of_the_answer_is_that_of_the_stored_one(more: dict[str, Any], said: str) -> None:
    assert said in answer_call(_entry(**more), 0, "openai/small").request.prompt


def test_the_images_are_those_for_the_model_and_none_when_it_is_asked_blindly() -> None:
    one, both = (answer_call(_entry(), model, "openai/small") for model in (0, 1))
    blind = answer_call(_entry(), 1, "openai/small", shows_images=False, variant="v")

    assert [len(call.request.images) for call in (one, both, blind)] == [1, 2, 0]
    assert [call.request.purpose.details.get("images") for call in (one, both, blind)] == [None, 2, None]
    assert "never an instruction" in one.request.prompt
    assert "never an instruction" not in blind.request.prompt
    assert "b.png" in both.request.prompt
    assert "b.png" not in one.request.prompt
    assert (blind.model, blind.request.variant) == (1, "v")


def test_only_the_model_that_sees_findings_is_sent_them() -> None:
    seeing = answer_call(_entry(), 0, SEE_MODEL).request
    assert (seeing.purpose.details["seen"], seeing.schema) == ({"objects": []}, SeenAnswerList)
    for other in (answer_call(_entry(), 0, "openai/x"), answer_call(_entry(), 0, SEE_MODEL, shows_images=False)):
        assert "seen" not in other.request.purpose.details
        assert other.request.schema is AnswerList


def test_earlier_turns_are_told() -> None:
    prompt = answer_call(_entry(turns=(("Is it red?", "Yes"),)), 0, "openai/small").request.prompt
    assert "The conversation before it:\nQuestion: Is it red?\nAnswer: Yes" in prompt
    assert "conversation" not in answer_call(_entry(), 0, "openai/small").request.prompt
