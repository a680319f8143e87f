"""The Croissant metadata of a bundle: its files with their sums, and the columns of its rows."""

import hashlib
import json
import zipfile
from fnmatch import fnmatch
from typing import Any

import pytest

from core.export import parse_recipe
from core.export.reporting.croissant import _distribution
from tests.core.export.hostile import HostileProject


def _exported(hostile: HostileProject, name: str, **more: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the metadata of an export, and the sha256 of its files by name."""
    made = hostile.exports.export(hostile.project_id, parse_recipe({"format": name, **more}))
    with zipfile.ZipFile(hostile.db.data_dir / made.path) as bundle:
        found: dict[str, Any] = json.loads(bundle.read("croissant.json"))
        return found, {name: hashlib.sha256(bundle.read(name)).hexdigest() for name in bundle.namelist()}


@pytest.mark.parametrize("name", ["parquet", "imagefolder", "sidecar", "coco-captions", "lmms-eval"])
def test_every_file_is_described_by_its_sum_or_is_one_of_a_set(name: str, hostile: HostileProject) -> None:
    found, hashes = _exported(hostile, name, license="cc-by-4.0", splits={"train": 50, "validation": 50, "seed": 4})

    described = {one["contentUrl"]: one["sha256"] for one in found["distribution"] if one["@type"] == "cr:FileObject"}
    sets = [pattern for one in found["distribution"] if one["@type"] == "cr:FileSet" for pattern in one["includes"]]
    own = {"croissant.json", "EXPORT_REPORT.json", "EXPORT_REPORT.md"}
    for file, digest in hashes.items():
        assert file in own or described.get(file) == digest or any(fnmatch(file, pattern) for pattern in sets)
    assert described.keys() <= hashes.keys()
    assert (found["conformsTo"], found["license"]) == ("http://mlcommons.org/croissant/1.1", "cc-by-4.0")
    ids = [one["@id"] for one in found["distribution"]]
    assert len(ids) == len(set(ids))


def test_columns_have_their_types(hostile: HostileProject) -> None:
    found, hashes = _exported(hostile, "parquet")

    [records] = found["recordSet"]
    types = {field["name"]: (field["dataType"], field.get("repeated", False)) for field in records["field"]}
    assert types == {
        "image": ("sc:ImageObject", False), "id": ("sc:Text", False), "image_id": ("sc:Text", False),
        "question": ("sc:Text", False), "answer": ("sc:Text", False), "answer_type": ("sc:Text", False),
        "kind": ("sc:Text", False), "language": ("sc:Text", False), "model": ("sc:Text", False),
        "confirmed": ("sc:Boolean", False), "score": ("sc:Float", False), "tags": ("sc:Text", True),
        "note": ("sc:Text", False),
    }  # fmt: skip
    [rows] = [one for one in found["distribution"] if one["@id"] == "rows"]
    assert set(rows["includes"]) == {name for name in hashes if name.endswith(".parquet")}
    image = records["field"][0]["source"]
    assert image == {"fileSet": {"@id": "rows"}, "extract": {"column": "image"}, "transform": {"jsonPath": "bytes"}}


def test_messages_have_their_keys_and_times_are_times(hostile: HostileProject) -> None:
    found, _ = _exported(hostile, "ms-swift")
    fields = {field["name"]: field for field in found["recordSet"][0]["field"]}
    assert [part["name"] for part in fields["messages"]["subField"]][:2] == ["role", "content"]
    assert (fields["messages"]["repeated"], fields["images"]["repeated"]) == (True, True)

    found, _ = _exported(hostile, "imagefolder")
    types = {field["name"]: field["dataType"] for field in found["recordSet"][0]["field"]}
    assert (types["create_at"], types["answer"]) == ("sc:DateTime", "sc:Text")


def test_a_bundle_without_a_table_has_no_records(hostile: HostileProject) -> None:
    found, _ = _exported(hostile, "coco-captions")

    assert "recordSet" not in found
    assert "license" not in found


def test_images_and_texts_are_sets_by_directory_and_every_other_file_has_its_sum() -> None:
    hashes = {"b/2.jpg": "s1", "b/1.jpg": "s2", "b/1.txt": "s3", "3.png": "s4", "rows.jsonl": "s5", "x.bin": "s6"}

    assert [(one["@type"], one["@id"], one.get("sha256", one.get("includes"))) for one in _distribution(hashes)] == [
        ("cr:FileObject", "rows.jsonl", "s5"),
        ("cr:FileObject", "x.bin", "s6"),
        ("cr:FileSet", "png", ["*.png"]),
        ("cr:FileSet", "b-jpg", ["b/*.jpg"]),
        ("cr:FileSet", "b-txt", ["b/*.txt"]),
    ]
