"""Upload: import images and annotations from several sources, with a report; below, what was added last."""

from collections.abc import Sequence

import streamlit as st

from core.importing.upload import Upload
from pages.components.shared import numbers, page, sizes
from pages.components.shared.numbers import pluralize
from pages.components.upload import drop, import_forms, import_outcomes, import_view, quota, recent, waiting_imports


def main() -> None:
    project = page.project()
    stats = page.services().images.get_project_image_stats(project.id)
    count = stats["total_images"]
    action = page.header("Upload", _state(stats))
    quota.show(project.id)
    uploads = page.services().uploads.list_uploads(project.id)
    complete = [upload for upload in uploads if upload.is_complete]
    is_waiting = waiting_imports.any_waits(project.id, complete)
    unfinished = [upload for upload in uploads if not upload.is_complete]
    _ways_in(project.id, unfinished, compact=count > 0 or is_waiting or "task" in st.query_params)
    # Each has its place whether there is one or not: an element that moves takes the look of the one it replaces.
    preview, progress = st.container(), st.container()
    if task_id := st.query_params.get("task"):
        with progress:
            import_view.show(task_id)
    if count:
        with action:
            waiting = count - stats["with_questions"]
            if st.button(
                f"Ask about {pluralize(waiting, 'image')}" if waiting else "Ask more questions",
                type="secondary" if is_waiting else "primary",  # then the primary action is the import
                icon=":material/auto_awesome:", key="upload-next",
            ):  # fmt: skip
                page.go("generate")
        recent.show(project.id)
    with preview:  # last, because reading takes a moment
        waiting_imports.show(project.id, complete)


def _ways_in(project_id: str, unfinished: Sequence[Upload], *, compact: bool) -> None:
    labels = {"drop": "Files and folders"} | import_forms.labels()
    chosen = st.segmented_control(
        "Image source", list(labels), format_func=labels.__getitem__, default="drop", required=True,
        key="upload-from", label_visibility="collapsed", on_change=import_view.close_ended,
    )  # fmt: skip
    if chosen != "drop":
        import_forms.show(chosen, project_id)
        return
    dropped = drop.show(project_id, _hint(), unfinished, compact=compact, on_drop=import_view.close_ended)
    if dropped is not None:
        import_outcomes.show(dropped.counts, dropped.rows, key="upload-dropped")


def _state(stats: dict[str, int]) -> str:
    if not stats["total_images"]:
        return "No images yet."
    return (
        f"{pluralize(stats['total_images'], 'image')}, {sizes.readable(stats['total_size'])}, "
        f"{numbers.text(stats['with_questions'])} with questions, "
        f"{numbers.text(stats['near_duplicates'])} similar to another image"
    )


def _hint() -> str:
    settings = page.services().db.settings
    place = "on this machine" if not settings.has_sign_in else "on the server"
    return (
        f"JPEG, PNG or WebP up to {numbers.text(settings.max_image_bytes / 1e6)} MB each; ZIP, PDF, Parquet, "
        f"Arrow, tar, JSON or CSV up to {settings.max_upload_bytes / 1e9:,.3g} GB. They stay {place}."
    )


main()
