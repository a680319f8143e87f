"""A ZIP archive as a container: each member is read by itself, with a limit; nothing is unpacked as a whole."""

import io
import lzma
import os
import stat
import struct
import threading
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import BinaryIO, cast

from core.container import unpacking
from core.container.archive_names import distinct, written_names
from core.container.base import COPY_BYTES, MAX_TEXT_BYTES, FileError, GuardedStream, is_hidden, read_text
from core.container.unpacking import UnpackingReader
from core.errors import InvalidInputError

# Twice the largest datasets that come as one ZIP, or as many images with a text each.
MAX_ARCHIVE_FILES = 200_000
# With directories and hidden files. A record takes about 600 bytes of memory.
MAX_ARCHIVE_RECORDS = 2 * MAX_ARCHIVE_FILES + 20_000
# Texts of annotations shrink to a tenth, or a fiftieth when they repeat themselves; DEFLATE ends at 1,032.
MAX_RATIO = 200
# Small files of one color may shrink more.
_RATIO_FREE_BYTES = 10_000_000

_PACKINGS = {9: "Deflate64, which Windows uses above 2 GB", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
# What zipfile and its decompressors raise on damaged data.
_DAMAGED = (
    zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, RuntimeError, OSError, MemoryError, LookupError,
    OverflowError, TypeError, AttributeError, struct.error, zlib.error, lzma.LZMAError,
)  # fmt: skip
_HEAD = b"PK\x03\x04"
_END = b"PK\x05\x06"


class Archive:
    """A ZIP archive; several threads may read from it at the same time."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            InvalidInputError: the file is not a ZIP archive, is truncated, or has too many files.
        """
        self.problems: list[tuple[str, str]] = []
        # In Python 3.12 and 3.13 opening a member moves the position in the file while another thread reads.
        self._lock = threading.Lock()
        self._file = _opened(path)
        try:
            directory_at = _check_directory(self._file, path.name)
            self._zip = zipfile.ZipFile(self._file)
        except InvalidInputError:
            self._file.close()
            raise
        except _DAMAGED:
            self._file.close()
            raise InvalidInputError(
                f"The list of files in {path.name} is damaged. Get the ZIP archive again, or pack it again."
            ) from None
        self._overlapping = _overlapping(self._zip.infolist(), directory_at)
        self._members = self._listed(self._zip.infolist())
        # Members are opened by their ZipInfo; of an archive from a Mac, half of these records are hidden files.
        self._zip.filelist.clear()
        self._zip.NameToInfo.clear()
        if len(self._members) > MAX_ARCHIVE_FILES:
            self.close()
            raise InvalidInputError(
                f"The archive has {len(self._members):,} files; {MAX_ARCHIVE_FILES:,} is the limit. "
                "Split it, or import the directory."
            )

    def names(self) -> list[str]:
        return sorted(self._members)

    def open(self, name: str, max_bytes: int) -> BinaryIO:
        member = self._readable(name)
        try:
            is_special = member.compress_type in unpacking.METHODS
            with self._lock:
                source = UnpackingReader(self._zip, member) if is_special else self._zip.open(member)
        except _DAMAGED as error:
            raise _damaged(error) from error
        guarded = GuardedStream(source, max_bytes, _DAMAGED, _damaged, self._lock)
        return cast(BinaryIO, io.BufferedReader(guarded, COPY_BYTES))

    def text(self, name: str) -> str:
        try:
            return read_text(name, self.open(name, MAX_TEXT_BYTES))
        except FileError as error:
            raise InvalidInputError(f"{name}: {error}") from error

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path:
        self.extract(name, scratch, max_bytes)
        return scratch

    def extract(self, name: str, to: Path, max_bytes: int) -> None:
        """Write one member to the file *to*.

        Raises:
            ImageRejectedError: the member is encrypted, damaged, or has more than *max_bytes*.
        """
        try:
            with self.open(name, max_bytes) as source, to.open("wb") as target:
                while chunk := source.read(COPY_BYTES):
                    target.write(chunk)
        except FileError as error:
            raise error.as_rejected() from error

    def check(self, name: str) -> None:
        """Check what the archive says about a member, without reading it.

        Raises:
            InvalidInputError: the member cannot be read, or is a ZIP bomb.
        """
        self._readable(name)

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def _readable(self, name: str) -> zipfile.ZipInfo:
        member = self._members.get(name)
        if member is None:
            raise FileError("This file is not in the archive any more.", "gone")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, *unpacking.METHODS):
            packing = _PACKINGS.get(member.compress_type, f"method {member.compress_type}")
            raise FileError(f"This file is packed with {packing}. Unpack the archive and pack it again.", "packing")
        if member.flag_bits & _ENCRYPTED_FLAGS:
            raise FileError("This file is encrypted inside the archive. Unpack it first.", "encrypted")
        if member.header_offset in self._overlapping:
            raise FileError("This file overlaps another one in the archive, as in a ZIP bomb. Pack it again.", "bomb")
        if member.file_size > max(_RATIO_FREE_BYTES, MAX_RATIO * member.compress_size):
            raise FileError(
                f"This file would unpack to {member.file_size / 1e6:,.0f} MB, more than {MAX_RATIO} times its size in "
                "the archive, as in a ZIP bomb. Import it unpacked.",
                "bomb",
            )
        return member

    def _listed(self, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        """Return the members by name, without directories, hidden files and links."""
        found: defaultdict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for member, name in zip(members, written_names(members), strict=True):
            kind = stat.S_IFMT(member.external_attr >> 16)
            if name.endswith("/") or kind == stat.S_IFDIR or is_hidden(name):
                continue
            if kind == stat.S_IFLNK:
                self.problems.append(
                    (name, "This is a symbolic link, and links are not followed. Pack the file itself.")
                )
            else:
                found[name].append(member)
        return {new: member for name, same in found.items() for new, member in self._named(name, same)}

    def _named(self, name: str, members: list[zipfile.ZipInfo]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
        """Yield the members of one name under names of their own: nothing says which one was meant."""
        contents = {(member.CRC, member.file_size): member for member in members}
        names = distinct([name] * len(contents))
        if len(members) > len(contents):
            self.problems.append(
                (name, f"The archive has this file {len(members)} times, with the same content. It was taken once.")
            )
        if len(contents) > 1:
            self.problems.append(
                (name, f"The archive has {len(contents)} files with this name. They are called {' and '.join(names)}.")
            )
        yield from zip(names, contents.values(), strict=True)


def is_archive(head: bytes) -> bool:
    """Return whether a file that begins with *head* is a ZIP archive, possibly a truncated one."""
    return head.startswith((_HEAD, _END, b"PK\x07\x08"))


def _opened(path: Path) -> BinaryIO:
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise InvalidInputError(f"{path.name} is not a file. Choose a ZIP archive.")
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a name that a file can have"
        raise InvalidInputError(f"{path.name} cannot be read ({why}). Check the path and who may read it.") from None


def _check_directory(file: BinaryIO, name: str) -> int:
    """Check that there is a directory of members of a size that can be read; return its position in *file*."""
    size_bytes = file.seek(0, os.SEEK_END)
    tail_at = max(size_bytes - 0x1_0000 - 200, 0)
    file.seek(tail_at)
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        file.seek(0)
        raise InvalidInputError(_no_directory(name, file.read(8)))
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    if end >= 76 and tail[end - 20 : end - 16] == b"PK\x06\x07":  # ZIP64: the same, with 64 bits
        end -= 76
        (directory_bytes,) = struct.unpack_from("<Q", tail, end + 40)
    # A record with its name and extra fields takes 200 bytes at most on average.
    if directory_bytes > MAX_ARCHIVE_RECORDS * 200:
        raise _too_many()
    directory_at = max(tail_at + end - int(directory_bytes), 0)
    file.seek(directory_at)
    if file.read(directory_bytes).count(b"PK\x01\x02") > MAX_ARCHIVE_RECORDS:
        raise _too_many()
    return directory_at


def _no_directory(name: str, head: bytes) -> str:
    if is_archive(head):
        return (
            f"The end of {name} is missing, and with it the list of its files: it was not downloaded or copied to its "
            f"end. Get it again, or repair it with: zip -FF {quote(Path(name).name)} --out repaired.zip"
        )
    other = {b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7z archive", b"\x1f\x8b": "a gzip file"}
    known = next((what for start, what in other.items() if head.startswith(start)), None)
    if known:
        return f"{name} is {known}, not a ZIP archive. Unpack it and import the directory, or pack it as ZIP."
    return f"{name} is not a ZIP archive, or it is damaged. Pack it again."


def _too_many() -> InvalidInputError:
    return InvalidInputError(
        f"The archive has more than {MAX_ARCHIVE_FILES:,} files, the limit. Split it, or import the directory."
    )


def _overlapping(members: list[zipfile.ZipInfo], directory_at: int) -> set[int]:
    """Return the positions of the members whose data reaches into the next one, or into the directory."""
    starts = sorted((member.header_offset, member.compress_size) for member in members)
    ends = [start for start, _ in starts[1:]] + [directory_at]
    return {start for (start, size_bytes), end in zip(starts, ends, strict=True) if start + size_bytes > end}


def _damaged(error: Exception) -> FileError:
    return FileError("The file is damaged inside the archive. Pack it again.", "damaged")
