"""The tags of an image: a component in which a person accepts, removes and adds tags, each saved at once."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core import Images
from core.api import credentials
from core.vision.tag_review import ImageTags
from pages.components.shared import controls, media, page

_HTML = """<div class="tags"><div class="line" data-part="own"></div><div class="line" data-part="proposed"></div>
<div class="line" data-part="removed"></div><div class="line"><input data-part="word" maxlength="60"
placeholder="Add a tag" aria-label="Add a tag" title="T"><button data-part="undo" title="U">Undo</button>
<span data-part="status" role="status"></span></div></div>"""


def show(image: Images, tags: ImageTags, scores: dict[str, float], *, key: str) -> None:
    """Draw the tags.

    Args:
        scores: of proposed tags, by tag.
    """
    component = st.components.v2.component(
        "vitrine_tags",
        html=_HTML,
        css=controls.styled(_part("tags.css")),
        js=controls.press_script() + _part("tags.js"),
    )
    component(
        key=page.component_key(key),
        data={
            "image": image.id,
            "url": f"{media.base_path()}/api/images/{image.id}/tags",
            "token": credentials.page_token(),
            "tags": vars(tags),
            "scores": scores,
        },
        on_changed_change=lambda: None,
    )


@cache
def _part(name: str) -> Any:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
