"""Review with ordinary buttons: for assistive technology, and for browsers in which the desk's script cannot run."""

import streamlit as st

from core import ImageDatasets
from core.dataset import EntryFilter
from core.dataset.decisions import REJECT_REASONS
from core.errors import VitrineError
from pages.components.shared import numbers, page, zoom

_MESSAGE = "plain-message"


def show(project_id: str, entry_filter: EntryFilter, actor: str) -> None:
    """Draw the next open entry of the filter with one button per decision."""
    services = page.services()
    queue = entry_filter.for_review()
    if message := st.session_state.pop(_MESSAGE, None):
        st.text(message)
    found = services.collaboration.assign_entries(project_id, queue, actor, limit=1).items
    if not found:
        st.text("No entries left to review in this filter.")
        st.button("Undo the last decision", key="plain-undo", on_click=_undo, args=(project_id, actor))
        return
    entry = found[0]
    left, right = st.columns([3, 2])
    with left:
        _image(entry)
    with right:
        st.caption(f"{numbers.text(services.collaboration.count_queue(project_id, queue, actor))} left to review")
        st.text(entry.question)
        st.text_area("Answer", entry.answer, key=f"plain-answer-{entry.id}-{entry.version}")
        st.selectbox("Reason for a rejection", REJECT_REASONS, index=None, key=f"plain-reason-{entry.id}")
        _buttons(project_id, entry, actor, is_second=bool(queue.values("second")))


def _image(entry: ImageDatasets) -> None:
    found = page.services().entries.images_of([entry])
    several = len(entry.image_ids) > 1
    for number, id_ in enumerate(entry.image_ids, start=1):
        image = found.get(id_)
        key = f"plain-image-{number}"
        if several:
            st.caption(f"{number}. {page.escape(image.image_name if image else entry.image_name)}")
        if image is not None and image.is_in_library:
            zoom.show(image, key=key)
        else:
            st.text("This image was deleted.")


def _buttons(project_id: str, entry: ImageDatasets, actor: str, *, is_second: bool) -> None:
    """Draw the buttons; each carries the id and version of the drawn entry, so a click never decides another one."""
    with st.container(horizontal=True):
        for label, decision in (("Confirm", "confirm"), ("Reject", "reject"), ("Skip", "skip")):
            st.button(
                label,
                key=f"plain-{decision}",
                on_click=_decide,
                args=(entry.id, entry.version, decision, entry.answer, actor, is_second),
                type="primary" if decision == "confirm" else "secondary",
            )
        st.button("Undo", key="plain-undo", on_click=_undo, args=(project_id, actor))


def _decide(entry_id: str, version: int, decision: str, answer: str, actor: str, is_second: bool) -> None:
    changes = {}
    typed = st.session_state.get(f"plain-answer-{entry_id}-{version}", answer)
    if decision == "confirm" and typed != answer:
        changes["answer"] = typed
    reason = st.session_state.get(f"plain-reason-{entry_id}")
    if decision == "reject" and reason and not is_second:
        changes["reject_reason"] = reason
    stored = decision
    if is_second and decision != "skip":
        stored, changes = "second", changes | {"verdict": decision}
    try:
        entry = page.services().review.decide(entry_id, version, stored, changes=changes, actor=actor).entry
        done = {"confirm": "Confirmed", "reject": "Rejected", "skip": "Skipped"}[decision]
        st.session_state[_MESSAGE] = f"{done}: {entry.question}"
    except VitrineError as error:
        st.session_state[_MESSAGE] = str(error)


def _undo(project_id: str, actor: str) -> None:
    try:
        undone = page.services().review.undo(project_id, actor=actor)
        st.session_state[_MESSAGE] = "Undone." if undone else "There is nothing to undo."
    except VitrineError as error:
        st.session_state[_MESSAGE] = str(error)
