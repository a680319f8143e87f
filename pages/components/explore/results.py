"""The results of a search by image, by entry or as a table, and the buttons that pass them to another page."""

import streamlit as st

from core.accounts.permissions import Act
from core.dataset import EntryFilter, Term
from pages.components.shared import asked_grid, choice, entry_grid, entry_table, numbers, page


def show(project_id: str, entry_filter: EntryFilter, total: int, actor: str) -> list[str]:
    """Draw the results by image, by entry or as a table, and return the ids of the selected entries."""
    shape = choice.show(
        "Results as", ("Images", "Entries", "Table"), default="Images", key="as", in_url=True, shows_label=False,
        help_text="Images: each image once, with all its questions and answers. Entries: each entry by itself.",
    )  # fmt: skip
    if shape == "Table":
        entry_table.show(project_id, entry_filter, actor)
        return []
    if shape == "Images":
        return asked_grid.show(project_id, entry_filter, total)
    return entry_grid.show(project_id, entry_filter, total)


def next_steps(project_id: str, entry_filter: EntryFilter, total: int, selected: list[str], actor: str) -> None:
    """Draw the buttons that pass the selected entries, or all results, to Generate, Export or Curate."""
    chosen, count = entry_filter, total
    if selected:
        chosen, count = EntryFilter(tuple(Term("id", id_) for id_ in selected)), len(selected)
    if st.button(
        "Generate",
        key="to-generate",
        **page.only(Act.GENERATE_PAID, disabled=not count, help="Ask about the images of these entries"),
    ):
        st.session_state["selected-images"] = page.services().entries.image_ids(project_id, chosen)
        page.go("generate")
    if st.button("Export", key="to-export", **page.only(Act.EXPORT, disabled=not count, help="Export these entries")):
        page.go("export", which=page.EXPORT_ALL, q=str(chosen))
    waiting = page.services().collaboration.count_queue(project_id, chosen, actor)
    name = f"Review {numbers.text(waiting)} selected" if selected else f"Review {numbers.text(waiting)}"
    about = "Review them at the desk" if waiting else "All of them are decided, or you have skipped them"
    if waiting and (rest := count - waiting):
        about = f"The other {numbers.text(rest)} are decided, you have skipped them, or others have them"
    if st.button(name, type="primary", key="review", **page.only(Act.REVIEW, disabled=not waiting, help=about)):
        page.go("curate", q=str(chosen))
