"""A project with names, texts and images that have broken exports before."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.db import Database, GeneratedImages, ImageDatasets, Images
from core.export import ExportService
from core.images import ImageService
from core.projects import ProjectService
from tests import postgresql

KNOWN_QUESTION = "Known question about the first image?"
KNOWN_ANSWER = "known answer"
NAMES = [
    "plain.jpg", "with space and.dots.2024.jpg", "quote\"s and 'apostrophes'.png", "n" * 296 + ".jpg",
    "ünïcödé 图片 صورة.webp", "../../etc/passwd.jpg", "C:\\windows\\CON.png", "=cmd|' /C calc'!A0.jpg", "-rf.jpg",
    "same name.jpg", "same name.jpg ", "gray.jpg", "turned.jpg", "alpha.png", "🙂.jpg", "gone.jpg",
]  # fmt: skip
TEXTS = [
    ("What does the sign <image> say?", "It says <image> and <video>."), ("Empty?", ""), ("Blank?", " \n\t "),
    ("Long?", "word " * 4000 + "end"), ("Emoji 🙂?", "👩‍👩‍👧‍👦 and 🏳️‍🌈."), ("ما هذا؟", "هذه صورة كوب."),
    ("Formula?", "=HYPERLINK(\"http://x\")"), ("Minus?", "-5"), ("Quotes \"'?", "a \"b\" 'c', d\\e"),
    ("Lines?", "one\ntwo\r\nthree\u2028four"), ("Controls?", f"a{postgresql.NUL}b\x1bc"),
    ("null", "null"), ("NaN?", "NaN"),
    ("Which <|image_pad|> or [INST]?", "It ends </s> with <|im_end|> or ASSISTANT: so."),
]  # fmt: skip


@dataclass(frozen=True)
class HostileProject:
    """The project and its database; the file of the last image is missing."""

    db: Database
    project_id: str
    exports: ExportService
    images: list[Images]


def make(db: Database) -> HostileProject:
    """Create the project."""
    project = ProjectService(db).create_project('Nasty "set" | `x`\n# no heading')
    images = ImageService(db)
    outcomes = images.intake.add_images(project.id, [(name, _file(number)) for number, name in enumerate(NAMES)])
    added = [outcome.image for outcome in outcomes if outcome.image is not None]
    assert len(added) == len(NAMES)
    with db.transaction() as session:
        session.add_all(_entries(project.id, added))
        twin, page_one, page_two, made = (session.get_one(Images, added[index].id) for index in (9, 2, 3, 4))
        twin.near_duplicate_of = added[0].id
        page_one.source = page_two.source = "pdf"
        page_one.source_ref, page_two.source_ref = "book.pdf#page=1", "book.pdf#page=2"
        made.source = "generated"
        session.add(
            GeneratedImages(
                project_id=project.id, prompt="x", image_id=made.id,
                recipe={"references": [{"image_id": added[5].id}]},
            )
        )  # fmt: skip
    images.original_path(added[-1]).unlink()
    return HostileProject(db, project.id, ExportService(db, images), added)


def _entries(project_id: str, images: list[Images]) -> list[ImageDatasets]:
    def entry(image: Images, question: str, answer: str, **more: object) -> ImageDatasets:
        values = {"confirmed": True, "model": "offline/measure", **more}
        return ImageDatasets(
            project_id=project_id, image_id=image.id, image_name=image.image_name, question=question, answer=answer,
            **values,
        )  # fmt: skip

    boxes = {"boxes": [{"label": "a <image>", "xyxy": [1, 2.5, 30, 40], "image": 0}]}
    entries = [entry(images[0], KNOWN_QUESTION, KNOWN_ANSWER, score=4.5, tags="kitchen, two words", **boxes)]
    entries += [entry(images[1], f"Question {number} of forty?", f"Answer {number}.", **boxes) for number in range(40)]
    for number, (question, answer) in enumerate(TEXTS):
        entries.append(entry(images[number], question, answer, kind="count" if number % 2 else "", language="ar"))
    for image in images:
        entries += [
            entry(
                image, "Which colors?", '["red", "dark, green"]', answer_type="label", options=["red", "blue"], **boxes
            ),
            entry(image, "As JSON?", '{"count": 3, "nothing": null}', answer_type="custom_format"),
            entry(image, "Edited?", "By a person.", generated_answer="By a model <image>.", score=2.0),
            entry(image, "Edited?", "A worse one.", confirmed=False, rejected=True, reject_reason="wrong"),
            entry(image, "Undecided?", "Perhaps.", confirmed=False),
        ]
    return entries


def _file(number: int) -> bytes:
    blocks = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    image: Image.Image = Image.fromarray(blocks).resize((96 + number, 64), Image.Resampling.BICUBIC)
    name, options = NAMES[number], {}
    if name.startswith("gray"):
        image = image.convert("L")
    if name.startswith("alpha"):
        image.putalpha(128)
    if name.startswith("turned"):
        exif = Image.Exif()
        exif[0x0112] = 6
        options["exif"] = exif
    format_ = "PNG" if name.endswith(".png") else "WEBP" if name.endswith(".webp") else "JPEG"
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()
