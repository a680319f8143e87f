"""How far tools agree with answers: 0 speaks against, 1 for; nothing stands for a tool that cannot test it."""

from typing import Any

import pytest
from PIL import Image

from core.checks.tool_opinions.opinions import about_pixels, opinions, read_in_image
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import read_question, vocabulary
from tests.core.llm.offline.see.test_answers import CAT, DOG, seen

TWO_DOGS = seen(("dog", 0.8, DOG), ("dog", 0.6, CAT), faint={"cat": 0.2})
OTHER_DETECTOR = seen(("dog", 0.8, DOG), tool="own-yolo 77") | {"faint": None}
SIGN = seen(lines=[("Platform 9", 0.97), ("Trains to York", 0.95)])
BLURRED = seen(lines=[("Platform 9", 0.97), ("Tra1ns t0 Y0rk", 0.6)])


def said(question: str, answer: str, found: dict[str, Any], image: Image.Image | None = None) -> dict[str, float]:
    read = read_question(question, "en")
    assert read is not None
    given = opinions(*read, answer, Scene.of(found, image))
    return {one.tool: pytest.approx(one.agreement) for one in given}


@pytest.mark.parametrize(
    ("question", "answer", "found", "expected"),
    [
        ("Is there a dog?", "Yes, two.", TWO_DOGS, {"present": 0.8}),
        ("Is there a dog?", "No", TWO_DOGS, {"absent": 0.2}),
        ("Is there a cat?", "Yes", TWO_DOGS, {"present": 0.2}),
        ("Is there a cat?", "no.", TWO_DOGS, {"absent": 0.8}),
        ("Is there a bus?", "Yes", TWO_DOGS, {"present": 0.0}),
        ("Is there a bus?", "Yes", OTHER_DETECTOR, {}),  # what it misses is not known
        ("Is there a dog?", "Not sure.", TWO_DOGS, {}),
        ("图中有狗吗？", "没有", TWO_DOGS, {"absent": 0.2}),
        ("Görüntüde köpek var mı?", "Evet", TWO_DOGS, {"present": 0.8}),
        ("How many dogs are there?", "2", TWO_DOGS, {"enough": 0.6, "not more": 1.0}),
        ("How many dogs are there?", "One dog.", TWO_DOGS, {"enough": 0.8, "not more": 0.4}),
        ("How many dogs are there?", "three", TWO_DOGS, {"enough": 0.0, "not more": 1.0}),
        ("How many dogs are there?", "0", TWO_DOGS, {"not more": 0.2}),
        ("How many dogs are there?", "About five", TWO_DOGS, {}),
        ("图中有几只狗？", "两只", TWO_DOGS, {"enough": 0.6, "not more": 1.0}),
        ("Is there a dog?", "Yes", seen() | {"objects": None, "faint": None}, {}),
    ],
)
def test_objects_speak_for_and_against_what_is_there_and_how_many(
    question: str, answer: str, found: dict[str, Any], expected: dict[str, float]
) -> None:
    assert said(question, answer, found) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("At the top left", {"place": 0.6}), ("Left.", {"place": 0.6}), ("In the upper part", {"place": 0.6}),
        ("On the right", {"place": 0.4}), ("In the center", {"place": 0.4}), ("On a chair", {}),
    ],
)  # fmt: skip
def test_the_place_of_the_only_object_speaks_for_and_against(answer: str, expected: dict[str, float]) -> None:
    assert said("Where is the dog?", answer, seen(("dog", 0.6, DOG))) == expected


def test_a_color_speaks_against_another_one_but_not_against_its_neighbor() -> None:
    image = Image.new("RGB", (900, 600), "#1f77b4")
    found = seen(("dog", 0.7, DOG))
    answers = {
        answer: said("What color is the dog?", answer, found, image)
        for answer in ("Blue and white", "Red", "Turquoise", "Striped")
    }
    assert answers == {"Blue and white": {"color": 0.7}, "Red": {"color": 0.3}, "Turquoise": {}, "Striped": {}}


@pytest.mark.parametrize(
    ("question", "answer", "found", "expected"),
    [
        ("What is written in the image?", "Platform 9", SIGN, {"text": 1.0}),
        ("What is written in the image?", "PLATFORM 9\nTrains to York", SIGN, {"text": 1.0}),
        ("What is written in the image?", "Platform 8", SIGN, {"text": 8 / 9}),
        ("What is written in the image?", "Platf0rm 9", SIGN, {"text": 1.0}),  # recognition takes one for the other
        ("What is written in the image?", "Platform 9 to Leeds", SIGN, {}),  # the rest may not have been found
        ("What is written in the image?", "No smoking", SIGN, {"text": pytest.approx(0.2, abs=0.2)}),
        ("What is written in the image?", "No smoking", BLURRED, {}),  # it may be what could not be read
        ("What is written in the image?", "Platform 8", BLURRED, {"text": 8 / 9}),
        ("Is the text “York” written in the image?", "Yes", SIGN, {"quote": 1.0}),
        ("Is the text “York” written in the image?", "No", SIGN, {"quote": 0.0}),
        ("Is the text “Yorke” written in the image?", "No", SIGN, {}),
        ("Is the text “Yorke” written in the image?", "Yes", SIGN, {}),
        ("Is the text “Yorc” written in the image?", "Yes", SIGN, {"quote": 0.75}),
        ("Is there any text in the image?", "No", SIGN, {"quote": 0.03}),
        ("Is there any text in the image?", "No", seen(), {}),  # text that was overlooked is no proof
    ],
)
def test_lines_that_were_read_speak_for_and_against(
    question: str, answer: str, found: dict[str, Any], expected: dict[str, float]
) -> None:
    assert said(question, answer, found) == expected


def test_an_answer_that_is_read_is_compared_whatever_was_asked_but_only_with_a_line_like_it() -> None:
    scene = Scene.of(SIGN)
    given = {answer: read_in_image(answer, scene) for answer in ("York", "Platform 7", "London", "it")}
    assert {answer: [one.agreement for one in some] for answer, some in given.items()} == {
        "York": [1.0], "Platform 7": [pytest.approx(8 / 9)], "London": [], "it": [],
    }  # fmt: skip
    assert given["Platform 7"][0].says == "The image says “Platform 9”."
    assert [part["label"] for part in given["Platform 7"][0].parts] == ["Platform 9"]


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Is the image brighter than a medium gray?", "Yes", [1.0]),
        ("Is the image brighter than a medium gray?", "No.", [0.0]),
        ("What is the most common color in the image?", "White", [1.0]),
        ("What is the most common color in the image?", "Red", [0.0]),
        ("What is the most common color in the image?", "Striped", []),
        ("Who made it?", "Yes", []),
    ],
)
def test_measured_pixels_speak_for_and_against_questions_about_them(
    question: str, answer: str, expected: list[float]
) -> None:
    given = about_pixels(question, "en", vocabulary("en"), answer, Image.new("RGB", (300, 200), "white"))
    assert [one.agreement for one in given] == expected
