"""``vitrine models``: what is here, what can be added, and one sentence when something cannot be done."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.config import Settings
from tests.core.vision.onnx_models import color_centernet


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path))
    return tmp_path / "models"


def test_a_model_that_can_be_added_is_listed_with_its_command(models: Path) -> None:
    said = CliRunner().invoke(app, ["models", "list"])
    assert said.exit_code == 0
    assert "not here" in said.output
    assert "Run: vitrine models add objects" in said.output
    listed = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).output)
    assert ("objects", "not here") in [(one["name"], one["state"]) for one in listed]
    assert not models.exists()


def test_own_models_are_listed_and_a_folder_that_is_none_says_why(models: Path) -> None:
    color_centernet(models / "objects")
    (models / "tags").mkdir()
    said = CliRunner().invoke(app, ["models", "list"]).output
    assert "objects      here        color.onnx, 2 labels, layout centernet, license not stated" in said
    assert "tags         not usable" in said
    assert "has no ONNX file" in said


def test_a_model_is_removed(models: Path) -> None:
    color_centernet(models / "objects")
    assert CliRunner().invoke(app, ["models", "remove", "objects"]).exit_code == 0
    assert list(models.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "noses"], "There is no model noses to add. Choose from: objects."),
        (["add", "objects", "--tarball", "nothing.tgz"], "There is no file nothing.tgz."),
        (["remove", "objects"], "There is no model objects in"),
    ],
)
def test_what_cannot_be_done_ends_with_one_sentence(models: Path, arguments: list[str], sentence: str) -> None:
    said = CliRunner().invoke(app, ["models", *arguments])
    assert said.exit_code == 1
    assert sentence in said.output
    assert "Traceback" not in said.output


def test_models_can_be_stored_outside_the_data_directory(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_MODELS_DIR", str(models.parent / "shared"))
    assert Settings().local_models_dir == models.parent / "shared"
