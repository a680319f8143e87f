"""The images of the sample: 21 rendered photographs with what is in them, and twelve drawings.

``truth.json`` has the objects of the photographs with boxes, and questions with answers, six of them
wrong on purpose.
``measured.json``, ``vectors.json`` and ``thumbnails`` have what an import and an analysis compute, so that nothing is
decoded and no model loaded when the sample is opened; tests compare them.
"""

import base64
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.images.samples import drawn_images, sample_images
from core.images.stored_file import DecodedImage, MeasuredFile, StoredFile

THUMBNAIL_SIDE_PX = 320
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class SampleObject:
    """An object in a photograph."""

    label: str
    xyxy: tuple[float, float, float, float]
    """Left, top, right, bottom of what can be seen of it, in px."""


@dataclass(frozen=True)
class SampleQuestion:
    """A question about a photograph with the answer that the sample project gives."""

    kind: str
    question: str
    answer: str
    right_answer: str
    """Differs from *answer* where that is wrong on purpose."""

    @property
    def is_wrong(self) -> bool:
        return self.answer != self.right_answer


@dataclass(frozen=True)
class Photograph:
    """One photograph."""

    file: str
    title: str
    objects: tuple[SampleObject, ...]
    questions: tuple[SampleQuestion, ...]
    twin: str
    """The file that differs in one thing, which changes an answer; empty without one."""

    @property
    def is_second_of_twins(self) -> bool:
        return any(one.file == self.twin for one in photographs()[: photographs().index(self)])


@cache
def photographs() -> tuple[Photograph, ...]:
    """Return the photographs in the order in which the sample project shows them."""
    truth = json.loads((_HERE / "truth.json").read_text(encoding="utf-8"))
    return tuple(_photograph(image) for image in truth["images"])


@cache
def measured_files() -> tuple[MeasuredFile, ...]:
    """Return the files of the photographs, then those of the drawings, each with what an import records of it."""
    files = [sample_images() / one.file for one in photographs()] + sorted(drawn_images().iterdir())
    measured = json.loads((_HERE / "measured.json").read_text(encoding="utf-8"))
    return tuple(_measured(file, measured[file.name]) for file in files)


@cache
def vectors() -> tuple[str, dict[str, bytes]]:
    """Return the kind of the vectors by which similar images are found, and that of each file by its name."""
    stored = json.loads((_HERE / "vectors.json").read_text(encoding="utf-8"))
    return stored["kind"], {file: base64.b64decode(vector) for file, vector in stored["vectors"].items()}


@cache
def word_vectors() -> dict[str, bytes]:
    """Return the vectors of the words about the photographs by file, by which they are found by what is meant."""
    stored = json.loads((_HERE / "vectors.json").read_text(encoding="utf-8"))
    return {file: base64.b64decode(vector) for file, vector in stored["words"].items()}


def thumbnail(file: str) -> Path:
    """Return the thumbnail of an image of the sample, a JPEG."""
    return (_HERE / "thumbnails" / file).with_suffix(".jpg")


def objects_named(photograph: Photograph, question: str) -> tuple[SampleObject, ...]:
    """Return the objects whose label *question* has, in the singular or plural."""
    return tuple(
        thing
        for thing in photograph.objects
        if re.search(rf"\b{re.escape(thing.label)}(s|es)?\b", question, re.IGNORECASE)
    )


def _measured(file: Path, values: dict[str, Any]) -> MeasuredFile:
    image = DecodedImage(**{**values, "colors": tuple(values["colors"])})
    return MeasuredFile(StoredFile(file.name, "", image), file, thumbnail(file.name), THUMBNAIL_SIDE_PX)


def _photograph(image: dict[str, Any]) -> Photograph:
    return Photograph(
        file=image["file"],
        title=image["title"],
        objects=tuple(SampleObject(one["label"], tuple(one["box"])) for one in image["objects"]),
        questions=tuple(
            SampleQuestion(one["kind"], one["question"], one["answer"], one.get("right_answer", one["answer"]))
            for one in image["questions"]
        ),
        twin=image.get("twin") or "",
    )
