"""Folders of local models that somebody put there: damaged files get a sentence."""

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.vision.models.folders import read_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    (tmp_path / "labels.txt").write_text("cup\nplate\n")
    return tmp_path


def test_a_folder_has_its_labels_and_what_the_manifest_says(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"title": "Small", "license": "MIT"}')
    found = read_folder(folder)
    assert found is not None
    assert (found.labels, found.title, found.license) == (("cup", "plate"), "Small", "MIT")


@pytest.mark.parametrize("content", ["{", "[1]", '"text"', "[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_named(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"manifest\.json .* Remove it, or add the model again\."):
        read_folder(folder)


def test_labels_that_are_nested_too_deep_are_named(folder: Path) -> None:
    (folder / "labels.txt").unlink()
    (folder / "labels.json").write_text("[" * 100_000)
    with pytest.raises(ConfigurationError, match=r"The labels of .* cannot be read"):
        read_folder(folder)


def test_a_second_model_is_refused(folder: Path) -> None:
    (folder / "other.onnx").write_bytes(b"onnx")
    with pytest.raises(ConfigurationError, match="has 2 ONNX files"):
        read_folder(folder)


def test_a_damaged_model_without_a_file_of_labels_is_named(folder: Path) -> None:
    (folder / "labels.txt").unlink()
    with pytest.raises(ConfigurationError, match=r"model\.onnx cannot be loaded"):
        read_folder(folder)


def test_a_folder_with_the_name_of_a_model_is_none(folder: Path) -> None:
    (folder / "other.onnx").mkdir()
    found = read_folder(folder)
    assert found is not None
    assert found.onnx.name == "model.onnx"
