"""Where a bundle is written: a directory or a ZIP, both the same bytes every time."""

import shutil
import zipfile
from pathlib import Path
from typing import BinaryIO, Protocol

_BUFFER_BYTES = 1 << 20
_PIECE_BYTES = 1 << 16
# The oldest time a ZIP can name: a real one would make two equal exports differ.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class Target(Protocol):
    """A bundle under construction; names have forward slashes and stay below its root."""

    def open(self, name: str) -> BinaryIO:
        """Return a file to write rows into; several may be open at once."""
        ...

    def rename_all(self, names: dict[str, str]) -> None:
        """Give rows files that were opened and closed their final names."""
        ...

    def add_file(self, name: str, source: Path) -> None: ...

    def add_bytes(self, name: str, data: bytes) -> None: ...

    def close(self) -> None:
        """Finish the bundle; more may be added by opening it again."""
        ...


class DirectoryTarget:
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
        pass

    def _path(self, name: str) -> Path:
        path = self.root / name
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        return path


class ZipTarget:
    """Images go into the ZIP as they come, stored; rows grow beside it and follow when it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = zipfile.ZipFile(path, "a", zipfile.ZIP_STORED, allowZip64=True)
        self._beside = path.with_name(path.name + ".rows")
        self._rows: dict[str, Path] = {}

    def open(self, name: str) -> BinaryIO:
        self._beside.mkdir(exist_ok=True)
        self._rows[name] = self._beside / str(len(self._rows))
        return self._rows[name].open("wb", buffering=_BUFFER_BYTES)

    def rename_all(self, names: dict[str, str]) -> None:
        for old, new in names.items():
            self._rows[new] = self._rows.pop(old)

    def add_file(self, name: str, source: Path) -> None:
        # In pieces that stay in the processor's cache: an image at once takes twice as long.
        with source.open("rb", buffering=0) as file, self._zip.open(_member(name), "w") as member:
            shutil.copyfileobj(file, member, _PIECE_BYTES)

    def add_bytes(self, name: str, data: bytes) -> None:
        self._zip.writestr(_member(name), data)

    def close(self) -> None:
        for name in sorted(self._rows):
            with self._rows[name].open("rb") as rows, self._zip.open(_member(name), "w", force_zip64=True) as member:
                shutil.copyfileobj(rows, member, _BUFFER_BYTES)
        self._rows.clear()
        shutil.rmtree(self._beside, ignore_errors=True)
        self._zip.close()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _NO_TIME)
    member.external_attr = 0o644 << 16
    member.create_system = 3
    return member
