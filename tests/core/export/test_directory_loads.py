"""Every bundle shows its rows to ``load_dataset``, and the printed code that is plain Python runs as printed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core import connect
from core.db import ImageDatasets
from core.export import FORMATS, format_named, parse_recipe
from core.export.reporting.loading import load_command
from core.services import Services
from tests.core.images.pictures import drawn, encoded

# Texts whose types a reader would guess, were it not told otherwise.
ANSWERS = ("007", "NA", "2026-01-02", "-5", "3.50", "true", "null", "1e5", 'it\'s "one"', "2026-01-02 10:00:00")
_LOAD = """
import json, sys
import datasets

def texts(value):
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []

def shown(loaded):
    rows = {split: [dict(row) for row in part] for split, part in loaded.items()}
    return {split: {"rows": len(found), "texts": texts(found)} for split, found in rows.items()}

for path in sys.argv[1:]:
    try:
        print(json.dumps(shown(datasets.load_dataset(path))))
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:600]}))
"""
_RUN = """
import json, sys, traceback
for code in json.loads(sys.argv[1]):
    values = {}
    try:
        exec(code, values)
        print(json.dumps([str(value) for name, value in values.items() if name in ("rows", "table", "entries")]))
    except Exception as error:
        print(json.dumps({"error": traceback.format_exc()[-600:]}))
"""


@dataclass(frozen=True)
class _Bundles:
    """A bundle of each format in a directory whose name has to be quoted, with its report."""

    paths: dict[str, Path]
    reports: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Bundles]:
    root = tmp_path_factory.mktemp("it's a shelf, v1.1")
    with connect(root) as db:
        services = Services(db)
        project = services.projects.create_project("Shelf v1.1")
        outcomes = services.intake.add_images(
            project.id, [(f"{number}.png", encoded(drawn(number), "PNG")) for number in range(12)]
        )
        images = [outcome.image for outcome in outcomes if outcome.image is not None]
        with db.transaction() as session:
            session.add_all(
                ImageDatasets(
                    project_id=project.id, image_id=image.id, image_name=image.image_name, question="Which one?",
                    answer=ANSWERS[number % len(ANSWERS)], generated_answer="Another.", confirmed=True, model="",
                    boxes=[{"label": "cup", "xyxy": [1, 2, 30, 40], "image": 0}],
                )
                for number, image in enumerate(images)
            )  # fmt: skip
        paths, reports = {}, {}
        for format_ in FORMATS:
            made = services.exports.export(project.id, parse_recipe({"format": format_.name, "container": "directory"}))
            paths[format_.name], reports[format_.name] = db.data_dir / made.path, made.report
        yield _Bundles(paths, reports)


def _run(code: str, cache: Path, *args: str) -> list[Any]:
    environment = {**os.environ, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code, *args], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line[:1] in "[{"]


def test_load_dataset_shows_the_rows_of_every_bundle(bundles: _Bundles, tmp_path: Path) -> None:
    found = _run(_LOAD, tmp_path, *map(str, bundles.paths.values()))

    shown = dict(zip(bundles.paths, found, strict=True))
    assert {name: part["error"] for name, part in shown.items() if "error" in part} == {}
    for name, splits in shown.items():
        written = {split: counts["rows"] for split, counts in bundles.reports[name]["splits"].items()}
        assert {split: part["rows"] for split, part in splits.items()} == written, name
        texts = {text for part in splits.values() for text in part["texts"]}
        # datasets reads chat lines whose contents are texts and lists as JSON: texts that are JSON become values.
        expected = set(ANSWERS)
        if name in ("openai", "oumi"):
            expected = {"NA", "2026-01-02"}
        elif name == "vlmevalkit":  # it would read the others as missing
            expected -= {"NA", "null"}
        elif name == "vqa-v2" or "grounding" in name:  # the answers are in another file, or boxes
            expected = set()
        assert expected <= texts, f"{name} lacks {expected - texts}"
        assert any("Which one?" in text for text in texts) or name in ("sidecar", "coco-captions"), name


def test_printed_code_runs_as_printed(bundles: _Bundles, tmp_path: Path) -> None:
    names = [
        format_.name for format_ in FORMATS
        if format_.load.startswith(("from datasets", "import json", "import pandas", "from vitrine"))
        and "trl" not in format_.load
    ]  # fmt: skip
    commands = [
        load_command(format_named(name), parse_recipe({"format": name, "container": "directory"}), str(path))
        for name, path in bundles.paths.items() if name in names
    ]  # fmt: skip

    found = _run(_RUN, tmp_path, json.dumps(commands))

    results = dict(zip(names, found, strict=True))
    assert {name: result["error"] for name, result in results.items() if isinstance(result, dict)} == {}
    assert {"csv", "parquet", "imagefolder", "webdataset", "vqa", "default", "vitrine"} <= set(results)


def test_printed_pandas_code_keeps_texts(bundles: _Bundles) -> None:
    command = load_command(
        format_named("csv"), parse_recipe({"format": "csv", "container": "directory"}), str(bundles.paths["csv"])
    )
    values: dict[str, Any] = {}

    exec(command, values)  # noqa: S102 - our own code, as a person would paste it

    assert set(values["table"]["answer"]) == set(ANSWERS)
    assert set(values["table"]["confirmed"]) == {"True"}


def test_commands_for_a_shell_quote_the_directory() -> None:
    for name in ("llama-factory", "ms-swift", "llava", "roboflow"):
        command = load_command(format_named(name), parse_recipe({"format": name}), "it's a; shelf")
        assert "'it'\"'\"'s a; shelf'" in command, name
