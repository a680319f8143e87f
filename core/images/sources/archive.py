"""A ZIP archive, with whatever annotations lie in it."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.images.intake import NewFile
from core.images.sources import annotations
from core.images.sources.base import Loaded, Place, in_pieces, notes_from_json, notes_to_json
from core.images.sources.container import Archive


class ArchiveSource:
    name = "zip"
    label = "ZIP archive"

    def plan(self, config: dict[str, Any], place: Place) -> Iterable[dict[str, Any]]:
        with closing(Archive(place.resolve(str(config.get("path", ""))))) as archive:
            notes, used = annotations.find(archive)
            names = [name for name in archive.names() if name not in used]
        if not names:
            raise InvalidInputError("There are no files in this archive.", field="path")
        return [{"names": some, "notes": notes_to_json(notes, some)} for some in in_pieces(names)]

    def load(self, piece: dict[str, Any], config: dict[str, Any], place: Place, workdir: Path) -> Loaded:
        loaded = Loaded([], notes=notes_from_json(piece["notes"]))
        with closing(Archive(place.resolve(str(config["path"])))) as archive:
            for number, name in enumerate(piece["names"]):
                unpacked = workdir / str(number)
                try:
                    archive.extract(name, unpacked, place.settings.max_image_bytes)
                    loaded.files.append(NewFile(name, unpacked, name))
                except ImageRejectedError as error:
                    loaded.refused.append((name, str(error)))
        return loaded
