"""Overview: the projects, the state of the open one, and the next steps."""

import streamlit as st

from core.accounts.permissions import Act
from core.dataset import EntryFilter
from core.projects import ProjectCounts, ProjectSummary
from pages import PAGES
from pages.components.curate import own_review
from pages.components.overview import moves, project_dialogs, start
from pages.components.shared import figure, media, numbers, page, reviewer_name, task_labels, visitor
from pages.components.shared.numbers import pluralize


def main() -> None:
    projects = page.services().projects
    summaries = projects.summaries(visible=visitor.visible_projects())
    chosen = next((summary.project for summary in summaries if summary.project.id == page.project_id()), None)
    counts = None if chosen is None else projects.counts(chosen.id)
    with page.header("Overview", "" if counts is None else _state(counts)):
        if summaries and st.button(
            "New project", type="primary", icon=":material/add:", key="new-project", **page.only(Act.CREATE_PROJECT)
        ):
            project_dialogs.new()
        if summaries and st.button(
            "Import a project", icon=":material/unarchive:", key="import-project", **page.only(Act.CREATE_PROJECT)
        ):
            moves.import_dialog()
    project_dialogs.undo_notice()
    moves.show_import()
    if not summaries:
        if page.may(Act.CREATE_PROJECT):
            start.show()
        else:
            st.text("You have no role in a project yet. Ask an owner of one, or an admin of this server.")
        return
    if chosen is not None and counts is not None:
        _stages(chosen.id, counts)
        _activity(chosen.id)
        _own_progress(chosen.id)
    _projects(summaries)


def _state(counts: ProjectCounts) -> str:
    return (
        f"{pluralize(counts.images, 'image')}, {pluralize(counts.questions, 'question')}, "
        f"{numbers.text(counts.confirmed)} of {pluralize(counts.entries, 'entry')} confirmed"
    )


def _stages(project_id: str, counts: ProjectCounts) -> None:
    """Draw the five stages of the work, each with a number and a link to the next step."""
    waiting = counts.images_without_questions
    actor = reviewer_name.name()
    to_review = page.services().collaboration.count_queue(project_id, EntryFilter(), actor) if counts.open else 0
    stages = (
        ("upload", "Upload", *_amount(counts.images, "image"), "Add images"),
        (
            "generate", "Generate", *_amount(counts.questions, "question"),
            f"Ask about {pluralize(waiting, 'image')}" if waiting else "Ask more questions",
        ),
        (
            "curate", "Curate", numbers.text(counts.confirmed),
            f"of {pluralize(counts.entries, 'entry')} confirmed",
            f"Review {pluralize(to_review, 'entry')}" if to_review else "View the entries",
        ),
        ("style", "Style", *_amount(counts.generated, "generated image"), "Generate an image"),
        ("export", "Export", *_amount(counts.confirmed, "confirmed entry"), "Export the dataset"),
    )  # fmt: skip
    grid = st.grid(5, min_column_width=170, border=True, key="stages")
    acts = {entry.name: entry.act for entry in PAGES}
    for file, title, number, unit, next_step in stages:
        act = acts[file]
        with grid.cell():
            st.metric(title, number)
            st.caption(unit)
            if act is None or page.may(act, project_id):
                page.link(file, next_step, icon="arrow_forward")


def _amount(number: int, one: str) -> tuple[str, str]:
    """Return *number* and its noun, which stand below each other."""
    written, _, noun = pluralize(number, one).partition(" ")
    return written, noun


def _activity(project_id: str) -> None:
    """Draw the recent activity: decisions per day and the latest tasks."""
    by_day = [count for _, count in page.services().entries.decisions_per_day(project_id)]
    tasks = page.services().tasks.list_tasks(project_id, limit=4)
    if not any(by_day) and not tasks:
        return
    grid = st.grid(2, min_column_width=300, border=True, key="activity")
    if any(by_day):
        with grid.cell():
            st.metric("Decisions in the last 30 days", numbers.text(sum(by_day)), chart_data=by_day, chart_type="bar")
    if tasks:
        with grid.cell():
            st.caption("Latest tasks")
            for task in tasks:
                page.link("tasks", page.escape(task_labels.row(task)), icon=task_labels.icon(task), task=task.id)


def _own_progress(project_id: str) -> None:
    """Draw the visitor's own review: what waits, the pace, how far others agree; for somebody with a name."""
    person = reviewer_name.name()
    if person != "local" and page.may(Act.REVIEW, project_id):
        own_review.cell(project_id, person)


def _projects(summaries: list[ProjectSummary]) -> None:
    st.header("Projects", anchor=False)
    grid = st.grid(3, min_column_width=260, border=True, key="projects")
    for summary in summaries:
        with grid.cell():
            _card(summary)


_MENU = {
    "Rename": Act.CHANGE_PROJECT, "Export project": Act.EXPORT, "Quota": Act.MANAGE_SERVER,
    "Delete": Act.DELETE_PROJECT,
}  # fmt: skip


def _menu(project_id: str) -> list[str]:
    """Return what the visitor may do with a project."""
    return [label for label, act in _MENU.items() if page.may(act, project_id)]


def _card(summary: ProjectSummary) -> None:
    project = summary.project
    cover = summary.cover
    figure.show(
        media.image_url(cover.id, cover.sha256) if cover else None,
        cover.image_name if cover else "",
        height_px=140,
        key=f"cover-{project.id}",
    )
    st.page_link(
        "pages/overview.py", label=page.escape(project.name), query_params=page.query_params(project.id),
        icon=":material/folder_open:",
    )  # fmt: skip
    if project.description:
        st.caption(page.escape(project.description))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{pluralize(summary.images, 'image')}, "
            f"{numbers.text(summary.confirmed)} of {pluralize(summary.entries, 'entry')} confirmed",
            width="stretch",
        )
        offered = _menu(project.id)
        act = None
        if offered:
            act = st.menu_button(
                "More", offered, key=f"project-menu-{project.id}", icon=":material/more_horiz:", type="tertiary"
            )
    # In the card, since whoever asked for the export looks there: the top of the page may be out of sight.
    moves.show_export(project)
    if act == "Rename":
        project_dialogs.rename(project)
    elif act == "Export project":
        moves.export(project)
    elif act == "Quota":
        project_dialogs.quota(project)
    elif act == "Delete":
        project_dialogs.delete(project)


main()
