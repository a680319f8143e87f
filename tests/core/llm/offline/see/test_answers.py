"""What offline/see proves from what the tools found: "" as text stands for an answer that is not sure."""

from typing import Any

import pytest
from PIL import Image

from core.llm.offline.see.answers import answer
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import Asked, vocabulary

DOG = [10.0, 10.0, 90.0, 90.0]
CAT = [700.0, 500.0, 780.0, 590.0]


def seen(
    *objects: tuple[str, float, list[float]], faint: dict[str, float] | None = None, tool: str = "centernet 1a2b",
    lines: list[tuple[str, float]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "size": [900, 600],
        "objects": [{"label": label, "score": score, "box_xyxy": box} for label, score, box in objects],
        "faint": {} if faint is None else faint,
        "lines": [
            {"text": text, "score": score, "box_xyxy": [0, 20 * at, 80, 20 * at + 18]}
            for at, (text, score) in enumerate(lines or [])
        ],
        "tools": {"objects": tool, "text": "rapidocr 3"},
    }  # fmt: skip


def told(asked: Asked, found: dict[str, Any], image: Image.Image | None = None, language: str = "en") -> str:
    given = answer(asked, Scene.of(found, image), vocabulary(language))
    assert bool(given.text) != bool(given.doubt)
    return given.text


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (seen(("dog", 0.4, DOG)), "Yes"),
        (seen(("dog", 0.39, DOG)), ""),
        (seen(faint={"dog": 0.06}), ""),
        (seen(faint={"cat": 0.2}), "No"),
        (seen(tool="own-yolo 77"), ""),  # how much another detector misses was not measured
        (seen() | {"faint": None}, ""),
        (seen() | {"objects": None}, ""),
    ],
)
def test_a_thing_is_there_when_it_is_sure_and_absent_only_when_not_even_suspected(
    found: dict[str, Any], said: str
) -> None:
    assert told(Asked("present", "dog"), found) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (seen(("dog", 0.5, DOG)), "1"),
        (seen(("dog", 0.5, DOG), faint={"dog": 0.1}), ""),
        (seen(("dog", 0.9, DOG), ("dog", 0.9, CAT)), ""),
        (seen(), ""),
    ],
)
def test_one_thing_is_counted_and_a_crowd_is_not(found: dict[str, Any], said: str) -> None:
    assert told(Asked("count", "dog"), found) == said


def test_a_place_is_told_of_the_only_one_and_not_on_the_border_of_two_thirds() -> None:
    found = seen(("dog", 0.6, DOG), ("cat", 0.7, CAT), ("bird", 0.6, [270, 10, 330, 90]), ("cup", 0.49, DOG))
    assert told(Asked("place", "dog"), found) == "At the top left"
    assert told(Asked("place", "cat"), found, language="tr") == "Sağ altta"
    assert told(Asked("place", "bird"), found) == ""
    assert told(Asked("place", "cup"), found) == ""
    assert told(Asked("side", "cat"), found, language="zh-CN") == "在右边"
    assert told(Asked("beside", "dog", "cat"), found) == "On the left"


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ([90.0, 0.0, 120.0, 90.0], "On the left"), ([89.0, 0.0, 120.0, 90.0], ""),
        ([0.0, 0.0, 10.0, 90.0], "On the right"),
        ([0.0, 200.0, 11.0, 290.0], ""), ([500.0, 400.0, 600.0, 500.0], "On the left"),
    ],
)  # fmt: skip
def test_one_thing_is_beside_another_when_their_boxes_share_no_column(box: list[float], said: str) -> None:
    assert told(Asked("beside", "dog", "cat"), seen(("dog", 0.6, DOG), ("cat", 0.7, box))) == said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((10, 10), "STOP"), ((50, 90), "STOP"), ((90, 50), "STOP"), ((9, 50), ""), ((91, 50), ""), ((50, 9), ""),
        ((50, 91), ""),
    ],
)  # fmt: skip
def test_what_is_written_on_a_thing_has_its_middle_on_it(place: tuple[int, int], said: str) -> None:
    x, y = place
    found = seen(("dog", 0.6, DOG), lines=[("STOP", 0.99)])
    found["lines"][0]["box_xyxy"] = [x - 6, y - 4, x + 6, y + 4]

    assert told(Asked("written_on", "dog"), found) == said


@pytest.mark.parametrize(
    ("left", "said"), [(0.0, "On the left"), (800.0, "On the right"), (405.0, ""), (200.0, "On the left")]
)
def test_a_side_is_told_away_from_the_middle(left: float, said: str) -> None:
    assert told(Asked("side", "dog"), seen(("dog", 0.6, [left, 10.0, left + 80, 90.0]))) == said


def test_a_color_is_told_when_it_covers_most_of_the_box() -> None:
    image = Image.new("RGB", (900, 600), "#1f77b4")
    image.paste("#d62728", (0, 0, 100, 100))
    striped = image.copy()
    for x in range(0, 100, 20):
        striped.paste("#ffff00", (x, 0, x + 10, 100))
    found = seen(("dog", 0.6, DOG))
    assert told(Asked("color", "dog"), found, image) == "Red"
    assert told(Asked("color", "dog"), found, image, "tr") == "Kırmızı"
    assert told(Asked("color", "dog"), found, striped) == ""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("STOP", 0.99)], "STOP"),
        ([("STOP", 0.99), ("ALL WAY", 0.95)], "STOP\nALL WAY"),
        ([("STOP", 0.99), ("A1L WAY", 0.94)], ""),
        ([("STOP", 0.99), ("A11 VVAY", 0.6)], ""),
        ([("STOP", 0.99), ("|.", 0.3)], "STOP"),
        ([], ""),
    ],
)
def test_text_is_told_when_all_of_it_was_read_for_certain(lines: list[tuple[str, float]], said: str) -> None:
    assert told(Asked("written"), seen(lines=lines)) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Taze balik", ""),  # a line without a Turkish letter was not read for ı
        ("ISTASYON", ""),
        ("Hoş geldiniz", "Hoş geldiniz"),
        ("Kapı 64", "Kapı 64"),
        ("Oda 7", "Oda 7"),
    ],
)
def test_a_turkish_line_is_told_only_when_its_i_is_certain(line: str, said: str) -> None:
    assert told(Asked("written"), seen(lines=[(line, 0.99)]), language="tr") == said
    assert told(Asked("written"), seen(lines=[(line, 0.99)]), language="en") == line


def test_a_text_is_there_as_whole_words_and_never_proven_absent() -> None:
    found = seen(lines=[("NO ENTRY, please", 0.9), ("出口在左", 0.9)])
    assert told(Asked("says", text="no entry"), found) == "Yes"
    assert told(Asked("says", text="出口"), found, language="zh-CN") == "是"
    assert told(Asked("says", text="TRY"), found) == ""
    assert told(Asked("says", text="EXIT"), found) == ""
    assert told(Asked("has_text"), seen()) == ""


def test_evidence_names_box_score_and_tool() -> None:
    given = answer(Asked("present", "dog"), Scene.of(seen(("dog", 0.8, DOG))), vocabulary("en"))
    assert given.evidence == [{"label": "dog", "xyxy": DOG, "score": 0.8, "tool": "centernet 1a2b"}]
