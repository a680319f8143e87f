"""The panel of the style dataset: picker, guidelines, brand, and images with their palettes."""

import streamlit as st

from core import Projects, StyleDatasets
from core.style.dataset_service import MAX_FIRST_IMAGES
from core.style.datasets import StyleImage
from pages.components.shared import cards, media, numbers, page
from pages.components.shared.cards import Action, Card
from pages.components.shared.numbers import pluralize
from pages.components.style import dataset_menu, image_dialog, result_cards, style_groups

_PAGE_SIZE = 12


def choose(project: Projects) -> StyleDatasets | None:
    """Draw the picker and return the chosen style dataset, None when the project has none."""
    found = page.services().style_datasets.list_style_datasets(project.id)
    if not found:
        return None
    names = page.unique_labels({dataset.id: f"{dataset.name}, version {dataset.version}" for dataset in found})
    requested = st.query_params.get("style")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Style dataset",
            list(names),
            index=list(names).index(requested) if requested in names else 0,
            format_func=lambda id_: names.get(id_, ""),
            key=f"style-dataset-{project.id}-{len(found)}-{requested}",
            width="stretch",
        )
        dataset_menu.make(project)
    if chosen is not None and chosen != requested:
        st.query_params["style"] = chosen
    return next((dataset for dataset in found if dataset.id == chosen), None)


def start(project: Projects) -> None:
    """Draw the button that creates the first style dataset."""
    images = page.services().projects.counts(project.id).images
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.markdown(":material/palette:", text_alignment="center")
        st.markdown("There is no style dataset yet.", text_alignment="center")
        st.caption(
            f"Vitrine measures the colors, light and texture of {_which_images(images)} and picks the ones that show "
            "their style best. Nothing leaves this machine.",
            text_alignment="center",
        )
        selected = dataset_menu.selected_images(project)
        label = (
            f"Learn the style of {pluralize(len(selected), 'selected image')}"
            if selected
            else "Learn the style of this project"
        )
        if st.button(label, type="primary", icon=":material/palette:", key="style-learn"):
            with st.spinner("Measuring the images"):
                made = page.services().style_datasets.create_from_project(project.id, image_ids=selected)
            st.query_params["style"] = made.id
            dataset_menu.analyze_rest(project, made)
            st.rerun()
        st.space("small")


def _which_images(images: int) -> str:
    return (
        "your images"
        if images <= MAX_FIRST_IMAGES
        else f"the newest {MAX_FIRST_IMAGES} of your {numbers.text(images)} images"
    )


def show(project: Projects, dataset: StyleDatasets) -> None:
    """Draw the guidelines, brand, images and menu of the style dataset."""
    services = page.services()
    summary = services.style_datasets.summary(dataset.id)
    guidelines = st.text_area(
        "Style guidelines",
        value=dataset.master_prompt,
        key=f"style-guidelines-{dataset.id}-{dataset.version}",
        placeholder="Muted colors, soft northern light, no people",
        help="Added to every prompt. A change creates a new version; earlier results keep theirs.",
        height=90,
    )
    if guidelines.strip() != dataset.master_prompt:
        services.style_datasets.update_style_dataset(dataset.id, master_prompt=guidelines)
        st.rerun()
    _brand(project)
    style_groups.show(dataset)
    _images(project, dataset, summary.images, summary.analyzed)
    dataset_menu.show(project, dataset, summary.images)


def _brand(project: Projects) -> None:
    services = page.services()
    profile = services.style_generation.get_business_profile(project.id)
    title = f"Brand: {page.escape(profile.business_name)}" if profile and profile.business_name else "Brand"
    with st.expander(title, key="style-brand"), st.form("style-brand-form", border=False):
        name = st.text_input("Name", profile.business_name if profile else "", key="style-brand-name")
        vibes = st.text_input("Vibe", profile.vibes if profile else "", key="style-brand-vibes")
        theme = st.text_input("Theme", profile.theme if profile else "", key="style-brand-theme")
        if st.form_submit_button("Save brand", key="style-brand-save"):
            services.style_generation.set_business_profile(project.id, name, vibes, theme)
            st.rerun()


def _images(project: Projects, dataset: StyleDatasets, total: int, analyzed: int) -> None:
    services = page.services()
    waiting = total - analyzed
    st.caption(
        f"{pluralize(total, 'image')}, {numbers.text(analyzed)} measured"
        + (f", {numbers.text(waiting)} waiting" if waiting else "")
    )
    shown = int(st.session_state.get("style-shown", _PAGE_SIZE))
    act = cards.show(
        [_card(entry) for entry in services.style_datasets.list_images(dataset.id, limit=shown)],
        key=f"style-images-{dataset.id}",
        label="Images of the style dataset",
        min_width_px=80,
    )
    if total > shown and st.button(f"Show more of {numbers.text(total)}", key="style-show-more"):
        st.session_state["style-shown"] = shown + 2 * _PAGE_SIZE
        st.rerun()
    if (
        waiting
        and not dataset_menu.is_analyzing(project)
        and st.button("Measure the rest", key="style-analyze", icon=":material/tune:")
    ):
        dataset_menu.analyze_rest(project, dataset)
        st.rerun()
    if act and act.action == "open":
        image_dialog.show(act.id)
    if act and act.action == "remove":
        services.style_datasets.remove_images(dataset.id, [act.id])
        st.rerun()


def _card(entry: StyleImage) -> Card:
    image = entry.image
    palette = entry.row.analysis_result.get("measured", {}).get("palette", [])
    return Card(
        id=entry.row.id,
        url=media.image_url(image.id, image.sha256) if image else None,
        name=entry.name,
        swatches=result_cards.swatches(palette),
        actions=(
            Action("open", "Open", frame=True),
            Action("remove", "Remove", help="Remove it from the style dataset; older versions keep it", corner=True),
        ),
    )
