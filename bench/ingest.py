"""Imports compared with a minimal loop, uploads with a minimal route, and the page of a large library.

    python bench/ingest.py          300 images of each kind, uploads, and the library at 1,000 images
    python bench/ingest.py --full   1,000 of each; 100,000 of 20 KB, with constant rate and memory; the library at
                                    100,000 images too
    python bench/ingest.py --part upload    one part only; the stored results of the other parts stay

Generating the images takes longer than the measurement; --keep stores them for the next run.

Generated images: 0.8 MP and 12 MP JPEG, 2 MP PNG, 2 MP WebP. The minimal loop runs on all cores and only reads, hashes,
decodes at reduced size and writes a thumbnail. Loop and import run on the same files, each once to warm up. The import
hashes, decodes in the sandbox, stores with fsync, makes the thumbnail, measures, and commits rows. The part rest sends
the same files to the REST API in batches of 50, from one client, and takes the peak memory of server and workers.
"""

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from core import ImageService, ProjectService, connect
from core.db import Database
from core.importing.tasks import image_task_kinds
from core.tasks import TaskRunner, TaskService

RESULTS = Path(__file__).parent / "results" / "ingest.json"
OF_BARE_AT_LEAST = 0.7
RATE_LOSS_AT_MOST = 0.15
GROWTH_MB_AT_MOST = 100
IMAGE_TYPES = {
    "0.8 MP JPEG": ((1024, 768), "JPEG"),
    "12 MP JPEG": ((4000, 3000), "JPEG"),
    "2 MP PNG": ((1632, 1224), "PNG"),
    "2 MP WebP": ((1632, 1224), "WEBP"),
}


IN_CHROMIUM = ("upload", "library")
FLAT = "flat"
REST = "rest"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--full", action="store_true")
    options.add_argument("--count", type=int, help="number of images of each type")
    options.add_argument("--part", choices=[*IMAGE_TYPES, REST, FLAT, *IN_CHROMIUM])
    options.add_argument("--keep", type=Path, help="directory in which generated images are stored and reused")
    options.add_argument("--flat", type=int, default=100_000, help="number of small images of the part flat")
    chosen = options.parse_args()
    count = chosen.count or (1000 if chosen.full else 300)
    parts = (chosen.part,) if chosen.part else (*IMAGE_TYPES, REST, *((FLAT,) if chosen.full else ()), *IN_CHROMIUM)
    results: dict[str, Any] = {}
    for part in parts:
        if part in IMAGE_TYPES:
            results[part] = _compare_import(part, count, chosen.keep)
        elif part == REST:
            results[part] = _compare_rest(count, chosen.keep)
        elif part == FLAT:
            results[f"{chosen.flat:,} of 20 KB"] = _constant_rate(chosen.flat, chosen.keep)
        else:
            results |= _in_chromium(part, chosen.keep, chosen.full)
    stored = json.loads(RESULTS.read_text()) if chosen.part and RESULTS.exists() else {}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(stored | results, indent=2))
    print(json.dumps(results, indent=2))


def _in_chromium(part: str, keep: Path | None, full: bool) -> dict[str, Any]:
    from bench import ingest_pages

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if part == "upload":
            root = (keep or directory) / "upload"
            if not root.exists():
                photographs(root, *ingest_pages.UPLOADED)
            return {"upload": ingest_pages.upload(root, directory)}
        return {"library": ingest_pages.library(directory, (1_000, 100_000) if full else (1_000,))}


# --- import and minimal loop ------------------------------------------------------------------------------------


def _compare_import(name: str, count: int, keep: Path | None) -> dict[str, Any]:
    size_wh, format_ = IMAGE_TYPES[name]
    with tempfile.TemporaryDirectory() as directory:
        root = (keep or Path(directory)) / f"{name} x {count}"
        if not root.exists():
            photographs(root, count, size_wh, format_)
        bare = [minimal_loop(root, Path(directory) / f"bare{n}") for n in range(2)][-1]
        imported = [_import(root, Path(directory) / f"data{n}") for n in range(2)][-1]
    return {
        "images": count,
        "bare_per_s": round(bare, 1),
        "import_per_s": round(imported, 1),
        "of_bare": round(imported / bare, 2),
        "wanted": f"at least {OF_BARE_AT_LEAST}",
    }


def _compare_rest(count: int, keep: Path | None) -> dict[str, Any]:
    from bench import ingest_rest

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        root = (keep or directory) / f"rest x {count}"
        if not root.exists():
            photographs(root, count, (1024, 768), "JPEG")
        return ingest_rest.compare(
            root, directory, lambda target: minimal_loop(root, target), lambda data_dir: _import(root, data_dir)
        )


