"""Loading the files of one item: from a directory, an archive, a PDF, a table, or the web."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from core.container import Archive, shared_container
from core.errors import ImageRejectedError, InvalidInputError, VitrineError
from core.fetch import Fetched, fetch
from core.images.import_context import ImportContext
from core.images.sandbox import sandbox
from core.images.stored_file import NewFile
from core.importing import bucket_items, pdf
from core.importing.reading import read_table_batch
from core.importing.records import Problem, Record, Turn
from core.importing.sources import hub
from core.importing.spool import embedded_directory

# At the same time, of one server.
_CONCURRENT_FETCHES = 4


@dataclass(frozen=True)
class Loaded:
    """The files of one item, those that were rejected before they were read, and records that came with them."""

    source: str
    """The ``source`` of the new images."""
    files: list[NewFile] = field(default_factory=list)
    """Their ``source_ref`` is what records call them."""
    rejected: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason."""
    records: tuple[Record, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What was read and is not stored."""


def load(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path, workdir: Path) -> Loaded:
    """Return the files of an item by its payload; blocks.

    Args:
        own: the directory of the import, for what it has unpacked and read.
        workdir: an empty directory that stays until the files are stored.

    Raises:
        InvalidInputError: the source is not there any more.
        ImageRejectedError: the table is damaged.
    """
    match item["do"]:
        case "files":
            loaded = _files(item["names"], context.resolve(str(config["path"])), context, workdir)
            return replace(loaded, records=tuple(_former_records(item)))
        case "objects":
            files, rejected = bucket_items.load_objects(item, context, workdir)
            return Loaded("bucket", files, rejected)
        case "embedded":
            return _embedded(item["files"], own / item["spool"])
        case "urls":
            return _urls(item["urls"], context)
        case "pages":
            return _pages(item, config, context, own, workdir)
        case _:
            return _table(item, config, context, own, workdir)


def _files(names: list[str], root: Path, context: ImportContext, workdir: Path) -> Loaded:
    with shared_container(root) as container:
        loaded = Loaded("directory" if root.is_dir() else "zip" if isinstance(container, Archive) else "file")
        for number, name in enumerate(names):
            try:
                file = container.file(name, workdir / str(number), context.settings.max_image_bytes)
                loaded.files.append(NewFile(as_text(name), file, as_text(name)))
            except ImageRejectedError as error:
                loaded.rejected.append((as_text(name), str(error)))
    return loaded


def _former_records(item: dict[str, Any]) -> Iterator[Record]:
    """Yield the annotations that earlier versions planned with the names of their images."""
    for name, annotations in (item.get("annotations") or item.get("notes") or {}).items():
        for fields in annotations:
            turn = Turn(fields["question"], fields["answer"], fields.get("answer_type", "text"))
            same = {key: fields[key] for key in ("language", "model", "confirmed", "score", "note") if key in fields}
            tags = tuple(filter(None, str(fields.get("tags", "")).split(",")))
            yield Record(name, (name,), (turn,), tags=tags, **same)


def as_text(name: str) -> str:
    """Return the name of a file with bytes that are no text percent-encoded: no database stores them."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\\x", "%")
    return name


def _embedded(files: list[list[str]], spool: Path) -> Loaded:
    directory = embedded_directory(spool)
    return Loaded("file", [NewFile(name, directory / file, reference) for name, file, reference in files])


def _pages(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path, workdir: Path) -> Loaded:
    file = own / item["file"] if item.get("file") else context.resolve(str(config["path"]))
    read = pdf.extract_images if config.get("embedded") else pdf.render_pages
    title = str(item.get("name") or config.get("name") or file.name).replace("#", " ")
    loaded = Loaded("pdf")
    for number in item["pages"]:
        try:
            made = sandbox(context.settings).run(read, file, [number], workdir)
        except ImageRejectedError as error:
            loaded.rejected.append((f"{title}, page {number + 1}", str(error)))
            continue
        # The reference begins with the document, so that splits can keep its images together.
        for one in made:
            reference = f"{title}, {one.reference}"
            if one.problem is None:
                loaded.files.append(NewFile(one.name, workdir / one.name, reference))
            else:
                loaded.rejected.append((reference, one.problem))
    return loaded


def _table_file(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path) -> Path:
    if not item.get("file"):
        return context.resolve(str(config["path"]))
    file: Path = own / item["file"]
    if item.get("hub_file") and not file.exists():  # another machine has downloaded it
        file = hub.download(str(config["hub"]), item["hub_file"], item["revision"], context.uploads)
    return file


def _table(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path, workdir: Path) -> Loaded:
    file = _table_file(item, config, context, own)
    max_bytes = context.settings.max_image_bytes
    name = str(item.get("name") or file.name)
    format_ = str(config.get("format") or "auto")
    read = sandbox(context.settings).run(read_table_batch, file, item["batch"], workdir, max_bytes, name, format_)
    files = [NewFile(one.name, workdir / one.file, one.reference) for one in read.files]
    return Loaded("huggingface", files, records=read.records, problems=read.problems, notes=read.notes)


def _urls(urls: list[str], context: ImportContext) -> Loaded:
    """Download the images; runs an event loop of its own, so call it from a thread without one."""
    answers = asyncio.run(_fetch_each(urls, context.settings.max_image_bytes))
    loaded = Loaded("urls")
    for url, answer in zip(urls, answers, strict=True):
        if isinstance(answer, Fetched):
            loaded.files.append(NewFile(_file_name(url), answer.data, url))
        else:
            loaded.rejected.append((url, str(answer)))
    return loaded


async def _fetch_each(urls: list[str], max_bytes: int) -> list[Fetched | VitrineError]:
    semaphore = asyncio.Semaphore(_CONCURRENT_FETCHES)

    async def download(url: str) -> Fetched | VitrineError:
        async with semaphore:
            try:
                return await fetch(url, max_bytes=max_bytes)
            except VitrineError as error:
                return error

    return list(await asyncio.gather(*(download(url) for url in urls)))


def _file_name(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidInputError("This is not a web address.") from None
    return unquote(parts.path.rpartition("/")[2]) or parts.hostname or "image"
