"""Files that came together in one request, stored as an upload that can be imported."""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from core.config import Settings
from core.errors import InvalidInputError, VitrineError
from core.images.storage import translate_disk_errors
from core.importing.upload import stored_name
from core.importing.uploads import UploadService

_COPY_BYTES = 1 << 20


def receive(
    uploads: UploadService, settings: Settings, project_id: str, files: Sequence[tuple[str, BinaryIO]]
) -> tuple[str, str]:
    """Store files; return the id of their upload, and the ``path`` for the config of their import.

    Args:
        files: name and content of each; directories in a name are kept.

    Raises:
        InvalidInputError: two files have the same name, or they are larger than the settings allow.
        StorageError: the quota of uploads or the disk is full.
    """
    size_bytes = sum(content.seek(0, os.SEEK_END) for _, content in files)
    limit = settings.max_upload_bytes
    if size_bytes > limit:
        raise InvalidInputError(
            f"These files are larger than {limit / 1e9:,.3g} GB, the limit. Import them by their path.", field="files"
        )
    names = [_relative(name) for name, _ in files]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InvalidInputError(f"Two files are called {twice}. Rename one.", field="files")
    upload = uploads.reserve(project_id, names[0], size_bytes)
    directory = settings.data_dir / "imports" / upload.id
    try:
        _write(directory, zip(names, (content for _, content in files), strict=True))
    except VitrineError:
        uploads.remove(upload.id)
        raise
    return upload.id, f"{upload.id}/{names[0]}" if len(names) == 1 else upload.id


def _write(directory: Path, files: Iterable[tuple[str, BinaryIO]]) -> None:
    with translate_disk_errors():
        for name, content in files:
            file = directory / name
            file.parent.mkdir(parents=True, exist_ok=True)
            content.seek(0)
            with file.open("wb") as stored:
                shutil.copyfileobj(content, stored, _COPY_BYTES)


def _relative(name: str) -> str:
    parts = [stored_name(part) for part in re.split(r"[/\\]", name) if part.strip(". ")]
    return "/".join(parts) or "file"
