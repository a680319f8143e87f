"""The ways in besides the drop zone: a path, and the forms that the sources of images declare."""

from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import streamlit as st

from core import object_storage
from core.importing.sources import SOURCES
from core.importing.sources.base import Source
from pages.components.shared import page
from pages.components.shared.numbers import pluralize
from pages.components.upload import bucket_form, source_options, waiting_imports

PATH, BUCKET = "path", "bucket"


def labels() -> dict[str, str]:
    """Return the label of each form by its key."""
    is_local = not page.services().db.settings.has_sign_in
    path = {PATH: "A path on this machine" if is_local else "A path on the server"}
    bucket = {BUCKET: "A bucket"} if object_storage.is_installed() else {}
    return path | bucket | {source.name: source.label for source in _typed_sources()}


def show(key: str, project_id: str) -> None:
    """Draw the form with this key and start its import."""
    with st.container(border=True, key=f"import-form-{key}"):
        if key == PATH:
            _path(project_id)
        elif key == BUCKET:
            bucket_form.show(project_id)
        else:
            _entered(next(source for source in _typed_sources() if source.name == key), project_id)


def _typed_sources() -> list[Source]:
    return [source for source in SOURCES if source.input in ("lines", "text")]


def _path(project_id: str) -> None:
    context = page.services().intake.import_context
    roots = [str(root) for root in context.settings.import_roots]
    example = "~/Pictures/shelf or /data/shelf.zip" if context.allows_every_path else next(iter(roots), "")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Folder or file", key="import-path", placeholder=example, disabled=not example).strip()
        kind: Literal["primary", "secondary"] = "secondary" if waiting_imports.offers_path(project_id) else "primary"
        is_pressed = st.button("Import", type=kind, key="import-path-start", disabled=not text)
    st.caption(_path_help(roots, is_limited=not context.allows_every_path))
    if is_pressed:
        with page.show_errors():
            waiting_imports.offer_path(project_id, _as_path(text))


def _path_help(roots: list[str], *, is_limited: bool) -> str:
    kinds = "A folder, ZIP, PDF, Parquet, Arrow, tar, JSON or CSV file of any size."
    if not is_limited:
        return f"{kinds} It is read where it is; only its images are copied, into the library."
    return page.escape(
        f"{kinds} Allowed: {', '.join(roots)}."
        if roots
        else "No directory is allowed yet. Set VITRINE_IMPORT_ROOTS to the directories to allow."
    )


def _as_path(text: str) -> str:
    """Return what was typed or pasted as a path: without quotes, ``file://`` or ``~``."""
    text = text.strip("\"'")
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    try:
        return str(Path(text).expanduser())
    except RuntimeError:  # ~name of nobody
        return text


def _entered(source: Source, project_id: str) -> None:
    """Draw the form of a source whose input is typed."""
    entered: str | list[str]
    key = f"import-{source.name}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if source.input == "lines":
            text = st.text_area(source.input_label, key=key, placeholder=source.placeholder)
            entered = [line.strip() for line in text.splitlines() if line.strip()]
        else:
            entered = st.text_input(source.input_label, key=key, placeholder=source.placeholder).strip()
        options = source_options.show(source, key)
    if source.help:
        st.caption(source.help)
    label = f"Import {pluralize(len(entered), 'image')}" if source.input == "lines" else "Import"
    if _is_pressed(label, source.name, disabled=not entered):
        with page.show_errors():
            waiting_imports.start(project_id, {**source.config_of(entered), **options})


def _is_pressed(label: str, key: str, *, disabled: bool) -> bool:
    return st.button(label, type="primary", key=f"import-{key}-start", disabled=disabled)
