"""What was sent back to the reviewer: the link to that queue, with how many entries are in it."""

from core.dataset import EntryFilter
from pages.components.shared import numbers, page


def link(project_id: str, actor: str) -> None:
    """Draw the link; nothing while no message to the reviewer is open."""
    if count := page.services().messages.count_open(project_id, actor):
        queue = str(EntryFilter().with_term("sent", actor))
        page.link("curate", f"Sent back to you: {numbers.text(count)}", icon="assignment_return", q=queue)
