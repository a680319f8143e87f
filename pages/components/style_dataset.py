"""The style dataset: which one, its guidelines, its brand, its images with their measured palettes."""

import streamlit as st

from core import Projects, StyleDatasets, app
from core.style.datasets import StyleImage
from core.style.library import FIRST_STYLE_IMAGES
from core.tasks.service import ACTIVE
from pages.components import cards, media, page
from pages.components.cards import Action, Card

_SHOWN = 12


def choose(project: Projects) -> StyleDatasets | None:
    """Draw the picker and return the chosen style dataset, None when the project has none."""
    found = page.services().style.list_style_datasets(project.id)
    if not found:
        return None
    names = {dataset.id: f"{dataset.name}, version {dataset.version}" for dataset in found}
    asked = st.query_params.get("style")
    chosen = st.selectbox(
        "Style dataset",
        list(names),
        index=list(names).index(asked) if asked in names else 0,
        format_func=lambda id_: names.get(id_, ""),
        key=f"style-dataset-{project.id}-{len(found)}-{asked}",
    )
    if chosen is not None and chosen != asked:
        st.query_params["style"] = chosen
    return next((dataset for dataset in found if dataset.id == chosen), None)


def start(project: Projects) -> None:
    """Offer the one click that makes a first style dataset."""
    images = page.services().projects.counts(project.id).images
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(":material/palette:", text_alignment="center")
        st.markdown("No style has been learned yet.", text_alignment="center")
        st.caption(
            f"Vitrine measures the colors, light and texture of up to {FIRST_STYLE_IMAGES} of your {images:,} images "
            "and picks the ones that show their style best. Nothing leaves this machine.",
            text_alignment="center",
        )
        if st.button("Learn the look of this project", type="primary", icon=":material/palette:", key="style-learn"):
            with st.spinner("Measuring the images"):
                made = page.services().style.create_from_project(project.id)
            st.query_params["style"] = made.id
            _analyse_rest(project, made)
            st.rerun()
        st.space("small")


def show(project: Projects, dataset: StyleDatasets) -> None:
    """Draw the chosen style dataset."""
    style = page.services().style
    summary = style.summary(dataset.id)
    guidelines = st.text_area(
        "Style guidelines",
        value=dataset.master_prompt,
        key=f"style-guidelines-{dataset.id}-{dataset.version}",
        placeholder="Muted colors, soft northern light, no people",
        help="Goes into every prompt. A change makes a new version; results keep theirs.",
        height=90,
    )
    if guidelines.strip() != dataset.master_prompt:
        style.update_style_dataset(dataset.id, master_prompt=guidelines)
        st.rerun()
    _brand(project)
    _images(project, dataset, summary.images, summary.analysed)
    _more(project, dataset)


def _brand(project: Projects) -> None:
    style = page.services().style
    profile = style.business_profile(project.id)
    title = f"Brand: {page.plain(profile.business_name)}" if profile and profile.business_name else "Brand"
    with st.expander(title, key="style-brand"), st.form("style-brand-form", border=False):
        name = st.text_input("Name", profile.business_name if profile else "", key="style-brand-name")
        vibes = st.text_input("Vibe", profile.vibes if profile else "", key="style-brand-vibes")
        theme = st.text_input("Theme", profile.theme if profile else "", key="style-brand-theme")
        if st.form_submit_button("Save brand", key="style-brand-save"):
            style.set_business_profile(project.id, name, vibes, theme)
            st.rerun()


def _images(project: Projects, dataset: StyleDatasets, total: int, analysed: int) -> None:
    style = page.services().style
    waiting = total - analysed
    st.caption(f"{total:,} images, {analysed:,} measured" + (f", {waiting:,} waiting" if waiting else ""))
    act = cards.show(
        [_card(entry) for entry in style.list_images(dataset.id, limit=_SHOWN)],
        key=f"style-images-{dataset.id}",
        label="Images of the style dataset",
        min_width_px=80,
    )
    if total > _SHOWN:
        st.caption(f"The first {_SHOWN} of {total:,}.")
    if (
        waiting
        and not _analysing(project)
        and st.button("Analyse the rest", key="style-analyse", icon=":material/tune:")
    ):
        _analyse_rest(project, dataset)
        st.rerun()
    if act and act.action == "remove":
        style.remove_images(dataset.id, [act.id])
        st.rerun()


def _card(entry: StyleImage) -> Card:
    image = entry.image
    palette = entry.row.analysis_result.get("measured", {}).get("palette", [])
    return Card(
        id=entry.row.id,
        url=media.image_url(image.id, image.sha256) if image else None,
        name=entry.name,
        swatches=tuple((color["hex"], color["name"]) for color in palette),
        actions=(
            Action("remove", "Remove", help="Take it out of the style dataset; older versions keep it", corner=True),
        ),
    )


def _analyse_rest(project: Projects, dataset: StyleDatasets) -> None:
    """Measure as a task what was not measured at once."""
    services = page.services()
    summary = services.style.summary(dataset.id)
    if summary.images > summary.analysed:
        task = services.tasks.create_task(project.id, "style-analysis", {"dataset_id": dataset.id})
        app.engine().submit(task.id)


def _analysing(project: Projects) -> bool:
    tasks = page.services().tasks.list_tasks(project.id, limit=5, active_only=True)
    return any(task.task_type == "style-analysis" and task.status in ACTIVE for task in tasks)


def _more(project: Projects, dataset: StyleDatasets) -> None:
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
        _analyse_rest(project, dataset)
        st.rerun()
    if st.button("Add all images of the project", key="style-add-all", icon=":material/add_photo_alternate:"):
        style.add_images(dataset.id, page.services().images.find_image_ids(project.id)[:FIRST_STYLE_IMAGES])
        _analyse_rest(project, dataset)
        st.rerun()


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
