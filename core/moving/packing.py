"""A ZIP without compression that is continued where an earlier process stopped."""

import hashlib
import os
import struct
import zipfile
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO

# The earliest time of the ZIP format: a real time would make two equal archives differ.
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_HEADER = struct.Struct("<4s2B4HL2L2H")
_SIGNATURE = b"PK\x03\x04"


class ContinuedZip:
    """Writes members to a file; those that are complete there already are kept.

    The members that are kept are images: their names contain their sha256, by which they are checked.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b" if path.exists() else "w+b")
        kept, end = _complete_members(self._file)
        self._file.truncate(end)
        self._file.seek(end)
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)  # of an open file, it writes from here on
        for member in kept:
            self._zip.filelist.append(member)
            self._zip.NameToInfo[member.filename] = member
        self.kept = {member.filename: member.file_size for member in kept}
        """Sizes in bytes of the members that were there, by name."""

    def __enter__(self) -> "ContinuedZip":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._zip.close()  # after an interruption the list of members is cut off again by the next run
        finally:
            self._file.close()

    def add_bytes(self, name: str, data: bytes) -> None:
        self._zip.writestr(_member(name), data)

    def add_file(self, name: str, source: Path) -> None:
        member = _member(name)
        member.file_size = source.stat().st_size  # decides whether 64-bit sizes are needed
        with source.open("rb", buffering=0) as file, self._zip.open(member, "w") as target:
            while data := file.read(1 << 16):
                target.write(data)

    def finish(self) -> None:
        """Write the list of members, and return after the fsync of all bytes."""
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _FIXED_TIME)
    member.external_attr = 0o644 << 16
    member.create_system = 3
    return member


def _complete_members(file: BinaryIO) -> tuple[list[zipfile.ZipInfo], int]:
    """Return the images at the start of *file* that are complete, and where the last one ends."""
    found: list[zipfile.ZipInfo] = []
    at = 0
    while True:
        file.seek(at)
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size or not head.startswith(_SIGNATURE):
            return found, at
        *_, crc, packed, size, name_bytes, extra_bytes = _HEADER.unpack(head)
        name = file.read(name_bytes).decode("utf-8", "replace")
        file.seek(extra_bytes, os.SEEK_CUR)
        data = file.read(size)
        # The sizes are written behind the data, so a member that was cut off has none.
        if packed != size or hashlib.sha256(data).hexdigest() != PurePosixPath(name).stem:
            return found, at
        member = _member(name)
        member.header_offset, member.CRC, member.compress_size, member.file_size = at, crc, packed, size
        found.append(member)
        at = file.tell()
