"""The outcomes of an import: the counts, and a table of the files whose outcome is not "added"."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.pluralize import pluralize
from pages.components.shared import media

_LABELS = {
    "added": "added",
    "near-duplicate": "added, similar to another image",
    "duplicate": "already in this project",
    "rejected": "rejected",
}
# A table of this many rows still scrolls smoothly; the items of the task are complete.
_MAX_ROWS = 2000


def show(counts: Mapping[str, int], rows: Sequence[Mapping[str, str]], *, entries: int = 0, key: str) -> None:
    """Draw the counts by outcome, the number of created *entries*, and the rows with their reasons."""
    parts = [f"{counts[name]:,} {label}" for name, label in _LABELS.items() if counts.get(name)]
    parts += [f"{pluralize(entries, 'entry')} created"] if entries else []
    if parts:
        st.text(f"{', '.join(parts)}.")
    if not rows:
        return
    with st.expander(
        f"{pluralize(len(rows), 'file needs', 'files need')} a look",
        expanded=len(rows) <= 20,
        key=f"{key}-notable",
    ):
        outcomes = [name for name in _LABELS if any(row["outcome"] == name for row in rows)]
        only = st.pills(
            "Outcome", outcomes, selection_mode="multi", format_func=_LABELS.__getitem__, key=f"{key}-outcomes"
        )
        st.dataframe(
            [_row(row) for row in rows if not only or row["outcome"] in only][:_MAX_ROWS],
            column_config={
                "image": st.column_config.ImageColumn("Image", width="small"),
                "file": "File",
                "outcome": "Outcome",
                "reason": st.column_config.TextColumn("Reason", width="large"),
            },
            hide_index=True,
            key=f"{key}-rows",
        )


def _row(row: Mapping[str, str]) -> dict[str, str | None]:
    is_stored = row.get("image_id") and row.get("sha256")
    return {
        "image": media.image_url(row["image_id"], row["sha256"]) if is_stored else None,
        "file": row["name"],
        "outcome": _LABELS.get(row["outcome"], row["outcome"]),
        "reason": row["reason"],
    }
