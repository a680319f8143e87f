"""What a comparison with a held-out set says of each entry, as a run of the check ``heldout``."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from core.checks import store
from core.checks.base import Finding
from core.db import Database, ImageDatasets
from core.importing.matching import ReferenceIndex, Written, directory_of, match
from core.importing.records import Record
from core.importing.spool import load_records
from core.overlap.hash_file import question_hash
from core.overlap.near_questions import near_key
from core.overlap.project_side import Overlap

CHECK = "heldout"
BOTH, IMAGE, QUESTION = "both", "image", "question"
"""An entry's image with its question, its image alone, or its question on another image is in the held-out set."""


def add_run(db: Database, task: Any, own: Path, results: Sequence[dict[str, Any]], compared: dict[str, Any]) -> str:
    """Store the findings of a comparison and return the id of the run, which :func:`core.checks.store.end_run` ends.

    Args:
        task: has ``project_id``.
        own: the directory of the comparison, with the spools of the records that were read.
        results: those of its items.
        compared: what the run says of the set.
    """
    overlaps = [Overlap(*row) for result in results for row in result.get("overlaps", ())]
    pairs = _pairs(overlaps, results, own)
    with db.reading() as session:
        findings = list(_findings(session, task.project_id, overlaps, pairs))
    counted = Counter(one.verdict for one in findings)
    compared |= {
        "images": len({one.image_id for one in overlaps if one.image_id}), "entries": len(findings),
        **{verdict: counted[verdict] for verdict in (BOTH, IMAGE, QUESTION)},
    }  # fmt: skip
    with db.transaction() as session:
        run_id = store.begin_run(session, task.project_id, CHECK, "", {}).id
    store.add_findings(db, run_id, findings)
    return run_id


def _pairs(overlaps: Iterable[Overlap], results: Iterable[dict[str, Any]], own: Path) -> dict[str, set[str]]:
    """Return, by image of the project, what the held-out set asks about it, as keys of :func:`near_key`."""
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    for one in overlaps:
        if one.image_id:
            by_name[one.found_in].add(one.image_id)
    if not by_name:
        return {}
    references = [(reference, name) for result in results for reference, name in result.get("references", ())]
    index = ReferenceIndex([*references, *((name, name) for name in by_name)])
    found: defaultdict[str, set[str]] = defaultdict(set)
    for records in _spooled(results, own):
        written = {name: Written(name, directory_of(record.where)) for record in records for name in record.images}
        meant = match(written.values(), index)
        for record in records:
            matches = [meant.get(written[name]) for name in record.images]
            for image_id in {id_ for hit in matches if hit and hit.image_id for id_ in by_name[hit.image_id]}:
                found[image_id].update(near_key(turn.question) for turn in record.turns)
    return found


def _spooled(results: Iterable[dict[str, Any]], own: Path) -> Iterator[list[Record]]:
    for result in results:
        for name, offset, length, *_ in result.get("spools", ()):
            yield load_records(own / name, offset, length)


def _findings(
    session: Session, project_id: str, overlaps: Sequence[Overlap], pairs: dict[str, set[str]]
) -> Iterator[Finding]:
    best: dict[str, Overlap] = {}
    for one in sorted((one for one in overlaps if one.image_id), key=lambda one: one.score):
        best[one.image_id] = one
    asked = {question_hash(one.name): one for one in overlaps if one.way == "text"}
    nearly = {near_key(one.name): one for one in overlaps if one.way == "words"}
    query = select(ImageDatasets).where(ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None))
    for entry in session.exec(query.execution_options(yield_per=2_000)):
        seen = [best[image_id] for image_id in entry.image_ids if image_id in best]
        key = near_key(entry.question)
        if seen:
            verdict = BOTH if any(key in pairs.get(image_id, ()) for image_id in entry.image_ids) else IMAGE
            yield _finding(entry.id, verdict, max(seen, key=lambda one: one.score))
        elif there := asked.get(question_hash(entry.question)) or nearly.get(key):
            yield _finding(entry.id, QUESTION, there)


def _finding(entry_id: str, verdict: str, one: Overlap) -> Finding:
    return Finding(entry_id, verdict, one.score, {"found_in": one.found_in, "way": one.way})
