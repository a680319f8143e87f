"""Hugging Face datasets, from the Hub or from the disk; no script in them is ever run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.images import tabular
from core.images.intake import NewFile
from core.images.sandbox import sandbox
from core.images.sources import hub
from core.images.sources.base import Loaded, Note, Place

_SUFFIXES = (".parquet", ".arrow")
# Of a file on the Hub, whose rows are only known once it is here.
_PART_BYTES = 16_000_000


class HuggingFaceSource:
    """``config`` has ``path``, a place on the server, or ``hub``, a name on the Hub, perhaps with ``split``."""

    name = "huggingface"
    label = "Hugging Face dataset"

    def plan(self, config: dict[str, Any], place: Place) -> Iterable[dict[str, Any]]:
        if config.get("hub"):
            return _parts_of_hub_files(str(config["hub"]), str(config.get("split") or ""))
        return _batches_of_files(str(config.get("path", "")), place)

    def load(self, piece: dict[str, Any], config: dict[str, Any], place: Place, workdir: Path) -> Loaded:
        if "part" in piece:
            file = hub.fetched(str(config["hub"]), piece["file"], piece["revision"], place.uploads)
            count, parts = sandbox(place.settings).run(tabular.batch_count, file), piece["parts"]
            batches = range(count * piece["part"] // parts, count * (piece["part"] + 1) // parts)
        else:
            file = place.resolve(piece["file"])
            batches = range(piece["batch"], piece["batch"] + 1)
        loaded = Loaded([])
        for batch in batches:
            _read_into(loaded, file, batch, place, workdir)
        return loaded


def _parts_of_hub_files(dataset: str, split: str) -> Iterable[dict[str, Any]]:
    for file in hub.parquet_files(dataset, split):
        parts = max(1, round(file.size_bytes / _PART_BYTES))
        for part in range(parts):
            yield {"file": file.name, "revision": file.revision, "part": part, "parts": parts}


def _batches_of_files(path: str, place: Place) -> Iterable[dict[str, Any]]:
    where = place.resolve(path)
    files = [where] if where.is_file() else sorted(p for p in where.rglob("*") if p.suffix in _SUFFIXES)
    files = [file for file in files if file.suffix in _SUFFIXES and not file.is_symlink()]
    if not files:
        raise InvalidInputError("There is no Parquet or Arrow file in this place.", field="path")
    for file in files:
        try:
            count = sandbox(place.settings).run(tabular.batch_count, file)
        except ImageRejectedError as error:
            raise InvalidInputError(f"{file.name}: {error}", field="path") from error
        for number in range(count):
            yield {"file": str(file), "batch": number}


def _read_into(loaded: Loaded, file: Path, batch: int, place: Place, workdir: Path) -> None:
    limit = place.settings.max_image_bytes
    for row in sandbox(place.settings).run(tabular.read_batch, file, batch, workdir, limit):
        reference = f"{file.name} row {row.number + 1}"
        if row.reason:
            loaded.refused.append((row.name, row.reason))
            continue
        loaded.files.append(NewFile(row.name, workdir / row.file, reference))
        if row.pairs:
            loaded.notes[reference] = [Note(question, answer) for question, answer in row.pairs]
