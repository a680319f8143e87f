"""Images that are inside rows, written to files."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from core.importing.answers import RowError
from core.importing.problems import Problems
from core.importing.readers.base import Head
from core.importing.row_blocks import ROWS_PER_BLOCK, RowBlock

MAX_FILES = 200_000
MAX_TOTAL_BYTES = 20_000_000_000


@dataclass(frozen=True)
class TableImage:
    """An image that was inside a row."""

    name: str
    """What the row calls it, or one made from its place."""
    file: str
    """In the working directory."""
    reference: str
    """What records call it; unique in its import."""


class TableFiles:
    """The images of rows, written to a directory; what readers see of it is ``Files``."""

    def __init__(self, workdir: Path, max_bytes: int, problems: Problems) -> None:
        self._workdir = workdir
        self.max_bytes = max_bytes
        self._left = MAX_TOTAL_BYTES
        self._used: dict[str, int] = {}
        self.problems = problems
        self.images: list[TableImage] = []
        self.heads: dict[str, Head] = {}
        self.source: Iterator[tuple[str, Any]] = iter(())

    @property
    def base_names(self) -> frozenset[str]:
        return frozenset()

    def blocks(self, name: str, key: str = "") -> Iterator[RowBlock]:
        while some := list(islice(self.source, ROWS_PER_BLOCK)):
            yield RowBlock([where for where, _ in some], [row for _, row in some])

    def rows(self, name: str, key: str = "") -> Iterator[tuple[str, Any]]:
        return self.source

    def element_blocks(self, name: str) -> Iterator[tuple[str, RowBlock]]:
        return iter(())

    def document(self, name: str) -> Any:
        return None

    def text(self, name: str) -> str:
        return ""

    def has(self, name: str) -> bool:
        return False

    def stored(self, value: Any, where: str, row: Mapping[str, Any]) -> list[str]:
        """Return the references and names of the images in a value of a column of images."""
        if isinstance(value, list):
            return [reference for one in value for reference in self.stored(one, where, row)]
        name = ""
        if isinstance(value, dict):
            path = value.get("path")
            name = path if isinstance(path, str) else ""
            value = value.get("bytes") or name
        if not isinstance(value, bytes):
            return [value] if isinstance(value, str) and value else []
        named = row.get("file_name")
        try:
            return [self.embed(value, where, name or (named if isinstance(named, str) else ""))]
        except RowError as error:
            self.problems.add(where, str(error))
            return []

    def embed(self, data: bytes | str, where: str, name: str = "") -> str:
        content = _decoded(data) if isinstance(data, str) else data
        self._left -= len(content)
        if len(content) > self.max_bytes:
            raise RowError(f"An image of this row is larger than {self.max_bytes / 1e6:,.0f} MB.")
        if len(self.images) >= MAX_FILES or self._left < 0:
            raise RowError(f"There are more images inside the rows than {MAX_FILES:,} files or 20 GB. Split the file.")
        number = self._used[where] = self._used.get(where, 0) + 1
        reference = where if number == 1 else f"{where}, image {number}"
        file = str(len(self.images))
        self._workdir.mkdir(exist_ok=True)
        (self._workdir / file).write_bytes(content)
        self.images.append(TableImage(name or made_name(reference), file, reference))
        return reference


def made_name(reference: str) -> str:
    """Return a name for an image without one: the place, as far as a file name can say it."""
    return reference.rpartition("/")[2].replace(" ", "-").replace(",", "").replace(":", "-")


def _decoded(text: str) -> bytes:
    """Return the bytes of a data URL, or of base64.

    Raises:
        RowError: it is neither.
    """
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise RowError("An image of this row is a data URL without base64.")
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise RowError("An image of this row is not valid base64.") from None
