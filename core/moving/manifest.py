"""The manifest of a project archive: what it contains, with the sums of its tables."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.container import Archive
from core.errors import InvalidInputError
from core.moving.contents import TABLE

MANIFEST = "manifest.json"
FORMAT: Literal["vitrine-project"] = "vitrine-project"
VERSION = 1
_MAX_MANIFEST_BYTES = 64_000_000
# Images do not shrink when they are packed; an archive that was packed again may be smaller all the same.
_MAX_RATIO, _RATIO_FREE_BYTES = 4, 10_000_000
_Sum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0, lt=1 << 62)]


class TableSums(BaseModel):
    """Size and sha256 of the file of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: _Count
    bytes: _Count
    sha256: _Sum


class ImageFiles(BaseModel):
    """The files of images; each is named after its sha256, so their sums are their names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: _Count
    bytes: _Count
    missing: list[_Sum] = []
    """Files that the exporting installation did not have any more, or that had changed on its disk."""


class Manifest(BaseModel):
    """What an archive contains."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["vitrine-project"] = FORMAT
    version: int = VERSION
    project_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
    name: str
    tables: dict[str, TableSums]
    images: ImageFiles


class ArchiveFiles:
    """The files of a ZIP archive; a directory that holds all of them is left out of their names.

    A browser of macOS unpacks what it downloads, and its file manager packs a directory with its name.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        names = archive.names()
        tops = {name.partition("/")[0] for name in names if name.endswith(f"/{MANIFEST}") and name.count("/") == 1}
        self._prefix = f"{tops.pop()}/" if len(tops) == 1 and MANIFEST not in names else ""
        self.names = frozenset(name.removeprefix(self._prefix) for name in names)
        self.problems = archive.problems

    def open(self, name: str, max_bytes: int) -> BinaryIO:
        """Return a stream of the content, as :meth:`core.container.Container.open` does."""
        return self._archive.open(self._prefix + name, max_bytes)

    def check(self, name: str) -> None:
        """Check what the archive says about a file, without reading it.

        Raises:
            InvalidInputError: the file cannot be read, or is a ZIP bomb.
        """
        self._archive.check(self._prefix + name)


@dataclass(frozen=True)
class OpenedArchive:
    """An archive with its manifest."""

    files: ArchiveFiles
    manifest: Manifest
    sum: str
    """The sha256 of the manifest's bytes; since it has the sums of everything else, it identifies the content."""
    names: frozenset[str]
    """The names of all its files."""


def table_file(name: str) -> str:
    """Return the name of the file of a table in an archive."""
    return f"tables/{name}.jsonl"


def image_file(path: str) -> str:
    """Return the name of the file of an image in an archive, from its path in the storage."""
    return f"images/{path}"


@contextmanager
def opened_archive(path: Path) -> Iterator[OpenedArchive]:
    """Yield the project archive at *path*.

    Raises:
        InvalidInputError: this is no project archive, it is damaged, or a newer version wrote it.
    """
    if path.is_dir():
        raise InvalidInputError(f"{path.name} is a directory. Pack it as a ZIP archive, and import that.")
    with closing(Archive(path)) as files:
        yield _read(ArchiveFiles(files), path.name, path.stat().st_size)


def _read(files: ArchiveFiles, name: str, size_bytes: int) -> OpenedArchive:
    try:
        with files.open(MANIFEST, _MAX_MANIFEST_BYTES) as source:
            data = source.read()
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{name} is not an exported project: it has no readable {MANIFEST}. Choose the ZIP that "
            "Export project made."
        ) from error
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise _not_a_manifest(name, data) from error
    if manifest.version != VERSION or (unknown := sorted(manifest.tables.keys() - TABLE.keys())):
        is_other = manifest.version != VERSION
        raise _another_version(name, f"version {manifest.version}" if is_other else f"the table {unknown[0][:40]}")
    names = files.names
    _check_names(files, manifest, name)
    if manifest.images.bytes > _MAX_RATIO * size_bytes + _RATIO_FREE_BYTES:
        raise InvalidInputError(f"The images of {name} would unpack to many times its size, as in a ZIP bomb.")
    return OpenedArchive(files, manifest, hashlib.sha256(data).hexdigest(), names)


def _not_a_manifest(name: str, data: bytes) -> InvalidInputError:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and found.get("format") == FORMAT and found.get("version") != VERSION:
        return _another_version(name, f"version {str(found.get('version'))[:20]}")
    return InvalidInputError(f"The {MANIFEST} of {name} is not one of an exported project, or it is damaged.")


def _another_version(name: str, what: str) -> InvalidInputError:
    return InvalidInputError(f"{name} was written by another version of Vitrine ({what}). Update Vitrine.")


def _check_names(files: ArchiveFiles, manifest: Manifest, name: str) -> None:
    """Refuse an archive with files that no export writes, or without those it states."""
    names, wanted = files.names, {MANIFEST, *map(table_file, manifest.tables)}
    others = [one for one in sorted(names - wanted) if not one.startswith("images/")]
    if files.problems or others:
        odd = others[0] if others else files.problems[0][0]
        raise InvalidInputError(f"{name} has a file that no export writes: {odd[:80]}. Export the project again.")
    if "projects" not in manifest.tables or not wanted <= names:
        raise InvalidInputError(f"{name} is incomplete. Export the project again.")
    if len(names) - len(wanted) != manifest.images.files:
        raise InvalidInputError(f"{name} has not the images that its manifest states. Export the project again.")
    for one in names:
        files.check(one)
