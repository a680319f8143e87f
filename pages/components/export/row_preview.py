"""The first rows of an export, and the checks that will run on it."""

import json
from typing import Any

import streamlit as st

from core.export import ExportRecipe, format_named
from pages.components.shared import figure, media, numbers, page

_LONGEST_TEXT_CHARS = 400


def show(project_id: str, recipe: ExportRecipe) -> None:
    format_ = format_named(recipe.format)
    rows = page.services().exports.preview(project_id, recipe)
    st.header(f"Preview of {numbers.pluralize(len(rows), 'row')}", anchor=False)
    for number, shown in enumerate(rows):
        left, right = st.columns([1, 3], gap="small")
        with left:
            url = media.image_url(shown.image_id, shown.sha256)
            figure.show(url, shown.image_name, height_px=200, key=f"export-preview-{number}", fit="contain")
        with right:
            # Without syntax highlighting: it creates hundreds of elements, and only images have strong colors.
            st.code(_as_text(shown.row), language=None, wrap_lines=True, height=200)
    with st.expander("Checks that run after writing", key="export-checks"):
        st.text("\n".join(format_.checker.checks))


def _as_text(row: dict[str, Any]) -> str:
    return json.dumps(_shortened(row), ensure_ascii=False, indent=2, default=str)


def _shortened(value: Any) -> Any:
    """Return the row with long texts cut and bytes replaced, for display only."""
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(inner) for inner in value]
    if isinstance(value, bytes):
        return "the image's bytes"
    if isinstance(value, str) and len(value) > _LONGEST_TEXT_CHARS:
        return value[:_LONGEST_TEXT_CHARS] + f"… ({numbers.text(len(value))} characters)"
    return value
