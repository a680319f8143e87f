"""Thumbnails of images that are still inside a folder or an archive: runs only in the workers of the sandbox."""

from collections.abc import Sequence
from pathlib import Path

from core.container import open_container
from core.errors import VitrineError
from core.images.decode import derive


def thumbnails(root: Path, names: Sequence[str], workdir: Path, max_bytes: int, side_px: int) -> dict[str, bytes]:
    """Return a JPEG for each of the files *names* that can be decoded.

    Args:
        root: A directory or a ZIP archive.
        names: Names of files in it.
        workdir: Takes what has to be unpacked.
        max_bytes: Larger files are left out.
        side_px: Of the longer side.

    Raises:
        InvalidInputError: *root* cannot be opened.
    """
    container = open_container(root)
    try:
        made = {}
        for number, name in enumerate(names):
            try:
                file = container.file(name, workdir / f"{number}.original", max_bytes)
                made[name] = thumbnail(file, workdir / f"{number}.jpg", side_px)
            except VitrineError:
                continue
        return made
    finally:
        container.close()


def thumbnail(file: Path, scratch: Path, side_px: int) -> bytes:
    """Return the JPEG of one file.

    Raises:
        ImageRejectedError: the file cannot be decoded.
    """
    derive(file, scratch, "JPEG", side_px)
    return scratch.read_bytes()


def unpacked(root: Path, name: str, scratch: Path, max_bytes: int) -> Path:
    """Return the path of one file of *root*, which is written to *scratch* when *root* is an archive.

    Raises:
        InvalidInputError: *root* cannot be opened, or the file is too large.
    """
    container = open_container(root)
    try:
        return container.file(name, scratch, max_bytes)
    finally:
        container.close()
