"""Analyzing images: the task beside a bare loop on all cores, and how often a detector is right.

The bare loop calls the function that the analyzer's workers run, for the same stored files, in a pool of processes: it
reads, decodes and runs the model, and stores nothing. Rounds alternate; the bound is on the median of the ratios.

    python bench/vision.py [--part objects] [--part text] [--images 64] [--rounds 3]
    python bench/vision.py --labeled FOLDER

The second form counts how often a label that was found is in the image (precision), and how often one that is in the
image was found (recall), for images with labels in the form of YOLO: ``images/**/*.jpg``, ``labels/**/*.txt``, with the
classes of COCO. ``vitrine models add objects`` brings the model.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from core import ProjectService, connect
from core.config import load_settings
from core.db import Images
from core.services import Services
from core.vision.analyzers.objects import find_objects
from core.vision.analyzers.text import read_lines
from core.vision.models.coco import LABELS
from core.vision.models.folders import ModelFolder, find_folder
from tests.pictures import photo_like

RATIO_AT_LEAST = 0.85
SCORES = (0.3, 0.4, 0.5)


def objects_model() -> ModelFolder:
    """Return the model of the configured models directory."""
    found = find_folder(load_settings(), "objects")
    if found is None:
        sys.exit("There is no model. Run: vitrine models add objects")
    return found


def bare_call(part: str, original: Path, image: Images) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return what one image costs without Vitrine: a function with its arguments."""
    if part == "text":
        return read_lines, (original, image.format)
    folder = objects_model()
    return find_objects, (folder.path, folder.version, original, image.format, (image.width, image.height))


def run_call(call: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
    function, arguments = call
    return function(*arguments)


def measure(part: str, count: int, rounds: int) -> float:
    """Print images a second of both, and return the median ratio."""
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as directory, connect(Path(directory)) as db:
        services = Services(db)
        project = ProjectService(db).create_project("Bench")
        services.intake.add_images(project.id, [(f"{number}.jpg", photo_like(number)) for number in range(count)])
        images = services.images.list_images(project.id, limit=count)
        calls = [bare_call(part, services.images.original_path(image), image) for image in images]
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            ratios = []
            for number in range(rounds + 1):
                bare_s = _timed(lambda: list(pool.map(run_call, calls)))
                config = {"analyzers": [part], "fresh": True}
                task = services.tasks.create_task(project.id, "image-analysis", config)
                started = time.perf_counter()
                services.engine.submit(task.id)
                while services.tasks.get_task(task.id).ended_at is None:
                    time.sleep(0.02)
                task_s = time.perf_counter() - started
                if number:  # the first round loads the models
                    ratios.append(bare_s / task_s)
                    speeds = f"bare {count / bare_s:6.1f} images/s, task {count / task_s:6.1f}"
                    print(f"{part}: {speeds}, ratio {ratios[-1]:.2f}")
        services.close()
    return statistics.median(ratios)


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(folder: Path) -> None:
    """Print precision and recall of presence at each score."""
    model = objects_model()
    truth: set[tuple[str, str]] = set()
    found: dict[tuple[str, str], float] = {}
    images = sorted(path for path in (folder / "images").rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    for path in images:
        labels = folder / "labels" / path.relative_to(folder / "images").with_suffix(".txt")
        lines = labels.read_text().splitlines() if labels.exists() else []
        truth |= {(path.name, LABELS[int(line.split()[0])]) for line in lines if line.strip()}
        for item in find_objects(model.path, model.version, path, "JPEG", (1000, 1000)):
            key = (path.name, item["label"])
            found[key] = max(found.get(key, 0.0), item["score"])
    print(f"{len(images)} images, {len(truth)} labels of images, {model.title}")
    for score in SCORES:
        said = {key for key, best in found.items() if best >= score}
        right = len(said & truth)
        print(f"score {score}: precision {right / max(len(said), 1):.3f}, recall {right / max(len(truth), 1):.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["objects", "text"], action="append")
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--labeled", type=Path)
    parser.add_argument("--full", action="store_true", help="five rounds of 200 images")
    chosen = parser.parse_args()
    if chosen.labeled:
        compare(chosen.labeled)
        return 0
    count, rounds = (200, 5) if chosen.full else (chosen.images, chosen.rounds)
    is_missed = False
    for part in chosen.part or ["text"]:
        ratio = measure(part, count, rounds)
        print(f"{part}: {ratio:.2f} of the bare loop, at least {RATIO_AT_LEAST}")
        is_missed |= ratio < RATIO_AT_LEAST
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
