"""Upload: import images from several sources, with an outcome per file; below, the image library."""

import streamlit as st

from core.importing.tasks import outcomes_of
from core.pluralize import pluralize
from pages.components.shared import page, task_progress
from pages.components.upload import drop, import_forms, import_outcomes, library


def main() -> None:
    project = page.project()
    stats = page.services().images.get_project_image_stats(project.id)
    count = stats["total_images"]
    action = page.header("Upload", _state(stats))
    _add_images(project.id)
    if task_id := st.query_params.get("task"):
        _import(task_id)
    if count:
        with action:
            waiting = count - stats["with_questions"]
            if st.button(
                f"Ask about {pluralize(waiting, 'image')}" if waiting else "Ask more questions", type="primary",
                icon=":material/auto_awesome:", key="upload-next",
            ):  # fmt: skip
                page.go("generate")
        library.show(project.id)


def _add_images(project_id: str) -> None:
    labels = {"drop": "Files and folders"} | import_forms.labels()
    chosen = st.segmented_control(
        "Image source", list(labels), format_func=labels.__getitem__, default="drop", required=True,
        key="upload-from", label_visibility="collapsed",
    )  # fmt: skip
    if chosen != "drop":
        import_forms.show(chosen, project_id)
        return
    dropped = drop.show(project_id, _hint())
    if dropped is not None:
        import_outcomes.show(dropped.counts, dropped.rows, key="upload-dropped")


def _import(task_id: str) -> None:
    """Show the progress and outcomes of an import; it continues in the background when the page is closed."""

    def results() -> None:
        found = outcomes_of(page.services().tasks.items(task_id, state="done", limit=100_000))
        import_outcomes.show(found.counts, found.rows, entries=found.entries, key="upload-import")

    with page.show_errors(), st.container(border=True, key="upload-task"):
        task_progress.show(task_id, results=results)


def _state(stats: dict[str, int]) -> str:
    if not stats["total_images"]:
        return "No images yet."
    return (
        f"{pluralize(stats['total_images'], 'image')}, {stats['total_size'] / 1e6:,.1f} MB, "
        f"{stats['with_questions']:,} with questions, {stats['near_duplicates']:,} similar to another image"
    )


def _hint() -> str:
    settings = page.services().db.settings
    return (
        f"JPEG, PNG or WebP, up to {settings.max_image_bytes / 1e6:,.0f} MB and "
        f"{settings.max_image_pixels / 1e6:,.0f} megapixels each. They stay on this machine."
    )


main()
