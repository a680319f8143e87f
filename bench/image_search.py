"""Search lines and facets of images, beside the bare SQL that answers the same question.

    python bench/image_search.py            10,000 images
    python bench/image_search.py --full     10,000 and 100,000

Each image has three objects of 80, two proposed tags, and every fifth a line of text. Times are medians of five with an
empty read cache, in ms.
"""

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.ingest_pages import fill_library  # noqa: E402
from core import ImageService, connect  # noqa: E402
from core.db import Database, ImageFindings, ImageTexts, insert_rows  # noqa: E402
from core.db.read_cache import ReadCache  # noqa: E402
from core.images import parse_image_query  # noqa: E402

LABELS = [f"thing {number}" for number in range(80)]
WORDS = ("stop", "exit", "open", "coffee", "platform", "no entry", "push", "pull")
LINES = (
    "", 'object:"thing 7"', 'object:"thing 7>=2" shape:portrait', "text:stop", "text:zebra",
    "questions:no quality:flat", '-object:"thing 7"', "name:000123",
)  # fmt: skip
_PAGE = """
    SELECT i.* FROM images i WHERE i.project_id = :p AND i.deleted_at IS NULL AND i.visibility = 'library' {}
    ORDER BY i.create_at DESC, i.id DESC LIMIT 60
"""
_OBJECT = """
    AND i.id IN (SELECT image_id FROM image_findings
    WHERE project_id = :p AND analyzer = 'objects' AND label = 'thing 7')
"""
_TEXT = "AND i.id IN (SELECT image_id FROM image_texts WHERE project_id = :p AND seen LIKE '%stop%')"
BARE = {"": _PAGE.format(""), 'object:"thing 7"': _PAGE.format(_OBJECT), "text:stop": _PAGE.format(_TEXT)}
BARE_LABELS = """
    SELECT f.label, count(*) FROM image_findings f JOIN images i ON i.id = f.image_id
    WHERE f.project_id = :p AND f.analyzer = 'objects' AND i.deleted_at IS NULL AND i.visibility = 'library'
    GROUP BY f.label
"""


def fill_findings(db: Database, project_id: str) -> None:
    """Let things, tags and texts have been found in the images of a project."""
    random = Random(2)
    ids = ImageService(db).library.find_image_ids(project_id)
    found: list[dict[str, Any]] = []
    for image_id in ids:
        for analyzer, labels in (("objects", random.sample(LABELS, 3)), ("tags", random.sample(LABELS, 2))):
            found += [
                {
                    "project_id": project_id, "analyzer": analyzer, "label": label, "image_id": image_id,
                    "count": random.choice((1, 1, 2, 5)), "score": 0.9,
                }
                for label in labels
            ]  # fmt: skip
    texts = [
        {"image_id": id_, "project_id": project_id, "seen": random.choice(WORDS), "words": "thing"} for id_ in ids[::5]
    ]
    with db.transaction() as session:
        insert_rows(session, ImageFindings, found)
        insert_rows(session, ImageTexts, texts)


def median_ms(db: Database, work: Callable[[], Any]) -> float:
    times = []
    for _ in range(5):
        db.read_cache = ReadCache(db.data_version)
        started_s = time.perf_counter()
        work()
        times.append((time.perf_counter() - started_s) * 1000)
    return round(statistics.median(times), 1)


def measure(directory: Path, count: int) -> dict[str, Any]:
    project_id = fill_library(directory, count)
    with connect(directory) as db:
        fill_findings(db, project_id)
        queries = ImageService(db).queries
        pages, facets = {}, {}
        for line in LINES:
            query = parse_image_query(line)
            pages[line or "all"] = median_ms(db, partial(queries.find, project_id, query))
            facets[line or "all"] = median_ms(db, partial(queries.facets, project_id, query))
        with closing(sqlite3.connect(directory / "vitrine.db")) as bare:

            def rows(sql: str) -> list[Any]:
                return bare.execute(sql, {"p": project_id}).fetchall()

            statements = {name or "all": median_ms(db, partial(rows, sql)) for name, sql in BARE.items()}
            labels = median_ms(db, partial(rows, BARE_LABELS))
    return {"first_page_ms": pages, "bare_page_ms": statements, "facets_ms": facets, "bare_object_facet_ms": labels}


def main() -> None:
    sizes = (10_000, 100_000) if "--full" in sys.argv else (10_000,)
    with tempfile.TemporaryDirectory() as directory:
        found = {f"{size:,} images": measure(Path(directory) / str(size), size) for size in sizes}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
