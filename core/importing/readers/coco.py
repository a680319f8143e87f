"""COCO: captions, each an entry of its image; boxes of objects, all of an image one entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from core.importing.answers import CAPTION_QUESTION, RowError, caption_turn, turn
from core.importing.readers.base import Files, Head
from core.importing.readers.boxes import DETECTION_QUESTION, MAX_BOXES, corners, measured_size
from core.importing.readers.ids import id_of
from core.importing.readers.images import name_of_id
from core.importing.records import Found, ImportedBox, Record, RecordColumns, record
from core.importing.row_blocks import RowBlock
from core.importing.texts import plain_texts

MAX_IMAGES = 2_000_000
MAX_ALL_BOXES = 5_000_000
_MAX_NAME_CHARS = 4096
_SIDES = (("width", "height"),)

Box = tuple[int | str, tuple[float, float, float, float]]
"""Category and corners."""


@dataclass(frozen=True)
class CocoReader:
    """Reads a file once when its images come before its annotations, else twice."""

    name: str = "coco"
    label: str = "COCO"
    needs: str = "images with id and file_name, and annotations with image_id and caption or bbox"

    def fit(self, head: Head) -> float:
        images = any(
            isinstance(row, dict) and {"id", "file_name"} <= row.keys() for row in head.lists.get("images", ())
        )
        annotations = any(
            isinstance(row, dict) and "image_id" in row and ("caption" in row or "bbox" in row)
            for row in head.lists.get("annotations", ())
        )
        return float(images or annotations)

    def read(self, name: str, files: Files) -> Iterator[Found]:
        lists = [key for key in files.heads[name].lists if key in ("images", "annotations")]
        images = _Images()
        has_images_first = lists[:1] == ["images"]
        if not has_images_first:
            for block in files.blocks(name, "images"):
                images.add(block, files)
        annotations = _Annotations(images, files)
        for key, block in files.element_blocks(name):
            if key == "images" and has_images_first:
                images.add(block, files)
            elif key == "annotations":
                captions = annotations.captions(block)
                yield from annotations.row_by_row(block, files) if captions is None else (captions,)
            elif key == "categories":
                annotations.add_categories(block, files)
        yield from annotations.boxed(files)


class _Images:
    """File names by id, and widths and heights where the file gives them."""

    def __init__(self) -> None:
        self.names: dict[int | str, str] = {}
        self.sizes: dict[int | str, tuple[int, int]] = {}

    def add(self, block: RowBlock, files: Files) -> None:
        ids, names = block.column("id"), block.column("file_name")
        if (
            {*map(type, ids)} == {int} and {*map(type, names)} == {str} and all(names)
            and max(map(len, names)) <= _MAX_NAME_CHARS and len(self.names) + len(ids) <= MAX_IMAGES
        ):  # fmt: skip
            self.names.update(zip(ids, names, strict=True))
            for id_, row in zip(ids, block.rows, strict=True):
                self._add_size(id_, row)
            return
        for where, row in block.sound(files.problems):
            try:
                self._add(row)
            except RowError as error:
                files.problems.add(where, str(error))

    def _add(self, row: Any) -> None:
        id_ = id_of(row, "id")
        name = row.get("file_name")
        if not isinstance(name, str) or not name or len(name) > _MAX_NAME_CHARS:
            raise RowError("This image has no file_name.")
        if len(self.names) >= MAX_IMAGES:
            raise RowError(f"There are more than {MAX_IMAGES:,} images. Split the file.")
        self.names[id_] = name
        self._add_size(id_, row)

    def _add_size(self, id_: int | str, row: Any) -> None:
        if (size := measured_size(row, _SIDES)) is not None:
            self.sizes[id_] = size


class _Annotations:
    def __init__(self, images: _Images, files: Files) -> None:
        self._names, self._sizes = images.names, images.sizes
        self._files = files
        self._boxes: dict[int | str, tuple[str, str, list[Box]]] = {}
        """Where the first one is, name of the image, boxes."""
        self._count = 0
        self.categories: dict[int | str, str] = {}

    def captions(self, block: RowBlock) -> RecordColumns | None:
        """Return the records of captions of known images; None when other annotations are among them."""
        ids = block.column("image_id")
        if {*map(type, ids)} != {int}:
            return None
        names = list(map(self._names.get, ids))
        captions = None if None in names else plain_texts(block.column("caption"))
        if captions is None:
            return None
        return RecordColumns(block.places, cast(list[str], names), [CAPTION_QUESTION] * len(names), captions)

    def row_by_row(self, block: RowBlock, files: Files) -> Iterator[Record]:
        """Yield the records of captions; keep boxes for the record of their image."""
        for where, row in block.sound(files.problems):
            try:
                yield from self._records(row, where)
            except RowError as error:
                files.problems.add(where, str(error))

    def add_categories(self, block: RowBlock, files: Files) -> None:
        for where, row in block.sound(files.problems):
            try:
                self.categories[id_of(row, "id")] = str(row.get("name", ""))[:200]
            except RowError as error:
                files.problems.add(where, str(error))

    def _records(self, row: Any, where: str) -> Iterator[Record]:
        id_ = id_of(row, "image_id")
        name = self._names.get(id_)
        if name is None and not self._names:
            # MiniGPT-4 writes annotations only: their images are called by their number.
            name = name_of_id(row["image_id"], self._files)
        if name is None:
            raise RowError(f"There is no image with the id {str(id_)[:60]}.")
        if "caption" in row:
            yield record(where, (name,), (caption_turn(row["caption"]),))
        elif "bbox" in row:
            self._keep(id_, name, row, where)
        else:
            raise RowError("This annotation has neither caption nor bbox.")

    def boxed(self, files: Files) -> Iterator[Record]:
        """Yield a record for each image with boxes."""
        for id_, (where, name, found) in self._boxes.items():
            size = self._sizes.get(id_)
            boxes = tuple(
                ImportedBox(self.categories.get(one, str(one)), xyxy, measured_wh=size)
                for one, xyxy in found[:MAX_BOXES]
            )
            labels = list(dict.fromkeys(box.label for box in boxes))
            try:
                yield Record(
                    where,
                    (name,),
                    (turn(DETECTION_QUESTION, labels, "label"),),
                    boxes=boxes,
                )
            except RowError as error:
                files.problems.add(where, str(error))

    def _keep(self, id_: int | str, name: str, row: Any, where: str) -> None:
        xyxy = corners(row["bbox"], is_size=True)
        if xyxy is None:
            raise RowError("bbox is no list of x, y, width and height.")
        self._count += 1
        if self._count > MAX_ALL_BOXES:
            raise RowError(f"There are more than {MAX_ALL_BOXES:,} boxes. Split the file.")
        self._boxes.setdefault(id_, (where, name, []))[2].append((id_of(row, "category_id"), xyxy))


READER = CocoReader()
"""Of captions and of instances."""
