"""A bucket of small images registered in place, and what pages ask first of as many as a million of them.

    PYTHONPATH=. python bench/registered.py          2,000 objects; pages at 2,000 and 10,000 images
    PYTHONPATH=. python bench/registered.py --full   20,000 objects; pages at 100,000, 300,000 and 1,000,000
    PYTHONPATH=. python bench/registered.py --objects 100000 --pages 100000 1000000

The server is SeaweedFS on this machine. Registering lists the objects, reads each, checks and measures it. Pages ask
for rows alone, never for an object: those of each size are written by this script, a question and an entry for every
third image. Their times are medians of five with an empty read cache, in ms of the processor, which other work of the
machine changes less than those of a clock; the bounds are those of pages and counts elsewhere.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from bench.ingest_pages import library_row
from core import DatasetImporter, ImageService, ProjectService, connect
from core.bucket_address import BucketAddress
from core.config import load_settings
from core.dataset import parse_search
from core.db import Database, ImageDatasets, Images, Questions, RegisteredOriginals, insert_rows, utc_now
from core.db.read_cache import ReadCache
from core.export import ExportRecipe
from core.images import parse_image_query
from core.object_storage import open_bucket
from core.services import Services
from tests.fakes.object_storage import BUCKET, KEY, SECRET
from tests.fakes.seaweed import seaweed

RESULTS = Path(__file__).parent / "results"
SHORT, FULL = (2_000, [2_000, 10_000]), (20_000, [100_000, 300_000, 1_000_000])
PAGE_MS_AT_MOST, COUNT_MS_AT_MOST = 30, 300
_THREADS = 16
_ROWS = 20_000
_ENTRY_EACH = 3


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    options.add_argument("--objects", type=int, help="small objects to register")
    options.add_argument("--pages", type=int, nargs="+", help="sizes of the projects whose pages are asked for")
    chosen = options.parse_args()
    objects, sizes = FULL if chosen.full else SHORT
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as directory:
        root = Path(directory)
        for size in chosen.pages or sizes:
            results[f"pages at {size:,}"] = pages(root / f"pages-{size}", size)
            print(size, results[f"pages at {size:,}"], flush=True)
        results["registered"] = registered(root, objects if chosen.objects is None else chosen.objects)
    print(json.dumps(results, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "registered.json").write_text(json.dumps(results, indent=2), encoding="utf-8")


def registered(root: Path, count: int) -> dict[str, Any]:
    """Return how long *count* small objects take to be written, listed and registered; then its pages."""
    (root / "weed").mkdir()
    with seaweed(root / "weed") as address:
        os.environ.update(
            VITRINE_STORAGE_ENDPOINT=address, VITRINE_STORAGE_ACCESS_KEY_ID=KEY,
            VITRINE_STORAGE_SECRET_ACCESS_KEY=SECRET, VITRINE_STORAGE_REGION="us-east-1",
        )  # fmt: skip
        theirs = open_bucket(load_settings(), BucketAddress(BUCKET, "theirs"))
        written = timed(lambda: _write(theirs, count))
        listed = timed(lambda: sum(1 for _ in theirs.list()))
        with connect(root / "registered") as db:
            project = ProjectService(db).create_project("Small")
            importer = DatasetImporter(db, ImageService(db))
            source = f"s3://{BUCKET}/theirs"
            took = timed(lambda: importer.import_path(project.id, source, in_place=True))
            found = ImageService(db).list_images(project.id).total
            if found != count:
                raise SystemExit(f"{found:,} of {count:,} objects were registered.")
            asked = _page_times(db, project.id)
    seconds = {"write s": written, "list s": listed, "register s": took}
    rounded = {name: round(value, 1) for name, value in seconds.items()}
    return {"objects": count, **rounded, "registered a second": round(count / took), "pages ms": asked}


def _write(bucket: Any, count: int) -> None:
    def put(number: int) -> None:
        bucket.put(f"{number // 1000:04}/{number:07}.jpg", _small_image(number))

    with ThreadPoolExecutor(_THREADS) as pool:
        for numbers in _chunks(count):
            list(pool.map(put, numbers))


def _chunks(count: int) -> Iterator[range]:
    return (range(start, min(start + _ROWS, count)) for start in range(0, count, _ROWS))


def _small_image(number: int) -> bytes:
    file = BytesIO()
    Image.frombytes("RGB", (8, 6), random.Random(number).randbytes(144)).resize((64, 48)).save(file, "JPEG")
    return file.getvalue()


def pages(directory: Path, count: int) -> dict[str, float]:
    """Return the times of what pages ask for first, of a project of *count* registered images."""
    with connect(directory) as db:
        project_id = _fill(db, count)
        return _page_times(db, project_id)


def _fill(db: Database, count: int) -> str:
    chance, start = random.Random(1), utc_now() - timedelta(days=20)
    project_id = ProjectService(db).create_project(f"{count:,} registered").id
    previous = ""
    for numbers in _chunks(count):
        rows = [library_row(project_id, number, start, chance) for number in numbers]
        for number, row in zip(numbers, rows, strict=True):
            row["near_duplicate_of"] = previous if number % 97 == 1 else None
            previous = row["id"]
        registrations = [
            RegisteredOriginals(id=row["sha256"], address=f"s3://photos/{row['image_name']}", etag='"1"', size=1500)
            for row in rows
        ]
        questions = [
            Questions(project_id=project_id, image_id=row["id"], question="What?", question_key="what")
            for row in rows[::_ENTRY_EACH]
        ]
        entries = [
            ImageDatasets(
                project_id=project_id, image_id=asked.image_id, image_name=row["image_name"], question_id=asked.id,
                question="What?", answer=f"A thing of kind {chance.randrange(500)}.", model="offline/measure",
                confirmed=chance.random() < 0.5,
            )
            for asked, row in zip(questions, rows[::_ENTRY_EACH], strict=True)
        ]  # fmt: skip
        with db.transaction() as session:
            insert_rows(session, Images, rows)
            insert_rows(session, RegisteredOriginals, [one.model_dump() for one in registrations])
            insert_rows(session, Questions, [one.model_dump(exclude={"answered"}) for one in questions])
            insert_rows(session, ImageDatasets, [one.model_dump() for one in entries])
    return project_id


def _page_times(db: Database, project_id: str) -> dict[str, Any]:
    services = Services(db)
    images, entries, exports = services.images, services.entries, services.exports
    query, every, recipe = parse_image_query(""), parse_search(""), ExportRecipe(format="llava")
    first = images.queries.find(project_id, query, limit=120)
    asked: dict[str, tuple[Callable[[], Any], int]] = {
        "Images: first page": (lambda: images.queries.find(project_id, query, limit=120), PAGE_MS_AT_MOST),
        "Images: second page": (
            lambda: images.queries.find(project_id, query, limit=120, after=first.next_cursor), PAGE_MS_AT_MOST,
        ),
        "Images: counts": (lambda: images.get_project_image_stats(project_id), COUNT_MS_AT_MOST),
        "Images: facets": (lambda: images.queries.facets(project_id, query), COUNT_MS_AT_MOST),
        "Images: newest": (lambda: images.list_images(project_id, limit=60), PAGE_MS_AT_MOST),
        "Explore: first page": (lambda: entries.find_entries(project_id, every, limit=60), PAGE_MS_AT_MOST),
        "Explore: count": (lambda: entries.count_entries(project_id, every), COUNT_MS_AT_MOST),
        "Explore: facets": (lambda: entries.facets(project_id, every), COUNT_MS_AT_MOST),
        "Export: counts": (lambda: exports.count(project_id, recipe), COUNT_MS_AT_MOST),
        "Export: preview": (lambda: exports.preview(project_id, recipe), PAGE_MS_AT_MOST),
    }  # fmt: skip
    times = {name: (_median_ms(db, work), bound) for name, (work, bound) in asked.items()}
    services.close()
    return {name: {"ms": took, "at most": bound, "holds": took <= bound} for name, (took, bound) in times.items()}


def _median_ms(db: Database, work: Callable[[], Any]) -> float:
    times = []
    for _ in range(5):
        db.read_cache = ReadCache(db.data_version)
        began_s = time.thread_time()
        work()
        times.append((time.thread_time() - began_s) * 1000)
    return round(statistics.median(times), 1)


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that *work* takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
