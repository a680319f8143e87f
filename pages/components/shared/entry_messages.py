"""The messages on an entry: what was said, sending it back, answering, closing."""

import streamlit as st

from core import ImageDatasets
from core.accounts.permissions import Act
from core.dataset.messages import MAX_CHARS, PLEASE, EntryMessage
from pages.components.shared import page, people, reviewer_name, visitor

_ENDED = {
    "answer": "answered", "close": "closed it", "confirm": "looked again and confirmed",
    "reject": "looked again and rejected", "reopen": "reopened the entry", "edit": "looked again and edited",
}  # fmt: skip


def show(entry: ImageDatasets) -> None:
    """Draw the messages on an entry, and for who reviews what can be said."""
    actor = reviewer_name.name()
    messages = page.services().messages.of_entry(entry.id)
    for message in messages:
        st.text(_line(message))
    if not page.may(Act.REVIEW, entry.project_id):
        return
    is_sent_back = any(one.is_open and one.sent_to == actor for one in messages)
    with st.container(horizontal=True):
        _write(entry, actor, f"{len(messages)}-{sum(one.is_open for one in messages)}", answers=is_sent_back)
        for person in sorted({one.sent_to for one in messages if one.is_open and actor in (one.sent_by, one.sent_to)}):
            off = f"Take it off the queue of {page.escape(people.shown(person))}"
            st.button(
                "Nothing to change" if person == actor else off,
                key=f"message-close-{entry.id}-{person}", on_click=_close, args=(entry.id, person, actor),
            )  # fmt: skip


def _write(entry: ImageDatasets, actor: str, sign: str, *, answers: bool) -> None:
    # A new key makes a new widget, so the popover closes after it was used.
    label, icon = ("Answer", "reply") if answers else ("Send back", "assignment_return")
    with (
        st.popover(label, icon=f":material/{icon}:", key=f"message-{entry.id}-{sign}"),
        st.form(f"message-form-{entry.id}", border=False, clear_on_submit=True),
    ):
        text = st.text_area(
            "Message", placeholder="" if answers else PLEASE, max_chars=MAX_CHARS, key=f"say-{entry.id}"
        )
        to = "" if answers else _choose_person(entry, actor)
        wanted = st.form_submit_button("Send", key=f"message-send-{entry.id}")
    if wanted:
        with page.show_errors():
            if answers:
                page.services().messages.answer(entry.id, text or "", actor=actor)
            else:
                page.services().messages.send(entry.id, text or PLEASE, to=to or None, actor=actor)
            st.rerun(scope="fragment")


def _choose_person(entry: ImageDatasets, actor: str) -> str:
    """Draw the choice of who gets the message; "" for whoever decided the entry last, or else wrote its answer."""
    known = page.services().entries.field_values(entry.project_id, "sent")
    chosen = st.selectbox(
        "To", [name for name in known if name != actor], index=None, format_func=people.shown, key=f"to-{entry.id}",
        placeholder="Whoever decided or wrote it", accept_new_options=not visitor.has_accounts(),
    )  # fmt: skip
    return chosen or ""


def _close(entry_id: str, person: str, actor: str) -> None:
    with page.show_errors():
        page.services().messages.close(entry_id, of=person, actor=actor)


def _line(message: EntryMessage) -> str:
    said = f"{people.shown(message.sent_by)} to {people.shown(message.sent_to)}: {message.text}"
    if message.is_open:
        return said
    answer = f": {message.answer}" if message.answer else ""
    return f"{said} ({people.shown(message.ended_by)} {_ENDED[message.ended_as]}{answer})"
