"""The distribution: built, installed and used from a directory that has a module ``core`` of its own."""

import re
import sys
from pathlib import Path

import pytest

import core
import vitrine
from hatch_build import rewritten
from tests.packaging import run, unpacked_package

ROOT = Path(__file__).parents[1]
_FOREIGN = "raise RuntimeError('the module core of the caller was imported')\n"
_JOB = """
import asyncio, io, sys
import vitrine
from PIL import Image

def main():
    with vitrine.connect("data") as db:
        project = vitrine.ProjectService(db).create_project("Shelf")
        images = vitrine.ImageService(db)
        file = io.BytesIO()
        Image.new("RGB", (40, 30), (200, 30, 30)).save(file, "PNG")
        image = asyncio.run(images.upload_image(project.id, "red.png", file.getvalue()))
        dataset = vitrine.ImageDatasetService(db)
        dataset.create_dataset_entry(project.id, image.id, "What color?", "Red", model="me")
        entries = dataset.list_dataset_entries(project.id)
        written = vitrine.ImageDatasetExporter(db, images).export_jsonl(entries, "out.jsonl", format_style="llava")
        print(written, image.width, image.height, type(image).__module__, "core" in sys.modules)

if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked_package(tmp_path_factory.mktemp("package"))


def test_the_wheel_brings_one_package_and_the_command(installed: Path) -> None:
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {"vitrine", "vitrine_vqa"}
    (scripts,) = installed.glob("*.dist-info/entry_points.txt")
    assert scripts.read_text() == "[console_scripts]\nvitrine = vitrine:main\n"
    metadata = next(installed.glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
    lines = re.findall(r"^Requires-Dist: ([\w-]+).*?(?:; extra == '(\w+)')?$", metadata, flags=re.MULTILINE)
    files = {
        "": "requirements.txt", "see": "requirements-see.txt", "postgres": "requirements-postgresql.txt",
        "s3": "requirements-s3.txt",
        "mcp": "requirements-mcp.txt",
        "workers": "requirements-workers.txt",
    }  # fmt: skip
    for extra, file in files.items():
        assert {name for name, needed_by in lines if needed_by == extra} == _listed(file)


def _listed(file: str) -> set[str]:
    names = re.findall(r"^([\w-]+)", (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name.replace("_", "-") for name in names}


def test_a_module_core_of_the_caller_disturbs_neither_the_package_nor_its_worker_processes(
    installed: Path, tmp_path: Path
) -> None:
    for name in ("core.py", "pages.py"):
        (tmp_path / name).write_text(_FOREIGN)
    (tmp_path / "job.py").write_text(_JOB)
    out = run([sys.executable, "job.py"], tmp_path, PYTHONPATH=str(installed))
    assert out == "1 40 30 vitrine.core.db.image_tables False\n"
    assert (tmp_path / "out.jsonl").read_text().count("\n") == 1


def test_the_installed_command_answers_from_another_directory(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "core.py").write_text(_FOREIGN)
    command = [sys.executable, "-m", "vitrine"]
    assert run([*command, "--version"], tmp_path, PYTHONPATH=str(installed)) == "vitrine 0.1.0\n"
    made = run([*command, "--data", "mine", "token", "make", "robot"], tmp_path, PYTHONPATH=str(installed))
    assert made.startswith("vitrine_")
    assert (tmp_path / "mine" / "vitrine.db").is_file()


def test_both_names_lead_to_the_same_classes_in_the_checkout() -> None:
    assert set(vitrine.__all__) == set(core.__all__) == set(dir(vitrine))
    for name in core.__all__:
        assert getattr(vitrine, name) is getattr(core, name)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from core import errors\n", "from vitrine.core import errors\n"),
        ("from core.db import Images\n", "from vitrine.core.db import Images\n"),
        ("import core\n", "from vitrine import core\n"),
        ("import core.db as base\n", "from vitrine.core import db as base\n"),
        ("def f():\n    from pages import export\n", "def f():\n    from vitrine.pages import export\n"),
        ('load("core.images.service")\n', "load('vitrine.core.images.service')\n"),
        ('print("core, pages and a sentence")\n', 'print("core, pages and a sentence")\n'),
        ("import coreutils\nfrom corelib import x\n", "import coreutils\nfrom corelib import x\n"),
    ],
)
def test_imports_are_rewritten_into_the_package(source: str, expected: str) -> None:
    assert rewritten(source) == expected


def test_an_import_that_binds_another_name_after_rewriting_is_refused() -> None:
    with pytest.raises(ValueError, match=r"import core\.db binds core"):
        rewritten("import core.db\n")


def test_no_text_says_to_install_the_package_of_another_project() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert [path.name for path in texts if re.search(r"pip install vitrine(?!-vqa)", path.read_text())] == []


def test_a_module_name_put_together_in_a_formatted_string_is_refused() -> None:
    with pytest.raises(ValueError, match=r"begins with core\.images\."):
        rewritten('load(f"core.images.{name}")\n')
