"""Speed and peak memory of exports, compared with a bare loop that writes the same bytes.

    python bench/export.py          short: 200 images, 20,000 entries
    python bench/export.py --full   2,000 images of 250 KB with 10,000 entries; 10,000 and 1,000,000 entries without
                                    images
    python bench/export.py --part parquet    one part only: ZIP, directory, parquet, default or llava

The bare loops: an uncompressed ZIP by ``zipfile``, parquet by ``pyarrow`` with the same columns and settings, and
``shutil.copyfile``. Each ends with the same sync as an export.
"""

import argparse
import gc
import hashlib
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from core import ProjectService, connect
from core.db import Database, ImageDatasets, Images, new_id, utc_now
from core.export import ExportRecipe, ExportService, parse_recipe
from core.images import ImageService

RESULTS = Path(__file__).parent / "results"
_IMAGE_BYTES = 250_000
_RUNS = 3
BUNDLES = ("ZIP", "directory", "parquet")
TEXTS = ("default", "llava")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true")
    options.add_argument(
        "--part", choices=(*BUNDLES, *TEXTS), help="run this part only; the stored results of the other parts stay"
    )
    options.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options.add_argument("--format", default="default", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    gc.collect()
    gc.freeze()  # as the server does after start-up
    if chosen.rows:
        print(json.dumps(_text_rows(chosen.rows, chosen.format)))
        return
    images, entries = (2000, 10_000) if chosen.full else (200, 1000)
    parts = (chosen.part,) if chosen.part else (*BUNDLES, *TEXTS)
    results: dict[str, Any] = {}
    if bundles := [part for part in parts if part in BUNDLES]:
        results |= _with_images(images, entries, bundles)
    for rows in (10_000, 1_000_000) if chosen.full else (2000, 20_000):
        for format_ in (part for part in parts if part in TEXTS):
            results[f"{format_}, {rows:,} entries"] = _in_new_process(rows, format_)
    _store(results, RESULTS / ("export-full.json" if chosen.full else "export.json"), replace=not chosen.part)
    print(json.dumps(results, indent=2))


def _store(results: dict[str, Any], path: Path, *, replace: bool) -> None:
    path.parent.mkdir(exist_ok=True)
    stored = {} if replace or not path.exists() else json.loads(path.read_text())
    path.write_text(json.dumps(stored | results, indent=2))


# --- with images ---------------------------------------------------------------------------------------------


def _with_images(images: int, entries: int, parts: list[str]) -> dict[str, Any]:
    """Export original images as ZIP, parquet and directory, each compared with its bare loop."""
    with _project(images, entries, file_bytes=_IMAGE_BYTES) as (db, project_id, directory):
        exports = ExportService(db, ImageService(db))
        files = sorted(db.settings.images_dir.rglob("*.jpg"))
        bare = directory / "bare"
        original = {"image_form": "original"}
        cases: tuple[tuple[str, dict[str, str], Callable[[], None]], ...] = (
            ("ZIP", {"format": "default"}, lambda: _bare_zip(files, bare)),
            ("directory", {"format": "default", "container": "directory"}, lambda: _bare_copy(files, bare)),
            ("parquet", {"format": "parquet", "container": "directory"}, lambda: _bare_parquet(files, bare, entries)),
        )
        return {
            name: _compare(exports, project_id, parse_recipe(values | original), loop)
            for name, values, loop in cases
            if name in parts
        }


def _compare(
    exports: ExportService, project_id: str, recipe: ExportRecipe, bare_loop: Callable[[], None]
) -> dict[str, float]:
    """Time export and bare loop alternately, so that other load affects both; the best run of each counts."""
    writing, checking, bare = [], [], []
    for _ in range(_RUNS):
        times = _timed_export(exports, project_id, recipe)
        writing.append(times["written"])
        checking.append(times["checked"])
        started = time.perf_counter()
        bare_loop()
        bare.append(time.perf_counter() - started)
    return {
        "write_s": round(min(writing), 3),
        "check_s": round(min(checking), 3),
        "bare_s": round(min(bare), 3),
        "rate_of_bare": round(min(bare) / min(writing), 2),
        "check_of_write": round(min(checking) / min(writing), 2),
    }


def _timed_export(exports: ExportService, project_id: str, recipe: ExportRecipe) -> dict[str, float]:
    """Return the seconds that writing (with the last sync) and checking took."""
    marks: dict[str, float] = {"start": time.perf_counter()}

    def progress(share: float, step: str) -> None:
        marks.setdefault(step.split(",")[0], time.perf_counter())

    made = exports.export(project_id, recipe, progress=progress)
    end = time.perf_counter()
    path = exports.export_path(_row(made.path))
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    checked = marks["Moving the bundle into place"] - marks["Reading the bundle back"]
    return {"checked": checked, "written": end - marks["start"] - checked}


def _row(path: str) -> Any:
    from core.db import Exports

    return Exports(project_id="", format="", path=path)


def _bare_zip(files: list[Path], bare: Path) -> None:
    with zipfile.ZipFile(bare, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            archive.write(file, file.name)
    os.sync()
    bare.unlink()


def _bare_copy(files: list[Path], bare: Path) -> None:
    bare.mkdir()
    for file in files:
        shutil.copyfile(file, bare / file.name)
    os.sync()
    shutil.rmtree(bare)


def _bare_parquet(files: list[Path], bare: Path, entries: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from core.export.entries import RowOptions
    from core.export.formats.parquet import features
    from core.export.writing.parquet import arrow_schema

    schema = arrow_schema(features(RowOptions()))
    per_image = entries // len(files)
    with pq.ParquetWriter(bare, schema, compression="none", dictionary_pagesize_limit=256_000_000) as writer:
        for start in range(0, len(files), 200):
            rows = [
                {"image": {"bytes": data, "path": file.name}, "id": file.name, "question": "What?", "answer": "That."}
                for file in files[start : start + 200]
                for data in [file.read_bytes()]
                for _ in range(per_image)
            ]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    os.sync()
    bare.unlink()


# --- without images ------------------------------------------------------------------------------------------


def _in_new_process(rows: int, format_: str) -> dict[str, Any]:
    """Run in a new process, because peak memory is per process."""
    import subprocess

    command = [sys.executable, __file__, "--rows", str(rows), "--format", format_]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _text_rows(rows: int, format_: str) -> dict[str, Any]:
    with _project(rows // 5, rows, file_bytes=0) as (db, project_id, _):
        exports = ExportService(db, ImageService(db))
        values = {"format": format_, "images": "none", "container": "directory"}
        start_bytes = _resident_bytes()
        times = _timed_export(exports, project_id, parse_recipe(values))
    return {
        "rows_per_s": round(rows / times["written"]),
        "write_s": round(times["written"], 2),
        "check_s": round(times["checked"], 2),
        "memory_above_start_mb": round((_peak_bytes() - start_bytes) / 1e6),
    }


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _peak_bytes() -> int:
    # Not getrusage: its value starts with the peak of the parent process.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


# --- test data -----------------------------------------------------------------------------------------------


@contextmanager
def _project(images: int, entries: int, file_bytes: int) -> Iterator[tuple[Database, str, Path]]:
    """Yield database, project id and directory; image files have random bytes, which are never decoded."""
    directory = Path(tempfile.mkdtemp(prefix="vitrine-bench-", dir=os.environ.get("VITRINE_BENCH_DIR")))
    try:
        with connect(directory / "data") as db:
            project = ProjectService(db).create_project("Bench")
            _fill(db, project.id, images, entries // images, file_bytes)
            yield db, project.id, directory
    finally:
        shutil.rmtree(directory)


def _fill(db: Database, project_id: str, images: int, per_image: int, file_bytes: int) -> None:
    generator = random.Random(0)
    now = utc_now()
    for start in range(0, images, 2000):
        rows = []
        for number in range(start, min(start + 2000, images)):
            data = _jpeg(generator, file_bytes)
            sha256 = hashlib.sha256(data or str(number).encode()).hexdigest()
            path = f"{sha256[:2]}/{sha256}.jpg"
            if data:
                (db.settings.images_dir / path).parent.mkdir(parents=True, exist_ok=True)
                (db.settings.images_dir / path).write_bytes(data)
            rows.append(
                {"id": new_id(), "project_id": project_id, "image_name": f"image {number}.jpg", "path": path,
                 "size": len(data), "width": 1280, "height": 960, "sha256": sha256, "format": "JPEG", "dhash": "",
                 "average_color": "", "tags": "", "source": "upload", "source_ref": "", "create_at": now,
                 "update_at": now}
            )  # fmt: skip
        with db.transaction() as session:
            session.execute(insert(Images), rows)
            session.execute(insert(ImageDatasets), [e for row in rows for e in _entries(row, per_image)])


def _entries(image: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {
            "id": new_id(), "project_id": image["project_id"], "image_id": image["id"],
            "image_name": image["image_name"], "question": f"What stands on the shelf number {number}?",
            "answer": f"Three cups, a bowl and the book that was there at {number} before.", "answer_type": "text",
            "model": "offline/measure", "confirmed": True, "rejected": False, "reject_reason": "", "flagged": False,
            "score": 4.0, "tags": "kitchen", "note": "", "create_at": image["create_at"],
            "update_at": image["create_at"], "version": 1, "kind": "count", "language": "en", "needs_review": "",
        }  # fmt: skip


def _jpeg(generator: random.Random, file_bytes: int) -> bytes:
    """Return bytes with the header of a JPEG followed by noise: only the size matters for the speed."""
    if not file_bytes:
        return b""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (1280, 960), tuple(generator.randbytes(3))).save(buffer, "JPEG")
    return buffer.getvalue() + generator.randbytes(file_bytes - buffer.tell())


if __name__ == "__main__":
    main()