def photographs(root: Path, count: int, size_wh: tuple[int, int], format_: str) -> None:
    """Write images with as much detail as photographs: smooth shapes with noise."""
    import numpy as np
    from PIL import Image

    root.mkdir(parents=True)
    random = np.random.default_rng(5)
    width, height = size_wh
    grain = random.normal(0, 5, (height, width, 1))
    scenes = []
    for _ in range(8):
        shapes = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(size_wh, 3)
        scenes.append((np.asarray(shapes) + grain).clip(0, 255).astype(np.uint8))
    for number in range(count):
        # A new patch gives a different image of the same file size; generating all pixels would take longer.
        pixels = scenes[number % 8].copy()
        patch = random.integers(0, 256, (3, 4, 3), dtype=np.uint8)
        side = height // 3
        pixels[:side, :side] = np.asarray(Image.fromarray(patch).resize((side, side), 3))
        options = {"compress_level": 3} if format_ == "PNG" else {"quality": 85, "method": 0}
        Image.fromarray(pixels).save(root / f"{number:06}.{format_.lower()}", format_, **options)


def minimal_loop(root: Path, target: Path) -> float:
    """Hash all images, write thumbnails, and return how many a second."""
    target.mkdir()
    paths = sorted(root.iterdir())
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_process_one, paths[:8], [target] * 8))
        started_s = time.perf_counter()
        list(pool.map(_process_one, paths, [target] * len(paths), chunksize=8))
        return len(paths) / (time.perf_counter() - started_s)


def _process_one(path: Path, target: Path) -> str:
    from PIL import Image

    data = path.read_bytes()
    with Image.open(BytesIO(data)) as image:
        image.thumbnail((320, 320))
        image.convert("RGB").save(target / f"{path.stem}.jpg", "JPEG", quality=82)
    return hashlib.sha256(data).hexdigest()


def _import(root: Path, data_dir: Path) -> float:
    count = sum(1 for _ in root.iterdir())
    with _database(root, data_dir) as db:
        project = ProjectService(db).create_project("Warm-up")
        ImageService(db).intake.add_images(project.id, [(path.name, path) for path in sorted(root.iterdir())[:8]])
        project = ProjectService(db).create_project("Measured")
        started_s = time.perf_counter()
        _run_import(db, project.id, root)
        taken_s = time.perf_counter() - started_s
        stored = ImageService(db).get_project_image_stats(project.id)["total_images"]
    assert stored == count, f"{stored} of {count}"
    return count / taken_s


def _run_import(db: Database, project_id: str, root: Path) -> None:
    kinds = {kind.task_type: kind for kind in image_task_kinds(ImageService(db).intake)}
    task = TaskService(db, lambda: kinds).create_task(
        project_id, "image-import", {"source": "directory", "path": str(root)}
    )
    asyncio.run(TaskRunner(db, kinds).run(task.id))


@contextmanager
def _database(root: Path, data_dir: Path) -> Iterator[Database]:
    from core.images import sandbox

    os.environ["VITRINE_IMPORT_ROOTS"] = str(root)
    try:
        with connect(data_dir) as db:
            yield db
    finally:
        sandbox.close_shared()


# --- many small images ---------------------------------------------------------------------------------------


def _constant_rate(count: int, keep: Path | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        root = (keep or Path(directory)) / f"small x {count}"
        if not root.exists():
            _write_small_images(root, count)
        with _database(root, Path(directory) / "data") as db:
            project = ProjectService(db).create_project("Bench")
            rates, memory_mb = [], []
            for part in sorted(root.iterdir()):
                started_s = time.perf_counter()
                _run_import(db, project.id, part)
                rates.append(1000 / (time.perf_counter() - started_s))
                memory_mb.append(_memory_mb())
    first, last = statistics.mean(rates[1:6] or rates), statistics.mean(rates[-5:])
    return {
        "per_s_at_the_start": round(first, 1),
        "per_s_at_the_end": round(last, 1),
        "change": round(last / first - 1, 3),
        "wanted_change": f"above -{RATE_LOSS_AT_MOST}",
        "memory_growth_mb": round(memory_mb[-1] - memory_mb[0], 1),
        "wanted_growth": f"below {GROWTH_MB_AT_MOST}",
    }


def _write_small_images(root: Path, count: int) -> None:
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(6)
    for number in range(count):
        part = root / f"{number // 1000:04}"
        part.mkdir(parents=True, exist_ok=True)
        blocks = random.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((320, 240), 2).save(part / f"{number:06}.jpg", quality=82)


def _memory_mb() -> float:
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) / 1000 for line in status if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
