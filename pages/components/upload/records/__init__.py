"""The first records of an import: each image, or its name, beside the questions and answers."""

import base64
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.importing.previewing import PreviewImage, PreviewRecord
from core.importing.records import Turn
from pages.components.shared import controls, media, numbers, page

_MAX_TEXT_CHARS, _MAX_TURNS, _MAX_IMAGES = 600, 6, 3


def show(records: Sequence[PreviewRecord], *, key: str) -> None:
    """Draw the records, one below the other."""
    component = st.components.v2.component(
        "vitrine_records", html='<div class="records" role="list"></div>', css=controls.styled(_part("records.css")),
        js=_part("records.js"),
    )  # fmt: skip
    component(
        key=page.component_key(key),
        data={"records": [_record(record) for record in records], "label": "First records"},
    )


def _record(record: PreviewRecord) -> dict[str, Any]:
    return {
        "where": record.where,
        "images": [_image(image) for image in record.images[:_MAX_IMAGES]],
        "more_images": max(len(record.images) - _MAX_IMAGES, 0),
        "system": _short(record.system),
        "turns": [_turn(turn) for turn in record.turns[:_MAX_TURNS]],
        "more_turns": max(len(record.turns) - _MAX_TURNS, 0),
    }


def _image(image: PreviewImage) -> dict[str, str | None]:
    url = media.image_url(image.image_id, image.sha256) if image.image_id else None
    if image.thumbnail:
        url = f"data:image/jpeg;base64,{base64.b64encode(image.thumbnail).decode('ascii')}"
    return {
        "name": _short(image.stored_name or image.name),
        "written": _short(image.name),
        "url": url,
        "note": image.note,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    labels = json.loads(turn.answer) if turn.answer_type == "label" else None
    return {"question": _short(turn.question), "answer": _short(turn.answer), "labels": labels}


def _short(text: str) -> str:
    if len(text) <= _MAX_TEXT_CHARS:
        return text
    return f"{text[:_MAX_TEXT_CHARS]}… ({numbers.text(len(text))} characters)"


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
