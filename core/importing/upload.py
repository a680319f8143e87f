"""One upload: what is known of it, the name of its file, and the writer of its chunks."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InvalidInputError
from core.images.import_outcome import label_of
from core.images.storage import translate_disk_errors

MAX_CHUNK_BYTES = 16_000_000
"""Larger chunks are refused: a lost connection repeats at most this much."""
_MAX_NAME_BYTES = 200


@dataclass(frozen=True)
class Upload:
    """A file on its way in, or complete and not imported yet."""

    id: str
    project_id: str
    """Empty for the archive of a project that is not here yet."""
    name: str
    """As it is stored; the name of the user's file, made safe."""
    size_bytes: int
    modified_ms: int
    """Time of the file's last change on the user's machine: with name and size it tells files apart."""
    received_bytes: int = 0
    is_started: bool = False
    """Its import was created."""

    @property
    def is_complete(self) -> bool:
        return self.received_bytes == self.size_bytes

    @property
    def path(self) -> str:
        """The ``path`` for the config of an import."""
        return f"{self.id}/{self.name}"


class ChunkWriter:
    """Writes one chunk behind the bytes that are confirmed; only :meth:`commit` confirms it.

    What a cut connection or a killed process leaves behind is overwritten by the next chunk.
    """

    def __init__(self, file: Path, upload: Upload, save: Callable[[Upload], None], unlock: Callable[[], None]) -> None:
        self._upload, self._save, self._unlock = upload, save, unlock
        self._checksum, self._written = 0, 0
        with translate_disk_errors():
            file.touch()
            self._file = file.open("r+b")
            self._file.seek(upload.received_bytes)

    def write(self, data: bytes) -> None:
        """Append *data* to the chunk.

        Raises:
            InvalidInputError: the chunk or the file would become too large.
            StorageError: the disk is full.
        """
        self._written += len(data)
        if self._written > MAX_CHUNK_BYTES:
            raise InvalidInputError(f"A chunk has at most {MAX_CHUNK_BYTES:,} bytes. Send smaller ones.")
        if self._upload.received_bytes + self._written > self._upload.size_bytes:
            raise InvalidInputError("This chunk goes beyond the size of the file. Choose the file again.")
        self._checksum = zlib.crc32(data, self._checksum)
        with translate_disk_errors():
            self._file.write(data)

    def commit(self, checksum: str) -> Upload:
        """Confirm the chunk and return the upload.

        Args:
            checksum: CRC-32 of the chunk, eight hexadecimal digits.

        Raises:
            InvalidInputError: *checksum* differs from that of the bytes that arrived.
        """
        if not self._written or checksum.lower() != f"{self._checksum:08x}":
            raise InvalidInputError("The chunk was damaged on its way. Send it again.", field="Upload-Checksum")
        with translate_disk_errors():
            self._file.flush()
        upload = replace(self._upload, received_bytes=self._upload.received_bytes + self._written)
        self._save(upload)
        return upload

    def close(self) -> None:
        """Release the file and the lock."""
        self._file.close()
        self._unlock()


def stored_name(name: str) -> str:
    """Return the name as that of a file: one part, visible, short enough for every file system."""
    label = label_of(name).lstrip(".")
    stem, dot, suffix = label.rpartition(".")
    if not dot:
        stem, suffix = label, ""
    room = _MAX_NAME_BYTES - len((dot + suffix).encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + suffix if room > 0 else "file"
