"""Hugging Face datasets, from the Hub or from the disk; no script in them is ever run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.images.import_context import ImportContext
from core.images.sandbox import sandbox
from core.images.stored_file import NewFile
from core.importing import tabular
from core.importing.sources import hub
from core.importing.sources.base import ImportedAnnotation, LoadedChunk, Source, SourceOption

# The rows of a file on the Hub are only known after its download, so its parts are planned by size.
_PART_BYTES = 16_000_000


class HuggingFaceSource(Source):
    """Reads ``hub``, a dataset on the Hub, perhaps one ``split`` of it, or ``path``, files on the server."""

    name = "huggingface"
    label = "Hugging Face dataset"
    help = "Columns called question and answer become entries."
    input = "text"
    input_label = "Name on the Hub, or a saved dataset, Parquet or Arrow file on the server"
    placeholder = "owner/name or /srv/datasets/shelves"
    suffixes = (".parquet", ".arrow")
    options = (SourceOption("split", "Split", "all"),)

    def config_of(self, entered: Any) -> dict[str, Any]:
        text = str(entered).strip()
        key = "path" if text.startswith("/") else "hub"
        return {"source": self.name, key: text.removeprefix("hf://datasets/")}

    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[dict[str, Any]]:
        if config.get("hub"):
            return _parts_of_hub_files(str(config["hub"]), str(config.get("split") or "").strip())
        return _batches_of_files(str(config.get("path", "")), context)

    def load(self, chunk: dict[str, Any], config: dict[str, Any], context: ImportContext, workdir: Path) -> LoadedChunk:
        if "part" in chunk:
            file = hub.download(str(config["hub"]), chunk["file"], chunk["revision"], context.uploads)
            count, parts = sandbox(context.settings).run(tabular.batch_count, file), chunk["parts"]
            batches = range(count * chunk["part"] // parts, count * (chunk["part"] + 1) // parts)
        else:
            file = context.resolve(chunk["file"])
            batches = range(chunk["batch"], chunk["batch"] + 1)
        loaded = LoadedChunk([])
        for batch in batches:
            _read_into(loaded, file, batch, context, workdir)
        return loaded


def _parts_of_hub_files(dataset: str, split: str) -> Iterable[dict[str, Any]]:
    for file in hub.parquet_files(dataset, split):
        parts = max(1, round(file.size_bytes / _PART_BYTES))
        for part in range(parts):
            yield {"file": file.name, "revision": file.revision, "part": part, "parts": parts}


def _batches_of_files(path: str, context: ImportContext) -> Iterable[dict[str, Any]]:
    suffixes, root = HuggingFaceSource.suffixes, context.resolve(path)
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.suffix in suffixes)
    files = [file for file in files if file.suffix in suffixes and not file.is_symlink()]
    if not files:
        raise InvalidInputError("There is no Parquet or Arrow file there. Enter the path of one.", field="path")
    for file in files:
        try:
            count = sandbox(context.settings).run(tabular.batch_count, file)
        except ImageRejectedError as error:
            raise InvalidInputError(f"{file.name}: {error}", field="path") from error
        for number in range(count):
            yield {"file": str(file), "batch": number}


def _read_into(loaded: LoadedChunk, file: Path, batch: int, context: ImportContext, workdir: Path) -> None:
    max_bytes = context.settings.max_image_bytes
    for row in sandbox(context.settings).run(tabular.read_batch, file, batch, workdir, max_bytes):
        reference = f"{file.name} row {row.number + 1}"
        if row.reason:
            loaded.rejected.append((row.name, row.reason))
            continue
        loaded.files.append(NewFile(row.name, workdir / row.file, reference))
        if row.pairs:
            loaded.annotations[reference] = [ImportedAnnotation(question, answer) for question, answer in row.pairs]
