"""The shell lines of docs/COMMAND.md, run in order in this process."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.cli import app
from core.images.samples import drawings
from tests.docs.blocks import to_run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "COMMAND.md").read_text(encoding="utf-8")


def test_every_line_of_the_page_about_the_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for box in to_run("docs/COMMAND.md", "sh") for line in box.splitlines()]
    (tmp_path / "photos").mkdir()
    for sample in drawings():
        (tmp_path / "photos" / sample.name).write_bytes(sample.data)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITRINE_DATA_DIR", "data")
    done = {line: _run(line, monkeypatch) for line in lines}
    assert "12 images added" in done["vitrine import photos --project Shelf"].stdout
    assert done[lines[1]].stdout == "24 new questions with their answers\n"
    assert done[lines[1]].stderr == "12 calls, no cost.\n"
    assert "\nentries: 24\n" in f"\n{done['vitrine check guessable --project Shelf'].stdout}"
    assert (tmp_path / "shelf-llava" / "llava.json").is_file()
    assert (tmp_path / "shelf.jsonl").read_text(encoding="utf-8").count("\n") == 24
    assert '"images_known": 12' in done["vitrine import photos --project Shelf --json"].stdout
    assert (tmp_path / "other" / "vitrine.db").is_file()


def _run(line: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    command, *arguments = shlex.split(line)
    assert command == "vitrine"
    with monkeypatch.context() as restoring:
        restoring.setenv("VITRINE_DATA_DIR", "data")  # --data sets another one for this process
        result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, f"{line}\n{result.output}"
    return result


def test_the_page_names_every_verb() -> None:
    verbs = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    assert {str(verb) for verb in verbs if f"{verb}" not in re.findall(r"[a-z-]+", PAGE)} == set()
