"""What became of files: one sentence for what went well, one row for each that was not simply added."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.pluralize import pluralize
from pages.components.shared import media

_WORDS = {
    "added": "added",
    "near-duplicate": "added but looking like another",
    "duplicate": "here already",
    "rejected": "rejected",
}
# A table of this many rows still scrolls; all of them are in the task.
_MOST_ROWS = 2000


def show(counts: Mapping[str, int], rows: Sequence[Mapping[str, str]], *, entries: int = 0, key: str) -> None:
    parts = [f"{counts[name]:,} {words}" for name, words in _WORDS.items() if counts.get(name)]
    parts += [f"{pluralize(entries, 'entry')} made"] if entries else []
    if parts:
        st.text(f"{', '.join(parts)}.")
    if not rows:
        return
    with st.expander(
        f"{pluralize(len(rows), 'file was', 'files were')} not simply added",
        expanded=len(rows) <= 20,
        key=f"{key}-notable",
    ):
        kinds = [kind for kind in _WORDS if any(row["outcome"] == kind for row in rows)]
        only = st.pills("Outcome", kinds, selection_mode="multi", format_func=_WORDS.__getitem__, key=f"{key}-kinds")
        st.dataframe(
            [_row(row) for row in rows if not only or row["outcome"] in only][:_MOST_ROWS],
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
    known = row.get("image_id") and row.get("sha256")
    return {
        "image": media.image_url(row["image_id"], row["sha256"]) if known else None,
        "file": row["name"],
        "outcome": _WORDS.get(row["outcome"], row["outcome"]),
        "reason": row["reason"],
    }
