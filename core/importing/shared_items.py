"""What the items of an import leave for each other, when workers on several machines run them.

An item puts its files into the bucket before its result is committed, and fetches those of others before it reads them;
without workers they are in the directory of the import.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.bucket_address import is_address
from core.images.staged_source import FETCHED, StagedSource
from core.importing.spool import FORMER_MATCHES, READ_SPOOL, embedded_directory
from core.shared_files import SharedFiles
from core.tasks import ItemContext, ItemPlan

_READ_NO_SOURCE = frozenset({"bucket", "find", "download", "objects", "urls", "embedded", "match", "records", "list"})


def with_source(item: ItemContext, source: StagedSource) -> ItemContext:
    """Return the item with the path of the copy that it reads: of what was staged, or copied from another bucket."""
    payload, is_copied = item.payload, is_address(str(item.config.get("path") or ""))
    opened = str(payload.get("file") or "")
    if payload["do"] in _READ_NO_SOURCE or (opened and not opened.startswith(f"{FETCHED}/")):
        return item
    if is_copied:
        path = source.files(item.task_id).path(FETCHED) / payload.get("root", "")
    elif source.staging(item.config) == "done":
        path = source.path(item.config, item.task_id)
    else:
        return item
    return replace(item, config={**item.config, "path": str(path)})


def share_opened(files: SharedFiles, payload: Mapping[str, Any], more: Sequence[ItemPlan]) -> None:
    """Share what was copied from another bucket, and what was unpacked from an archive for the items *more*."""
    if payload["do"] == "bucket" and files.path_here(FETCHED).exists():
        files.put(FETCHED)
    if payload["do"] == "open":
        for name in {str(plan.payload["file"]) for plan in more}:
            if _is_unpacked(name):
                files.put(name)


def fetch_opened(files: SharedFiles, payload: Mapping[str, Any]) -> None:
    """Fetch what an earlier item has unpacked for an item that reads a table, a document or rows with images."""
    if payload["do"] == "embedded":
        files.path(embedded_directory(Path(payload["spool"])).name)
    elif _is_unpacked(str(payload.get("file") or "")):
        files.path(payload["file"])


def share_read(files: SharedFiles) -> None:
    """Share the spool of the annotations, and the images that were in them."""
    files.put(READ_SPOOL)
    images = embedded_directory(Path(READ_SPOOL)).name
    if files.path_here(images).exists():
        files.put(images)


def fetch_matched(files: SharedFiles, payload: Mapping[str, Any]) -> None:
    """Fetch the records of an item, and their images."""
    files.path(payload["part"][0])
    files.path(payload.get("file", FORMER_MATCHES))


def _is_unpacked(file: str) -> bool:
    """Return whether the file of an item was unpacked by another one: in a source it is there, and so from the Hub."""
    return bool(file) and not Path(file).is_absolute() and not file.startswith(f"{FETCHED}/")
