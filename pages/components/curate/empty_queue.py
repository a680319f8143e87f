"""Why a filter leaves nothing to review: no entry matches it, or those that match are decided or skipped."""

import streamlit as st

from core.dataset import EntryFilter
from pages.components.shared import nothing, page
from pages.components.shared.numbers import pluralize


def explain(project_id: str, entry_filter: EntryFilter, actor: str) -> None:
    """Draw the reason above the desk; nothing while there is something to review, or without a filter."""
    services = page.services()
    if not entry_filter or services.collaboration.count_queue(project_id, entry_filter.for_review(), actor):
        return
    found = services.entries.count_entries(project_id, entry_filter)
    if not found:
        nothing.show(services.entries.why_empty(project_id, entry_filter), entry_filter, "entry")
    elif services.entries.count_entries(project_id, entry_filter.for_review()):
        st.text(
            f"{pluralize(found, 'entry')} here. Nothing waits for you: you skipped what is open, or others have it."
        )
    else:
        st.text(f"{pluralize(found, 'entry')} here, all of them decided.")
