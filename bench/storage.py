"""Originals in a bucket beside bare obstore on the same server, and pages of images that are registered there.

    PYTHONPATH=. python bench/storage.py          short: 600 originals of 100 KB; 2,000 small images registered
    PYTHONPATH=. python bench/storage.py --full   2,000 originals; 20,000 registered; pages at 1,000,000

The server is SeaweedFS on this machine. Reading is cold: each original is fetched, compared with its sha256 and put
into the cache. Bare obstore reads twice: bytes alone, and with a file of each. All use 16 threads; the best of three
runs counts, in turns. Pages are queries of a project of registered images (rows; a page asks for none of their objects)
beside those of a project of as many as 100,000 images on the disk; medians of five with an empty read cache, in ms.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import obstore
from PIL import Image
from sqlalchemy import insert
from sqlmodel import col, select

from bench.ingest_pages import fill_library
from core import DatasetImporter, ImageService, ProjectService, connect
from core.bucket_address import BucketAddress
from core.config import load_settings
from core.db import Database, Images, RegisteredOriginals, utc_now
from core.db.read_cache import ReadCache
from core.images import parse_image_query
from core.images.opened_storage import opened_storage
from core.images.storage import Originals
from core.object_storage import open_bucket
from tests.fakes.object_storage import BUCKET, KEY, SECRET
from tests.fakes.seaweed import seaweed

RESULTS = Path(__file__).parent / "results"
_THREADS = 16
_RUNS = 3
_BYTES = 100_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    options.add_argument("--pages", type=int, help="registered images of the pages, instead of 2,000 or 1,000,000")
    chosen = options.parse_args()
    full, of_pages = chosen.full, chosen.pages or (1_000_000 if chosen.full else 2_000)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as directory:
        root = Path(directory)
        (root / "weed").mkdir()
        with seaweed(root / "weed") as address:
            os.environ.update(
                VITRINE_STORAGE_URL=f"s3://{BUCKET}/vitrine", VITRINE_STORAGE_ENDPOINT=address,
                VITRINE_STORAGE_ACCESS_KEY_ID=KEY, VITRINE_STORAGE_SECRET_ACCESS_KEY=SECRET,
                VITRINE_STORAGE_REGION="us-east-1", VITRINE_DATA_DIR=str(root / "data"),
            )  # fmt: skip
            results: dict[str, Any] = {"storage": compared(root, 2_000 if full else 600)}
            print(results, flush=True)
            results["register"] = registered(root, 20_000 if full else 2_000)
            print(results["register"], flush=True)
        results["pages"] = pages(root, of_pages, 100_000 if full else 2_000)
        print(json.dumps(results["pages"], indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "storage.json").write_text(json.dumps(results, indent=2), encoding="utf-8")


def compared(root: Path, count: int) -> dict[str, Any]:
    """Return the seconds of writing and reading *count* originals, ours and bare, and the shares of bare's speed."""
    settings = load_settings()
    bare = open_bucket(settings, BucketAddress(BUCKET, "bare"))._store
    best: dict[str, float] = {}
    for run in range(_RUNS):
        chance = random.Random(run)
        made = [chance.randbytes(_BYTES) for _ in range(count)]
        (root / "staged").mkdir()
        files = []
        for number, data in enumerate(made):
            hash_ = hashlib.sha256(data).hexdigest()
            (root / "staged" / str(number)).write_bytes(data)
            files.append((root / "staged" / str(number), f"{hash_[:2]}/{hash_}.jpg"))
        times = {
            "bare write": timed(partial(each, partial(_put, bare), files)),
            "write": timed(partial(opened_storage(settings).originals.place, files)),
            "bare read": timed(partial(each, partial(_get, bare), files)),
        }
        (root / "copies").mkdir()
        times["bare read to files"] = timed(partial(each, partial(_copy, bare, root), files))
        shutil.rmtree(root / "copies")
        for file in (root / "data" / "cache" / "originals").glob("*/*"):
            file.unlink()
        originals = opened_storage(settings).originals
        for name in ("read", "read again"):
            times[name] = timed(partial(each, partial(_read, originals), files))
        best = {name: min(took, best.get(name, took)) for name, took in times.items()}
        shutil.rmtree(root / "staged")
    pairs = {"write": "write", "read": "read", "read to files": "read"}
    shares = {f"share of bare {bare}": round(best[f"bare {bare}"] / best[way], 2) for bare, way in pairs.items()}
    return {"originals": count, **{f"{name} s": round(took, 3) for name, took in best.items()}, **shares}


