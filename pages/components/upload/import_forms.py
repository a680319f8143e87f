"""The ways in beside the drop zone: archives, a directory on the server, web addresses, datasets."""

from typing import Any

import streamlit as st

from core import app
from core.pluralize import pluralize
from pages.components.shared import page

SOURCES = {
    "drop": "Files and folders",
    "archive": "ZIP or PDF",
    "directory": "Server directory",
    "urls": "Web addresses",
    "huggingface": "Hugging Face dataset",
}
_BY_SUFFIX = {".zip": "zip", ".pdf": "pdf", ".parquet": "huggingface", ".arrow": "huggingface"}


def show(kind: str, project_id: str) -> None:
    """Draw the form of one of SOURCES and start its import."""
    with st.container(border=True, key=f"import-form-{kind}"):
        config = {"archive": _archive, "directory": _directory, "urls": _urls, "huggingface": _dataset}[kind]()
        if config is not None:
            with page.show_errors():
                _start(project_id, config)


def _start(project_id: str, config: dict[str, Any]) -> None:
    with st.spinner("Looking at what is in it"):
        # Vitrine's own exports come back with everything, also decisions and history.
        is_own = "path" in config and page.services().exporter.is_own(config["path"])
        task = page.services().tasks.create_task(project_id, "dataset-return" if is_own else "image-import", config)
    app.engine().submit(task.id)
    st.query_params["task"] = task.id
    st.rerun()


def _archive() -> dict[str, Any] | None:
    # Another key is another widget: the bytes of the last upload are let go.
    number = st.session_state.setdefault("import-upload-number", 0)
    upload = st.file_uploader("ZIP or PDF", type=["zip", "pdf"], key=f"import-file-{number}")
    st.caption(
        "Annotations in the archive (LLaVA, VQA v2, ImageFolder) come in as entries. An export in Vitrine's own "
        "format comes back whole, with decisions and history."
    )
    is_pdf = upload is not None and upload.name.lower().endswith(".pdf")
    options = _pdf_options() if is_pdf else {}
    if not st.button("Import", type="primary", key="import-archive-start", disabled=upload is None) or upload is None:
        return None
    path = page.services().images.stage_upload(upload.name, upload.getbuffer())
    st.session_state["import-upload-number"] = number + 1
    return {"source": "pdf" if is_pdf else "zip", "path": path, "name": upload.name, **options}


def _pdf_options() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        embedded = st.segmented_control(
            "Take",
            ["Pages as images", "Embedded images"],
            default="Pages as images",
            required=True,
            key="import-pdf-take",
        )
        first = st.number_input("First page", 1, value=1, key="import-pdf-first", width=130)
        last = st.number_input("Last page", 1, value=None, placeholder="the last", key="import-pdf-last", width=130)
    return {"embedded": embedded == "Embedded images", "first_page": first, "last_page": last}


def _directory() -> dict[str, Any] | None:
    path = st.text_input("Directory or file on the server", key="import-path", placeholder="/srv/images")
    _roots()
    if not st.button("Import", type="primary", key="import-directory-start", disabled=not path):
        return None
    suffix = f".{path.rpartition('.')[2].lower()}"
    return {"source": _BY_SUFFIX.get(suffix, "directory"), "path": path}


def _dataset() -> dict[str, Any] | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name on the Hub, or a saved dataset, Parquet or Arrow file on the server", key="import-dataset",
            placeholder="owner/name or /srv/datasets/shelves",
        ).strip()  # fmt: skip
        split = st.text_input("Split", key="import-split", placeholder="all", width=130, disabled=name.startswith("/"))
    st.caption("Columns called question and answer become entries.")
    _roots()
    if not st.button("Import", type="primary", key="import-dataset-start", disabled=not name):
        return None
    if name.startswith("/"):
        return {"source": "huggingface", "path": name}
    return {"source": "huggingface", "hub": name.removeprefix("hf://datasets/"), "split": split.strip()}


def _roots() -> None:
    roots = page.services().db.settings.import_roots
    allowed = ", ".join(str(root) for root in roots)
    st.caption(
        page.escape(f"Allowed: {allowed}.")
        if roots
        else "No directory is allowed yet. Set VITRINE_IMPORT_ROOTS to those that may be imported from."
    )


def _urls() -> dict[str, Any] | None:
    text = st.text_area("Addresses, one a line", key="import-urls", placeholder="https://example.com/shelf.jpg")
    urls = [line.strip() for line in text.splitlines() if line.strip()]
    if not st.button(
        f"Import {pluralize(len(urls), 'image')}", type="primary", key="import-urls-start", disabled=not urls
    ):
        return None
    return {"source": "urls", "urls": urls}
