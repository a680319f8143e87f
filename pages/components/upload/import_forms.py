"""The forms of imports, derived from what each source of images declares."""

from typing import Any

import streamlit as st

from core.importing.sources import SOURCES
from core.importing.sources.base import Source, SourceOption
from core.pluralize import pluralize
from pages.components.shared import page


def labels() -> dict[str, str]:
    """Return the label of each form by its key; all uploaded files share one form."""
    return {"upload": "ZIP, PDF or file"} | {source.name: source.label for source in SOURCES}


def show(key: str, project_id: str) -> None:
    """Draw the form with this key and start its import."""
    with st.container(border=True, key=f"import-form-{key}"):
        if key == "upload":
            config = _upload(SOURCES[0])
        else:
            config = _entered(next(source for source in SOURCES if source.name == key))
        if config is not None:
            with page.show_errors():
                _start(project_id, config)


def _start(project_id: str, config: dict[str, Any]) -> None:
    with st.spinner("Checking the source"):
        # Exports in Vitrine's own format are restored completely, with decisions and history.
        is_own = "path" in config and page.services().exports.is_vitrine_export(config["path"])
        task = page.services().tasks.create_task(project_id, "dataset-return" if is_own else "image-import", config)
    page.services().engine.submit(task.id)
    st.query_params["task"] = task.id
    st.rerun()


def _upload(source: Source) -> dict[str, Any] | None:
    # A new key makes a new widget, which frees the bytes of the last upload.
    number = st.session_state.setdefault("import-upload-number", 0)
    file = st.file_uploader("ZIP, PDF or file", key=f"import-file-{number}")
    st.caption(source.help)
    options = _options(source) if file is not None and _suffix(file.name) == ".pdf" else {}
    if not _is_pressed("Import", "upload", disabled=file is None) or file is None:
        return None
    path = page.services().intake.store_upload(file.name, file.getbuffer())
    st.session_state["import-upload-number"] = number + 1
    return {**source.config_of(path), "name": file.name, **options}


def _entered(source: Source) -> dict[str, Any] | None:
    """Draw the form of a source whose input is typed."""
    entered: str | list[str]
    key = f"import-{source.name}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if source.input == "lines":
            text = st.text_area(source.input_label, key=key, placeholder=source.placeholder)
            entered = [line.strip() for line in text.splitlines() if line.strip()]
        else:
            entered = st.text_input(source.input_label, key=key, placeholder=source.placeholder).strip()
        options = _options(source)
    if source.help:
        st.caption(source.help)
    if source.input == "path":
        _allowed_directories()
    label = f"Import {pluralize(len(entered), 'image')}" if source.input == "lines" else "Import"
    if not _is_pressed(label, source.name, disabled=not entered):
        return None
    return {**source.config_of(entered), **options}


def _options(source: Source) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return {option.key: _option(source, option) for option in source.options}


def _option(source: Source, option: SourceOption) -> Any:
    key = f"import-{source.name}-{option.key}"
    if option.choices:
        labels = list(option.choices)
        chosen = st.segmented_control(option.label, labels, default=labels[0], required=True, key=key)
        return option.choices[chosen]
    if option.minimum is not None:
        return st.number_input(
            option.label, option.minimum, value=None, placeholder=option.placeholder, key=key, width=130
        )
    return st.text_input(option.label, key=key, placeholder=option.placeholder, width=130).strip()


def _is_pressed(label: str, key: str, *, disabled: bool) -> bool:
    return st.button(label, type="primary", key=f"import-{key}-start", disabled=disabled)


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2].lower()}"


def _allowed_directories() -> None:
    roots = page.services().db.settings.import_roots
    allowed = ", ".join(str(root) for root in roots)
    st.caption(
        page.escape(f"Allowed: {allowed}.")
        if roots
        else "No directory is allowed yet. Set VITRINE_IMPORT_ROOTS to the directories to allow."
    )
