"""What is shown when a search finds no image: which part of it leaves nothing, and the way on."""

from core.images import ImageQuery
from core.search_line import EmptyReason
from pages.components.shared import nothing, page


def show(project_id: str, query: ImageQuery) -> None:
    """Say which part of the search leaves nothing, and offer the search without it."""
    reason = page.services().image_queries.why_empty(project_id, query)
    is_unknown = reason is not None and _needs_analysis(project_id, reason)
    note = "Words, objects and similar images are found once the images are analyzed." if is_unknown else ""
    nothing.show(reason, query, "image", note=note)


def _needs_analysis(project_id: str, reason: EmptyReason) -> bool:
    about_content = not reason.part.startswith("-") and reason.part.split(":")[0] not in ("name", "source", "added")
    return about_content and not page.services().image_queries.count(project_id, "analyzed:objects")
