"""What is done to a style dataset now and then: adding, describing, renaming, versions, copying, deleting."""

import streamlit as st

from core import Projects, StyleDatasets, app
from core.llm import session_keys
from core.style.analysis import FIELDS, LISTS
from core.style.library import FIRST_STYLE_IMAGES
from core.tasks.service import ACTIVE
from pages.components import figure, media, model_picker, page


def show(project: Projects, dataset: StyleDatasets) -> None:
    """Draw what is needed now and then: adding, renaming, versions, copying, deleting."""
    style = page.services().style
    with st.popover("Change", icon=":material/more_horiz:", key="style-change"):
        _add(project, dataset)
        name = st.text_input("Name", dataset.name, key=f"style-name-{dataset.id}-{dataset.version}")
        if name.strip() and name.strip() != dataset.name:
            style.update_style_dataset(dataset.id, name=name)
            st.rerun()
        versions = {kept.version: f"{kept.version}: {kept.change}" for kept in style.style_versions(dataset.id)}
        back = st.selectbox(
            "Versions", list(versions), format_func=lambda number: versions[number], key=f"style-versions-{dataset.id}"
        )
        if back != dataset.version and st.button(f"Go back to version {back}", key="style-go-back"):
            style.go_back_to_version(dataset.id, back)
            st.rerun()
        _copy(project, dataset)
        if st.button("Describe with a vision model", icon=":material/visibility:", key="style-describe"):
            _describe(project, dataset)
        if st.button("Delete this style dataset", icon=":material/delete:", key="style-delete"):
            style.delete_style_dataset(dataset.id)
            st.session_state["style-deleted"] = dataset.id
            st.query_params.pop("style", None)
            st.rerun()


def _add(project: Projects, dataset: StyleDatasets) -> None:
    style = page.services().style
    new = st.text_input("New style dataset", key="style-new", placeholder="Its name")
    if new.strip() and st.button("Make it", key="style-make"):
        st.query_params["style"] = style.create_style_dataset(project.id, new).id
        st.rerun()
    urls = st.text_area("Add images by address, one a line", key="style-urls", height=68)
    if urls.strip() and st.button("Add these addresses", key="style-add-urls"):
        style.add_images(dataset.id, urls=urls.splitlines())
        analyse_rest(project, dataset)
        st.rerun()
    selected = selected_images(project)
    if selected and st.button(f"Add the {len(selected):,} selected images", key="style-add-selected"):
        style.add_images(dataset.id, selected)
        analyse_rest(project, dataset)
        st.rerun()
    if st.button("Add all images of the project", key="style-add-all", icon=":material/add_photo_alternate:"):
        style.add_images(dataset.id, page.services().images.find_image_ids(project.id)[:FIRST_STYLE_IMAGES])
        analyse_rest(project, dataset)
        st.rerun()


def selected_images(project: Projects) -> list[str]:
    """Return the images of this project that are selected in the library."""
    found = page.services().images.get_images(st.session_state.get("selected-images", []))
    return [image.id for image in found if image.project_id == project.id]


def _copy(project: Projects, dataset: StyleDatasets) -> None:
    projects = {one.id: one.name for one in page.services().projects.list_projects()}
    target = st.selectbox("Copy to project", list(projects), format_func=lambda id_: projects[id_], key="style-copy-to")
    if st.button("Copy", key="style-copy", icon=":material/content_copy:"):
        made = page.services().style.copy_style_dataset(dataset.id, target)
        if target == project.id:
            st.query_params["style"] = made.id
        st.rerun()


def offer_undo() -> None:
    """Offer to bring back the style dataset that was deleted last."""
    deleted = st.session_state.get("style-deleted")
    if deleted is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The style dataset was deleted. Its results stay.", width="content")
        if st.button("Undo", key="style-undo-delete", icon=":material/undo:"):
            page.services().style.restore_style_dataset(deleted)
            st.query_params["style"] = deleted
            del st.session_state["style-deleted"]
            st.rerun()


def analyse_rest(project: Projects, dataset: StyleDatasets) -> None:
    """Measure as a task what was not measured at once."""
    services = page.services()
    summary = services.style.summary(dataset.id)
    if summary.images > summary.analysed:
        task = services.tasks.create_task(project.id, "style-analysis", {"dataset_id": dataset.id})
        app.engine().submit(task.id)


def analysing(project: Projects) -> bool:
    tasks = page.services().tasks.list_tasks(project.id, limit=5, active_only=True)
    return any(task.task_type == "style-analysis" and task.status in ACTIVE for task in tasks)


@st.dialog("Describe the images")
def _describe(project: Projects, dataset: StyleDatasets) -> None:
    """Let a vision model put words to the images; those a person wrote stay."""
    choice = model_picker.show("style-describe")
    waiting = len(page.services().style.pending_images(dataset.id, choice.config["model"]))
    st.caption(f"{waiting:,} images have no words of this model yet.")
    if st.button("Describe them", type="primary", disabled=not waiting, key="style-describe-start"):
        config = {"dataset_id": dataset.id, "llm_config": choice.config}
        task = page.services().tasks.create_task(project.id, "style-analysis", config)
        if choice.api_key:
            session_keys.lend(task.id, choice.api_key)
        app.engine().submit(task.id)
        st.rerun()


@st.dialog("An image of the style dataset")
def about(row_id: str) -> None:
    """Show what was found out about an image, to be put in better words."""
    entry = page.services().style.get_image_of_style(row_id)
    if entry.image is not None:
        url = media.image_url(entry.image.id, entry.image.sha256, "view")
        figure.show(url, entry.name, height_px=260, fit="contain", key=f"style-about-{row_id}")
    st.text(entry.name)
    with st.form(f"style-about-form-{row_id}", border=False):
        said = entry.row.analysis_result
        words = {}
        for name in FIELDS:
            value = ", ".join(said.get(name, [])) if name in LISTS else str(said.get(name, ""))
            words[name] = st.text_input(name.capitalize(), value, key=f"style-about-{name}-{row_id}")
        st.caption(f"Written by {entry.row.analysis_model or 'nobody yet'}. Vibe and lighting go into the prompt.")
        if st.form_submit_button("Save", key=f"style-about-save-{row_id}"):
            page.services().style.edit_analysis(row_id, words)
            st.rerun()
