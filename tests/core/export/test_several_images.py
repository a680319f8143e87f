"""Entries about several images and turns of conversations, in every format and back again."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core import Images, Projects
from core.export.formats import FORMATS
from core.export.formats.recipes import parse_recipe
from core.export.restore.restore import restore_export
from core.services import Services
from tests.core.images.pictures import drawn, encoded

Trio = tuple[Images, Images, Images]
RECIPE = {"container": "directory", "entries": {"confirmed_only": False}}
READ_SEVERAL = {
    "llama-factory", "sharegpt", "ms-swift", "trl", "openai", "finevision", "vitrine", "trl-grpo", "verl", "easyr1",
    "messages-parts", "messages-parts-lines", "ms-swift-grounding", "vlmevalkit", "lmms-eval", "trl-kto", "oumi",
}  # fmt: skip


@pytest.fixture
def trio(services: Services, project: Projects) -> Trio:
    """Three images: one entry about the first, one about two, and a conversation whose second turn adds an image."""
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(3)])
    first, second, third = images = [outcome.image for outcome in outcomes if outcome.image is not None]

    def add(question: str, shown: list[Images], **more: Any) -> None:
        ids = [image.id for image in shown]
        services.dataset.create_dataset_entry(project.id, ids[0], question, f"{question}!", image_ids=ids, **more)

    add("Alone", [first], boxes=[{"label": "cup", "xyxy": [1, 2, 30, 40]}])
    add("Pair", [first, second], ratings={"relevance": 4, "formatting": 2})
    add("Then", [second, third], conversation_id="talk", turn=1)
    add("Now", [second], conversation_id="talk", turn=0, system="Be <image> brief.")
    add("And", [second, third], conversation_id="talk", turn=2, origin="imported")
    assert len(images) == 3
    return first, second, third


def _export(services: Services, project: Projects, name: str, **more: Any) -> tuple[Path, dict[str, Any]]:
    done = services.exports.export(project.id, parse_recipe({"format": name, **RECIPE, **more}))
    return services.db.data_dir / done.path, done.report


def _lines(directory: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / name).read_text(encoding="utf-8").splitlines()]


def test_llama_factory_has_each_conversation_in_its_order_with_its_images(
    services: Services, project: Projects, trio: Trio
) -> None:
    directory, report = _export(services, project, "llama-factory", rows="jsonl")
    rows = _lines(directory, "llama_factory.jsonl")
    assert [[turn["content"] for turn in row["messages"]] for row in rows] == [
        ["<image>Alone", "Alone!"],
        ["<image><image>Pair", "Pair!"],
        ["Be [image] brief.", "<image>Now", "Now!", "<image>Then", "Then!", "And", "And!"],
    ]
    assert [turn["role"] for turn in rows[2]["messages"]] == ["system", *["user", "assistant"] * 3]
    images = [[name.split("-")[0] for name in row["images"]] for row in rows]
    assert images == [["images/0"], ["images/0", "images/1"], ["images/1", "images/2"]]
    assert (report["entries"], report["rows"], report["images"], report["left_out"]) == (5, 3, 3, {})


def test_sharegpt_has_the_system_prompt_as_a_turn(services: Services, project: Projects, trio: Trio) -> None:
    directory, _ = _export(services, project, "sharegpt", rows="jsonl")
    rows = _lines(directory, "sharegpt.jsonl")
    assert [turn["from"] for turn in rows[2]["conversations"]] == ["system", *["human", "gpt"] * 3]
    assert rows[1]["conversations"][0]["value"] == "<image><image>\nPair"
    assert rows[2]["conversations"][3]["value"] == "<image>\nThen"


def test_openai_has_the_images_in_the_turns_that_bring_them(services: Services, project: Projects, trio: Trio) -> None:
    directory, _ = _export(services, project, "openai")
    rows = _lines(directory, "openai.jsonl")
    counts = [
        [sum(part["type"] == "image_url" for part in turn["content"]) for turn in row["messages"][-6:]
         if turn["role"] == "user"]
        for row in rows
    ]  # fmt: skip
    assert counts == [[1], [2], [1, 1, 0]]
    assert rows[2]["messages"][0] == {"role": "system", "content": "Be <image> brief."}


def test_tables_have_all_images_of_a_row_and_the_ratings(services: Services, project: Projects, trio: Trio) -> None:
    directory, report = _export(services, project, "finevision")
    (path,) = (directory / "data").glob("*.parquet")
    rows = pq.read_table(path).to_pylist()
    assert [[image["path"][0] for image in row["images"]] for row in rows] == [["0"], ["0", "1"], ["1", "2"]]
    assert [[pair["user"] for pair in row["texts"]] for row in rows] == [["Alone"], ["Pair"], ["Now", "Then", "And"]]
    assert (rows[1]["relevance_ratings"], rows[1]["formatting_ratings"]) == ([4], [2])
    assert (report["rows"], report["images"]) == (3, 3)
    directory, _ = _export(services, project, "trl")
    (path,) = (directory / "data").glob("*.parquet")
    roles = [[turn["role"] for turn in row["messages"]] for row in pq.read_table(path).to_pylist()]
    assert roles == [["user", "assistant"], ["user", "assistant"], ["system", *["user", "assistant"] * 3]]


@pytest.mark.parametrize("name", [format_.name for format_ in FORMATS if format_.name not in READ_SEVERAL])
def test_a_format_with_one_image_a_row_leaves_out_the_others_with_the_reason(
    name: str, services: Services, project: Projects, trio: Trio
) -> None:
    if "dpo" in name:
        pytest.skip("there is no pair of answers")
    _, report = _export(services, project, name)
    label = next(format_.label for format_ in FORMATS if format_.name == name)
    assert report["left_out"] == {f"about several images, of which {label} reads one": 4}
    assert report["entries"] == 1


def test_a_list_of_entries_is_exported_like_the_project(
    services: Services, project: Projects, trio: Trio, tmp_path: Path
) -> None:
    entries = services.dataset.list_dataset_entries(project.id)
    assert services.exporter.export_jsonl(entries, tmp_path / "rows.jsonl", format_style="ms-swift") == 5
    rows = _lines(tmp_path, "rows.jsonl")
    assert [len(row["images"]) for row in rows] == [1, 2, 2]
    assert len(rows[2]["messages"]) == 7


def test_images_of_one_entry_are_in_one_split(services: Services, project: Projects, trio: Trio) -> None:
    for seed in range(8):
        splits = {"train": 34, "validation": 33, "test": 33, "seed": seed}
        _, report = _export(services, project, "llama-factory", splits=splits)
        assert len(report["splits"]) == 1


def test_an_archive_brings_back_images_turns_boxes_and_ratings(
    services: Services, project: Projects, trio: Trio
) -> None:
    first, second, _ = trio
    box = {"label": "cup", "xyxy": [1, 2, 30, 40], "image": 1}
    services.dataset.create_dataset_entry(
        project.id, first.id, "Where?", "There", image_ids=[first.id, second.id, first.id], boxes=[box]
    )
    directory, _ = _export(services, project, "vitrine")
    other = services.projects.create_project("Other")

    restored = restore_export(services.db, services.intake, other.id, directory)
    again, _ = _export(services, other, "vitrine")

    assert (restored.entries, restored.rejected) == (6, 0)
    own = [_comparable(row) for row in _lines(directory, "vitrine.jsonl")]
    assert [_comparable(row) for row in _lines(again, "vitrine.jsonl")] == own
    (entry,) = services.dataset.list_dataset_entries(other.id, search="Where")
    assert entry.boxes == [box]
    names = {image.id: image.image_name for image in services.entries.images_of([entry]).values()}
    assert [names[id_] for id_ in entry.image_ids] == ["0.jpg", "1.jpg", "0.jpg"]
    conversation = services.dataset.list_dataset_entries(other.id, search="conversation:talk")
    assert sorted((entry.turn, entry.system, entry.origin) for entry in conversation) == [
        (0, "Be <image> brief.", ""), (1, "", ""), (2, "", "imported"),
    ]  # fmt: skip


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the ids that are new in another project."""
    images = [
        {key: value for key, value in image.items() if key not in ("id", "create_at")}
        for image in (row["image"], *row["further_images"])
    ]
    return {key: value for key, value in row.items() if key not in ("id", "image", "further_images", "history")} | {
        "images": images
    }


def test_boxes_of_an_archive_must_lie_on_its_images(services: Services, project: Projects, trio: Trio) -> None:
    from core.errors import InvalidInputError

    directory, _ = _export(services, project, "vitrine")
    path = directory / "vitrine.jsonl"
    rows = [json.loads(line) for line in io.StringIO(path.read_text(encoding="utf-8"))]
    rows[0]["boxes"] = [{"xyxy": [0, 0, 9000, 1], "label": "far"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    other = services.projects.create_project("Other")
    with pytest.raises(InvalidInputError, match="Box 1 lies outside"):
        restore_export(services.db, services.intake, other.id, directory)
