"""One image with scored, unscored, edited and rejected entries, as plain values."""

from typing import Any

from core.export.entries import Entry, ExportImage, ImageGroup, Row, RowOptions
from core.export.formats import format_named

IMAGE = ExportImage(
    id="image-1", name="shelf.jpg", sha256="ab" * 32, format="JPEG", width=640, height=480, size=1234,
    path="ab/abab.jpg", source="upload", source_ref="", dhash="", tags="kitchen",
    create_at="2026-01-01T00:00:00+00:00",
)  # fmt: skip
REF = "images/shelf-abababababab.jpg"
DATA = b"the image's bytes"


def entry(number: int, question: str, answer: str, **more: Any) -> Entry:
    """Return an entry on IMAGE; *more* are further fields."""
    values: dict[str, Any] = {
        "question_id": "", "answer_type": "text", "kind": "count", "language": "en", "model": "openai/gpt-4o",
        "score": 0.0, "generated_answer": None, "create_at": "2026-01-02T00:00:00+00:00",
        "update_at": "2026-01-03T00:00:00+00:00",
    }  # fmt: skip
    return Entry(id=f"entry-{number}", image_id=IMAGE.id, question=question, answer=answer, **values | more)


SCORED = entry(1, "How many cups?", "Three.", score=3.0, tags="cups, shelf", note="Check the third.", question_id="q-1")
UNSCORED = entry(2, "Which colors?", '["red", "blue"]', answer_type="label")


def rows(name: str, *entries: Entry, grouping: str = "conversation", metadata: bool = True) -> list[Row]:
    """Return the rows of the format called *name* for *entries*, SCORED and UNSCORED by default."""
    group = ImageGroup(IMAGE, entries or (SCORED, UNSCORED), ref=REF, data=DATA)
    return list(format_named(name).rows(group, RowOptions(grouping, metadata, "Shelf")))
