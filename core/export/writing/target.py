"""Where a bundle is written: a directory or a ZIP. The same content gives the same bytes."""

import shutil
import zipfile
from pathlib import Path
from typing import BinaryIO, Protocol

_BUFFER_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 16
# The earliest time of the ZIP format: a real time would make two equal exports differ.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


class Target(Protocol):
    """A bundle under construction; names are relative paths with forward slashes."""

    def open(self, name: str) -> BinaryIO:
        """Return a new file for rows; several may be open at once."""
        ...

    def rename_all(self, names: dict[str, str]) -> None:
        """Rename rows files that are closed, by old name."""
        ...

    def add_file(self, name: str, source: Path) -> None:
        """Add a copy of the file *source*."""
        ...

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a file with *data*."""
        ...

    def close(self) -> None:
        """Finish the bundle; :func:`open_target` opens it again to add more."""
        ...


class DirectoryTarget:
    """A bundle as a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._made: set[Path] = set()
        root.mkdir(parents=True, exist_ok=True)

    def open(self, name: str) -> BinaryIO:
        return self._path(name).open("wb", buffering=_BUFFER_BYTES)

    def rename_all(self, names: dict[str, str]) -> None:
        for old, new in names.items():
            self._path(old).replace(self._path(new))

    def add_file(self, name: str, source: Path) -> None:
        shutil.copyfile(source, self._path(name))

    def add_bytes(self, name: str, data: bytes) -> None:
        self._path(name).write_bytes(data)

    def close(self) -> None:
        """Do nothing: every file is complete already."""

    def _path(self, name: str) -> Path:
        path = self.root / name
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        return path


class ZipTarget:
    """A bundle as a ZIP without compression: images are added at once, rows when the ZIP is closed.

    A ZIP takes one member at a time, so rows files are collected in a directory beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = zipfile.ZipFile(path, "a", zipfile.ZIP_STORED, allowZip64=True)
        self._rows_directory = path.with_name(path.name + ".rows")
        self._rows: dict[str, Path] = {}

    def open(self, name: str) -> BinaryIO:
        self._rows_directory.mkdir(exist_ok=True)
        self._rows[name] = self._rows_directory / str(len(self._rows))
        return self._rows[name].open("wb", buffering=_BUFFER_BYTES)

    def rename_all(self, names: dict[str, str]) -> None:
        for old, new in names.items():
            self._rows[new] = self._rows.pop(old)

    def add_file(self, name: str, source: Path) -> None:
        # In chunks that fit into the CPU cache: copying a whole image at once takes twice as long.
        with source.open("rb", buffering=0) as file, self._zip.open(_member(name), "w") as member:
            shutil.copyfileobj(file, member, _CHUNK_BYTES)

    def add_bytes(self, name: str, data: bytes) -> None:
        self._zip.writestr(_member(name), data)

    def close(self) -> None:
        for name in sorted(self._rows):
            with self._rows[name].open("rb") as rows, self._zip.open(_member(name), "w", force_zip64=True) as member:
                shutil.copyfileobj(rows, member, _BUFFER_BYTES)
        self._rows.clear()
        shutil.rmtree(self._rows_directory, ignore_errors=True)
        self._zip.close()


def open_target(path: Path, container: str) -> Target:
    """Return the target at *path*: a ZIP when *container* is ``zip``, otherwise a directory."""
    return ZipTarget(path) if container == "zip" else DirectoryTarget(path)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _FIXED_TIME)
    member.external_attr = 0o644 << 16
    member.create_system = 3
    return member
