"""The items that turn annotations into entries: read into a spool, match to images, store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import orjson
from sqlmodel import col, select

from core.db import Database, Images, TaskItems, in_library, new_id
from core.export.entries import bundle_name
from core.images.import_context import ImportContext
from core.images.sandbox import sandbox
from core.importing import stages
from core.importing.chunks import in_chunks
from core.importing.matched_spools import MatchSummary, SpoolPart, match_spools
from core.importing.outcomes import left_out_row, note_row
from core.importing.reading import ReadSummary, read_annotations
from core.importing.records import Problem, Record
from core.importing.sources.urls import MAX_URLS, url_chunks
from core.importing.spool import FORMER_MATCHES, READ_SPOOL, load_records, spool_line
from core.importing.storing import Matched
from core.progress import Progress, ignore
from core.shared_files import SharedFiles
from core.tasks import ItemPlan

# Reading and matching a million records take minutes; the limit on CPU time is the same.
_TIMEOUT_S = 3600.0
_ROWS_PER_QUERY = 5_000
_TELL_EVERY_S, _MOST = 0.5, 0.95


def read_item(
    config: dict[str, Any], context: ImportContext, own: Path, progress: Progress = ignore
) -> tuple[ReadSummary, list[ItemPlan]]:
    """Read the annotation files of an import into a spool; return the items of the images that are in their rows."""
    root = context.resolve(str(config["path"]))
    format_ = str(config.get("format") or "auto")
    spool = own / READ_SPOOL
    own.mkdir(parents=True, exist_ok=True)
    with _told(root, spool, progress):
        read = sandbox(context.settings).run(read_annotations, root, spool, format_, timeout_s=_TIMEOUT_S)
    files = [[one.name, one.file, one.reference] for one in read.embedded]
    more = [
        ItemPlan(payload={"do": "embedded", "spool": READ_SPOOL, "files": some}, stage=stages.LOAD)
        for some in in_chunks(files)
    ]
    return read, more


@contextmanager
def _told(root: Path, spool: Path, progress: Progress) -> Iterator[None]:
    """Tell how much another process has read, by the growth of its spool: records are about as long as their rows."""
    is_packed = not root.is_file() or root.suffix.lower() == ".zip"  # then its size says nothing of the rows
    to_read, ended = 0 if is_packed else root.stat().st_size, Event()

    def tell() -> None:
        while not ended.wait(_TELL_EVERY_S):
            size = spool.stat().st_size if spool.exists() else 0
            share = min(size / to_read, _MOST) if to_read else 0.0
            progress(share, f"{size / 1e6:,.1f} MB of records read")

    telling = Thread(target=tell, daemon=True)
    telling.start()
    try:
        yield
    finally:
        ended.set()
        telling.join()


def read_result(read: ReadSummary) -> dict[str, Any]:
    """Return the result of the item that read the annotation files."""
    rows = [left_out_row(problem) for problem in read.problems]
    if read.problem_count > len(rows):
        rest = f"{read.problem_count - len(rows):,} more rows or files were left out."
        rows.append(left_out_row(Problem("annotation files", rest)))
    rows += map(note_row, read.notes)
    return {
        "rows": rows, "left_out": {"row": read.problem_count} if read.problem_count else {}, "formats": read.formats,
        "spools": [[READ_SPOOL, *part] for part in read.parts],
    }  # fmt: skip


def write_spool(own: Path, name: str, records: Iterable[Record]) -> list[SpoolPart]:
    """Write records that still have to be matched; return their part."""
    lines = [spool_line(record) for record in records]
    own.mkdir(parents=True, exist_ok=True)
    (own / name).write_bytes(b"".join(line + b"\n" for line in lines))
    return [(name, 0, sum(len(line) + 1 for line in lines), len(lines))] if lines else []


def match_item(db: Database, project_id: str, task_id: str, files: SharedFiles, *, is_again: bool) -> list[ItemPlan]:
    """Match the records of all spools; return the items that store them, or fetch URLs before matching again.

    Each run writes the matches to a file of its own: what was cut off from the database cannot replace them later.
    """
    parts = [tuple(part) for result in _results(db, task_id) for part in result.get("spools", ())]
    if not parts:
        return []
    for spool in {part[0] for part in parts}:
        files.path(spool)
    own, name = files.path_here(""), f"matches-{new_id()}.jsonl"
    own.mkdir(parents=True, exist_ok=True)
    references = own / "references.jsonl"
    _write_references(references, (pair for result in _results(db, task_id) for pair in _references_in(result)))
    max_urls = 0 if is_again else MAX_URLS
    found = _matched(db, own / name, parts, [references], max_urls)
    if not found.is_complete:
        of_project = own / "project.jsonl"
        _write_references(of_project, _references_of(db, project_id))
        found = _matched(db, own / name, parts, [references, of_project], max_urls)
        of_project.unlink()
    if found.urls:
        return [
            *(ItemPlan(payload={"do": "urls", "urls": some}, stage=stages.FETCH) for some in url_chunks([*found.urls])),
            ItemPlan(payload={"do": "match", "again": True}, stage=stages.MATCH_FETCHED),
        ]
    files.put(name)
    return [
        ItemPlan(payload={"do": "records", "part": part, "matches": place, "file": name}, stage=stages.STORE)
        for part, place in zip(parts, found.parts, strict=True)
    ]


def _references_in(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what records may call the images of an item: by their references, and inside tables by their names too.

    Samples of a WebDataset are also called by their key, the name without its endings.
    """
    yield from result.get("refs", {}).items()
    for name, id_ in result.get("names", ()):
        directory, slash, base = name.rpartition("/")
        yield name, id_
        yield f"{directory}{slash}{base.partition('.')[0]}", id_


