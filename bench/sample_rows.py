"""A project with many rows, inserted directly into the tables, for benchmarks of reading.

All images have the same file and thumbnail content.
"""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.config import Settings
from core.db import ImageDatasets, Images, Projects, Questions, connect, insert_rows, new_id, utc_now
from core.images.samples import drawings
from core.images.storage import ImageStorage, thumbnail_variant

QUESTIONS_PER_IMAGE = 5
KINDS = ("count", "color", "scene", "")
TAGS = ("", "draft", "", "kitchen,red", "draft,night")


def fill_project(data_dir: Path | str, *, entries: int, with_files: bool = True) -> str:
    """Create a project with that many entries, five per image, a third of them confirmed; return its id.

    *data_dir* may be the URL of a database where the images have no files.
    """
    with connect(data_dir) as db, db.transaction() as session:
        project = Projects(name=f"{entries:,} entries, {new_id()[:6]}")
        session.add(project)
        session.flush()
        if entries:
            images, questions, answers = _rows(project.id, entries)
            insert_rows(session, Images, images)
            if with_files:
                _write_files(Path(data_dir), images)
            insert_rows(session, Questions, questions)
            insert_rows(session, ImageDatasets, answers)
        return project.id


def _write_files(data_dir: Path, images: list[dict[str, Any]]) -> None:
    drawing = next(sample.data for sample in drawings() if sample.name.endswith(".jpg"))
    for image in images:
        original = data_dir / "uploads" / "images" / image["path"]
        for file in (original, thumbnail_path(data_dir, image["sha256"])):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(drawing)


def thumbnail_path(data_dir: Path, sha256: str) -> Path:
    """Return where the server looks for the thumbnail of an image."""
    storage = ImageStorage(data_dir / "uploads" / "images", data_dir / "cache" / "images")
    return storage.cached(sha256, thumbnail_variant(Settings().thumbnail_side_px))


def _rows(project_id: str, entries: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    start = utc_now() - timedelta(days=30)
    images: list[dict[str, Any]] = []
    questions: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    for number in range(entries):
        at = start + timedelta(seconds=number)
        if number % QUESTIONS_PER_IMAGE == 0:
            image_id, name = new_id(), f"image-{len(images):05}.jpg"
            sha256 = hashlib.sha256(name.encode()).hexdigest()
            images.append(
                Images(
                    id=image_id, project_id=project_id, image_name=name, path=f"{sha256[:2]}/{sha256}.jpg",
                    size=200_000, width=1280, height=960, sha256=sha256, format="JPEG", create_at=at, update_at=at,
                ).model_dump(exclude={"answered"})
            )  # fmt: skip
        question = Questions(
            project_id=project_id, image_id=image_id, question=f"What is number {number}?",
            question_key=f"what is number {number}", model="offline/measure", create_at=at, update_at=at,
        )  # fmt: skip
        questions.append(question.model_dump(exclude={"answered"}))
        asked = number - 1 if number % 100 == 1 else number  # one in a hundred repeats a question
        answers.append(
            ImageDatasets(
                project_id=project_id, image_id=image_id, image_name=name, question_id=question.id,
                question=f"What is number {asked}?", answer=f"It is number {number}.",
                model="offline/other" if number % 200 == 1 else "offline/measure",
                confirmed=number % 3 == 0, create_at=at, update_at=at, kind=KINDS[number % 4],
                tags=TAGS[number % 5], score=number % 9 / 2 if number % 2 else 0.0, flagged=number % 40 == 0,
                language="tr" if number % 6 == 0 else "en", needs_review="odd" if number % 50 == 0 else "",
                generated_answer=f"It is number {number - number % 8 // 7}.",
            ).model_dump()
        )  # fmt: skip
    return images, questions, answers
