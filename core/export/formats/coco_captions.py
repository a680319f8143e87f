"""COCO captions: every answer is a caption of its image, with integer ids."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.export.checks import coco_checker
from core.export.entries import ImageGroup, Row, RowOptions, spoken_answer
from core.export.formats.base import Format
from core.export.formats.vqa_v2 import integer_id

if TYPE_CHECKING:
    from core.export.writing.base import Writer


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    image_id = integer_id(group.image.id)
    # Images stand in one directory, so a name without it is what readers join to theirs.
    name = group.ref.rsplit("/", 1)[-1]
    image = {"id": image_id, "file_name": name, "width": group.image.width, "height": group.image.height}
    for entry in group.entries:
        caption = " ".join(spoken_answer(entry).split())
        yield {"image": image, "annotation": {"id": integer_id(entry.id), "image_id": image_id, "caption": caption}}


def _writer() -> "type[Writer]":
    from core.export.writing.documents import CocoWriter

    return CocoWriter


FORMAT = Format(
    name="coco-captions",
    label="COCO captions",
    help="Answers as captions of their images; questions are left behind. Read by pycocotools, Lightly and FiftyOne.",
    purpose="evaluate",
    load="COCO('{dir}/captions_train.json')  # images in {dir}/images",
    rows=rows,
    texts_only=True,
    writer=_writer,
    checker=coco_checker,
    image_modes=("path", "none"),
    single_file=False,
    stem="captions",
)
