"""Exports with changed images and variants, read back from their bundles."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import ImageDatasets, Projects, connect
from core.db import ImageAnalyses
from core.errors import InvalidInputError
from core.export import parse_recipe
from core.services import Services
from tests.core.images.pictures import drawn, encoded

_BOX = [40.0, 30.0, 80.0, 90.0]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, str, list[str]]]:
    """Four images of 160 x 120 px, each with a question that any change leaves true and three that some break."""
    with connect(tmp_path_factory.mktemp("shelf")) as db:
        services = Services(db)
        project_id = services.projects.create_project("Shelf").id
        files = [(f"shelf {number}.jpg", encoded(drawn(number))) for number in range(4)]
        images = [outcome.image for outcome in services.intake.add_images(project_id, files) if outcome.image]
        asked = [
            ("object", "What animal does the boy hold?", "A cat.", [{"label": "cat", "xyxy": _BOX, "image": 0}]),
            ("position", "What stands left of the chair?", "A lamp.", None),
            ("count", "How many dogs sleep?", "3", None),
            ("attribute", "What color does the car have?", "Red.", None),
        ]
        with db.transaction() as session:
            session.add_all(
                ImageDatasets(
                    id=f"entry-{place}-{number}", project_id=project_id, image_id=image.id, kind=kind,
                    image_name=image.image_name, question=question, answer=answer, boxes=boxes, confirmed=True,
                )
                for place, image in enumerate(images)
                for number, (kind, question, answer, boxes) in enumerate(asked)
            )  # fmt: skip
        yield services, project_id, [image.id for image in images]
        services.close(keep_image_workers=True)


def _export(shelf: tuple[Services, str, list[str]], **recipe: Any) -> tuple[dict[str, Any], Path]:
    services, project_id, _ = shelf
    values = {"format": "default", "container": "directory", "grouping": "turn"} | recipe
    finished = services.exports.export(project_id, parse_recipe(values))
    return finished.report, services.db.data_dir / finished.path


def _rows(bundle: Path) -> list[dict[str, Any]]:
    (file,) = bundle.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def _images(bundle: Path) -> dict[str, Image.Image]:
    return {path.name: Image.open(path) for path in sorted((bundle / "images").iterdir())}


def test_images_are_preprocessed_and_originals_stay(shelf: tuple[Services, str, list[str]]) -> None:
    services, _, ids = shelf
    report, bundle = _export(
        shelf, preprocessing={"resize": {"how": "exact", "width": 64, "height": 64}, "format": "PNG"}
    )

    images = _images(bundle)
    original = services.images.get_image(ids[0])
    assert {image.size for image in images.values()} == {(64, 64)}
    assert {image.format for image in images.values()} == {"PNG"}
    assert report["entries"] == 16
    assert report["image_changes"]["changed"] == 4
    assert original is not None
    assert (original.width, original.height) == (160, 120)


def test_entries_that_a_change_breaks_are_left_out_with_the_reason(shelf: tuple[Services, str, list[str]]) -> None:
    report, bundle = _export(shelf, preprocessing={"grayscale": True})
    kept, _ = _export(shelf, preprocessing={"grayscale": True, "unfit": "keep"})

    assert report["entries"] == 12
    assert report["left_out"] == {"grayscale: the question is about color, which is lost": 4}
    assert kept["entries"] == 16
    for image in _images(bundle).values():
        assert np.ptp(np.asarray(image.convert("RGB"), dtype=int), axis=2).max() <= 2


def test_boxes_move_along(shelf: tuple[Services, str, list[str]]) -> None:
    changes = {"crop": {"to": "box", "box": [0.125, 0, 1, 1]}, "resize": {"how": "exact", "width": 280, "height": 240}}

    _, bundle = _export(shelf, format="qwen-grounding-px", preprocessing=changes)

    answers = [json.loads(row["conversations"][1]["value"]) for row in _rows(bundle)]
    assert answers == [[{"bbox_2d": [40, 60, 120, 180], "label": "cat"}]] * 4


def test_an_entry_whose_boxes_leave_the_image_is_left_out(shelf: tuple[Services, str, list[str]]) -> None:
    report, _ = _export(shelf, preprocessing={"crop": {"to": "box", "box": [0.75, 0, 1, 1]}, "unfit": "keep"})

    assert report["entries"] == 12
    assert report["left_out"] == {"none of its boxes is left in the changed image": 4}


def test_variants_have_the_questions_that_stay_true(shelf: tuple[Services, str, list[str]]) -> None:
    report, bundle = _export(shelf, augmentation={"variants": 3, "operations": ["flip", "color"], "most": 1})

    rows = _rows(bundle)
    made = json.loads((bundle / "IMAGE_CHANGES.json").read_text())["images"]
    steps = {one["file"]: [step["operation"] for step in one["steps"]] for one in made}
    changes = report["image_changes"]
    assert report["entries"] == len(rows) > 16
    assert changes["variants"] == len(made) == report["images"] - 4
    assert {(one["operation"], one["questions"]) for one in changes["broken"]} == {("flip", 4), ("color", 4)}
    for row in rows:
        used = steps.get(row["image"], [])
        assert not ("flip" in used and "left" in row["question"])
        assert not ("color" in used and "color" in row["question"])
    assert len({row["id"] for row in rows}) == len(rows)


def test_colors_of_gray_images_are_not_changed(shelf: tuple[Services, str, list[str]]) -> None:
    changes = {"preprocessing": {"grayscale": True}, "augmentation": {"variants": 3, "operations": ["color", "noise"]}}

    report, _ = _export(shelf, **changes)

    assert set(report["image_changes"]["operations"]) == {"noise"}


def test_the_file_of_a_variant_is_what_its_record_says(shelf: tuple[Services, str, list[str]]) -> None:
    _, _, ids = shelf
    _, bundle = _export(
        shelf, augmentation={"variants": 1, "operations": ["flip"]}, preprocessing={"quality": 100},
        entries={"image_ids": [ids[0]]},
    )  # fmt: skip

    images = _images(bundle)
    flipped, plain = (
        np.asarray(images[name], dtype=int) for name in sorted(images, key=lambda name: "-v1-" not in name)
    )
    assert np.abs(flipped[:, ::-1] - plain).mean() < 2
    assert np.abs(flipped - plain).mean() > 20


def test_variants_are_made_in_train_only_and_stay_in_the_split_of_their_original(
    shelf: tuple[Services, str, list[str]],
) -> None:
    splits = {"train": 50, "validation": 50, "test": 0, "seed": 1}
    plain, _ = _export(shelf, format="imagefolder", splits=splits)
    report, bundle = _export(
        shelf, format="imagefolder", splits=splits, augmentation={"variants": 2, "operations": ["flip", "noise"]}
    )

    made = json.loads((bundle / "IMAGE_CHANGES.json").read_text())["images"]
    assert report["splits"]["validation"] == plain["splits"]["validation"]
    assert report["splits"]["train"]["images"] == plain["splits"]["train"]["images"] + len(made)
    assert made
    assert all(one["file"].startswith("train/images/") for one in made)


def test_the_same_recipe_gives_the_same_bytes(shelf: tuple[Services, str, list[str]]) -> None:
    recipe = {"augmentation": {"variants": 2}, "preprocessing": {"resize": {"width": 100, "height": 100}}}

    assert _export(shelf, **recipe)[0]["files"] == _export(shelf, **recipe)[0]["files"]


def test_variants_have_the_size_of_the_others(shelf: tuple[Services, str, list[str]]) -> None:
    _, bundle = _export(
        shelf, preprocessing={"resize": {"how": "exact", "width": 56, "height": 56}},
        augmentation={"variants": 4, "operations": ["rotate", "crop", "noise"]},
    )  # fmt: skip

    assert {image.size for image in _images(bundle).values()} == {(56, 56)}


def test_parquet_has_normalized_pixels(shelf: tuple[Services, str, list[str]]) -> None:
    import pyarrow.parquet as pq

    normal = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "write": "float"}
    _, bundle = _export(
        shelf, format="parquet",
        preprocessing={"resize": {"how": "exact", "width": 32, "height": 16}, "format": "PNG", "normalize": normal},
    )  # fmt: skip

    row = pq.read_table(next((bundle / "data").glob("*.parquet"))).to_pylist()[0]
    pixels = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])), dtype=np.float64)
    expected = (pixels / 255 - 0.5) / 0.25
    assert row["pixel_shape"] == [3, 16, 32]
    found = np.asarray(row["pixel_values"]).reshape(row["pixel_shape"]).transpose(1, 2, 0)
    assert np.abs(found - expected).max() < 1e-5


def test_text_is_redacted_where_it_was_read_and_not_exported_where_nobody_read_it(
    shelf: tuple[Services, str, list[str]],
) -> None:
    services, project_id, ids = shelf
    lines = [{"text": "No. 7", "score": 0.9, "box_xyxy": [20.0, 20.0, 140.0, 100.0]}]
    analysis = ImageAnalyses(
        project_id=project_id, image_id=ids[0], analyzer="text", version="1", score=0.9, result={"lines": lines}
    )
    with services.db.transaction() as session:
        session.add(analysis)

    report, bundle = _export(
        shelf, preprocessing={"redact": {"sources": ["text"], "how": "black"}, "unfit": "keep", "format": "PNG"}
    )
    with services.db.transaction() as session:  # the other tests share the shelf
        session.delete(analysis)

    (image,) = _images(bundle).values()
    assert np.asarray(image.convert("RGB"))[25:95, 25:135].max() == 0
    assert report["left_out"] == {"its text was not analyzed": 12}


def test_the_preview_shows_three_images_with_their_variants(shelf: tuple[Services, str, list[str]]) -> None:
    services, project_id, _ = shelf
    recipe = parse_recipe({"augmentation": {"variants": 2}, "preprocessing": {"grayscale": True}})

    found = services.exports.preview_changes(project_id, recipe)

    assert [changed.original.name for changed in found] == ["shelf 0.jpg", "shelf 1.jpg", "shelf 2.jpg"]
    assert found[0].made[0].label == "Changed: grayscale"
    assert found[0].made[1].label.startswith("Variant 1: ")
    assert Image.open(io.BytesIO(found[0].made[0].data)).size == (160, 120)
    assert "grayscale: the question is about color, which is lost" in found[0].left_out


def test_the_rows_of_a_preview_name_the_stored_images_also_for_variants(
    shelf: tuple[Services, str, list[str]],
) -> None:
    services, project_id, image_ids = shelf
    recipe = parse_recipe({"augmentation": {"variants": 2}, "preprocessing": {"grayscale": True}})

    found = services.exports.preview(project_id, recipe, rows=3)

    stored = services.images.get_image(image_ids[0])
    assert stored is not None
    assert {(row.image_id, row.sha256) for row in found} == {(stored.id, stored.sha256)}
    assert len({row.image_name for row in found}) == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "vitrine", "augmentation": {"variants": 1}}, "keeps the originals"),
        ({"image_form": "original", "preprocessing": {"grayscale": True}}, "upright"),
        ({"images": "none", "augmentation": {"variants": 1}}, "only named cannot be changed"),
        ({"preprocessing": {"normalize": {"write": "float"}}}, "Only Hugging Face parquet"),
        ({"preprocessing": {"crop": {"to": "ratio"}}}, "needs the ratio"),
        ({"augmentation": {"operations": ["melt"]}}, "augmentation.operations"),
    ],
)
def test_changes_that_do_not_fit_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        parse_recipe(values)


def test_a_recipe_of_changes_is_stored_and_read_again(project: Projects) -> None:
    recipe = parse_recipe({"preprocessing": {"pad": {}, "normalize": {}}, "augmentation": {"variants": 2}})

    assert parse_recipe(recipe.as_dict()) == recipe