def _put(store: Any, placed: tuple[Path, str]) -> None:
    obstore.put(store, placed[1], placed[0], mode="create", use_multipart=False)


def _get(store: Any, placed: tuple[Path, str]) -> bytes:
    return bytes(obstore.get(store, placed[1]).bytes())


def _copy(store: Any, root: Path, placed: tuple[Path, str]) -> None:
    (root / "copies" / placed[1].rpartition("/")[2]).write_bytes(_get(store, placed))


def _read(originals: Originals, placed: tuple[Path, str]) -> Path:
    return originals.file(placed[1])


def each(do: Callable[[Any], Any], of: list[Any]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(do, of))


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def registered(root: Path, count: int) -> dict[str, Any]:
    """Return how long it takes to register *count* small images, and to import as many from a directory."""
    theirs = open_bucket(load_settings(), BucketAddress(BUCKET, "theirs"))
    (root / "local").mkdir()
    chance = random.Random(7)
    for number in range(count):
        file = BytesIO()
        Image.frombytes("RGB", (8, 6), chance.randbytes(144)).resize((64, 48)).save(file, "JPEG")
        (root / "local" / f"{number:06}.jpg").write_bytes(file.getvalue())
    each(lambda file: theirs.put(file.name, file), sorted((root / "local").iterdir()))
    times = {}
    for name, source, in_place in (
        ("register", f"s3://{BUCKET}/theirs", True),
        ("import into the bucket", f"s3://{BUCKET}/theirs", False),
        ("import from a directory into the bucket", str(root / "local"), False),
    ):
        with connect(root / f"data of {name}") as db:
            project = ProjectService(db).create_project("Small")
            importer = DatasetImporter(db, ImageService(db))
            took = timed(partial(importer.import_path, project.id, source, in_place=in_place))
            times[f"{name} s"] = round(took, 1)
            assert ImageService(db).list_images(project.id).total == count
    return {"images": count, **times}


def pages(root: Path, count: int, local_count: int) -> dict[str, Any]:
    """Return the times of what the pages ask for first, of registered images and of those on the disk."""
    took = {}
    for name, images in (("registered", count), ("on the disk", local_count)):
        directory = root / f"pages {name}"
        project_id = fill_library(directory, images)
        with connect(directory) as db:
            if name == "registered":
                _register_rows(db, project_id)
            took[f"{images:,} {name}"] = _page_times(db, project_id)
    first, second = took.values()
    ratio = {what: round(first[what] / max(second[what], 0.01), 1) for what in first}
    return {**took, "ratio": ratio}


def _register_rows(db: Database, project_id: str) -> None:
    with db.reading() as session:
        hashes = session.exec(select(Images.sha256).where(col(Images.project_id) == project_id)).all()
    rows = [
        {"id": hash_, "address": f"s3://photos/{number:07}.jpg", "etag": '"1"', "size": 1500, "create_at": utc_now()}
        for number, hash_ in enumerate(hashes)
    ]
    with db.transaction() as session:
        session.execute(insert(RegisteredOriginals), rows)


def _page_times(db: Database, project_id: str) -> dict[str, float]:
    images = ImageService(db)
    query = parse_image_query("")
    work: dict[str, Callable[[], Any]] = {
        "first page of Explore": lambda: images.queries.find(project_id, query, limit=60),
        "second page": lambda: images.queries.find(project_id, query, limit=60, after=_cursor(images, project_id)),
        "counts of a project": lambda: images.get_project_image_stats(project_id),
        "newest of Upload": lambda: images.list_images(project_id, limit=60),
    }
    return {name: _median_ms(db, one) for name, one in work.items()}


def _cursor(images: ImageService, project_id: str) -> str | None:
    return images.queries.find(project_id, parse_image_query(""), limit=60).next_cursor


def _median_ms(db: Database, work: Callable[[], Any]) -> float:
    times = []
    for _ in range(5):
        db.read_cache = ReadCache(db.data_version)
        times.append(timed(work) * 1000)
    return round(statistics.median(times), 2)


if __name__ == "__main__":
    main()
