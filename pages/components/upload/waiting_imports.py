"""What was dropped or named and is not imported yet: a preview of each, and the button that imports it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import streamlit as st

from core.errors import VitrineError
from core.importing import class_directories
from core.importing.previewing import ImportPreview
from core.importing.readers import FORMATS
from core.importing.sources.path import PathSource
from core.importing.survey import Survey
from core.importing.upload import Upload
from pages.components.shared import numbers, page, run_queue
from pages.components.shared.numbers import pluralize
from pages.components.upload import drop, records, source_options

_PATH = "import-offered-path"
_MAX_PROBLEMS = 5


@dataclass(frozen=True)
class _Waiting:
    """An upload that is complete, or a path that was entered."""

    id: str
    path: str
    name: str
    is_upload: bool


def offer_path(project_id: str, path: str) -> None:
    """Preview what is at *path*; images without annotations are imported at once.

    Raises:
        InvalidInputError: nothing may be imported from there, or there is no such path.
    """
    context = page.services().intake.import_context
    context.resolve(path, in_roots=not context.allows_every_path)
    st.session_state[_PATH] = {"project": project_id, "path": path}
    st.query_params.pop("task", None)
    st.rerun()


def offers_path(project_id: str) -> bool:
    """Return whether a path that was entered waits for its import."""
    return bool(st.session_state.get(_PATH, {}).get("project") == project_id)


def start(project_id: str, config: dict[str, Any]) -> None:
    """Create the task of an import, and show it.

    Raises:
        InvalidInputError: *config* names nothing that can be imported.
    """
    _open(project_id, _create(project_id, config))


def any_waits(project_id: str, uploads: Sequence[Upload]) -> bool:
    """Return whether an upload, or a path that was entered, waits for its import."""
    return bool(_waiting(project_id, uploads))


def show(project_id: str, uploads: Sequence[Upload]) -> None:
    """Draw what waits for its import, the oldest one with its preview, the others by name."""
    for position, one in enumerate(_waiting(project_id, uploads)):
        with st.container(border=True, key=f"waiting-{one.id}"):
            if position == 0:
                _offer(project_id, one)
            else:
                _line(one)


def _waiting(project_id: str, uploads: Sequence[Upload]) -> list[_Waiting]:
    waiting = [_Waiting(upload.id, upload.path, upload.name, is_upload=True) for upload in uploads]
    if offers_path(project_id):
        path = st.session_state[_PATH]["path"]
        waiting.insert(0, _Waiting("path", path, PurePath(path).name or path, is_upload=False))
    return waiting


def _line(one: _Waiting) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{one.name} waits", width="stretch")
        _discard_button(one)


def _offer(project_id: str, one: _Waiting) -> None:
    with page.show_errors(), st.container(gap="small"):
        try:
            survey, is_own = _looked_at(one.path)
        except VitrineError:
            _title(one, "")
            _discard_button(one)
            raise
        if is_own:
            _restore(project_id, one)
        elif survey.annotations or survey.tables or _classes(survey):
            _preview(project_id, one, survey)
        elif survey.documents:
            _documents(project_id, one, survey)
        else:
            _title(one, pluralize(len(survey.tried_as_images), "file"))
            _discard_button(one)
            _import(project_id, one)


def _looked_at(path: str) -> tuple[Survey, bool]:
    """Return what is there, and whether it is an export in Vitrine's own format."""
    services = page.services()
    modified = services.intake.import_context.resolve(path).stat().st_mtime_ns
    return page.cached(
        ("import-survey", path, modified),
        lambda: (services.import_previewer.survey(path), services.exports.is_vitrine_export(path)),
    )


def _restore(project_id: str, one: _Waiting) -> None:
    _title(one, "An export in Vitrine's own format. It comes back whole, with decisions and history.")
    with st.container(horizontal=True):
        is_pressed = _import_button()
        _discard_button(one)
    if is_pressed:
        _import(project_id, one)


def _documents(project_id: str, one: _Waiting, survey: Survey) -> None:
    parts = [pluralize(len(survey.documents), "PDF")]
    parts += [pluralize(len(survey.images), "image")] if survey.images else []
    parts += [pluralize(len(survey.others), "other file")] if survey.others else []
    _title(one, " and ".join(parts))
    options = source_options.show(PathSource(), "import-pdf")
    with st.container(horizontal=True):
        is_pressed = _import_button()
        _discard_button(one)
    if is_pressed:
        _import(project_id, one, **options)


