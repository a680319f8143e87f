"""The outcomes of an import: what came in, and a table of the files and rows that need a look."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.importing.outcomes import ImportOutcomes
from pages.components.shared import media, numbers
from pages.components.shared.numbers import pluralize

MAX_ROWS = 2000
"""A longer table does not scroll smoothly; the CSV file has every row."""

_MAX_LINE_CHARS = 60
_WRAPPED_PX = 68
"""Streamlit wraps the text of cells in rows of more than 64 px; three lines fit in."""
_LABELS = {
    "added": "added",
    "near-duplicate": "added, similar",
    "duplicate": "already in this project",
    "rejected": "rejected",
    "left-out": "left out",
    "note": "note",
}


def show(counts: Mapping[str, int], rows: Sequence[Mapping[str, str]], *, key: str) -> None:
    """Draw the counts of files by outcome, and the rows with their reasons."""
    if sentence := _files(counts):
        st.text(sentence)
    _table(rows, key)


def show_import(found: ImportOutcomes, csv_url: str, *, has_ended: bool) -> None:
    """Draw the report of an import, with the URL of all its rows; while it runs, only what came in so far."""
    with st.container(gap="xxsmall"):
        for sentence in (_files(found.counts), found.sentence if has_ended else ""):
            if sentence:
                st.text(sentence)
    if has_ended:
        if not found.counts and not found.questions and not found.rows:
            st.text("Nothing was imported.")
        _table(found.rows, "upload-import", csv_url)


def _files(counts: Mapping[str, int]) -> str:
    """Return the counts of files as a sentence; similar images were added too."""
    similar = counts.get("near-duplicate", 0)
    added = counts.get("added", 0) + similar
    parts = [f"{pluralize(added, 'image')} added"] if added else []
    parts[0:1] = [f"{parts[0]} ({numbers.text(similar)} similar to another image)"] if similar else parts[0:1]
    parts += [f"{numbers.text(counts[name])} {_LABELS[name]}" for name in ("duplicate", "rejected") if counts.get(name)]
    return f"{', '.join(parts)}." if parts else ""


def _table(rows: Sequence[Mapping[str, str]], key: str, csv_url: str = "") -> None:
    if not rows:
        return
    count = f"The first {numbers.text(MAX_ROWS)} that" if len(rows) >= MAX_ROWS else numbers.text(len(rows))
    verb = "needs" if len(rows) == 1 else "need"
    with st.expander(f"{count} {verb} a look", expanded=len(rows) <= 20, key=f"{key}-notable"):
        with st.container(horizontal=True, vertical_alignment="center"):
            only = _filter([name for name in _LABELS if any(row["outcome"] == name for row in rows)], key)
            if csv_url:
                st.space("stretch")
                st.link_button("Download as CSV", csv_url, icon=":material/download:")
        shown = [_row(row) for row in rows if not only or row["outcome"] in only]
        has_images = any(row["image"] for row in shown)
        columns: dict[str, Any] = {
            "image": st.column_config.ImageColumn("Image", width="small"),
            "place": st.column_config.TextColumn("File or row", width="medium"),
            "reason": st.column_config.TextColumn("Reason", width="large"),
            "outcome": "Outcome",
        }
        is_long = any(max(len(row["place"]) * 2, len(row["reason"])) > _MAX_LINE_CHARS for row in shown)
        st.dataframe(
            shown, column_config=columns, column_order=list(columns)[0 if has_images else 1 :], hide_index=True,
            key=f"{key}-rows", row_height=_WRAPPED_PX if is_long else None,
        )  # fmt: skip


def _filter(outcomes: list[str], key: str) -> list[str]:
    if len(outcomes) < 2:
        return []
    return st.pills(
        "Outcome", outcomes, selection_mode="multi", format_func=_LABELS.__getitem__, key=f"{key}-outcomes",
        label_visibility="collapsed",
    )  # fmt: skip


def _row(row: Mapping[str, str]) -> dict[str, str]:
    is_stored = row.get("image_id") and row.get("sha256")
    return {
        "image": media.image_url(row["image_id"], row["sha256"]) if is_stored else "",
        "place": row["name"],
        "outcome": _LABELS.get(row["outcome"], row["outcome"]),
        "reason": row["reason"],
    }
