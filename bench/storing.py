"""Storing entries: rows a second of ``insert_entries`` beside a bare loop, and the cost of a row as a project grows.

The bare loop is ``executemany`` of sqlite3 with finished values, one row a statement, into the same tables with the
same indexes and triggers. Five entries an image, questions and answers of usual length; CPU time, because the disk is
another matter.

    python bench/storing.py [--full]

10,000 and 50,000 rows; with --full 1,000,000.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from core import ProjectService, connect
from core.db import Database, ImageDatasets, Images, insert_entries, insert_rows, new_id
from core.db.base import new_values

PER_IMAGE = 5
ROWS_PER_TRANSACTION = 10_000
QUESTIONS = ("What is on it", "How many people are there", "Which color is the car", "Where is the dog sitting")
WORDS = (
    "the", "a", "red", "blue", "dog", "cat", "table", "man", "woman", "standing", "near", "large", "small", "tree",
    "house", "street", "with", "light",
)  # fmt: skip


def make_images(db: Database, count: int) -> tuple[str, list[str]]:
    """Add rows of images without files; return the project's id and theirs."""
    project_id, ids = ProjectService(db).create_project(new_id()).id, [new_id() for _ in range(count)]
    rows = (
        new_values(
            Images, id=id_, project_id=project_id, image_name=f"{number}.jpg", path=id_, size=1, sha256=id_,
            format="JPEG",
        )
        for number, id_ in enumerate(ids)
    )  # fmt: skip
    with db.transaction() as session:
        insert_rows(session, Images, rows)
    return project_id, ids


def entries(project_id: str, image_ids: list[str], count: int) -> Iterator[dict[str, Any]]:
    """Yield *count* entries of the images."""
    choose = random.Random(1)
    for number in range(count):
        words = choose.choices(WORDS, k=12)
        yield {
            "project_id": project_id, "image_id": image_ids[number // PER_IMAGE], "image_name": f"{number}.jpg",
            "question": f"{QUESTIONS[number % 4]} {' '.join(words[:4])}?", "answer": " ".join(words[4:]),
        }  # fmt: skip


def bare_cpu_s(directory: Path, count: int) -> float:
    """Return the CPU time of the bare loop over *count* rows."""
    with connect(directory) as db:
        project_id, image_ids = make_images(db, count // PER_IMAGE + 1)
    names = list(ImageDatasets.model_fields)
    rows = [
        tuple(_driver_value(row[name]) for name in names)
        for row in (new_values(ImageDatasets, **given) for given in entries(project_id, image_ids, count))
    ]
    connection = sqlite3.connect(directory / "vitrine.db", isolation_level=None)
    connection.executescript("PRAGMA foreign_keys = ON; PRAGMA cache_size = -64000; BEGIN IMMEDIATE")
    statement = f"INSERT INTO image_datasets ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    started = time.process_time()
    connection.executemany(statement, rows)
    connection.execute("COMMIT")
    spent = time.process_time() - started
    connection.close()
    return spent


def _driver_value(value: Any) -> Any:
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value


def own_cpu_s(directory: Path, count: int) -> tuple[float, float]:
    """Return the CPU time of storing *count* rows, and that of the last 10,000 of them."""
    with connect(directory) as db:
        project_id, image_ids = make_images(db, count // PER_IMAGE + 1)
        rows = entries(project_id, image_ids, count)
        spent = last = 0.0
        while part := list(islice(rows, ROWS_PER_TRANSACTION)):
            started = time.process_time()
            with db.transaction() as session:
                insert_entries(session, part)
            last = time.process_time() - started
            spent += last
    return spent, last


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also 1,000,000 rows")
    full = parser.parse_args().full
    per_row: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name:
        bare = bare_cpu_s(Path(name) / "bare", 10_000)
        print(f"bare loop      10,000 rows {10_000 / bare:8,.0f} rows/s")
        for count in (10_000, 1_000_000) if full else (10_000, 50_000):
            spent, last = own_cpu_s(Path(name) / str(count), count)
            per_row[count] = spent / count
            print(f"insert_entries {count:9,} rows {count / spent:8,.0f} rows/s, last 10,000 {10_000 / last:8,.0f}")
    first, final = per_row[10_000], list(per_row.values())[-1]
    share, growth = bare / 10_000 / first, final / first
    print(f"{share:.2f} of the bare loop (at least 0.7), a row costs {growth:.2f} times as much (at most 1.5)")
    return 0 if share >= 0.7 and growth <= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
