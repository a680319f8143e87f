"""Containers as streams; a directory, a ZIP archive or a single file."""

import zipfile
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from core.container import Archive, Folder
from core.errors import ImageRejectedError, InvalidInputError


class Container(Protocol):
    """Files by their names."""

    def names(self) -> list[str]: ...

    def open(self, name: str, max_bytes: int) -> BinaryIO: ...

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path: ...

    def close(self) -> None: ...


def open_container(path: Path) -> Container:
    """Return the container that *path* is."""
    if path.is_dir():
        return _Directory(path)
    return _Zip(path) if zipfile.is_zipfile(path) else _Single(path)


class _Directory(Folder):
    def open(self, name: str, max_bytes: int) -> BinaryIO:
        return self.path(name).open("rb")

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path:
        return self.path(name)

    def close(self) -> None:
        return None


class _Zip(Archive):
    def open(self, name: str, max_bytes: int) -> BinaryIO:
        try:
            return cast(BinaryIO, self._zip.open(self._members[name]))
        except (RuntimeError, zipfile.BadZipFile, NotImplementedError):
            raise InvalidInputError("The file is damaged inside the archive. Pack it again.") from None

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path:
        self.extract(name, scratch, max_bytes)
        return scratch


class _Single:
    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        return [self.path.name]

    def open(self, name: str, max_bytes: int) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError:
            raise InvalidInputError(f"{self.path.name} cannot be read.") from None

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path:
        return self.path

    def close(self) -> None:
        return None


__all__ = ["Container", "ImageRejectedError", "open_container"]
