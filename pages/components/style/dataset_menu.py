"""The menu of a style dataset: create, add images, describe, restore versions, copy, delete."""

import streamlit as st

from core import Projects, StyleDatasets
from core.accounts.permissions import Act
from core.llm import session_keys
from core.style.dataset_service import MAX_FIRST_IMAGES
from core.tasks.service import ACTIVE
from pages.components.shared import model_picker, page, visitor
from pages.components.shared.numbers import pluralize


def make(project: Projects) -> None:
    """Draw the form that creates an empty style dataset."""
    # A new key makes a new widget, so the popover closes after it was used.
    count = len(page.services().style_datasets.list_style_datasets(project.id))
    with (
        st.popover("New", icon=":material/add:", key=f"style-new-box-{count}"),
        st.form("style-new-form", border=False, clear_on_submit=True),
    ):
        name = st.text_input("Name", key="style-new", placeholder="Northern light")
        guidelines = st.text_area("Style guidelines", key="style-new-guidelines", height=80)
        if st.form_submit_button("Create", key="style-make") and name.strip():
            made = page.services().style_datasets.create_style_dataset(project.id, name, guidelines)
            st.query_params["style"] = made.id
            st.rerun()


def show(project: Projects, dataset: StyleDatasets, images: int) -> None:
    """Draw the menu for a style dataset with this number of *images*."""
    with st.container(horizontal=True):
        with st.popover("Add images", icon=":material/add_photo_alternate:", key=f"style-add-{dataset.id}-{images}"):
            _add(project, dataset)
        with st.popover("Manage", icon=":material/more_horiz:", key="style-change"):
            _rename(dataset)
            _copy(project, dataset)
            if st.button("Describe with a vision model", icon=":material/visibility:", key="style-describe"):
                _describe(project, dataset)
            if st.button("Delete this style dataset", icon=":material/delete:", key="style-delete"):
                page.services().style_datasets.delete_style_dataset(dataset.id)
                st.session_state["style-deleted"] = dataset.id
                st.query_params.pop("style", None)
                st.rerun()


def _rename(dataset: StyleDatasets) -> None:
    services = page.services()
    name = st.text_input("Name", dataset.name, key=f"style-name-{dataset.id}-{dataset.version}")
    if name.strip() and name.strip() != dataset.name:
        services.style_datasets.update_style_dataset(dataset.id, name=name)
        st.rerun()
    versions = {
        version.version: f"{version.version}: {version.change}"
        for version in services.style_datasets.list_versions(dataset.id)
    }
    version = st.selectbox(
        "Versions", list(versions), format_func=lambda number: versions[number],
        key=f"style-versions-{dataset.id}-{dataset.version}",
    )  # fmt: skip
    if version != dataset.version and st.button(f"Restore version {version}", key="style-go-back"):
        services.style_datasets.restore_version(dataset.id, version)
        st.rerun()


def _add(project: Projects, dataset: StyleDatasets) -> None:
    """Draw the ways to add images: the selection in the library, the whole library, URLs."""
    services = page.services()
    selected = selected_images(project)
    if selected:
        if st.button(f"Add {pluralize(len(selected), 'selected image')}", key="style-add-selected", type="primary"):
            services.style_datasets.add_images(dataset.id, selected)
            _added(project, dataset)
    else:
        page.link("upload", "Select images in the library", icon="photo_library")
    if st.button("Add all images of the project", key="style-add-all"):
        services.style_datasets.add_images(
            dataset.id, page.services().library.find_image_ids(project.id)[:MAX_FIRST_IMAGES]
        )
        _added(project, dataset)
    with st.form("style-urls-form", border=False, clear_on_submit=True):
        urls = st.text_area("Web addresses, one per line", key="style-urls", height=80, placeholder="https://")
        if st.form_submit_button("Add web addresses", key="style-add-urls") and urls.strip():
            services.style_datasets.add_images(dataset.id, urls=urls.splitlines())
            _added(project, dataset)


def _added(project: Projects, dataset: StyleDatasets) -> None:
    services = page.services()
    services.style_analysis.measure_images(dataset.id)
    analyze_rest(project, dataset)
    st.rerun()


def selected_images(project: Projects) -> list[str]:
    """Return the ids of the images of this project that are selected in the library."""
    found = page.services().library.get_images(st.session_state.get("selected-images", []))
    return [image.id for image in found if image.project_id == project.id]


def _targets() -> list[Projects]:
    """Return the projects that a copy may go to."""
    found = page.services().projects.list_projects(visitor.visible_projects())
    return [project for project in found if page.may(Act.MANAGE_STYLES, project.id)]


def _copy(project: Projects, dataset: StyleDatasets) -> None:
    projects = page.unique_labels({project.id: project.name for project in _targets()})
    target = st.selectbox("Copy to project", list(projects), format_func=lambda id_: projects[id_], key="style-copy-to")
    if st.button("Copy", key="style-copy", icon=":material/content_copy:"):
        made = page.services().style_datasets.copy_style_dataset(dataset.id, target)
        if target == project.id:
            st.query_params["style"] = made.id
        else:
            st.session_state["style-copied"] = made.id
        st.rerun()


def notices() -> None:
    """Offer to undo the last deletion of a style dataset, and to open the last copy."""
    services = page.services()
    if copied := st.session_state.get("style-copied"):
        made = services.style_datasets.get_style_dataset(copied)
        name = page.services().projects.get_project(made.project_id).name
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Copied to the project {page.escape(name)}.", width="content")
            if st.button("Open the copy", key="style-open-copy", icon=":material/arrow_forward:"):
                del st.session_state["style-copied"]
                page.choose_project(made.project_id)
                st.query_params["style"] = made.id
                st.rerun()
    if deleted := st.session_state.get("style-deleted"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The style dataset was deleted. Its results are still in the history.", width="content")
            if st.button("Undo", key="style-undo-delete", icon=":material/undo:"):
                services.style_datasets.restore_style_dataset(deleted)
                st.query_params["style"] = deleted
                del st.session_state["style-deleted"]
                st.rerun()


def analyze_rest(project: Projects, dataset: StyleDatasets) -> None:
    """Start a task that measures the images that have no measurements yet."""
    services = page.services()
    summary = services.style_datasets.summary(dataset.id)
    if summary.images > summary.analyzed:
        task = services.tasks.create_task(project.id, "style-analysis", {"dataset_id": dataset.id})
        services.engine.submit(task.id)


def is_analyzing(project: Projects) -> bool:
    """Return whether an analysis task of the project is active."""
    tasks = page.services().tasks.list_tasks(project.id, active_only=True)
    return any(task.task_type == "style-analysis" and task.status in ACTIVE for task in tasks)


@st.dialog("Describe the images")
def _describe(project: Projects, dataset: StyleDatasets) -> None:
    """Have a vision model describe the images; descriptions written by a person are kept."""
    choice = model_picker.show(
        "style-describe", built_in="It describes only size, colors, brightness, contrast and similar properties."
    )
    waiting = len(page.services().style_analysis.pending_images(dataset.id, choice.config["model"]))
    st.caption(f"{pluralize(waiting, 'image has', 'images have')} no description by this model yet.")
    if st.button("Describe these images", type="primary", disabled=not waiting, key="style-describe-start"):
        config = {"dataset_id": dataset.id, "llm_config": choice.config}
        task = page.services().tasks.create_task(project.id, "style-analysis", config)
        if choice.api_key:
            session_keys.register(task.id, choice.api_key)
        page.services().engine.submit(task.id)
        st.rerun()
