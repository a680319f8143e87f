"""What is said of a style dataset without a single style: the groups its images fall into, each to be used alone."""

import streamlit as st

from core import StyleDatasets
from core.accounts.permissions import Act
from core.style.groups import StyleGroup
from pages.components.shared import cards, media, page
from pages.components.shared.cards import Card
from pages.components.shared.numbers import pluralize

_SHOWN = 4
_AT_ONCE = 3


def show(dataset: StyleDatasets) -> None:
    """Draw the groups; nothing for images that share a style."""
    unity = page.services().style_datasets.unity(dataset.id)
    if unity.is_one_style:
        return
    if not unity.groups:
        st.info(
            "These images have no single style, and no groups with one were found. Remove some.",
            icon=":material/palette:",
        )
        return
    st.info(
        f"These images have no single style: they fall into {len(unity.groups)} groups. Use one of them for results "
        "that look alike.", icon=":material/palette:",
    )  # fmt: skip
    numbered = list(enumerate(unity.groups))
    _cards(dataset, numbered[:_AT_ONCE])
    if more := numbered[_AT_ONCE:]:
        # Otherwise the prompt is far below on a narrow screen.
        with st.expander(pluralize(len(more), "more group")):
            _cards(dataset, more)


def _cards(dataset: StyleDatasets, groups: list[tuple[int, StyleGroup]]) -> None:
    for number, group in groups:
        with st.container(border=True, key=f"style-group-{number}"):
            _group(dataset, number, group)


def _group(dataset: StyleDatasets, number: int, group: StyleGroup) -> None:
    services = page.services()
    st.text(f"{group.label}: {pluralize(len(group.ids), 'image')}")
    shown = services.style_datasets.get_images(group.ids[:_SHOWN])
    cards.show(
        [
            Card(entry.row.id, media.image_url(entry.image.id, entry.image.sha256) if entry.image else None, entry.name)
            for entry in shown
        ],
        key=f"style-group-images-{dataset.id}-{number}", label=f"Images of the group {group.label}", min_width_px=60,
    )  # fmt: skip
    allowed = page.only(Act.MANAGE_STYLES, dataset.project_id)
    if st.button("Make a style dataset of it", key=f"style-group-use-{number}", **allowed):
        made = services.style_datasets.create_from_group(dataset.id, group.label, group.ids)
        st.query_params["style"] = made.id
        st.rerun()
