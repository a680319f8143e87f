"""Entries as a table: edit cells in place, and change many entries at once."""

from typing import TYPE_CHECKING, Any
from zlib import crc32

import streamlit as st

from core import ImageDatasets
from core.accounts.permissions import Act
from core.dataset import EntryFilter, Term, existing_entry
from core.dataset.decisions import REJECT_REASONS
from core.errors import VitrineError
from pages.components.shared import media, nothing, numbers, page
from pages.components.shared.numbers import pluralize

if TYPE_CHECKING:
    import pandas as pd

PAGE_SIZE = 100
_FILTER = "table-filter"
_CURSORS = "table-cursors"
_EPOCH = "table-epoch"
_MESSAGE = "table-message"
_ACTIONS = {
    "confirm": "Confirm", "reject": "Reject", "reopen": "Reopen", "rate": "Rate", "tag": "Add tags",
    "untag": "Remove tags", "delete": "Delete",
}  # fmt: skip
# Without a selection these leave out what is decided already, unless the filter asks for it or reviewers disagree.
_DECIDING = ("confirm", "reject")
# The label of the button, and the text of the message afterwards.
_BUTTONS = _ACTIONS | {"tag": "Add tags to", "untag": "Remove tags from"}
_RESULTS = {
    "confirm": "confirmed", "reject": "rejected", "reopen": "reopened", "rate": "rated", "tag": "tagged",
    "untag": "changed", "delete": "deleted",
}  # fmt: skip


# Quality checks that a confirmation would contradict, and what is said of the answers that fail them.
_PROBLEMS = {
    "label": "{} not among the labels", "schema": "{} that break the JSON schema",
    "disputed": "{} that contradict another answer to the same question",
}  # fmt: skip


def show(project_id: str, entry_filter: EntryFilter, actor: str) -> None:
    """Draw one page of the entries of a filter, with the actions for many entries above it."""
    entries = page.services().entries
    total = entries.count_entries(project_id, entry_filter)
    if not total:
        with st.container(key="table-empty"):
            nothing.show(entries.why_empty(project_id, entry_filter), entry_filter, "entry")
            _undo_button(project_id, actor)
        _show_message()
        return
    cursors = _page_cursors(project_id, entry_filter)
    found = entries.find_entries(project_id, entry_filter, limit=PAGE_SIZE, after=cursors[-1])
    bar = st.container()
    chosen = _table(list(found.items), actor)
    with bar:
        _bulk(project_id, entry_filter, total, chosen, actor)
        _show_message()
        _pagination(cursors, found.next_cursor, len(found.items), total)


def _table(entries: list[ImageDatasets], actor: str) -> list[str]:
    """Draw the table and return the ids of the selected rows."""
    key = editor_key(entries, st.session_state.get(_EPOCH, 0))
    st.data_editor(
        _frame(entries),
        key=key,
        hide_index=True,
        width="stretch",
        height=min(620, 46 + 44 * len(entries)),
        row_height=44,
        placeholder="",
        column_order=["chosen", "image", "question", "answer", "decision", "score", "tags", "note", "kind", "model"],
        disabled=["image", "kind", "model"],
        column_config=_columns(),
    )
    edited = st.session_state.get(key, {}).get("edited_rows", {})
    if _store_edits(entries, edited, actor):
        st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1
        st.rerun()
    return [entries[int(row)].id for row, cells in edited.items() if cells.get("chosen") and int(row) < len(entries)]


def editor_key(entries: list[ImageDatasets], epoch: int = 0) -> str:
    """Return a widget key for a table of these entries; new rows or versions get a new widget without pending edits."""
    return f"table-{epoch}-{crc32(repr([(entry.id, entry.version) for entry in entries]).encode()):08x}"


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "chosen": column.CheckboxColumn("", width=40, help="Select rows to change together"),
        "image": column.ImageColumn("Image", width=70),
        "question": column.TextColumn("Question", width="large", required=True),
        "answer": column.TextColumn("Answer", width="medium"),
        "decision": column.SelectboxColumn("Decision", options=["open", "confirmed", "rejected"], required=True),
        "score": column.NumberColumn("Stars", min_value=0, max_value=5, step=0.1, width=70, format="%.1f"),
        "tags": column.TextColumn("Tags"),
        "note": column.TextColumn("Note"),
        "kind": column.TextColumn("Kind"),
        "model": column.TextColumn("Answered by"),
    }


def _frame(entries: list[ImageDatasets]) -> "pd.DataFrame":
    import pandas as pd

    images = page.services().entries.images_of(entries)
    columns = ("question", "answer", "decision", "score", "tags", "note", "kind", "model")
    rows = {name: [getattr(entry, name) for entry in entries] for name in columns}
    rows["model"] = [entry.model or entry.origin for entry in entries]
    rows["score"] = [score or None for score in rows["score"]]
    thumbs = [media.image_url(entry.image_id, images[entry.image_id].sha256, "thumb") for entry in entries]
    return pd.DataFrame({"chosen": [False] * len(entries), "image": thumbs, **rows})


