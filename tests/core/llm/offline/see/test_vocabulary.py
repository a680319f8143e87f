"""The questions that offline/see reads, in its languages."""

import pytest

from core.llm.offline.see.vocabulary import LABELS, Asked, read_question, vocabulary
from core.vision.models import coco


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Is there a dog in the image?", Asked("present", "dog")),
        ("Are there any people?", Asked("present", "person")),
        ("Can you see a sofa?", Asked("present", "couch")),
        ("Does the photo show any bikes?", Asked("present", "bicycle")),
        ("How many cars can you see?", Asked("count", "car")),
        ("Where is the cat?", Asked("place", "cat")),
        ("Is the clock on the left or on the right?", Asked("side", "clock")),
        ("Is the mug to the left or to the right of the bowl?", Asked("beside", "cup", "bowl")),
        ("What colour is the bus?", Asked("color", "bus")),
        ("What is written in the image?", Asked("written")),
        ("What is written on the stop sign?", Asked("written_on", "stop sign")),
        ("Is there any text in the picture?", Asked("has_text")),
        ('Does the image say "No Exit"?', Asked("says", text="No Exit")),
        ("图中有狗吗？", Asked("present", "dog")),
        ("图片里有没有一只猫？", Asked("present", "cat")),
        ("图中有几辆汽车？", Asked("count", "car")),
        ("狗在哪里？", Asked("place", "dog")),
        ("狗是什么颜色的？", Asked("color", "dog")),
        ("图中写着什么？", Asked("written")),
        ("图中写着“出口”吗？", Asked("says", text="出口")),
        ("Görüntüde köpek var mı?", Asked("present", "dog")),
        ("İnsan var mı?", Asked("present", "person")),
        ("Fotoğrafta kaç araba var?", Asked("count", "car")),
        ("Kedi ne renk?", Asked("color", "cat")),
        ("Görüntüde “ÇIKIŞ” yazıyor mu?", Asked("says", text="ÇIKIŞ")),
    ],
)
def test_a_question_that_tools_can_test_is_read_in_its_own_language(question: str, asked: Asked) -> None:
    read = read_question(question, "en")
    assert read is not None
    assert read[0] == asked


@pytest.mark.parametrize(
    "question",
    [
        "Is there a man in the image?",  # a person was found, but not of which sex
        "Is there a red car?",
        "Is there a dog on the sofa?",
        "Is there a dog or a cat?",
        "How many dogs are sleeping?",
        "Where is the unicorn?",
        "Why is the dog barking?",
        "What color is the dog's collar?",
        "",
    ],
)
def test_a_question_that_says_more_than_a_tool_can_test_is_not_read(question: str) -> None:
    assert read_question(question, "en", ["dog", "car"]) is None


def test_labels_of_another_detector_are_known_by_themselves() -> None:
    assert read_question("Is there a forklift?", "en") is None
    read = read_question("How many forklifts are there?", "en", ["forklift"])
    assert read is not None
    assert read[0] == Asked("count", "forklift")


def test_every_class_of_coco_has_names() -> None:
    assert LABELS == coco.LABELS


@pytest.mark.parametrize("language", ["en", "zh-CN", "tr"])
def test_every_question_that_is_asked_is_read_again_as_what_it_asks(language: str) -> None:
    words = vocabulary(language)
    for label in LABELS:
        for topic in ("present", "count", "place", "color"):
            for wording in (0, 1):
                question = words.question(topic, label, wording=wording)
                assert words.read(question) == Asked(topic, label), question
    for topic in ("written", "has_text"):
        assert words.read(words.question(topic)) == Asked(topic)
    assert words.read(words.question("says", text="Mind the gap")) == Asked("says", text="Mind the gap")
