"""The title of the browser's tab: the page with its count, and the project."""

import streamlit as st

from core.projects import ProjectCounts
from pages import PageEntry
from pages.components.shared import numbers, page

# What a page is about, as its header counts it. The desk decides without a page run, so Curate has no count here.
_COUNTED = {
    "images": lambda counts: counts.images,
    "generate": lambda counts: counts.images_without_questions,
    "explore": lambda counts: counts.entries,
    "export": lambda counts: counts.confirmed,
}  # fmt: skip


def show(entry: PageEntry, project_id: str | None, names: dict[str, str]) -> None:
    """Set the title of the tab; without a project it is that of the page alone."""
    counts = None
    if project_id in names and entry.name in _COUNTED:
        counts = page.services().projects.counts(project_id)
    st.set_page_config(page_title=title(entry, names.get(project_id or "", ""), counts))


def title(entry: PageEntry, project_name: str, counts: ProjectCounts | None) -> str:
    """Return the title: "Images (21) · Shelf"."""
    count = f" ({numbers.text(_COUNTED[entry.name](counts))})" if counts is not None else ""
    return f"{entry.label}{count} · {project_name or 'Vitrine'}"
