"""Which operation breaks which question: the table of kinds and operations, in three languages."""

import pytest

from core.questions.recipe import KINDS
from core.transform.augmentation import OPERATIONS
from core.transform.rules import BREAKS, TEXT_ON_IMAGE, TURNED_BOXES, UNKNOWN_LANGUAGE, Asked, broken_by

# What a question depends on, and the operations that would break it.
_OBJECT = ""
_SIDE = "flip crop erase"
_PLACE = "crop erase"
_COUNT = "crop erase"
_YES_NO = "crop erase"
_TEXT = "flip crop blur erase"
_COLOR = "brightness contrast color"
_LIGHT = "brightness contrast"
_QUALITY = "blur noise jpeg"
_ANGLE = "rotate"
_SHAPE = "rotate crop"
_NUMBERS = "flip rotate crop erase"

TABLE = [
    # English
    ("object", "What animal does the boy hold?", "A cat.", "en", _OBJECT),
    ("attribute", "What is the cup made of?", "Glass.", "en", _OBJECT),
    ("reasoning", "Why does the boy carry an umbrella?", "Because it rains.", "en", _OBJECT),
    ("unanswerable", "What did the boy eat yesterday?", "The image cannot tell.", "en", _OBJECT),
    ("position", "What stands left of the chair?", "A lamp.", "en", _SIDE),
    ("object", "Who holds the cup?", "The man on the right.", "en", _SIDE),
    ("", "Which way does the bus go?", "It turns counterclockwise.", "en", _SIDE),
    ("position", "What lies first in the row?", "A stone.", "en", _SIDE),
    ("object", "What does the arrow point at?", "The second one.", "en", _SIDE),
    ("position", "What lies in the middle?", "A stone.", "en", _PLACE),
    ("", "Where is the cat?", "On the sofa.", "en", _PLACE),
    ("count", "Number of dogs?", "Three.", "en", _COUNT),
    ("", "How many dogs sleep?", "3", "en", _COUNT),
    ("yes/no", "Does the dog sleep?", "No.", "en", _YES_NO),
    ("", "Is it raining?", "It rains hard.", "en", _YES_NO),
    ("", "Describe the image.", "A dog sleeps.", "en", _YES_NO),
    ("text", "What does the sign say?", "STOP", "en", _TEXT),
    ("", "Which bus is it?", "The bus has the letters ABC.", "en", _TEXT),
    ("attribute", "What color does the car have?", "Red.", "en", _COLOR),
    ("object", "Which car is in motion?", "The dark blue one.", "en", _COLOR),
    ("attribute", "When was it taken?", "At night.", "en", _LIGHT),
    ("attribute", "How sharp is it?", "Slightly blurred.", "en", _QUALITY),
    ("attribute", "How much is it tilted?", "A little.", "en", f"{_ANGLE} {_COUNT}"),
    ("attribute", "Which orientation was chosen?", "Landscape.", "en", _SHAPE),
    ("grounding", "Locate the cat.", "[10, 20, 30, 40]", "en", _NUMBERS),
    # Chinese
    ("object", "男孩抱着哪种动物？", "猫。", "zh-CN", _OBJECT),
    ("position", "椅子左边放着什么？", "台灯。", "zh-CN", _SIDE),
    ("position", "第二辆车是什么？", "出租车。", "zh-CN", _SIDE),
    ("position", "中间放着什么？", "石头。", "zh-CN", _PLACE),
    ("count", "狗的数量？", "三只。", "zh-CN", _COUNT),
    ("", "这里睡着多少狗？", "3", "zh-CN", _COUNT),
    ("yes/no", "狗在睡觉吗？", "不。", "zh-CN", _YES_NO),
    ("text", "招牌怎么说？", "停。", "zh-CN", _TEXT),
    ("attribute", "汽车是什么颜色？", "红色。", "zh-CN", _COLOR),
    ("attribute", "怎样的光线？", "较暗。", "zh-CN", _LIGHT),
    ("attribute", "图像的清晰度如何？", "模糊。", "zh-CN", _QUALITY),
    ("attribute", "图像怎么倾斜？", "稍微。", "zh-CN", _ANGLE),
    # Turkish
    ("object", "Çocuk hangi hayvanı tutuyor?", "Kedi.", "tr", _OBJECT),
    ("position", "Sandalyenin solunda ne duruyor?", "Lamba.", "tr", _SIDE),
    ("position", "Baştaki araç ne?", "Taksi.", "tr", _SIDE),
    ("position", "Ortada ne duruyor?", "Taş.", "tr", _PLACE),
    ("count", "Köpek sayısı ne?", "Üç.", "tr", _COUNT),
    ("", "Kaç köpek uyuyor?", "3", "tr", _COUNT),
    ("yes/no", "Köpek uyuyor mu?", "Hayır.", "tr", _YES_NO),
    ("text", "Tabelada ne yazıyor?", "DUR", "tr", _TEXT),
    ("attribute", "Arabanın rengi ne?", "KIRMIZI", "tr", _COLOR),
    ("attribute", "Ne zaman çekildi?", "Gece.", "tr", _LIGHT),
    ("attribute", "Ne kadar bulanık?", "Biraz.", "tr", _QUALITY),
    ("attribute", "Görsel ne kadar eğik?", "Biraz.", "tr", _ANGLE),
]