def _store_edits(entries: list[ImageDatasets], edited: dict[Any, dict[str, Any]], actor: str) -> bool:
    """Store the edited cells, checking each row's version (optimistic locking); return whether there were edits.

    A selected row is not an edit.
    """
    was_edited, refused = False, []
    for row, cells in edited.items():
        changes = {name: _value(name, value) for name, value in cells.items() if name != "chosen"}
        decision = changes.pop("decision", None)
        if decision is not None:
            changes |= {"confirmed": decision == "confirmed", "rejected": decision == "rejected"}
        if not changes:
            continue
        was_edited, entry = True, entries[int(row)]
        try:
            changed = page.services().dataset.update_dataset_entry(
                entry.id, version=entry.version, actor=actor, **changes
            )
            existing_entry(changed)
        except VitrineError as error:
            refused.append(str(error))
    if refused:
        st.session_state[_MESSAGE] = "Not saved: " + " ".join(dict.fromkeys(refused))
    return was_edited


def _value(name: str, value: Any) -> Any:
    return value if value is not None else 0 if name == "score" else ""


def _bulk(project_id: str, entry_filter: EntryFilter, total: int, chosen: list[str], actor: str) -> None:
    scope = "selected" if chosen else "of this filter"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        action = st.selectbox(
            f"Action for {pluralize(len(chosen) or total, 'entry')} {scope}", list(_ACTIONS),
            format_func=_ACTIONS.__getitem__, key="bulk-action", width=240,
        )  # fmt: skip
        value = _bulk_value(action)
        target = entry_filter.for_review() if action in _DECIDING else entry_filter
        number = len(chosen) or page.services().entries.count_entries(project_id, target)
        noun = "entry" if chosen or number == total else "open entry"
        st.button(
            f"{_BUTTONS[action]} {pluralize(number, noun)}",
            key="bulk-apply", on_click=_do_bulk,
            **page.only(Act.WRITE_ENTRIES, project_id, disabled=value == "" or not number),
            args=(project_id, str(target), chosen, action, value, actor),
        )  # fmt: skip
        _undo_button(project_id, actor)
    if action == "confirm":
        _warn(project_id, EntryFilter(tuple(Term("id", id_) for id_ in chosen)) if chosen else target)


def _warn(project_id: str, entry_filter: EntryFilter) -> None:
    """Say how many of the entries that would be confirmed break their rules or contradict each other."""
    counts = page.services().entries.failing(project_id, entry_filter, tuple(_PROBLEMS))
    found = [_PROBLEMS[name].format(pluralize(count, "answer")) for name, count in counts.items() if count]
    if found:
        st.warning(f"Among them: {', '.join(found)}. Confirmed, they count as right.", icon=":material/warning:")


def _undo_button(project_id: str, actor: str) -> None:
    st.button(
        "Undo",
        key="table-undo",
        icon=":material/undo:",
        on_click=_undo,
        args=(project_id, actor),
        **page.only(Act.REVIEW, project_id),
    )


def _bulk_value(action: str) -> Any:
    """Return the argument of the action: None when it takes none, empty while it is missing."""
    if action == "reject":
        return st.selectbox("Reason", REJECT_REASONS, key="bulk-reason", width=200)
    if action == "rate":
        return st.number_input("Stars", 0.0, 5.0, 3.0, 0.5, key="bulk-score", width=130)
    if action in ("tag", "untag"):
        return st.text_input("Tags, separated by commas", key="bulk-tags", width=240).strip()
    return None


def _do_bulk(project_id: str, line: str, chosen: list[str], action: str, value: Any, actor: str) -> None:
    from core.dataset import parse_search

    review = page.services().review
    try:
        if chosen:
            result = review.bulk_ids(project_id, chosen, action, value, actor=actor)
        else:
            result = review.bulk(project_id, parse_search(line), action, value, actor=actor)
        st.session_state[_MESSAGE] = (
            f"{pluralize(result.changed, 'entry')} {_RESULTS[action]}. Undo reverts all of them."
        )
    except VitrineError as error:
        st.session_state[_MESSAGE] = str(error)


def _undo(project_id: str, actor: str) -> None:
    try:
        result = page.services().review.undo(project_id, actor=actor)
    except VitrineError as error:
        st.session_state[_MESSAGE] = str(error)
        return
    if result is None:
        st.session_state[_MESSAGE] = "There is nothing to undo."
        return
    unchanged = (
        f" {pluralize(result.conflicts, 'was', 'were')} changed by someone else since and kept."
        if result.conflicts
        else ""
    )
    st.session_state[_MESSAGE] = f"Undone for {pluralize(result.undone, 'entry')}.{unchanged}"


def _show_message() -> None:
    if message := st.session_state.pop(_MESSAGE, None):
        st.text(message)


def _page_cursors(project_id: str, entry_filter: EntryFilter) -> list[str | None]:
    """Return the cursors of the pages up to the current one; a new filter starts at the first page."""
    name = f"{project_id} {entry_filter}"
    if st.session_state.get(_FILTER) != name:
        st.session_state[_FILTER] = name
        st.session_state[_CURSORS] = [""]
    return [cursor or None for cursor in st.session_state[_CURSORS]]


def _pagination(cursors: list[str | None], next_cursor: str | None, shown: int, total: int) -> None:
    first = (len(cursors) - 1) * PAGE_SIZE + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{numbers.text(first)} to {numbers.text(first + shown - 1)} of {numbers.text(total)}")
        st.button("Previous", key="table-previous", disabled=len(cursors) == 1, on_click=_go_to, args=(None,))
        st.button("Next", key="table-next", disabled=next_cursor is None, on_click=_go_to, args=(next_cursor,))


def _go_to(cursor: str | None) -> None:
    if cursor is None:
        st.session_state[_CURSORS].pop()
    else:
        st.session_state[_CURSORS].append(cursor)