def matched_records(own: Path, item: dict[str, Any]) -> list[Matched]:
    """Return the records of a part with the images they mean."""
    spool, offset, length, _ = item["part"]
    records = load_records(own / spool, offset, length)
    offset, length = item["matches"]
    with (own / item.get("file", FORMER_MATCHES)).open("rb") as file:
        file.seek(offset)
        places = orjson.loads(file.read(length))
    return [
        Matched(record, (), place) if isinstance(place, str) else Matched(record, place)
        for record, place in zip(records, places, strict=True)
    ]


def _matched(db: Database, to: Path, parts: list[SpoolPart], references: list[Path], max_urls: int) -> MatchSummary:
    return sandbox(db.settings).run(match_spools, to.parent, parts, references, to, max_urls, timeout_s=_TIMEOUT_S)


def _results(db: Database, task_id: str) -> Iterator[dict[str, Any]]:
    """Yield the results of the items that are done, a page at a time."""
    after = -1
    while True:
        query = select(TaskItems.position, TaskItems.result).where(
            TaskItems.task_id == task_id, TaskItems.state == "done", TaskItems.position > after
        )
        with db.reading() as session:
            page = session.exec(query.order_by(col(TaskItems.position)).limit(100)).all()
        if not page:
            return
        for _, result in page:
            yield dict(result)
        after = page[-1][0]


def _references_of(db: Database, project_id: str) -> Iterator[tuple[str, str]]:
    """Yield what the images of a project may be called: where they came from, their name, their name in exports."""
    after = ""
    while True:
        query = select(Images).where(Images.project_id == project_id, in_library(), col(Images.id) > after)
        with db.reading() as session:
            page = session.exec(query.order_by(col(Images.id)).limit(_ROWS_PER_QUERY)).all()
        if not page:
            return
        for image in page:
            if image.source_ref:
                yield image.source_ref, image.id
            if image.source_ref.rpartition("/")[2] != image.image_name:
                yield image.image_name, image.id
            yield bundle_name(image.image_name, image.source, image.sha256, image.format), image.id
        after = page[-1].id


def _write_references(file: Path, pairs: Iterable[tuple[str, str]]) -> None:
    with file.open("wb") as out:
        for name, id_ in pairs:
            # Names of files may have bytes that are no text; in spools they are replaced as well.
            out.write(orjson.dumps((name.encode("utf-8", "replace").decode("utf-8"), id_)) + b"\n")
