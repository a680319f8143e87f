"""Cards of generated images: what they say and offer in each state."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core import Images
from core.db import GeneratedImages
from core.style.results import Result, UsedReference
from pages.components.shared.cards import Bar, Card
from pages.components.style import result_cards
from pages.components.style.results import _by_match

IMAGE = Images(
    id="image", project_id="p", image_name="made.png", path="", size=1, width=400, height=200, sha256="ab", format="PNG"
)
COLOR = {"hex": "#ff0000", "name": "red", "share": 1}


def _result(image: Images | None = IMAGE, **changed: Any) -> Result:
    row: dict[str, Any] = {
        "id": "result", "project_id": "p", "prompt": "A lamp", "model": "offline/style", "resolution": "400x200",
        "cost": 0.0125, "reference_images_count": 3, "recipe": {"duration_s": 2.4}, "match": {},
    }  # fmt: skip
    return Result(GeneratedImages(**row | changed), image)


def _actions(card: Card) -> list[tuple[str, bool]]:
    return [(action.name, action.pressed) for action in card.actions]


def test_a_result_has_its_match_its_image_and_all_actions() -> None:
    match = {
        "word": "fits", "palette": [COLOR], "percentile": 80,
        "dimensions": [{"dimension": "edge", "word": "softer", "ratio": 1.2},
                       {"dimension": "light", "word": "darker", "ratio": 0.5}],
        "judge": {"model": "openai/gpt-4o", "verdicts": [{"question": "Q", "answer": "yes", "evidence": "E"}]},
    }  # fmt: skip
    card = result_cards.result(_result(match=match), can_refer=True)

    assert (card.id, card.name, card.title, card.aspect) == ("result", "A lamp", "Fits the references", 2.0)
    assert card.url is not None
    assert "image" in card.url
    assert card.lines == (
        "A lamp", "offline/style, 400x200, $0.013, 2 s",
        "A closer match than 80% of the style dataset's own images",
    )  # fmt: skip
    assert card.swatches == (("#ff0000", "red", 1.0),)
    assert card.bars == (Bar("edges", "softer", 1.2), Bar("light", "darker", 0.5))
    assert (card.verdicts, card.judged_by) == ((("Q", "yes", "E"),), "Judged by openai/gpt-4o")
    assert card.alarm == ""
    assert _actions(card) == [
        ("keep", False), ("discard", False), ("up", False), ("down", False), ("again", False), ("vary", False),
        ("refer", False), ("judge", False), ("ask", False), ("recipe", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "can_refer", "actions"),
    [
        ({"kept": True, "rating": 1}, False, "unkeep! discard up! down again vary judge ask recipe"),
        ({"rating": -1, "reference_images_count": 0}, True, "keep discard up down! again vary refer ask recipe"),
        ({"deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}, True, "restore recipe"),
    ],
)
def test_the_actions_depend_on_the_decision(changed: dict[str, Any], can_refer: bool, actions: str) -> None:
    card = result_cards.result(_result(**changed), can_refer=can_refer)

    assert " ".join(name + "!" * pressed for name, pressed in _actions(card)) == actions


@pytest.mark.parametrize(
    ("image", "aspect"),
    [
        (None, 1.0),
        (IMAGE.model_copy(update={"width": None}), 1.0),
        (IMAGE.model_copy(update={"height": None}), 1.0),
        (IMAGE.model_copy(update={"width": 100}), 0.5),
    ],
)
def test_an_image_without_a_size_is_square(image: Images | None, aspect: float) -> None:
    card = result_cards.result(_result(image), can_refer=False)

    assert card.aspect == aspect
    assert (card.url is None) == (image is None)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"cost": None}, "offline/style, 400x200, cost unknown, 2 s"),
        ({"cost": 0.0}, "offline/style, 400x200, no cost, 2 s"),
        ({"recipe": {}}, "offline/style, 400x200, $0.013, 0 s"),
    ],
)
def test_the_second_line_is_model_size_cost_and_duration(changed: dict[str, Any], line: str) -> None:
    assert result_cards.result(_result(**changed), can_refer=False).lines[1] == line


@pytest.mark.parametrize(("sent", "line"), [(2, "1 reference failed, 2 sent"), (0, "No reference could be sent")])
def test_references_that_failed_are_counted(sent: int, line: str) -> None:
    found = _result(reference_images_count=sent, recipe={"failed_references": [{}]})

    assert result_cards.result(found, can_refer=False).lines[-1] == line


@pytest.mark.parametrize(
    ("copy", "alarm"),
    [
        ({"mirrored": True}, "Looks like a mirrored copy of an image of the style dataset"),
        ({"mirrored": False}, "Looks like a copy of an image of the style dataset"),
    ],
)
def test_a_copy_is_an_alarm(copy: dict[str, bool], alarm: str) -> None:
    found = _result(match={"copy": copy})

    assert result_cards.result(found, can_refer=False).alarm == alarm
    assert result_cards.brief(found, is_open=False).alarm == "Looks like a copy"


@pytest.mark.parametrize(("is_open", "first"), [(True, ("close", True)), (False, ("open", False))])
def test_the_short_card_opens_by_its_image_and_a_button(is_open: bool, first: tuple[str, bool]) -> None:
    card = result_cards.brief(_result(match={"word": "off"}), is_open=is_open)

    assert (card.title, card.lines, card.aspect) == ("Different from the references", ("A lamp",), 2.0)
    assert _actions(card) == [
        ("open", False),
        first,
        ("keep", False),
        ("discard", False),
        ("up", False),
        ("down", False),
    ]
    assert [action.frame for action in card.actions] == [True, False, False, False, False, False]
    assert result_cards.brief(_result(None), is_open=is_open).url is None


def test_a_reference_says_why_it_was_sent_or_why_not() -> None:
    sent = result_cards.reference(UsedReference(2, "a.png", "nearest", True, IMAGE, (COLOR,)))
    failed = result_cards.reference(UsedReference(3, "b.png", "404", False, None, ()))

    assert (sent.id, sent.number, sent.lines, sent.alarm) == ("2", 2, ("nearest",), "")
    assert (sent.url is not None, sent.swatches) == (True, (("#ff0000", "red", 1.0),))
    assert (failed.id, failed.lines, failed.alarm, failed.url) == ("3", (), "Not sent: 404", None)


def test_the_best_match_is_first_and_a_result_without_one_last() -> None:
    results = [_result(id=name, match=match) for name, match in (
        ("none", {}), ("worse", {"score": 2.0}), ("best", {"score": 0.5}),
    )]  # fmt: skip

    assert [result.id for result in _by_match(results)] == ["best", "worse", "none"]


def test_a_palette_study_never_claims_to_show_the_prompt() -> None:
    made = _result(model="offline/measure", match={"word": "fits"})
    for card in (result_cards.result(made, can_refer=True), result_cards.brief(made, is_open=False)):
        assert card.title == "Palette study: the colors of the references, not what the prompt says"
        assert card.name == card.lines[0] == "Palette study for: A lamp"
        assert "ask" not in [action.name for action in card.actions]
