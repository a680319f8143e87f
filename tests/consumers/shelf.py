"""The projects whose exports other programs read: photographs on their side, odd texts, two questions an image."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageOps

from core import ImageDatasetService, ProjectService
from core.db import Database
from core.export import ExportService, parse_recipe
from core.images import ImageService

# Texts that readers like to change: numbers, dates, missing values, quotes, lines, other scripts.
ANSWERS = [
    "3", "007", "-5", "NA", "null", "2024-01-05", "true", "3.50", "+49 30 1234", "=1+1", "a \"b\", 'c'; d\\e",
    "one\ntwo", "👩‍👩‍👧‍👦", "هذه صورة كوب.", "一只杯子。", "word " * 200 + "end", '{"count": 3}', "Yes.",
]  # fmt: skip
REJECTED = "Never."
IMAGES = 9
BOXED_SIDE = 28
"""Sides of photographs with boxes are multiples of it, so that Qwen2.5-VL keeps their size and the boxes in px."""
_ORIENTATIONS = (1, 2, 3, 4, 5, 6, 7, 8)
_ASK_FOR_BOXES = "Output the bbox coordinates in JSON format."
Look = tuple[int, int, int, int, int]
"""Width and height in px and the mean red, green and blue of an image, as it is seen."""
Seen = tuple[str, str, tuple[Look, ...]]
"""Question, answer and images of one turn."""


@dataclass(frozen=True)
class Shelf:
    """Two projects: one of answers, one of boxes; and what a reader has to see of them.

    Attributes:
        turns: Of the confirmed entries.
        pairs: Questions with a rejected answer: "better > worse".
        labels: Answers with their decision: "answer = True".
        boxes_px: Questions that ask for boxes, with the boxes as JSON in px of the upright image.
        boxes_1000: The same from 0 to 1000 of its sides.
    """

    db: Database
    answers_id: str
    boxes_id: str
    turns: list[Seen] = field(default_factory=list)
    pairs: list[Seen] = field(default_factory=list)
    labels: list[Seen] = field(default_factory=list)
    boxes_px: list[Seen] = field(default_factory=list)
    boxes_1000: list[Seen] = field(default_factory=list)

    def expected(self, what: str) -> list[Seen]:
        """Return what a reader has to see: one of the lists, or what is made of the turns.

        Captions have no question, those of an image are one text in ``captions_of_images``; truths are answers that a
        program can verify; normalized answers are those of VQA v2, in lower case and digits; present ones are no text
        that pandas reads as a missing value.
        """
        if what in ("captions", "truths"):
            return self.turns
        if what == "normalized":
            return [(question, _normalized(answer), images) for question, answer, images in self.turns]
        if what == "present":
            return [turn for turn in self.turns if turn[1] not in ("NA", "null")]
        if what == "captions_of_images":
            pairs = zip(self.turns[::2], self.turns[1::2], strict=True)
            return [("", f"{first} {second}", images) for (_, first, images), (_, second, _) in pairs]
        return list(getattr(self, what))

    def export(self, directory: Path, format_: str, recipe: dict[str, object]) -> tuple[Path, int]:
        """Export into *directory*; return the bundle and the number of rows that were written."""
        project_id = self.boxes_id if "grounding" in format_ else self.answers_id
        exports = ExportService(self.db, ImageService(self.db))
        made = exports.export(project_id, parse_recipe({"container": "directory", **recipe, "format": format_}))
        bundle = directory / f"{format_}-{made.report['directory']}"
        (self.db.data_dir / made.path).rename(bundle)
        return bundle, sum(split["rows"] for split in made.report["splits"].values())


def build(db: Database) -> Shelf:
    """Create the projects: two confirmed entries an image, and a rejected one to the question of the first."""
    projects = ProjectService(db)
    shelf = Shelf(db, projects.create_project("Shelf v1.1").id, projects.create_project("Boxes").id)
    dataset = ImageDatasetService(db)
    for number in range(IMAGES):
        image_id, seen = _add_photograph(db, shelf.answers_id, number, (96 + 8 * number, 64))
        asked = [f"What is “{number}”, and {2 * number + turn}?" for turn in range(2)]
        for question, answer in zip(asked, ANSWERS[2 * number :], strict=False):
            dataset.create_dataset_entry(shelf.answers_id, image_id, question, answer, "me", confirmed=True)
            shelf.turns.append((question, answer, (seen,)))
            shelf.labels.append((question, f"{answer} = True", (seen,)))
        rejected = dataset.create_dataset_entry(shelf.answers_id, image_id, asked[0], REJECTED, "me")
        dataset.update_dataset_entry(rejected.id, rejected=True)
        shelf.pairs.append((asked[0], f"{ANSWERS[2 * number]} > {REJECTED}", (seen,)))
        shelf.labels.append((asked[0], f"{REJECTED} = False", (seen,)))
        _add_boxes(shelf, number)
    return shelf


def _add_boxes(shelf: Shelf, number: int) -> None:
    size = (BOXED_SIDE * (4 + number), BOXED_SIDE * 3)
    image_id, seen = _add_photograph(shelf.db, shelf.boxes_id, number, size)
    boxes = [("cup", (3, 5 + number, 40, 60)), ("“red” 盘子", (20, 11, 77, 30 + number))]
    question = f"Where are the things of {number}?"
    ImageDatasetService(shelf.db).create_dataset_entry(
        shelf.boxes_id, image_id, question, "Here.", "me", confirmed=True,
        boxes=[{"label": label, "xyxy": list(corners)} for label, corners in boxes],
    )  # fmt: skip
    sides = (seen[0], seen[1], seen[0], seen[1])
    scaled = [(label, [round(1000 * at / side) for at, side in zip(box, sides, strict=True)]) for label, box in boxes]
    asked = f"{question}\n{_ASK_FOR_BOXES}"
    shelf.boxes_px.append((asked, _as_json([(label, list(box)) for label, box in boxes]), (seen,)))
    shelf.boxes_1000.append((asked, _as_json(scaled), (seen,)))


def _normalized(answer: str) -> str:
    words = answer.lower().removesuffix(".").split()
    return " ".join({"one": "1", "two": "2"}.get(word, word) for word in words if word != "a")


def _as_json(boxes: list[tuple[str, list[int]]]) -> str:
    """Return boxes as the examples of Qwen write them, without spaces, which mean nothing in JSON."""
    return plain_json(json.dumps([{"bbox_2d": box, "label": label} for label, box in boxes]))


def plain_json(text: str) -> str:
    """Return a JSON text without the spaces between its values."""
    return json.dumps(json.loads(text), ensure_ascii=False)


def look(image: Image.Image) -> Look:
    """Return the size and mean color of *image*."""
    rgb = image.convert("RGB")
    red, green, blue = (round(value) for value in rgb.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))  # type: ignore[union-attr,arg-type]
    return (*rgb.size, red, green, blue)


def _add_photograph(db: Database, project_id: str, number: int, size: tuple[int, int]) -> tuple[str, Look]:
    """Add a JPEG whose upright form differs from its stored form in size or in where it is dark."""
    image = Image.effect_noise(size, 40).convert("RGB")
    image.paste((30 * number % 256, 200, 90), (0, 0, 48, 40))
    exif, content = Image.Exif(), io.BytesIO()
    exif[0x0112] = _ORIENTATIONS[number % len(_ORIENTATIONS)]
    image.save(content, "JPEG", quality=92, exif=exif)
    (outcome,) = ImageService(db).intake.add_images(project_id, [(f"photo {number}.jpg", content.getvalue())])
    assert outcome.image is not None, outcome.reason
    with Image.open(content) as original:
        return outcome.image.id, look(ImageOps.exif_transpose(original))