def _preview(project_id: str, one: _Waiting, survey: Survey) -> None:
    key = f"waiting-format-{one.id}"
    format_ = st.session_state.get(key, "auto")
    run_queue.release()  # reading may take a second, in a worker
    with st.spinner("Reading the first records"):
        found = page.cached(
            ("import-preview", project_id, one.path, format_),
            lambda: page.services().import_previewer.preview(project_id, one.path, format_),
        )
    with st.container(horizontal=True, vertical_alignment="top"):
        _title(one, _summary(survey, found))
        st.selectbox(
            "Not what you meant? Read it as", list(FORMATS), format_func=FORMATS.__getitem__, key=key, width=330
        )
    _problems(found)
    if not found.records and (classes := _classes(survey)):
        _offer_classes(classes, key)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = _import_button(disabled=not (found.records or found.has_images_inside or survey.tried_as_images))
        _discard_button(one)
        if found.records:
            st.caption(f"The first {pluralize(len(found.records), 'record')}; nothing is stored yet.")
    if found.records:
        records.show(found.records, key=f"waiting-records-{one.id}")
    if is_pressed:
        _import(project_id, one, format=format_)


def _classes(survey: Survey) -> dict[str, str]:
    """Return the classes of images by their directory, where nothing else says what the images are."""
    is_alone = not (survey.annotations or survey.tables or survey.documents)
    return class_directories.classes_of(survey.images) if is_alone else {}


def _offer_classes(classes: dict[str, str], format_key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(page.escape(class_directories.note_of(classes)), width="stretch")
        st.button(
            "Read directories as classes", key="waiting-classes", on_click=_choose_format,
            args=(format_key, class_directories.FORMAT),
        )  # fmt: skip


def _choose_format(key: str, format_: str) -> None:
    st.session_state[key] = format_


def _summary(survey: Survey, found: ImportPreview) -> str:
    """Return one line: the formats by name, the images and where they come from, and how much a record holds."""
    unread = {problem.where for problem in found.problems}
    labels = dict.fromkeys(label for name, label in found.formats.items() if label and name not in unread)
    files = len(survey.annotations) + len(survey.tables)
    parts = [" and ".join(labels)] if labels else ["No known format"] if files else []
    if files > 1:
        parts.append(pluralize(files, "annotation file"))
    parts += _images(survey, found)
    if found.records:
        turns = [len(record.turns) for record in found.records]
        low, high = min(turns), max(turns)
        parts.append(
            f"{pluralize(high, 'question')} per record" if low == high else f"{low} to {high} questions per record"
        )
    return " · ".join(parts)


def _images(survey: Survey, found: ImportPreview) -> list[str]:
    """Return which images come along: as files, inside tables and rows, from the web; else those of the project."""
    named = [image for record in found.records for image in record.images]
    parts = [pluralize(len(survey.images), "image")] if survey.images else []
    parts += ["images inside"] if found.has_images_inside else []
    parts += ["images from the web"] if any("://" in image.name and not image.stored_name for image in named) else []
    others = [f"{pluralize(len(survey.others), 'file')} of unknown kind"] if survey.others else []
    if not parts and found.records and (any(image.image_id for image in named) or not others):
        parts.append("for images of this project")
    return parts + others


def _problems(found: ImportPreview) -> None:
    if not found.problems:
        return
    shown = [f"{problem.where}: {problem.reason}" for problem in found.problems[:_MAX_PROBLEMS]]
    if len(found.problems) > _MAX_PROBLEMS:
        shown.append(
            f"and {numbers.text(len(found.problems) - _MAX_PROBLEMS)} more; the report of the import lists all"
        )
    st.warning("\n\n".join(page.escape(line) for line in shown), icon=":material/report:")


def _title(one: _Waiting, summary: str) -> None:
    with st.container(gap="xxsmall", width="stretch"):
        st.header(page.escape(one.name), anchor=False)
        if summary:
            st.text(summary)


def _import_button(*, disabled: bool = False) -> bool:
    return st.button("Import", type="primary", icon=":material/download:", key="waiting-import", disabled=disabled)


def _discard_button(one: _Waiting) -> None:
    label = "Discard" if one.is_upload else "Close"
    if st.button(label, key=f"waiting-discard-{one.id}"):
        _forget(one)
        st.rerun()


def _forget(one: _Waiting) -> None:
    if one.is_upload:
        page.services().uploads.discard(one.id)
    else:
        st.session_state.pop(_PATH, None)


def _import(project_id: str, one: _Waiting, **options: Any) -> None:
    config = {"source": "path", "path": one.path, "name": one.name}
    config |= {name: value for name, value in options.items() if value is not None}
    task_id = _create(project_id, config)
    if one.is_upload:
        page.services().uploads.start(one.id)
    else:
        st.session_state.pop(_PATH, None)
    _open(project_id, task_id)


def _create(project_id: str, config: dict[str, Any]) -> str:
    with st.spinner("Checking the source"):
        return page.services().tasks.create_task(project_id, "image-import", config).id


def _open(project_id: str, task_id: str) -> None:
    drop.dismiss(project_id)
    page.services().engine.submit(task_id)
    st.query_params["task"] = task_id
    st.rerun()
