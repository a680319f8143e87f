"""The examples of the documents run as they stand, and what they export loads with what was put in."""

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

import core
from core.images import samples
from core.images.samples import drawings
from tests.docs.blocks import to_run

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Shapes"
    folder.mkdir()
    for sample in drawings()[:4]:
        (folder / sample.name).write_bytes(sample.data)
    return folder


def test_the_readme_example_runs_as_it_stands(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = to_run("README.md", "python")
    assert len([line for line in example.splitlines() if line and not line.startswith("import")]) == 10
    monkeypatch.setattr(samples, "sample_images", lambda: folder)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102
    names["db"].close()
    rows = (tmp_path / "my-export" / "train" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 8


def test_the_whole_job_from_python_ends_in_an_export_that_loads_what_was_put_in(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.spec_from_file_location("example", ROOT / "docs" / "example.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)

    done = asyncio.run(example.dataset_from(sorted(folder.iterdir()), tmp_path / "data", tmp_path / "export"))

    assert done == {
        "images": 4, "questions": 12, "answers": 12, "confirmed": 12, "references": 4, "images at the end": 5,
    }  # fmt: skip
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "export"), split="train", cache_dir=str(tmp_path / "cache")
    )
    with core.connect(tmp_path / "data") as db:
        project = core.ProjectService(db).list_projects()[0]
        entries = core.ImageDatasetService(db).list_dataset_entries(project.id, limit=100)
    assert {(row["question"], row["answer"]) for row in loaded} == {(one.question, one.answer) for one in entries}
    originals = {path.name: Image.open(path).convert("RGB").tobytes() for path in folder.iterdir()}
    pixels = {row["image"].convert("RGB").tobytes() for row in loaded}
    assert pixels == set(originals.values())
