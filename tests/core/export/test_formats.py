"""The contract of every format."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from pyarrow import parquet

from core.errors import InvalidInputError
from core.export import FORMATS, PURPOSES, Format, format_named, parse_recipe
from core.export.checks.base import open_bundle
from tests.core.export.hostile import HostileProject

SPLITS = {"train": 50, "validation": 30, "test": 20, "seed": 4}
each_format = pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)


@each_format
def test_a_format_describes_itself(format_: Format) -> None:
    assert format_.label
    assert format_.help.endswith(".")
    assert format_.purpose in PURPOSES
    assert "{" in format_.load
    assert "…" not in format_.load
    assert format_named(format_.name) is format_
    assert format_.checker.checks
    assert len({format_.label for format_ in FORMATS}) == len(FORMATS)


# Image modes and endings of the rows file with the usual one first, then: whether several entries of an image can be
# one conversation, whether rejected entries are exported, whether cells are guarded against formulas.
OFFERED = {
    "llava": ("path none", "json", True, False, False),
    "qwen": ("path none", "jsonl json", True, False, False),
    "llama-factory": ("path none", "json jsonl", True, False, False),
    "sharegpt": ("path none", "json jsonl", True, False, False),
    "ms-swift": ("path none base64", "jsonl", True, False, False),
    "trl": ("path", "", True, False, False),
    "openai": ("base64", "jsonl", True, False, False),
    "finevision": ("path", "", False, False, False),
    "roboflow": ("path none", "", False, False, False),
    "sidecar": ("path", "", False, False, False),
    "webdataset": ("path", "", False, False, False),
    "llama-factory-dpo": ("path none", "json jsonl", False, True, False),
    "llama-factory-kto": ("path none", "json jsonl", False, True, False),
    "ms-swift-dpo": ("path none base64", "jsonl", False, True, False),
    "ms-swift-kto": ("path none base64", "jsonl", False, True, False),
    "trl-dpo": ("path", "", False, True, False),
    "messages-parts": ("path", "", True, False, False),
    "messages-parts-lines": ("path base64", "jsonl", True, False, False),
    "oumi": ("path", "jsonl", True, False, False),
    "trl-grpo": ("path", "", False, False, False),
    "verl": ("path", "", False, False, False),
    "easyr1": ("path", "", False, False, False),
    "trl-kto": ("path", "", False, True, False),
    "qwen-grounding-px": ("path none", "jsonl json", True, False, False),
    "qwen-grounding-1000": ("path none", "jsonl json", True, False, False),
    "ms-swift-grounding": ("path none base64", "jsonl", True, False, False),
    "vlmevalkit": ("path", "tsv", False, False, False),
    "lmms-eval": ("path", "", False, False, False),
    "vqa-v2": ("path none", "", False, False, False),
    "vqa": ("path none base64", "jsonl json", False, False, False),
    "coco-captions": ("path none", "", False, False, False),
    "parquet": ("path", "", False, False, False),
    "imagefolder": ("path none", "", False, False, False),
    "csv": ("none path", "csv", False, False, True),
    "vitrine": ("path none", "jsonl json", False, True, False),
    "default": ("path none base64", "jsonl json", False, False, False),
}


def test_each_format_offers_what_its_consumers_read() -> None:
    offered = {
        format_.name: (
            " ".join(format_.image_modes),
            " ".join(format_.row_endings),
            format_.has_conversations,
            format_.includes_rejected,
            format_.for_spreadsheets,
        )
        for format_ in FORMATS
    }
    assert {name: offered.get(name) for name in OFFERED} == OFFERED


def test_formats_say_which_of_them_have_several_images_or_compare_answers() -> None:
    def names(attribute: str) -> set[str]:
        return {format_.name for format_ in FORMATS if getattr(format_, attribute)} & OFFERED.keys()

    assert names("reads_several_images") == {
        "llama-factory", "sharegpt", "ms-swift", "trl", "messages-parts", "messages-parts-lines", "oumi", "openai",
        "finevision", "trl-kto", "trl-grpo", "verl", "easyr1", "ms-swift-grounding", "vlmevalkit", "lmms-eval",
        "vitrine",
    }  # fmt: skip
    assert names("compares_answers") == {
        "llama-factory-dpo", "llama-factory-kto", "ms-swift-dpo", "ms-swift-kto", "trl-dpo", "trl-kto", "vqa-v2",
    }  # fmt: skip
    assert names("needs_every_split") == {"roboflow"}
    assert names("is_single_file") == {
        "llava", "qwen", "ms-swift", "messages-parts-lines", "oumi", "openai", "ms-swift-dpo", "ms-swift-kto",
        "qwen-grounding-px", "qwen-grounding-1000", "ms-swift-grounding", "vlmevalkit", "vqa", "csv", "vitrine",
        "default",
    }  # fmt: skip


@each_format
@pytest.mark.parametrize("container", ["zip", "directory"])
@pytest.mark.parametrize("splits", [{}, SPLITS], ids=["whole", "split"])
def test_the_hostile_project_passes_every_check_in(
    format_: Format, container: str, splits: dict[str, int], hostile: HostileProject
) -> None:
    recipe = parse_recipe({"format": format_.name, "container": container} | ({"splits": splits} if splits else {}))

    made = hostile.exports.export(hostile.project_id, recipe)

    checks = made.report["checks"]
    assert [check["name"] for check in checks if not check["passed"]] == []
    assert {check["name"] for check in checks} >= set(format_.checker.checks)
    assert made.report["entries"] > 40
    assert made.report["left_out"]["no answer"] == 2
    assert list(made.report["splits"]) == (list(SPLITS)[:3] if splits or format_.needs_every_split else ["train"])
    with open_bundle(hostile.db.data_dir / made.path) as bundle:
        assert {"README.md", "EXPORT_REPORT.json", "EXPORT_REPORT.md"} <= set(bundle.sizes)
        report = json.load(bundle.open("EXPORT_REPORT.json"))
        assert set(report["files"]) == set(bundle.sizes) - {"EXPORT_REPORT.json", "EXPORT_REPORT.md"}


@each_format
def test_generated_images_are_marked_in_names_report_and_card(format_: Format, hostile: HostileProject) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe({"format": format_.name}))

    [name] = made.report["generated_images"]
    assert name.startswith("generated-")
    with open_bundle(hostile.db.data_dir / made.path) as bundle:
        assert "- 1 image made by a model" in bundle.open("README.md").read().decode()
        stem = name.rpartition(".")[0].encode()
        files = [name for name in bundle.sizes if stem.decode() in name]
        rows = [bundle.open(name).read() for name in bundle.sizes if not name.startswith(("EXPORT", "README"))]
        mentions = [row for row in rows if stem in _readable(row)]
    assert files or mentions or format_.name == "openai"  # its rows contain the image without a name


def _readable(file: bytes) -> bytes:
    return repr(parquet.read_table(BytesIO(file)).to_pylist()).encode() if file[:4] == b"PAR1" else file


@each_format
@pytest.mark.parametrize("grouping", ["turn", "conversation"])
def test_a_preview_shows_the_rows_that_are_written(format_: Format, grouping: str, hostile: HostileProject) -> None:
    recipe = parse_recipe({"format": format_.name, "grouping": grouping})

    rows = hostile.exports.preview(hostile.project_id, recipe)

    assert len(rows) == 3
    assert all(shown.row and shown.image_id and shown.sha256 for shown in rows)


@each_format
def test_the_same_recipe_gives_the_same_bytes(format_: Format, hostile: HostileProject) -> None:
    recipe = parse_recipe({"format": format_.name, "splits": SPLITS})

    first, second = (hostile.exports.export(hostile.project_id, recipe) for _ in range(2))

    first_path, second_path = (hostile.db.data_dir / made.path for made in (first, second))
    assert first_path.read_bytes() == second_path.read_bytes()
    assert first_path != second_path


@pytest.mark.parametrize("shape", [{"image_form": "original"}, {"max_side_px": 64}])
def test_coco_has_the_sizes_of_upright_images(shape: dict[str, object], hostile: HostileProject) -> None:
    recipe = parse_recipe({"format": "coco-captions", "entries": {"confirmed_only": False}, **shape})

    made = hostile.exports.export(hostile.project_id, recipe)

    with zipfile.ZipFile(hostile.db.data_dir / made.path) as bundle:
        images = json.loads(bundle.read("captions_train.json"))["images"]
    turned = next(image for image in images if image["file_name"].startswith("turned"))
    assert (turned["width"], turned["height"]) == ((38, 64) if "max_side_px" in shape else (64, 108))


def test_entries_of_a_missing_image_file_are_left_out_and_counted(hostile: HostileProject) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe({"format": "llava"}))

    assert made.report["left_out"]["the image's file is missing or does not open"] == 3
    assert made.report["images"] == 15


def test_forty_questions_on_one_image_are_one_conversation_of_eighty_turns(hostile: HostileProject) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe({"format": "llava"}))

    with zipfile.ZipFile(hostile.db.data_dir / made.path) as bundle:
        rows = json.loads(bundle.read("llava.json"))
    longest = max(rows, key=lambda row: len(row["conversations"]))
    assert len(longest["conversations"]) == 2 * 43
    assert longest["conversations"][0] == {"from": "human", "value": "<image>\nQuestion 0 of forty?"}
    assert longest["conversations"][1] == {"from": "gpt", "value": "Answer 0."}


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no export format called yolo"):
        parse_recipe({"format": "yolo"})


def test_the_architecture_lists_what_each_format_does_not_bring_back() -> None:
    text = (Path(__file__).parents[3] / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("| formats | fields that do not come back |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    listed = {name: fields for names, fields in rows for name in names.split(", ")}
    assert listed == {format_.name: ", ".join(format_.not_carried) or "nothing" for format_ in FORMATS}
