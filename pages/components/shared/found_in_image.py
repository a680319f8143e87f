"""What the analyzers found in an image: caption, objects and lines of text, with score and what found them."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.vision.analyzers import analyzers
from core.vision.store import ResultSource
from pages.components.shared import moment, page

_FEW_ROWS, _MANY_ROWS_PX = 6, 280


def show(image_id: str, results: Mapping[str, Any]) -> None:
    """Draw the *results* of the image by analyzer."""
    sources = page.services().analysis.store.sources(image_id)
    if not sources:
        st.caption("This image was not analyzed yet. Select it and choose Analyze images.")
        return
    for name, one in analyzers().items():
        if name in sources and name in results:
            st.markdown(f"**{one.label}**")
            _SHOWN.get(name, _nothing)(results[name])
            st.caption(page.escape(_made_by(sources[name])))


def _made_by(source: ResultSource) -> str:
    by = source.model or source.version.rpartition(" / ")[0] or source.version
    return f"By {by}, {moment.text(source.at)}"


def _text(result: Mapping[str, Any]) -> None:
    rows = [{"Line": line["text"], "Score": line["score"], **_place(line)} for line in result["lines"]]
    _table(rows, "No text was found.")


def _objects(result: Mapping[str, Any]) -> None:
    rows = [{"Object": item["label"], "Score": item["score"], **_place(item)} for item in result["items"]]
    _table(rows, "No objects were found.")


def _place(item: Mapping[str, Any]) -> dict[str, int]:
    left, top, right, bottom = (round(side) for side in item["box_xyxy"])
    return {"Left": left, "Top": top, "Width": right - left, "Height": bottom - top}


def _tags(result: Mapping[str, Any]) -> None:
    _table([{"Tag": item["tag"], "Score": item["score"]} for item in result["tags"]], "No tags were proposed.")


def _caption(result: Mapping[str, Any]) -> None:
    st.text(result["caption"])


def _nothing(result: Mapping[str, Any]) -> None:
    """A vector says nothing to a person."""


def _table(rows: Sequence[Mapping[str, Any]], nothing: str) -> None:
    if not rows:
        st.text(nothing)
        return
    score = st.column_config.NumberColumn(format="%.2f")
    few = len(rows) <= _FEW_ROWS
    st.dataframe(rows, hide_index=True, height="content" if few else _MANY_ROWS_PX, column_config={"Score": score})


_SHOWN = {"text": _text, "objects": _objects, "tags": _tags, "caption": _caption}