@pytest.mark.parametrize(("kind", "question", "answer", "language", "broken"), TABLE)
def test_an_operation_breaks_the_questions_that_depend_on_what_it_changes(
    kind: str, question: str, answer: str, language: str, broken: str
) -> None:
    asked = Asked(kind, question, answer, language)

    assert {name for name in OPERATIONS if broken_by(name, asked)} == set(broken.split())


def test_the_table_has_every_kind_of_question() -> None:
    assert set(KINDS) <= {kind for kind, *_ in TABLE}


def test_each_operation_breaks_some_question_of_the_table() -> None:
    assert {name for *_, broken in TABLE for name in broken.split()} == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_in_a_language_without_words_nothing_is_known_to_hold(operation: str) -> None:
    assert broken_by(operation, Asked("object", "Was hält der Junge?", "Eine Katze.", "de")) == UNKNOWN_LANGUAGE


def test_a_language_is_known_by_code_region_and_name() -> None:
    for language in ("en", "en-GB", "English", "zh", "zh-TW", "Simplified Chinese", "tr", "Turkish", ""):
        assert broken_by("noise", Asked("", "What?", "This.", language)) == "", language


def test_text_on_the_image_is_not_turned_around_whatever_is_asked() -> None:
    asked = Asked("object", "What animal does the boy hold?", "A cat.", "en")

    assert broken_by("flip", asked, has_text=True) == TEXT_ON_IMAGE
    assert broken_by("crop", asked, has_text=True) == ""


def test_boxes_are_not_turned() -> None:
    asked = Asked("grounding", "Point to the cat.", "It sits.", "en", [(0, 0, 10, 10)])

    assert broken_by("rotate", asked) == TURNED_BOXES
    assert broken_by("flip", asked) == ""


def test_turkish_is_recognized_by_its_letters_when_its_language_is_not_named() -> None:
    assert broken_by("flip", Asked("", "Sağda ne var?", "Lamba.", "en"))


def test_preprocessing_breaks_what_it_takes_away() -> None:
    color = Asked("attribute", "What color does the car have?", "Red.", "en")
    text = Asked("text", "What does the sign say?", "STOP", "en")

    assert broken_by("grayscale", color) == "the question is about color, which is lost"
    assert broken_by("grayscale", text) == ""
    assert broken_by("redact", text) == "a part of the text could disappear"
    assert broken_by("resize", color) == broken_by("pad", text) == ""
    assert broken_by("resize", Asked("grounding", "Locate the cat.", "(10, 20)", "en"))


def test_every_operation_has_its_rules() -> None:
    assert set(OPERATIONS) <= set(BREAKS)


@pytest.mark.parametrize("language", ["en", ""])
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("¿De qué color es la taza de la mesa?", "Roja."),
        ("Wie viele Hunde schlafen auf dem Teppich?", "Drei."),
        ("Combien de chiens dorment sur le tapis ?", "Trois."),
        ("Какого цвета чашка на столе?", "Красная."),
    ],
)
def test_a_question_that_came_without_its_language_is_not_taken_for_english(
    question: str, answer: str, language: str
) -> None:
    assert {broken_by(name, Asked("", question, answer, language)) for name in OPERATIONS} == {UNKNOWN_LANGUAGE}


@pytest.mark.parametrize("question", ["Was ist links?", "Tasse links oder rechts?", "¿Y a la izquierda?", "À gauche ?"])
def test_no_side_is_flipped_in_a_text_that_is_too_short_to_tell_its_language(question: str) -> None:
    assert broken_by("flip", Asked("", question, "Hm.", "en"))
