"""Export: choose entries, format and destination; run the export and show the checks that it passed."""

from dataclasses import dataclass

import streamlit as st

from core import Projects
from core.errors import InvalidInputError, NotFoundError
from core.export import ExportRecipe, SelectionCounts, format_named, parse_recipe
from core.tasks import TaskStatus
from pages.components.export import finished_exports, image_changes, recipe_form, row_preview
from pages.components.shared import first_step, later, nothing, numbers, page, task_progress
from pages.components.shared.numbers import pluralize


def main() -> None:
    project = page.project()
    counts = page.services().projects.counts(project.id)
    action = page.header("Export", f"{pluralize(counts.entries, 'entry')}, {numbers.text(counts.confirmed)} confirmed")
    if not counts.entries:
        first_step.show(project.id, "quiz", "There are no entries to export yet.")
        return
    task_id = st.query_params.get("task")
    if task_id:
        _watch(project.id, task_id)
    chosen = _recipe(project)
    with action:
        _start_button(project, chosen)
    later.show("export", lambda: _below(project.id, chosen))


def _below(project_id: str, chosen: "_Chosen | None") -> None:
    """Draw what is below the recipe: its preview, and the earlier exports."""
    if chosen is not None and chosen.selection.entries:
        image_changes.preview(project_id, chosen.recipe)
        row_preview.show(project_id, chosen.recipe)
    finished_exports.earlier(project_id, run)


@dataclass(frozen=True)
class _Chosen:
    """A valid recipe with what it selects; *has_open_question* while nobody said what to do with bad entries."""

    recipe: ExportRecipe
    selection: SelectionCounts
    has_open_question: bool


def _recipe(project: Projects) -> _Chosen | None:
    """Draw the three columns of the recipe; an invalid recipe shows its error below the destination."""
    exports = page.services().exports
    columns = st.grid(3, min_column_width=250, border=True, key="export-recipe")
    # One after the other: an empty one would be moved by what the one before it gets.
    entries_column = columns.cell()
    with entries_column:
        st.header("Entries", anchor=False)
        entries = recipe_form.entries(project.id)
        since = recipe_form.since(exports.list_exports(project.id))
        counts_area = st.container()
    with columns.cell():
        st.header("Format", anchor=False)
        shape = recipe_form.shape()
    destination_column = columns.cell()
    with destination_column:
        st.header("Destination", anchor=False)
        destination = recipe_form.destination(format_named(shape["format"]), page.services().splits.counts(project.id))
    shape |= image_changes.form(format_named(shape["format"]), shape)
    try:
        recipe = parse_recipe({"entries": entries, **shape, **destination, **since})
        with entries_column:
            leave_out = recipe_form.problems(exports.problems(project.id, recipe))
        recipe = parse_recipe({"entries": entries | {"leave_out": leave_out or ()}, **shape, **destination, **since})
        selection = exports.count(project.id, recipe)
    except InvalidInputError as error:
        with destination_column:
            st.warning(page.escape(str(error)), icon=":material/warning:")
            nothing.offer_mended(entries["search"])
        return None
    with counts_area:
        recipe_form.counts(selection)
    return _Chosen(recipe, selection, leave_out is None)


def _start_button(project: Projects, chosen: _Chosen | None) -> None:
    entries = chosen.selection.entries if chosen else 0
    is_open = chosen is not None and chosen.has_open_question
    clicked = st.button(
        f"Export {pluralize(entries, 'entry')}", type="primary", icon=":material/package_2:",
        disabled=not entries or is_open, key="export-start",
        help="Choose below what to do with the entries that have a problem." if is_open else None,
    )  # fmt: skip
    if clicked and chosen is not None:
        run(project.id, chosen.recipe)


def run(project_id: str, recipe: ExportRecipe) -> None:
    """Start the export as a task and show its progress."""
    task = page.services().tasks.create_task(project_id, "dataset-export", {"recipe": recipe.as_dict()})
    page.services().engine.submit(task.id)
    st.query_params["task"] = task.id
    st.rerun()


def _watch(project_id: str, task_id: str) -> None:
    """Show the progress of an export, then its report; the tasks of an imported project come without their exports."""
    task = page.services().tasks.get_task(task_id)
    if task.status != TaskStatus.COMPLETED:
        task_progress.show(task_id)
        return
    result = page.services().tasks.items(task_id)[0].result
    if address := result.get("address"):
        st.success(page.escape(f"Sent. It is at {address}"), icon=":material/cloud_done:")
    exports = page.services().exports
    try:
        export = exports.get_export(result["export_id"])
    except NotFoundError:
        export = None
    if export is None or export.project_id != project_id:
        st.info("The files of this export are not here. Run it again.", icon=":material/info:")
        return
    finished_exports.report(export)


main()
