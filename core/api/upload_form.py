"""Reads multipart forms with files: no file is spooled to disk beyond the size that an image may have."""

import errno
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from core.errors import StorageError

MAX_UPLOAD_BYTES = 2_000_000_000
"""Of a whole form, so that one request cannot fill the disk."""
MAX_FILES = 1_000


class UploadRoute(APIRoute):
    """A route whose forms are read by :class:`_Request`; other routes of its router are not affected."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            try:
                return await handle(_Request(request.scope, request.receive))
            except HTTPException as error:
                # FastAPI answers 400 to every error while it reads a body.
                if isinstance(error.__cause__, StorageError):
                    raise error.__cause__ from None
                raise

        return limited


class _Request(Request):
    async def form(self, **limits: Any) -> FormData:  # type: ignore[override]
        """Return the form; FastAPI awaits it and closes its files.

        Raises:
            HTTPException: 413, the form is too large; 400, it is malformed.
            StorageError: the files cannot be stored temporarily.
        """
        if self._form is not None or not self.headers.get("Content-Type", "").startswith("multipart/form-data"):
            return await super().form(**limits)
        announced = self.headers.get("Content-Length", "0")
        if announced.isdecimal() and int(announced) > MAX_UPLOAD_BYTES:  # before anything is spooled
            raise HTTPException(413, f"An upload has at most {MAX_UPLOAD_BYTES:,} bytes; send fewer files at a time")
        self.scope["vitrine.body_limit"].max_bytes = MAX_UPLOAD_BYTES
        settings = self.app.state.services().db.settings
        parser = _Parser(self, settings.max_image_bytes)
        try:
            self._form = await parser.parse()
            return self._form
        except MultiPartException as error:
            raise HTTPException(400, error.message.rstrip(".")) from error
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            reason = "is full" if full else f"cannot be written ({error.strerror})"
            raise StorageError(f"The disk for temporary files {reason}. Free some space, or set TMPDIR.") from error


class _Parser(MultiPartParser):
    """Drops what a file has beyond its limit; one byte more stays, so that the file is still seen as too large."""

    def __init__(self, request: Request, max_file_bytes: int) -> None:
        super().__init__(request.headers, request.stream(), max_files=MAX_FILES)
        self._room_of_file = max_file_bytes + 1
        self._room = 0

    def on_part_begin(self) -> None:
        """Start a part."""
        self._room = self._room_of_file
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a part: ``data[start:end]``."""
        end = min(end, start + self._room)
        self._room -= end - start
        if end > start:
            super().on_part_data(data, start, end)
