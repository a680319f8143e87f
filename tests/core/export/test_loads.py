"""Bundles load with the ``datasets`` library in a new process without access to the original images."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.export import parse_recipe
from core.images import ImageService
from tests.core.export.hostile import HostileProject

_LOAD = """
import hashlib, json, sys
import datasets
loader, column, path = sys.argv[1:]
loaded = datasets.load_dataset(path) if loader == "-" else datasets.load_dataset(loader, data_dir=path)
found = {}
for split, rows in loaded.items():
    images = []
    for row in rows:
        image = row[column][0] if isinstance(row[column], list) else row[column]
        images.append([image.size, hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()])
    found[split] = {"images": images, "columns": sorted(rows.column_names)}
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("format_", "loader", "column"),
    [
        ("parquet", "-", "image"),
        ("imagefolder", "imagefolder", "image"),
        ("trl", "-", "images"),
        ("finevision", "-", "images"),
        ("webdataset", "webdataset", "jpg"),
    ],
)
def test_load_dataset_reads_every_pixel(
    format_: str, loader: str, column: str, hostile: HostileProject, tmp_path: Path
) -> None:
    splits = {"train": 60, "validation": 40, "test": 0, "seed": 4}
    recipe = parse_recipe({"format": format_, "splits": splits})
    made = hostile.exports.export(hostile.project_id, recipe)
    with zipfile.ZipFile(hostile.db.data_dir / made.path) as bundle:
        bundle.extractall(tmp_path / "extracted")

    found = _load(loader, column, tmp_path / "extracted", tmp_path / "cache")

    assert {split: len(part["images"]) for split, part in found.items()} == {
        split: counts["rows"] for split, counts in made.report["splits"].items()
    }
    pixels = {digest for part in found.values() for _, digest in part["images"]}
    assert pixels == _pixels(hostile, as_jpeg=format_ == "webdataset")


def _load(loader: str, column: str, path: Path, cache: Path) -> dict[str, dict[str, list[object]]]:
    environment = {**os.environ, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, loader, column, str(path)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, dict[str, list[object]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _pixels(hostile: HostileProject, *, as_jpeg: bool) -> set[str]:
    """Return the sha256 of the pixels of each upright view."""
    images = ImageService(hostile.db)
    hashes = set()
    for image in hostile.images[:-1]:
        with Image.open(images.view_path(image, None, as_jpeg=as_jpeg)) as view:
            hashes.add(hashlib.sha256(view.convert("RGB").tobytes()).hexdigest())
    return hashes
