"""Directories and ZIP archives through one interface: names, and the content of a name."""

import os
import zipfile
from pathlib import Path
from typing import Protocol

from core.errors import ImageRejectedError, InvalidInputError

MAX_ARCHIVE_ENTRIES = 10_000
MAX_ARCHIVE_BYTES = 10_000_000_000
MAX_ARCHIVE_RATIO = 200
# For one annotation file; a million short questions are about 200 MB.
MAX_TEXT_BYTES = 256_000_000
_COPY_BYTES = 1 << 20


class Container(Protocol):
    """Files by their names."""

    def names(self) -> list[str]:
        """Return the relative names of the files with ``/``, sorted, without hidden files."""
        ...

    def text(self, name: str) -> str:
        """Return the content of a UTF-8 text file.

        Raises:
            InvalidInputError: it is too large or not UTF-8.
        """
        ...


class Folder:
    """A directory; symbolic links in it are not followed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        found = []
        for directory, subdirectories, files in os.walk(self.root, followlinks=False):
            subdirectories[:] = [name for name in subdirectories if not name.startswith(".")]
            for file in files:
                path = Path(directory, file)
                if not file.startswith(".") and not path.is_symlink() and path.is_file():
                    found.append(path.relative_to(self.root).as_posix())
        return sorted(found)

    def path(self, name: str) -> Path:
        """Return the path of the file.

        Raises:
            ImageRejectedError: the file is gone, or a symbolic link leads out of the directory.
        """
        path = self.root / name
        if path.is_symlink() or not path.is_file() or not path.resolve().is_relative_to(self.root.resolve()):
            raise ImageRejectedError(f"{path.name} is not in the directory any more.", reason="gone")
        return path

    def text(self, name: str) -> str:
        with self.path(name).open("rb") as file:
            return _text(name, file.read(MAX_TEXT_BYTES + 1))


class Archive:
    """A ZIP archive that is read member by member, each with a size limit; never unpacked as a whole."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            InvalidInputError: the file is not a ZIP archive, or is a ZIP bomb.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise InvalidInputError("This is not a ZIP archive, or it is damaged. Pack it again.") from None
        self._members = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}
        try:
            self._check(path.stat().st_size)
        except InvalidInputError:
            self._zip.close()
            raise

    def names(self) -> list[str]:
        return sorted(name for name in self._members if not _is_hidden(name))

    def extract(self, name: str, to: Path, max_bytes: int) -> None:
        """Write one member to the file *to*.

        Raises:
            ImageRejectedError: the member is encrypted, damaged, or has more than *max_bytes*.
        """
        info = self._members[name]
        if info.flag_bits & 1:
            raise ImageRejectedError("This file is encrypted inside the archive. Unpack it first.", reason="encrypted")
        try:
            with self._zip.open(info) as source, to.open("wb") as target:
                left = max_bytes
                while chunk := source.read(min(_COPY_BYTES, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        raise ImageRejectedError(
                            f"The file is larger than {max_bytes / 1e6:,.0f} MB. Scale it down and try again.",
                            reason="too-large",
                        )
                    target.write(chunk)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, RuntimeError) as error:
            if isinstance(error, ImageRejectedError):
                raise
            raise ImageRejectedError(
                "The file is damaged inside the archive. Pack it again.", reason="damaged"
            ) from error

    def text(self, name: str) -> str:
        with self._zip.open(self._members[name]) as file:
            return _text(name, file.read(MAX_TEXT_BYTES + 1))

    def close(self) -> None:
        self._zip.close()

    def _check(self, archive_bytes: int) -> None:
        """Reject ZIP bombs by the number of members, their declared sizes and overlapping data."""
        members = self._zip.infolist()
        total = sum(info.file_size for info in members)
        if len(members) > MAX_ARCHIVE_ENTRIES:
            raise InvalidInputError(
                f"The archive has {len(members):,} files; {MAX_ARCHIVE_ENTRIES:,} is the limit. "
                "Split it, or import the directory."
            )
        if total > MAX_ARCHIVE_BYTES or total > MAX_ARCHIVE_RATIO * max(archive_bytes, 1):
            raise InvalidInputError(
                f"The archive would unpack to {total / 1e9:,.1f} GB, which is too much. Import the directory instead."
            )
        end = 0
        for info in sorted(members, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise InvalidInputError("Files in this archive overlap, as in a ZIP bomb. Pack it again.")
            end = info.header_offset + info.compress_size


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    return (
        any(part.startswith(".") and part.strip(".") for part in parts)
        or parts[0] == "__MACOSX"
        or parts[-1] == "Thumbs.db"
    )


def _text(name: str, data: bytes) -> str:
    if len(data) > MAX_TEXT_BYTES:
        raise InvalidInputError(f"{name} is larger than {MAX_TEXT_BYTES / 1e6:,.0f} MB. Split it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(f"{name} is not UTF-8 text. Save it as UTF-8.") from None
