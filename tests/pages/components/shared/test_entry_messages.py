"""Messages on an entry: how they are read, and what who reviews can say."""

from datetime import UTC, datetime

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import ImageDatasets
from core.accounts.permissions import Act
from core.dataset.messages import PLEASE, EntryMessage
from pages.components.shared import entry_messages, page, visitor
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> ImageDatasets:
    """An entry that Ann has confirmed; the drawer, which runs as a fragment, is the whole page here."""
    rerun = st.rerun
    monkeypatch.setattr(st, "rerun", lambda *, scope: rerun())
    project = services().projects.create_project("Shelf")
    (added,) = services().intake.add_images(project.id, [("1.png", striped(1))])
    assert added.image is not None
    made = services().dataset.create_dataset_entry(project.id, added.image.id, "Which color?", "red")
    services().review.decide(made.id, 1, "confirm", actor="Ann")
    return made


def said(entry: ImageDatasets) -> list[tuple[str, str, str]]:
    return [(one.sent_by, one.sent_to, one.text) for one in services().messages.of_entry(entry.id)]


def send(at: AppTest, entry: ImageDatasets, text: str, to: str | None = None) -> None:
    at.text_area(key=f"say-{entry.id}").set_value(text)
    if to is not None:
        at.selectbox(key=f"to-{entry.id}").set_value(to)
    at.button(key=f"message-send-{entry.id}").click().run()
    assert not at.exception


def test_a_message_goes_to_who_decided_unless_somebody_is_named_and_asks_to_look_again_when_it_is_empty(
    entry: ImageDatasets,
) -> None:
    services().messages.send(entry.id, "Blue?", to="local", actor="Ben")
    services().messages.close(entry.id, of="local", actor="local")
    at = draw(entry_messages.show, entry)
    assert at.selectbox(key=f"to-{entry.id}").options == ["Ann", "Ben"]  # and not the visitor
    assert controls(at)[f"to-{entry.id}"].endswith("any text | hint 'Whoever decided or wrote it'")
    assert f"hint {PLEASE!r}" in controls(at)[f"say-{entry.id}"]
    send(at, entry, "")
    send(at, entry, "Is it not blue?", to="Ben")
    assert said(entry)[1:] == [("local", "Ann", PLEASE), ("local", "Ben", "Is it not blue?")]
    assert [line for line in read(at) if "queue" in line] == [
        "[Take it off the queue of Ann]", "[Take it off the queue of Ben]",
    ]  # fmt: skip


def test_who_was_asked_answers_without_choosing_a_person(entry: ImageDatasets) -> None:
    services().messages.send(entry.id, "Is it not blue?", to="local", actor="Ben")
    at = draw(entry_messages.show, entry)
    assert f"to-{entry.id}" not in controls(at)
    assert "hint" not in controls(at)[f"say-{entry.id}"]
    send(at, entry, "It is red.")
    assert read(at)[0] == "Ben to Local user: Is it not blue? (Local user answered: It is red.)"
    assert "[Nothing to change]" not in read(at)
    assert f"to-{entry.id}" in controls(at)


def test_with_accounts_a_message_goes_to_a_person_of_the_list_and_who_only_looks_sends_none(
    entry: ImageDatasets, monkeypatch: pytest.MonkeyPatch
) -> None:
    services().messages.send(entry.id, "Is it not blue?", to="Ann", actor="Ben")
    monkeypatch.setattr(visitor, "has_accounts", lambda: True)
    assert "any text" not in controls(draw(entry_messages.show, entry))[f"to-{entry.id}"]
    monkeypatch.setattr(page, "may", lambda act, _project_id: act is not Act.REVIEW)
    assert read(draw(entry_messages.show, entry)) == ["Ben to Ann: Is it not blue?"]


@pytest.mark.parametrize(
    ("ended_by", "ended_as", "answer", "line"),
    [
        ("", "", "", "Local user to Ann: Blue?"),
        ("Ann", "answer", "No.", "Local user to Ann: Blue? (Ann answered: No.)"),
        ("local", "close", "", "Local user to Ann: Blue? (Local user closed it)"),
    ],
)
def test_a_message_is_read_with_what_became_of_it(ended_by: str, ended_as: str, answer: str, line: str) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    message = EntryMessage("e", "b", "local", "Ann", "Blue?", at, ended_by, ended_as, answer=answer)
    assert entry_messages._line(message) == line
