"""Imports with annotations compared with minimal loops: a directory, storing records, matching names.

    python bench/importing.py                  200 images with three entries each; 10,000 records; 50,000 names
    python bench/importing.py --full           1,000 images; 1,000,000 records and names, with constant cost and memory
    python bench/importing.py --part store     one part only; the stored results of the other parts stay

The minimal loop of a directory is that of bench/ingest.py. The minimal loop of storing inserts the same rows into the
same tables, in transactions of the same size, with the fastest statements there are: the columns are complete and
nothing is looked up. Times of storing and matching are CPU times of the process, which other programs disturb less.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.ingest import minimal_loop, photographs
from core import DatasetImporter, ImageService, ProjectService, connect
from core.db import Database, ImageDatasets, Images, Questions, insert_rows, new_id, question_key, utc_now
from core.db.base import new_values
from core.importing.matching import ReferenceIndex, Written, match
from core.importing.records import Record, Turn
from core.importing.storing import Matched, store_records

RESULTS = Path(__file__).parent / "results" / "importing.json"
OF_BARE_AT_LEAST = 0.7
COST_GROWTH_AT_MOST = 1.5
ENTRIES_PER_IMAGE = 3
RECORDS_PER_PART = 2_000
PARTS = ("directory", "store", "match")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--full", action="store_true")
    options.add_argument("--part", choices=PARTS)
    options.add_argument("--rows", type=int, help="of the parts store and match")
    options.add_argument("--images", type=int, help="of the part directory")
    chosen = options.parse_args()
    rows = chosen.rows or (1_000_000 if chosen.full else 10_000)
    measure: dict[str, Callable[[], dict[str, Any]]] = {
        "directory": lambda: directory(chosen.images or (1_000 if chosen.full else 200)),
        "store": lambda: store(rows),
        "match": lambda: matching(rows if chosen.full or chosen.rows else 50_000),
    }
    results = {part: measure[part]() for part in ((chosen.part,) if chosen.part else PARTS)}
    stored = json.loads(RESULTS.read_text()) if chosen.part and RESULTS.exists() else {}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(stored | results, indent=2))
    print(json.dumps(results, indent=2))


# --- a directory -----------------------------------------------------------------------------------------------


def directory(count: int) -> dict[str, Any]:
    """Import images with three entries each from a directory, beside hashing them and making thumbnails."""
    with tempfile.TemporaryDirectory() as name:
        root, work = Path(name, "shelf"), Path(name)
        photographs(root, count, (1024, 768), "JPEG")
        bare = [minimal_loop(root, work / f"bare{number}") for number in range(2)][-1]
        rows = [
            {"file_name": file.name, "question": f"What is the number {number} of this picture?", "answer": "A shelf."}
            for file in sorted(root.iterdir())
            for number in range(ENTRIES_PER_IMAGE)
        ]
        (root / "metadata.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
        with _database(work / "data") as db:
            importer = DatasetImporter(db, ImageService(db))
            warm_up = work / "warm-up"
            photographs(warm_up, 16, (320, 240), "JPEG")
            importer.import_path(ProjectService(db).create_project("Warm-up").id, warm_up)
            started_s = time.perf_counter()
            report = importer.import_path(ProjectService(db).create_project("Measured").id, root)
            rate = count / (time.perf_counter() - started_s)
    assert (report.images_added, report.entries_added) == (count, count * ENTRIES_PER_IMAGE), report
    return {
        "images": count, "bare_per_s": round(bare, 1), "import_per_s": round(rate, 1),
        "of_bare": round(rate / bare, 2), "wanted": f"at least {OF_BARE_AT_LEAST}",
    }  # fmt: skip


# --- storing ---------------------------------------------------------------------------------------------------


def store(count: int) -> dict[str, Any]:
    """Store records about new images, five a picture, beside inserting their rows."""
    bare, imported = _costs(count, _insert_bare), _costs(count, _store)
    tenth = max(len(imported) // 10, 1)
    first, last = sum(imported[:tenth]) / tenth, sum(imported[-tenth:]) / tenth
    return {
        "records": count,
        "bare_per_s": round(count / sum(bare)), "store_per_s": round(count / sum(imported)),
        "of_bare": round(sum(bare) / sum(imported), 2), "wanted": f"at least {OF_BARE_AT_LEAST}",
        "cost_at_the_end_to_start": round(last / first, 2), "wanted_growth": f"at most {COST_GROWTH_AT_MOST}",
        "bare_cost_at_the_end_to_start": round(sum(bare[-tenth:]) / sum(bare[:tenth]), 2),
        "memory_mb": _memory_mb(),
    }  # fmt: skip


_Insert = Callable[[Database, str, list[str], list[Record], int], float]


def _costs(count: int, insert: _Insert) -> list[float]:
    """Return the CPU seconds of each part."""
    with tempfile.TemporaryDirectory() as name, _database(Path(name)) as db:
        project_id = ProjectService(db).create_project("Measured").id
        image_ids = _images(db, project_id, count // 5 + 1)
        return [
            insert(db, project_id, image_ids, _records(start, min(start + RECORDS_PER_PART, count)), start)
            for start in range(0, count, RECORDS_PER_PART)
        ]


def _images(db: Database, project_id: str, count: int) -> list[str]:
    ids = [new_id() for _ in range(count)]
    rows = (
        new_values(
            Images, id=id_, project_id=project_id, image_name=f"{number:07}.jpg", path=f"aa/{number}.jpg", size=1000,
            width=640, height=480, sha256=f"{number:064}", format="JPEG",
        )
        for number, id_ in enumerate(ids)
    )  # fmt: skip
    with db.transaction() as session:
        insert_rows(session, Images, rows)
    return ids


def _records(first: int, end: int) -> list[Record]:
    return [
        Record(
            f"rows.json:{number}", (f"{number // 5:07}.jpg",),
            (Turn(f"What is the number {number % 5} of the things in the middle of it?", f"It is {number}."),),
        )
        for number in range(first, end)
    ]  # fmt: skip


def _store(db: Database, project_id: str, image_ids: list[str], records: list[Record], first: int) -> float:
    matched = [Matched(record, (image_ids[number // 5],)) for number, record in enumerate(records, first)]
    started_s = time.process_time()
    with db.transaction() as session:
        stored = store_records(session, project_id, None, matched)
    assert stored.entries == len(records)
    return time.process_time() - started_s


def _insert_bare(db: Database, project_id: str, image_ids: list[str], records: list[Record], first: int) -> float:
    questions, entries = [], []
    for number, record in enumerate(records, first):
        ids, (turn,), now = {"id": new_id()}, record.turns, utc_now()
        both: dict[str, Any] = {"project_id": project_id, "image_id": image_ids[number // 5], "question": turn.question}
        both |= {"create_at": now, "update_at": now}
        questions.append(new_values(Questions, question_key=question_key(turn.question), **both, **ids))
        entries.append(new_values(ImageDatasets, question_id=ids["id"], image_name="x.jpg", answer=turn.answer, **both))
    started_s = time.process_time()
    with db.transaction() as session:
        insert_rows(session, Questions, questions)
        insert_rows(session, ImageDatasets, entries)
    return time.process_time() - started_s


# --- matching --------------------------------------------------------------------------------------------------


def matching(count: int) -> dict[str, Any]:
    """Match as many absolute paths as there are files, all different."""
    before_mb, started_s = _memory_mb(), time.process_time()
    index = ReferenceIndex((f"train2017/part{n % 100:03}/{n:012}.jpg", f"{n:021}") for n in range(count))
    indexed_s = time.process_time()
    found = match((Written(f"/data/coco/train2017/part{n % 100:03}/{n:012}.jpg") for n in range(count)), index)
    assert all(place is not None and place.image_id for place in found.values())
    return {
        "names": count,
        "index_s": round(indexed_s - started_s, 1), "match_s": round(time.process_time() - indexed_s, 1),
        "memory_mb": _memory_mb() - before_mb,
    }  # fmt: skip


@contextmanager
def _database(data_dir: Path) -> Iterator[Database]:
    from core.images import sandbox

    os.environ.pop("VITRINE_IMPORT_ROOTS", None)
    try:
        with connect(data_dir) as db:
            yield db
    finally:
        sandbox.close_shared()


def _memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


if __name__ == "__main__":
    main()
