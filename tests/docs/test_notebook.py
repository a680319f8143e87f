"""The notebook, its page and ``help(vitrine)``: every block of code runs, in order."""

import ast
import asyncio
import inspect
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import vitrine
from core.images import samples
from tests.docs.blocks import to_run

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "docs" / "tour.ipynb"
_CODE_AFTER_COLONS = re.compile(r"::\n\n((?:    .*\n|\n)+)")


def _cells() -> list[str]:
    cells = json.loads(TOUR.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _blocks_of_help() -> list[str]:
    return [inspect.cleandoc(block) for block in _CODE_AFTER_COLONS.findall(inspect.cleandoc(vitrine.__doc__ or ""))]


def _blocks_of_page() -> list[str]:
    return to_run("docs/NOTEBOOK.md", "python")


@pytest.fixture
def few_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sample have three pictures, and the code write into a directory of its own."""
    directory = tmp_path / "few"
    directory.mkdir()
    for name in ("dice.jpg", "apples_four.jpg", "apples_five.jpg"):
        shutil.copy(samples.sample_images() / name, directory)
    monkeypatch.setattr(samples, "sample_images", lambda: directory)
    monkeypatch.chdir(tmp_path)


def _run(blocks: list[str]) -> dict[str, Any]:
    """Run blocks as cells of one notebook are run, and return what their names stand for."""
    names: dict[str, Any] = {}

    async def run_all() -> None:
        for block in blocks:
            made = eval(compile(block, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)  # noqa: S307
            if inspect.isawaitable(made):
                await made

    asyncio.run(run_all())
    return names


@pytest.mark.usefixtures("few_samples")
@pytest.mark.parametrize(("blocks", "entries"), [(_cells, 6), (_blocks_of_help, 1)], ids=["tour", "help"])
def test_each_block_runs_and_the_export_has_what_was_confirmed(blocks: Any, entries: int, tmp_path: Path) -> None:
    names = _run(blocks())
    (export,) = tmp_path.glob("*-export")
    rows = (export / "train" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == entries
    assert names["report"].images_added == 3


@pytest.mark.usefixtures("few_samples")
def test_each_block_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    _run(_blocks_of_page())
    shown = capsys.readouterr().out
    assert "100% 3 files, 0 entries" in shown
    assert "What color is it?" in shown


def test_the_first_export_takes_as_few_lines_as_the_tour_says() -> None:
    cells = _cells()
    last = next(number for number, cell in enumerate(cells) if "export_dataset" in cell)
    lines = [line for cell in cells[: last + 1] for line in cell.splitlines() if line.strip()]
    needed = [line for line in lines if not line.startswith(("print", "images.list", "dataset.list"))]
    assert len(needed) == 13
    assert "13 lines" in TOUR.read_text(encoding="utf-8")


@pytest.mark.prove
def test_the_tour_runs_in_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(TOUR, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=120, resources=resources).execute()
    outputs = json.dumps([cell.get("outputs") for cell in notebook.cells])
    assert "42 entries about 21 images" in outputs
    assert '<img src=\\"data:image/jpeg;base64,' in outputs
    assert (tmp_path / "tour-export" / "train" / "metadata.jsonl").is_file()
