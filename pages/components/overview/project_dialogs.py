"""Dialogs that create, rename and delete a project."""

import streamlit as st

from core import Projects
from pages.components.shared import confirm, numbers, page, undo, visitor
from pages.components.shared.numbers import pluralize

_DELETED = "deleted-project"


@st.dialog("New project")
def new() -> None:
    with st.form("new-project-form", border=False):
        name = st.text_input("Name", key="new-project-name", placeholder="Kitchen shelves")
        description = st.text_area("Description", key="new-project-description", placeholder="What the dataset is for")
        wanted = st.form_submit_button("Create project", type="primary", key="new-project-create")
    if wanted:
        with page.show_errors():
            project = page.services().projects.create_project(name, description, owner_id=visitor.actor().account_id)
            page.choose_project(project.id)
            page.go("upload")


@st.dialog("Rename project")
def rename(project: Projects) -> None:
    with st.form("rename-project-form", border=False):
        name = st.text_input("Name", value=project.name, key="rename-project-name")
        description = st.text_area("Description", value=project.description, key="rename-project-description")
        wanted = st.form_submit_button("Save", type="primary", key="rename-project-save")
    if wanted:
        with page.show_errors():
            page.services().projects.rename_project(project.id, name, description)
            st.rerun()


@st.dialog("Quota")
def quota(project: Projects) -> None:
    used = page.services().library.quota(project.id)
    st.text(f"{project.name} has {pluralize(used.images, 'image')}, {numbers.text(used.image_bytes / 1e6, 1)} MB.")
    images = st.number_input(
        "Images at most", 0, value=used.max_images, placeholder="Any number", key=f"quota-images-{project.id}"
    )
    megabytes = st.number_input(
        "MB at most", 0, value=None if used.max_image_bytes is None else -(-used.max_image_bytes // 1_000_000),
        placeholder="Any size", key=f"quota-mb-{project.id}",
    )  # fmt: skip
    st.caption("What is there already stays. Images that Vitrine makes count, but are not refused.")
    if st.button("Save", type="primary", key="quota-save"):
        with page.show_errors():
            max_bytes = None if megabytes is None else int(megabytes) * 1_000_000
            max_images = None if images is None else int(images)
            page.services().projects.set_quota(project.id, max_images=max_images, max_image_bytes=max_bytes)
            st.rerun()


@st.dialog("Delete project")
def delete(project: Projects) -> None:
    counts = page.services().projects.counts(project.id)
    st.text(
        f"This deletes {project.name} with {pluralize(counts.images, 'image')}, "
        f"{pluralize(counts.questions, 'question')} and {pluralize(counts.entries, 'entry')} "
        f"({numbers.text(counts.confirmed)} confirmed). It can be restored from the bin."
    )
    label = f"Delete {pluralize(counts.images, 'image')} and {pluralize(counts.entries, 'entry')}"
    if confirm.confirmed(label, key="delete-project-confirm"):
        page.services().projects.delete_project(project.id)
        page.choose_project(None)
        st.session_state[_DELETED] = project.id
        st.rerun()


def undo_notice() -> None:
    """Offer to undo the last deletion of this session."""
    id_ = st.session_state.get(_DELETED)
    if id_ is None:
        return
    if undo.offer("The project was deleted.", "project"):
        del st.session_state[_DELETED]
        page.choose_project(page.services().projects.restore_project(id_).id)
        st.rerun()
