"""Time and peak memory of moving a whole project, beside a bare copy of the same files.

    python bench/moving.py          short: 500 images, 5,000 entries
    python bench/moving.py --full   20,000 images of 50 KB, 100,000 entries with as many questions, events and calls

The bare copy: the directory of originals and the database file by ``shutil``, with the same sync at the end. Each part
runs in a process of its own, whose peak memory is reported.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from core import ProjectService, connect
from core.db import (
    Database,
    Events,
    ImageDatasets,
    ImageHashes,
    Images,
    LlmCalls,
    Questions,
    insert_rows,
    new_id,
    question_key,
)
from core.db.base import new_values
from core.images.near_duplicates import quarters

RESULTS = Path(__file__).parent / "results"
_IMAGE_BYTES = 50_000
_ROWS = 5000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    options.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.part:
        print(json.dumps(_part(*chosen.part)))
        return
    images, entries = (20_000, 100_000) if chosen.full else (500, 5_000)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as directory:
        root = Path(directory)
        with connect(root / "data") as db:
            project_id = fill(db, images, entries)
        archive = str(root / "a.zip")
        results: dict[str, Any] = {"images": images, "entries": entries}
        for name, *arguments in (
            ("copy", str(root / "data"), str(root / "copied")),
            ("export", str(root / "data"), project_id, archive),
            ("import", str(root / "elsewhere"), archive),
            ("import into the same directory", str(root / "data"), archive),
        ):
            run = subprocess.run(
                [sys.executable, __file__, "--part", name, *arguments], check=True, capture_output=True, text=True
            )
            results[name] = json.loads(run.stdout)
            print(name, results[name], flush=True)
        results["archive_mb"] = round(Path(archive).stat().st_size / 1e6, 1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "moving.json").write_text(json.dumps(results, indent=2), encoding="utf-8")


def fill(db: Database, images: int, entries: int, image_bytes: int = _IMAGE_BYTES) -> str:
    """Create a project with images that are stored without being decoded, and return its id."""
    chance = random.Random(1)
    project = ProjectService(db).create_project("Large")
    began = datetime(2026, 1, 1, tzinfo=UTC)
    ids: list[str] = []
    for start in range(0, images, _ROWS):
        rows = [_image(db, project.id, chance, image_bytes, began) for _ in range(min(_ROWS, images - start))]
        ids += [row["id"] for row in rows]
        with db.transaction() as session:
            insert_rows(session, Images, rows)
            insert_rows(session, ImageHashes, _hashes(rows))
    for start in range(0, entries, _ROWS):
        some = range(start, min(start + _ROWS, entries))
        questions = [_question(project.id, ids[number % images], number, began) for number in some]
        with db.transaction() as session:
            first = len(range(start)) + 1
            insert_rows(session, LlmCalls, [_call(first + place, began) for place in range(len(some))])
            insert_rows(session, Questions, questions)
            made = [_entry(row, first + place, began) for place, row in enumerate(questions)]
            insert_rows(session, ImageDatasets, made)
            insert_rows(session, Events, [_event(row, first + place, began) for place, row in enumerate(made)])
    return project.id


def _image(db: Database, project_id: str, chance: random.Random, size: int, at: datetime) -> dict[str, Any]:
    data = b"\xff\xd8\xff" + chance.randbytes(size - 3)
    hash_ = sha256(data).hexdigest()
    file = db.settings.images_dir / hash_[:2] / f"{hash_}.jpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return new_values(
        Images, project_id=project_id, image_name=f"{hash_[:8]}.jpg", path=f"{hash_[:2]}/{hash_}.jpg", size=size,
        width=640, height=480, sha256=hash_, format="JPEG", dhash=f"{chance.getrandbits(64):016x}", create_at=at,
        update_at=at,
    )  # fmt: skip


def _hashes(images: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for image in images:
        for quarter in quarters(image["dhash"]):
            yield {"project_id": image["project_id"], "quarter": quarter, "image_id": image["id"]}


def _question(project_id: str, image_id: str, number: int, at: datetime) -> dict[str, Any]:
    text = f"What stands at place {number} of the shelf in the kitchen?"
    return new_values(
        Questions, project_id=project_id, image_id=image_id, question=text, question_key=question_key(text),
        model="openai/gpt-4o", create_at=at + timedelta(seconds=number), update_at=at,
    )  # fmt: skip


def _call(number: int, at: datetime) -> dict[str, Any]:
    return new_values(
        LlmCalls, id=number, model="openai/gpt-4o", request_hash=f"{number:064x}", prompt="Ask. " * 60, state="ok",
        reply="A cup. " * 20, started_at=at,
    )  # fmt: skip


def _entry(question: dict[str, Any], number: int, at: datetime) -> dict[str, Any]:
    return new_values(
        ImageDatasets, project_id=question["project_id"], image_id=question["image_id"], image_name="a.jpg",
        question_id=question["id"], question=question["question"], answer=f"A cup with the number {number}. " * 4,
        model="openai/gpt-4o", call_id=number, confirmed=number % 2 == 0, create_at=question["create_at"],
        update_at=at, generated_answer="A cup.", tags="kitchen,cup",
    )  # fmt: skip


def _event(entry: dict[str, Any], number: int, at: datetime) -> dict[str, Any]:
    return new_values(
        Events, id=number, batch_id=new_id(), project_id=entry["project_id"], entity="entry", entity_id=entry["id"],
        action="edited", actor="Ada", at=at, old={"answer": "A cup."}, new={"answer": entry["answer"]},
    )  # fmt: skip


def _part(name: str, *arguments: str) -> dict[str, float]:
    began, cpu_began_s = time.perf_counter(), time.process_time()
    if name == "copy":
        source, target = map(Path, arguments)
        shutil.copytree(source, target)
        os.sync()
    else:
        with connect(arguments[0]) as db:
            projects = ProjectService(db)
            if name == "export":
                projects.export_project(arguments[1], arguments[2])
            else:
                projects.import_project(arguments[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - cpu_began_s, 2),
        "peak_mb": round(peak / 1024, 1),
    }


if __name__ == "__main__":
    main()
