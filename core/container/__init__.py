"""Directories, ZIP archives and single files through one interface: names, and the content of a name."""

from core.container.archive import MAX_ARCHIVE_FILES, Archive
from core.container.base import MAX_TEXT_BYTES, Container
from core.container.folder import Folder, SingleFile, is_archive_at, open_container
from core.container.shared import shared_archive, shared_container

__all__ = [
    "MAX_ARCHIVE_FILES",
    "MAX_TEXT_BYTES",
    "Archive",
    "Container",
    "Folder",
    "SingleFile",
    "is_archive_at",
    "open_container",
    "shared_archive",
    "shared_container",
]
