"""A directory, or a single file, as a container."""

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

from core.container.archive import Archive, is_archive
from core.container.base import MAX_TEXT_BYTES, Container, FileError, GuardedStream, is_hidden, read_text
from core.errors import ImageRejectedError, InvalidInputError

_NO_LIMIT = 1 << 62


class Folder:
    """A directory; symbolic links in it are not followed."""

    def __init__(self, root: Path) -> None:
        """
        Raises:
            InvalidInputError: the directory cannot be read.
        """
        self.root = root
        self.problems: list[tuple[str, str]] = []
        try:
            os.scandir(root).close()
        except OSError as error:
            raise InvalidInputError(_cannot_be_read(root.name, error)) from None

    def names(self) -> list[str]:
        self.problems = []
        found: list[str] = []
        waiting = [""]
        while waiting:
            directory = waiting.pop()
            try:
                with os.scandir(self.root / directory) as entries:
                    for entry in entries:
                        self._list(directory + entry.name, entry, found, waiting)
            except OSError as error:
                self.problems.append((directory.rstrip("/"), _cannot_be_read(directory, error)))
        return sorted(found)

    def _list(self, name: str, entry: "os.DirEntry[str]", found: list[str], waiting: list[str]) -> None:
        if entry.is_dir(follow_symlinks=False):
            if not is_hidden(f"{name}/"):
                waiting.append(f"{name}/")
        elif is_hidden(name):
            return
        elif entry.is_file(follow_symlinks=False):
            found.append(name)
        elif entry.is_symlink():
            self.problems.append(
                (name, "This is a symbolic link, and links are not followed. Put the file itself here.")
            )
        else:
            self.problems.append((name, "This is a pipe, socket or device, not a file. It was left out."))

    def path(self, name: str) -> Path:
        """Return the path of the file.

        Raises:
            ImageRejectedError: the file is gone, or a symbolic link leads out of the directory.
        """
        path = self.root / name
        try:
            is_inside = not path.is_symlink() and path.resolve().is_relative_to(self.root.resolve())
            if is_inside and stat.S_ISREG(path.lstat().st_mode):
                return path
        except (OSError, ValueError):
            pass  # gone, not allowed, or a name that no file can have
        raise ImageRejectedError(f"{path.name} is not in the directory any more.", reason="gone")

    def open(self, name: str, max_bytes: int) -> BinaryIO:
        try:
            return _opened(self.path(name), max_bytes)
        except ImageRejectedError as gone:
            raise FileError(str(gone), gone.reason) from None

    def text(self, name: str) -> str:
        return read_text(name, self.open(name, MAX_TEXT_BYTES))

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path:
        return self.path(name)

    def close(self) -> None:
        """Do nothing; for the protocol."""


class SingleFile:
    """One file as a container with one name."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            InvalidInputError: there is no such file, or it cannot be read.
        """
        self.path = path
        self.problems: list[tuple[str, str]] = []
        _opened(path, _NO_LIMIT).close()

    def names(self) -> list[str]:
        return [self.path.name]

    def open(self, name: str, max_bytes: int) -> BinaryIO:
        return _opened(self.path, max_bytes)

    def text(self, name: str) -> str:
        return read_text(name, self.open(name, MAX_TEXT_BYTES))

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path:
        return self.path

    def close(self) -> None:
        """Do nothing; for the protocol."""


def open_container(path: Path) -> Container:
    """Return the container that *path* is: a directory, a ZIP archive (by its content), or a single file.

    Raises:
        InvalidInputError: nothing is there, it is no file, or it cannot be read.
    """
    if path.is_dir():
        return Folder(path)
    return Archive(path) if is_archive_at(path) else SingleFile(path)


def is_archive_at(path: Path) -> bool:
    """Return whether the file at *path* is a ZIP archive by its first bytes, possibly a truncated one.

    Raises:
        InvalidInputError: nothing is there, it is no file, or it cannot be read.
    """
    with _opened(path, _NO_LIMIT) as file:
        return is_archive(file.read(4))


def _opened(path: Path, max_bytes: int) -> BinaryIO:
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
        # Opening a pipe would wait for its writer.
        source = path.open("rb") if is_file else None
    except (OSError, ValueError) as error:
        raise FileError(_cannot_be_read(path.name, error)) from None
    if source is None:
        raise FileError(f"{path.name} is not a file. Choose a file, or a directory of files.", "not-a-file")
    guarded = GuardedStream(source, max_bytes, (OSError,), lambda error: FileError(_cannot_be_read(path.name, error)))
    return cast(BinaryIO, io.BufferedReader(guarded))


def _cannot_be_read(name: str, error: Exception) -> str:
    why = getattr(error, "strerror", None) or "not a name that a file can have"
    return f"{name.rstrip('/') or 'It'} cannot be read ({why}). Check the path and who may read it."
