"""Changing images: milliseconds per image of each operation, beside the bare Pillow calls.

1. Each of the ten operations on photographs of 640 x 480 px, beside the calls of Pillow and numpy that it stands for.
2. An export with resized images and one variant each, beside a bare loop that decodes, resizes and writes the same
   files in one process.
3. Judging questions: entries a second of which operation breaks them.

    python bench/transform.py [--full]
"""

import argparse
import io
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from core import connect
from core.db import ImageDatasets
from core.export import parse_recipe
from core.services import Services
from core.transform.augmentation import OPERATIONS, draw
from core.transform.rules import Asked, broken_by
from core.transform.steps import Step
from core.transform.words import aspects_in

RESULTS = Path(__file__).parent / "results" / "transform.json"
_SIZE = (640, 480)
# A step is a record and one call: what it adds to the bare call must not show.
OF_BARE = 1.15


def photograph(seed: int, size_wh: tuple[int, int] = _SIZE) -> Image.Image:
    """Return soft shapes with some noise, which compress like a photograph."""
    rng = np.random.default_rng(seed)
    blocks = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(
        size_wh, Image.Resampling.BICUBIC
    )
    noisy = np.asarray(blocks, dtype=np.int16) + rng.normal(0, 6, (size_wh[1], size_wh[0], 1)).astype(np.int16)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _noise(image: Image.Image, sigma: float, seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).standard_normal((image.height, image.width, 1), dtype=np.float32) * sigma
    return Image.fromarray(
        (np.asarray(image, dtype=np.int16) + np.rint(noise).astype(np.int16)).clip(0, 255).astype(np.uint8)
    )


def _erase(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    copy = image.copy()
    copy.paste((127, 127, 127), box)
    return copy


def _bare(step: Any) -> Callable[[Image.Image], Image.Image]:
    """Return the calls of Pillow and numpy that *step* stands for."""
    calls: dict[str, Callable[[Image.Image], Image.Image]] = {
        "flip": ImageOps.mirror,
        "rotate": lambda i: i.rotate(step.degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=step.color),
        "crop": lambda i: i.crop((step.left, step.top, step.right, step.bottom)),
        "brightness": lambda i: ImageEnhance.Brightness(i).enhance(step.factor),
        "contrast": lambda i: ImageEnhance.Contrast(i).enhance(step.factor),
        "color": lambda i: ImageEnhance.Color(i).enhance(step.factor),
        "blur": lambda i: i.filter(ImageFilter.GaussianBlur(step.radius_px)),
        "noise": lambda i: _noise(i, step.sigma, step.seed),
        "jpeg": lambda i: _jpeg(i, step.quality),
        "erase": lambda i: _erase(i, (step.left, step.top, step.right, step.bottom)),
    }
    return calls[step.operation]


def operations(images: int) -> dict[str, dict[str, float]]:
    """Return the milliseconds per image of each operation and of its bare calls; the two take turns."""
    pictures = [photograph(seed) for seed in range(images)]
    found: dict[str, dict[str, float]] = {}
    for name in OPERATIONS:
        step: Step | None = draw(name, random.Random(1), _SIZE, 0.5, [])
        assert step is not None
        bare = _bare(step)
        own_ms: list[float] = []
        bare_ms: list[float] = []
        for number, picture in enumerate(pictures):
            both = ((step.pixels, own_ms), (bare, bare_ms))
            for function, times in both if number % 2 else both[::-1]:
                began = time.perf_counter()
                function(picture)
                times.append((time.perf_counter() - began) * 1000)
        found[name] = {"ms": round(statistics.median(own_ms), 2), "bare ms": round(statistics.median(bare_ms), 2)}
    return found


def export(images: int) -> dict[str, float]:
    """Return the images a second of an export with resized images and a flip, and of a bare loop in one process."""
    with tempfile.TemporaryDirectory() as directory, connect(directory) as db:
        services = Services(db)
        project_id = services.projects.create_project("Bench").id
        files = []
        for seed in range(images):
            buffer = io.BytesIO()
            photograph(seed, (1600, 1200)).save(buffer, "JPEG", quality=90)
            files.append((f"{seed}.jpg", buffer.getvalue()))
        stored = [outcome.image for outcome in services.intake.add_images(project_id, files) if outcome.image]
        with db.transaction() as session:
            session.add_all(
                ImageDatasets(
                    project_id=project_id, image_id=image.id, image_name=image.image_name, confirmed=True,
                    question="What animal does the boy hold?", answer="A cat.",
                )
                for image in stored
            )  # fmt: skip
        recipe = parse_recipe({
            "format": "llava", "container": "directory",
            "preprocessing": {"resize": {"width": 448, "height": 448}},
            "augmentation": {"variants": 1, "operations": ["flip"]},
        })  # fmt: skip
        began = time.perf_counter()
        report = services.exports.export(project_id, recipe).report
        own_s = time.perf_counter() - began
        began = time.perf_counter()
        for name, data in files:
            _bare_export(Path(directory) / "bare", name, data)
        bare_s = time.perf_counter() - began
        services.close()
        made = report["images"]
    return {"images a second": round(made / own_s, 1), "bare loop": round(2 * images / bare_s, 1)}


def _bare_export(directory: Path, name: str, data: bytes) -> None:
    directory.mkdir(exist_ok=True)
    for flips in (False, True):
        image = (
            Image.open(io.BytesIO(data)).convert("RGB").resize((448, 336), Image.Resampling.LANCZOS, reducing_gap=3.0)
        )
        (ImageOps.mirror(image) if flips else image).save(directory / f"{flips}-{name}", "JPEG", quality=92)


def judging(entries: int) -> float:
    """Return how many entries a second are judged for all ten operations, with texts that all differ."""
    aspects_in.cache_clear()
    asked = [Asked("object", f"What does person {number} hold?", f"Cup {number}.", "en") for number in range(entries)]
    began = time.perf_counter()
    for one in asked:
        for name in OPERATIONS:
            broken_by(name, one)
    return round(entries / (time.perf_counter() - began))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    is_full = parser.parse_args().full
    results: dict[str, Any] = {
        "operations": operations(60 if is_full else 20),
        "export": export(200 if is_full else 40),
        "judged entries a second": judging(50_000 if is_full else 5000),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2))
    print(json.dumps(results, indent=2))
    own, bare = (sum(found[name] for found in results["operations"].values()) for name in ("ms", "bare ms"))
    print(f"ten operations: {own:.1f} ms, bare {bare:.1f} ms")
    sys.exit(own > OF_BARE * bare)


if __name__ == "__main__":
    main()
