"""COCO captions: every answer is a caption of its image; ids are integers."""

from collections.abc import Iterable

from core.export.checks.documents import CocoChecker
from core.export.entries import ImageGroup, Row, RowOptions, answer_as_text
from core.export.formats.base import ONLY_TEXTS, Format
from core.export.formats.vqa_v2 import integer_id
from core.export.writing.documents import CocoWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one caption per entry, with its image."""
    image_id = integer_id(group.image.id)
    # All images are in one directory; readers join the bare name to the directory they are given.
    name = group.ref.rpartition("/")[2]
    image = {"id": image_id, "file_name": name, "width": group.image.width, "height": group.image.height}
    for entry in group.entries:
        caption = " ".join(answer_as_text(entry).split())
        yield {"image": image, "annotation": {"id": integer_id(entry.id), "image_id": image_id, "caption": caption}}


FORMAT = Format(
    name="coco-captions",
    label="COCO captions",
    help="Answers as captions of their images; questions are left out.",
    purpose="evaluate",
    install="pip install pycocotools==2.0.11",
    load="from pycocotools.coco import COCO\n\ncoco = COCO('{dir}/captions_{split}.json')",
    run_in=("pycocotools 2.0.11",),
    rows=rows,
    detail="texts",
    writer=CocoWriter,
    checker=CocoChecker,
    image_modes=("path", "none"),
    stem="captions",
    not_carried=(*ONLY_TEXTS, "question", "rejected", "system"),
)
