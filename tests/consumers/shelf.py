"""A project whose exports other programs read: photographs on their side, odd texts, two questions an image."""

import io
from dataclasses import dataclass
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
IMAGES = 9
_ORIENTATIONS = (1, 2, 3, 4, 5, 6, 7, 8)
Look = tuple[int, int, int, int, int]
"""Width and height in px and the mean red, green and blue of an image, as it is seen."""
Seen = tuple[str, str, tuple[Look, ...]]
"""Question, answer and images of one turn."""


@dataclass(frozen=True)
class Shelf:
    """The project and what its confirmed entries say."""

    db: Database
    project_id: str
    turns: list[Seen]

    def export(self, directory: Path, format_: str, recipe: dict[str, object]) -> tuple[Path, int]:
        """Export into *directory*; return the bundle and the number of rows that were written."""
        exports = ExportService(self.db, ImageService(self.db))
        made = exports.export(self.project_id, parse_recipe({"container": "directory", **recipe, "format": format_}))
        bundle = directory / f"{format_}-{made.report['directory']}"
        (self.db.data_dir / made.path).rename(bundle)
        return bundle, sum(split["rows"] for split in made.report["splits"].values())


def build(db: Database) -> Shelf:
    """Create the project: two confirmed entries an image, and a rejected one that must not be exported."""
    project = ProjectService(db).create_project("Shelf v1.1")
    images, dataset, turns = ImageService(db), ImageDatasetService(db), []
    for number in range(IMAGES):
        content = _photograph(number)
        (outcome,) = images.intake.add_images(project.id, [(f"photo {number}.jpg", content)])
        assert outcome.image is not None, outcome.reason
        with Image.open(io.BytesIO(content)) as original:
            seen = look(ImageOps.exif_transpose(original))
        for answer in ANSWERS[2 * number : 2 * number + 2]:
            question = f"What is “{number}”, and {len(turns)}?"
            dataset.create_dataset_entry(project.id, outcome.image.id, question, answer, "me", confirmed=True)
            turns.append((question, answer, (seen,)))
        rejected = dataset.create_dataset_entry(project.id, outcome.image.id, f"Wrong {number}?", "Never.", "me")
        dataset.update_dataset_entry(rejected.id, rejected=True)
    return Shelf(db, project.id, turns)


def look(image: Image.Image) -> Look:
    """Return the size and mean color of *image*."""
    rgb = image.convert("RGB")
    red, green, blue = (round(value) for value in rgb.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))  # type: ignore[union-attr,arg-type]
    return (*rgb.size, red, green, blue)


def _photograph(number: int) -> bytes:
    """Return a JPEG whose upright form differs from its stored form in size or in where it is dark."""
    image = Image.effect_noise((96 + 8 * number, 64), 40).convert("RGB")
    image.paste((30 * number % 256, 200, 90), (0, 0, 48, 40))
    exif, content = Image.Exif(), io.BytesIO()
    exif[0x0112] = _ORIENTATIONS[number % len(_ORIENTATIONS)]
    image.save(content, "JPEG", quality=92, exif=exif)
    return content.getvalue()
