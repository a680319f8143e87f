"""A ZIP archive, with the annotation files in it."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from core.container import Archive, shared_archive
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


class ArchiveSource(Source):
    """Reads a ZIP archive member by member; ``path`` is an uploaded one or one on the server."""

    name = "zip"
    label = "ZIP"
    help = (
        "Annotations in the archive (LLaVA, VQA v2, ImageFolder) come in as entries. An export in Vitrine's own "
        "format comes back whole, with decisions and history."
    )
    input = "upload"
    suffixes = (".zip",)

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[dict[str, Any]]:
        with closing(Archive(context.resolve(str(config.get("path", ""))))) as archive:
            found, used = annotations.find(archive)
            names = [name for name in archive.names() if name not in used]
        if not names:
            raise InvalidInputError("There are no files in this archive.", field="path")
        return [{"names": some, "annotations": annotations_to_json(found, some)} for some in in_chunks(names)]

    def load(self, chunk: dict[str, Any], config: dict[str, Any], context: ImportContext, workdir: Path) -> LoadedChunk:
        loaded = LoadedChunk([], annotations=annotations_from_json(chunk))
        with shared_archive(context.resolve(str(config["path"]))) as archive:
            for number, name in enumerate(chunk["names"]):
                unpacked = workdir / str(number)
                try:
                    archive.extract(name, unpacked, context.settings.max_image_bytes)
                    loaded.files.append(NewFile(name, unpacked, name))
                except ImageRejectedError as error:
                    loaded.rejected.append((name, str(error)))
        return loaded
