"""Hugging Face datasets on the server: a saved directory, Parquet or Arrow files; no script in them is ever run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.images import tabular
from core.images.intake import NewFile
from core.images.sandbox import sandbox
from core.images.sources.base import Loaded, Note, Place

_SUFFIXES = (".parquet", ".arrow")


class HuggingFaceSource:
    name = "huggingface"
    label = "Hugging Face dataset"

    def plan(self, config: dict[str, Any], place: Place) -> Iterable[dict[str, Any]]:
        path = place.resolve(str(config.get("path", "")))
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES)
        files = [file for file in files if file.suffix in _SUFFIXES and not file.is_symlink()]
        if not files:
            raise InvalidInputError("There is no Parquet or Arrow file in this place.", field="path")
        pieces = []
        for file in files:
            try:
                count = sandbox(place.settings).run(tabular.batch_count, file)
            except ImageRejectedError as error:
                raise InvalidInputError(f"{file.name}: {error}", field="path") from error
            pieces += [{"file": str(file), "batch": number} for number in range(count)]
        return pieces

    def load(self, piece: dict[str, Any], config: dict[str, Any], place: Place, workdir: Path) -> Loaded:
        file = place.resolve(piece["file"])
        limit = place.settings.max_image_bytes
        rows = sandbox(place.settings).run(tabular.read_batch, file, piece["batch"], workdir, limit)
        loaded = Loaded([])
        for row in rows:
            reference = f"{file.name} row {row.number + 1}"
            if row.reason:
                loaded.refused.append((row.name, row.reason))
                continue
            loaded.files.append(NewFile(row.name, workdir / row.file, reference))
            if row.pairs:
                loaded.notes[reference] = [Note(question, answer) for question, answer in row.pairs]
        return loaded
