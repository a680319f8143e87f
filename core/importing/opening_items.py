"""The items that come first: a file inside a directory or archive is opened, or one of the Hub downloaded."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.container import shared_container
from core.images.import_context import ImportContext
from core.images.sandbox import sandbox
from core.importing import stages
from core.importing.opened import page_items, table_items
from core.importing.sources import hub
from core.tasks import ItemPlan

# Of one table or document in an archive.
MAX_UNPACKED_BYTES = 20_000_000_000


def open_items(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path) -> list[ItemPlan]:
    """Return the items that read a table or document inside a directory or archive, unpacking it from an archive.

    Raises:
        ImageRejectedError: it cannot be read.
    """
    root, name = context.resolve(str(config["path"])), item["name"]
    stored = _stored_name(name)
    own.mkdir(parents=True, exist_ok=True)
    with shared_container(root) as container:
        file = container.file(name, own / stored, MAX_UNPACKED_BYTES)
    is_document = Path(name).suffix.lower() == ".pdf"
    stored = stored if file == own / stored else _below(own, file)
    return (page_items if is_document else table_items)(sandbox(context.settings), file, stored, name, config)


def find_items(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path) -> list[ItemPlan]:
    """Return the items that download the files of a dataset on the Hub.

    Raises:
        InvalidInputError: there is no such dataset or split, or it is too large.
        FetchError: the Hub cannot be reached.
    """
    return [
        ItemPlan(payload={"do": "download", "file": file.name, "revision": file.revision}, stage=stages.OPEN)
        for file in hub.parquet_files(item["name"], str(config.get("split") or "").strip())
    ]


def download_items(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path) -> list[ItemPlan]:
    """Download a file of a dataset on the Hub, and return the items that read it.

    Raises:
        FetchError: the Hub cannot be reached.
        ImageRejectedError: the file is damaged.
    """
    file = hub.download(str(config["hub"]), item["file"], item["revision"], context.uploads)
    name = item["file"]
    items = table_items(sandbox(context.settings), file, str(file), name, config, is_beside_others=False)
    on_hub = {"hub_file": name, "revision": item["revision"]}
    return [replace(one, payload={**one.payload, **on_hub}) for one in items]


def _below(own: Path, file: Path) -> str:
    """Return how the items of an import name a file of its source: what was copied for it may be elsewhere there."""
    own = own.resolve()
    return file.relative_to(own).as_posix() if file.is_relative_to(own) else str(file)


def _stored_name(name: str) -> str:
    """Return a name for an unpacked file, different for different names, with the ending that says what it is."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16] + Path(name).suffix.lower()
