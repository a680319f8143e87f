"""What all containers have in common: the protocol, guarded streams, and which files are hidden."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import ImageRejectedError, InvalidInputError

# For one text that is read at once; longer ones are read as streams.
MAX_TEXT_BYTES = 256_000_000
COPY_BYTES = 1 << 20

# Written by file managers and synchronizing programs; nobody means to import them.
_HIDDEN_DIRECTORIES = {"__macosx", "@eadir", "$recycle.bin", "system volume information"}
_HIDDEN_FILES = {"thumbs.db", "desktop.ini"}


class FileError(InvalidInputError):
    """Raised for one file of a container that cannot be read; *reason* is a stable word for counting."""

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        # Unpickling calls __init__ with the message alone, then restores the attributes: reason needs a default.
        super().__init__(message)
        self.reason = reason

    def as_rejected(self) -> ImageRejectedError:
        """Return the same as the outcome of an image."""
        return ImageRejectedError(str(self), reason=self.reason)


class Container(Protocol):
    """Files by their names."""

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Name and a sentence for each file that :meth:`names` leaves out, or lists under another name."""
        ...

    def names(self) -> list[str]:
        """Return the relative names of the files with ``/``, sorted, without hidden files.

        A file that turns out to be unreadable is listed too: opening it says why.
        """
        ...

    def open(self, name: str, max_bytes: int) -> BinaryIO:
        """Return a stream of the content; close it.

        Raises:
            InvalidInputError: the file cannot be read or has more than *max_bytes*; also while reading from the stream.
        """
        ...

    def text(self, name: str) -> str:
        """Return the content of a UTF-8 text file.

        Raises:
            InvalidInputError: it cannot be read, has more than MAX_TEXT_BYTES, or is not UTF-8.
        """
        ...

    def file(self, name: str, scratch: Path, max_bytes: int) -> Path:
        """Return a path with the content: that of the file itself, or *scratch* with a copy of the content.

        Raises:
            ImageRejectedError: the file cannot be read, or a copy would have more than *max_bytes*.
        """
        ...

    def close(self) -> None: ...


class Readable(Protocol):
    """What a guarded stream reads from."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class GuardedStream(io.RawIOBase):
    """Reads from *source* up to a number of bytes, and translates the exceptions of damaged files."""

    def __init__(
        self,
        source: Readable,
        max_bytes: int,
        errors: tuple[type[Exception], ...],
        describe: Callable[[Exception], FileError],
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        """
        Args:
            errors: what reading from *source* may raise; *describe* makes the error that is raised instead.
            lock: held while *source* is used, which other streams share.
        """
        super().__init__()
        self._source = source
        self._max_bytes = self._left = max_bytes
        self._errors = errors
        self._describe = describe
        self._lock = lock or nullcontext()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        try:
            with self._lock:
                data = self._source.read(min(len(buffer), COPY_BYTES, self._left + 1))
        except self._errors as error:
            raise self._describe(error) from error
        self._left -= len(data)
        if self._left < 0:
            raise FileError(
                f"The file is larger than {self._max_bytes / 1e6:,.0f} MB, the limit. Make it smaller and try again.",
                "too-large",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        with self._lock:
            self._source.close()
        super().close()


def is_hidden(name: str) -> bool:
    """Return whether a file or a directory above it is hidden, or made by a file manager."""
    *directories, last = name.split("/")
    return (
        any(part.startswith(".") and part.strip(".") for part in (*directories, last))
        or any(part.lower() in _HIDDEN_DIRECTORIES for part in directories)
        or last.lower() in _HIDDEN_FILES
    )


def read_text(name: str, stream: BinaryIO) -> str:
    """Return the content of the stream as text; see :meth:`Container.text`."""
    with stream:
        try:
            return stream.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidInputError(f"{name} is not UTF-8 text. Save it as UTF-8.") from None
        except FileError as error:
            raise InvalidInputError(f"{name}: {error}") from error
