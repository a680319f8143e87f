"""The references of a request and the parts of its prompt: what is shown, and what a change stores."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import streamlit as st

from core import StyleDatasets
from core.style.prompt import LABELS, PromptPart
from core.style.requests import Reference
from pages.components.shared import cards
from pages.components.shared.cards import Act
from pages.components.shared.model_picker import ModelChoice
from pages.components.style import request_form
from pages.components.style.request_draft import Draft
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

DATASET = StyleDatasets(id="s", project_id="p", name="Warm")
CHOICE = ModelChoice({"model": "offline/style"}, None)
SHOWN = [Reference(number, id_, "typical", id_ == "b", None, f"https://{id_}") for number, id_ in enumerate("abc", 1)]


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Draft]:
    """The drafts that were stored, the last one at the end; the page does not run again."""
    found: list[Draft] = []
    monkeypatch.setattr(request_form, "_save", lambda _dataset, draft: found.append(draft))
    return found


def references(monkeypatch: pytest.MonkeyPatch, draft: Draft, act: Act | None = None) -> list[str]:
    monkeypatch.setattr(cards, "show", lambda *_cards, **_looks: act)
    preview = SimpleNamespace(references=SHOWN, max_references=14)
    return read(draw(request_form.references, DATASET, draft, preview, CHOICE))


def test_the_first_reference_cannot_be_sent_earlier_and_the_last_one_not_later() -> None:
    actions = [[action.name for action in request_form._card(one, 3).actions] for one in SHOWN]
    assert actions == [
        ["pin", "swap", "off", "later"], ["unpin", "swap", "off", "earlier", "later"],
        ["pin", "swap", "off", "earlier"],
    ]  # fmt: skip
    pins = [request_form._card(one, 3).actions[0] for one in SHOWN]
    assert [(pin.pressed, pin.help) for pin in pins[:2]] == [
        (False, "Always send it"), (True, "Pinned; click to unpin"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("draft", "lines"),
    [(Draft(), []), (Draft(pinned=("b",)), ["[Reset choice]"]), (Draft(excluded=("x",)), ["[Reset choice]"])],
)
def test_a_choice_can_be_reset_once_there_is_one(
    draft: Draft, lines: list[str], monkeypatch: pytest.MonkeyPatch, saved: list[Draft]
) -> None:
    monkeypatch.setattr(request_form, "_switched_off", lambda *_of: None)
    assert references(monkeypatch, draft) == lines
    assert saved == []


def test_a_reset_sends_at_least_five_and_another_number_is_stored(
    monkeypatch: pytest.MonkeyPatch, saved: list[Draft]
) -> None:
    monkeypatch.setattr(request_form, "_switched_off", lambda *_of: None)
    monkeypatch.setattr(cards, "show", lambda *_cards, **_looks: None)
    preview = SimpleNamespace(references=SHOWN, max_references=14)
    for count, then in ((2, 5), (7, 7)):
        draft = Draft(pinned=("b",), excluded=("x",), count=count)
        at = draw(request_form.references, DATASET, draft, preview, CHOICE)
        at.button(key="style-reset-choice").click().run()
        assert saved[-1] == Draft(count=then)
    assert controls(at)["style-count-s-7"] == "number_input References | value 7 | min 0 max 64 step 1"
    at.number_input(key="style-count-s-7").set_value(3).run()
    assert saved[-1] == replace(draft, count=3)


def test_an_action_on_a_reference_is_stored_and_a_swap_asks_what_would_be_sent_instead(
    monkeypatch: pytest.MonkeyPatch, saved: list[Draft]
) -> None:
    references(monkeypatch, Draft(), Act("pin", "a"))
    assert [draft.pinned for draft in saved] == [("a",)]
    asked: list[tuple[object, object]] = []

    def preview(request: SimpleNamespace, *, config: dict[str, str]) -> SimpleNamespace:
        asked.append((request.excluded, request.pinned))
        return SimpleNamespace(references=[SHOWN[0], SHOWN[2], replace(SHOWN[0], id="d")])

    monkeypatch.setattr(services().style_generation, "preview", preview)
    references(monkeypatch, Draft(), Act("swap", "b"))
    assert asked == [(("b",), ("a", "c"))]
    assert saved[1].pinned == ("a", "d", "c")


def test_a_reference_that_was_switched_off_is_sent_again_beside_the_others(
    monkeypatch: pytest.MonkeyPatch, saved: list[Draft]
) -> None:
    rows = [SimpleNamespace(row=SimpleNamespace(id=id_), name=f"{id_}.png") for id_ in "xy"]
    monkeypatch.setattr(services().style_datasets, "get_images", lambda _ids: rows)
    draft = Draft(excluded=("x", "y"), count=3)
    at = draw(request_form._switched_off, DATASET, draft)
    assert saved == []
    at.pills[0].set_value("x").run()
    assert saved == [Draft(pinned=("x",), excluded=("y",), count=4)]


def test_the_parts_of_the_prompt_are_stored_when_they_were_changed_or_emptied(
    saved: list[Draft],
) -> None:
    name = next(one for one in LABELS if one != "prompt")
    parts = [PromptPart("prompt", "A lamp"), PromptPart(name, "Soft light")]

    def edited(draft: Draft, parts: list[PromptPart], text: str | None = None) -> list[str]:
        at = draw(request_form.parts, DATASET, draft, SimpleNamespace(parts=parts))
        if text is not None:
            at.text_area[0].set_value(text).run()
        return [line for line in read(at) if line.startswith("[")]

    assert edited(Draft(), parts) == []
    assert edited(Draft(), parts, " Soft light ") == []
    assert saved == []
    edited(Draft(), parts, "Hard light")
    assert saved.pop().overrides == {name: "Hard light"}
    own = Draft(overrides={name: "Hard light"})
    assert edited(own, [parts[0], PromptPart(name, "Hard light", edited=True)]) == ["[Reset the parts]"]
    assert saved == []
    emptied = Draft(overrides={name: " "})
    edited(emptied, [parts[0]])
    assert saved == []
    edited(own, parts)
    assert saved.pop().overrides == {}


def test_a_new_request_makes_new_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[dict[str, object]] = []
    monkeypatch.setattr(services().style_datasets, "save_draft", lambda _id, draft: stored.append(draft))
    monkeypatch.setattr(st, "rerun", lambda: None)
    request_form._save(DATASET, Draft(count=2))
    assert [draft["count"] for draft in stored] == [2]
