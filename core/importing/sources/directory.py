"""A directory on the server, with the annotation files in it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.container import Folder
from core.errors import ImageRejectedError, InvalidInputError
from core.images.import_context import ImportContext
from core.images.stored_file import NewFile
from core.importing.readers import annotations
from core.importing.sources.base import (
    LoadedChunk,
    Source,
    annotations_from_json,
    annotations_to_json,
    in_chunks,
)


class DirectorySource(Source):
    """Reads all files below the directory ``path``, which VITRINE_IMPORT_ROOTS must allow."""

    name = "directory"
    label = "Server directory"
    input = "path"
    input_label = "Directory or file on the server"
    placeholder = "/srv/images"

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[dict[str, Any]]:
        folder = _folder(config, context)
        found, used = annotations.find(folder)
        names = [name for name in folder.names() if name not in used]
        if not names:
            raise InvalidInputError("There are no files in this directory.", field="path")
        return ({"names": some, "annotations": annotations_to_json(found, some)} for some in in_chunks(names))

    def load(self, chunk: dict[str, Any], config: dict[str, Any], context: ImportContext, workdir: Path) -> LoadedChunk:
        folder = _folder(config, context)
        loaded = LoadedChunk([], annotations=annotations_from_json(chunk))
        for name in chunk["names"]:
            try:
                loaded.files.append(NewFile(name, folder.path(name), name))
            except ImageRejectedError as error:
                loaded.rejected.append((name, str(error)))
        return loaded


def _folder(config: dict[str, Any], context: ImportContext) -> Folder:
    path = context.resolve(str(config.get("path", "")))
    if not path.is_dir():
        raise InvalidInputError(f"{path.name} is not a directory. Enter the path of a directory.", field="path")
    return Folder(path)
