"""The replies of offline/see: JSON that the schemas read, filled up with what offline/measure can say."""

import json
from typing import Any

import pytest
from PIL import Image

from core.llm import SEE_MODEL, ChatRequest, ImagePart, LLMService, ModelConfig, Purpose
from core.llm.offline.see.replies import reply
from core.llm.schemas import SeenAnswerList, SeenQuestionList
from tests.core.llm.offline.see.test_answers import CAT, DOG, seen
from tests.pictures import png

IMAGE = Image.new("RGB", (90, 60), "#d62728")
FOUND = seen(("dog", 0.8, DOG), ("cat", 0.6, CAT), lines=[("No Entry", 0.95)])


def asked(**details: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(reply(IMAGE, "questions_and_answers", {"seen": FOUND} | details))["items"]
    return items


def answered(*questions: Any, language: str = "en") -> list[tuple[str, bool]]:
    given = json.loads(reply(IMAGE, "answers", {"seen": FOUND, "language": language, "questions": questions}))
    return [(one["answer"], bool(one["doubt"])) for one in given["answers"]]


@pytest.mark.parametrize("language", ["en", "zh-CN", "tr"])
def test_it_asks_what_it_can_prove_and_each_answer_stands_when_it_is_asked_again(language: str) -> None:
    items = asked(count=8, language=language)
    assert {item["kind"] for item in items} >= {"text", "count", "position", "yes/no", "attribute"}
    again = answered(*(item["question"] for item in items), language=language)
    assert again == [(item["answer"], False) for item in items]


def test_only_the_wanted_kinds_are_asked_and_nothing_twice() -> None:
    (first,) = asked(count=1, kinds=["text"])
    assert (first["question"], first["answer"]) == ("What is written in the image?", "No Entry")
    (second,) = asked(count=1, kinds=["text"], existing=[first["question"]])
    assert (second["question"], second["answer"]) == ("Is the text “No Entry” written in the image?", "Yes")


def test_yes_and_no_take_turns() -> None:
    answers = [item["answer"] for item in asked(count=5, kinds=["yes/no"]) if "text" not in item["question"]]
    assert {"Yes", "No"} <= set(answers)


def test_missing_questions_are_about_pixels() -> None:
    details = {"count": 3, "seen": {"size": [90, 60]}}
    items = json.loads(reply(IMAGE, "questions_and_answers", details))["items"]
    assert len(items) == 3
    assert all(item["boxes"] == [] and item["doubt"] == "" for item in items)


def test_what_it_cannot_test_is_not_sure_and_says_why() -> None:
    assert answered("Is there a dog?", "Is the dog happy?", "Is it brighter than a medium gray?") == [
        ("Yes", False), ("Not sure.", True), ("Not sure.", True),
    ]  # fmt: skip
    assert answered("Kedi mutlu mu?", language="tr") == [("Emin değilim.", True)]
    assert answered("Is the image wider than it is high?") == [("Yes", False)]


def test_a_label_is_given_when_the_answer_is_one_of_them() -> None:
    question = {"question": "Is there a dog?", "answer_type": "label", "options": ["yes", "no"]}
    assert answered(question, {**question, "options": ["present", "missing"]}) == [('["yes"]', False), ("Yes", False)]


async def test_its_replies_come_through_the_same_service_as_those_of_any_model() -> None:
    part = ImagePart(png("red"), "image/png")
    details = {"seen": FOUND, "questions": ["Is there a dog?", "Is there a bear?"], "count": 2, "language": "en"}
    request = ChatRequest("-", (part,), schema=SeenAnswerList, purpose=Purpose("answers", details), expected_items=2)
    given = (await LLMService().chat(ModelConfig(SEE_MODEL), request)).parsed
    assert isinstance(given, SeenAnswerList)
    assert [(one.answer, one.doubt) for one in given.answers] == [("Yes", ""), ("No", "")]
    assert given.answers[0].boxes == [
        {"label": "dog", "xyxy": DOG, "score": 0.8, "tool": "centernet 1a2b", "image": 0}
    ]  # fmt: skip
    request = ChatRequest("-", (part,), schema=SeenQuestionList, purpose=Purpose("questions_and_answers", details))
    asked = (await LLMService().chat(ModelConfig(SEE_MODEL), request)).parsed
    assert isinstance(asked, SeenQuestionList)
    assert len(asked.items) == 2
