"""The shell lines of the quick start and of the recipes, run in order in this process; the tables of the recipes."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.export import format_named
from core.images.samples import drawings
from pages import PAGES
from tests.docs.blocks import ROOT, to_run

SECRET = "nine green bottles"


def test_the_quick_start_and_the_recipe_for_fine_tuning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = to_run("docs/index.md", "sh")
    (recipe,) = to_run("docs/recipes/fine-tune.md", "sh")
    assert to_run("README.md", "sh") == [block]
    (*before, export) = block.splitlines()
    (*same, other_export) = recipe.splitlines()
    assert before == same
    (tmp_path / "photos").mkdir()
    for sample in drawings():
        (tmp_path / "photos" / sample.name).write_bytes(sample.data)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITRINE_DATA_DIR", "data")
    printed = [_run(line) for line in (*before, export, other_export)]
    assert "12 images added" in printed[0]
    assert (tmp_path / "shelf-llava" / "llava.json").is_file()
    assert "SFTTrainer" in (tmp_path / "shelf-trl" / "README.md").read_text(encoding="utf-8")
    assert (tmp_path / "shelf-trl" / "EXPORT_REPORT.md").is_file()


def test_ten_commands_set_up_five_annotators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = to_run("docs/recipes/annotators.md", "sh")
    (export, *verbs, serve) = block.splitlines()
    assert (len(verbs) + 2, export, serve) == (10, "export VITRINE_SIGN_IN=accounts", "vitrine --port 8501")
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path))
    printed = [_run(line) for line in verbs]
    assert len(set(re.findall(r"/access/invitation/[\w-]+", "".join(printed)))) == 5


def _run(line: str) -> str:
    command, *arguments = shlex.split(line)
    assert command == "vitrine"
    result = CliRunner().invoke(app, arguments, input=f"{SECRET}\n{SECRET}\n")
    assert result.exit_code == 0, f"{line}\n{result.output}"
    return result.stdout


def test_each_trainer_of_the_recipe_was_run_on_its_format() -> None:
    table = (ROOT / "docs" / "recipes" / "fine-tune.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w.-][\w .-]*) \| [^|]+ \| \[`([\w-]+)`\]", table, re.MULTILINE)
    assert len(rows) > 20
    consumers = (ROOT / "docs" / "CONSUMERS.md").read_text(encoding="utf-8")
    for trainer, format_ in rows:
        assert format_named(format_).name == format_
        run = re.search(rf"^\| {format_} \| {re.escape(trainer)} \| [^|]+ \| [\d-]+ \| \d+ of", consumers, re.MULTILINE)
        assert run, (trainer, format_)


def test_each_page_of_the_app_has_a_page_of_the_documentation_with_pictures() -> None:
    for entry in PAGES:
        page = (ROOT / "docs" / "pages" / f"{entry.name}.md").read_text(encoding="utf-8")
        assert f"(../pictures/{entry.name}-light.webp)" in page
    pictures = list((ROOT / "docs" / "pictures").glob("*.webp"))
    assert sum(path.stat().st_size for path in pictures) < 2_000_000
