"""A directory on the server, with whatever annotations lie in it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.images.intake import NewFile
from core.images.sources import annotations
from core.images.sources.base import Loaded, Place, in_pieces, notes_from_json, notes_to_json
from core.images.sources.container import Folder


class DirectorySource:
    name = "directory"
    label = "Server directory"

    def plan(self, config: dict[str, Any], place: Place) -> Iterable[dict[str, Any]]:
        folder = _folder(config, place)
        notes, used = annotations.find(folder)
        names = [name for name in folder.names() if name not in used]
        if not names:
            raise InvalidInputError("There are no files in this directory.", field="path")
        return ({"names": some, "notes": notes_to_json(notes, some)} for some in in_pieces(names))

    def load(self, piece: dict[str, Any], config: dict[str, Any], place: Place, workdir: Path) -> Loaded:
        folder = _folder(config, place)
        loaded = Loaded([], notes=notes_from_json(piece["notes"]))
        for name in piece["names"]:
            try:
                loaded.files.append(NewFile(name, folder.path(name), name))
            except ImageRejectedError as error:
                loaded.refused.append((name, str(error)))
        return loaded


def _folder(config: dict[str, Any], place: Place) -> Folder:
    path = place.resolve(str(config.get("path", "")))
    if not path.is_dir():
        raise InvalidInputError(f"{path.name} is not a directory.", field="path")
    return Folder(path)
