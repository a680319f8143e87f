"""COCO: captions, each an entry of its image; boxes of objects, all of an image one entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.importing.answers import RowError, caption_turn, turn
from core.importing.readers.base import Files, Head
from core.importing.readers.boxes import DETECTION_QUESTION, MAX_BOXES, corners
from core.importing.readers.ids import id_of
from core.importing.readers.images import name_of_id
from core.importing.records import ImportedBox, Record, record

MAX_IMAGES = 2_000_000
MAX_ALL_BOXES = 5_000_000

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

    def read(self, name: str, files: Files) -> Iterator[Record]:
        lists = [key for key in files.heads[name].lists if key in ("images", "annotations")]
        images = _Images()
        if lists[:1] != ["images"]:
            for where, row in files.rows(name, "images"):
                images.add(row, where, files)
        annotations = _Annotations(images, files)
        names = images.names
        for key, where, row in files.elements(name):
            try:
                if key == "annotations" and isinstance(row, dict) and isinstance(row.get("caption"), str):
                    # The usual annotation, without the calls that the others need.
                    image = names.get(row.get("image_id", "")) if isinstance(row.get("image_id"), int) else None
                    if image is not None:
                        yield record(where, (image,), (caption_turn(row["caption"]),))
                        continue
                if key == "images" and lists[:1] == ["images"]:
                    images.add(row, where, files)
                elif key == "annotations":
                    yield from annotations.records(row, where)
                elif key == "categories":
                    category = id_of(row, "id")
                    annotations.categories[category] = str(row.get("name", ""))[:200]
            except RowError as error:
                files.problems.add(where, str(error))
        yield from annotations.boxed(files)


class _Images:
    """File names by id."""

    def __init__(self) -> None:
        self.names: dict[int | str, str] = {}

    def add(self, row: Any, where: str, files: Files) -> None:
        try:
            id_ = id_of(row, "id")
        except RowError as error:
            files.problems.add(where, str(error))
            return
        name = row.get("file_name")
        if not isinstance(name, str) or not name or len(name) > 4096:
            files.problems.add(where, "This image has no file_name.")
        elif len(self.names) < MAX_IMAGES:
            self.names[id_] = name
        else:
            files.problems.add(where, f"There are more than {MAX_IMAGES:,} images. Split the file.")


class _Annotations:
    def __init__(self, images: _Images, files: Files) -> None:
        self._names = images.names
        self._files = files
        self._boxes: dict[int | str, tuple[str, str, list[Box]]] = {}
        """Where the first one is, name of the image, boxes."""
        self._count = 0
        self.categories: dict[int | str, str] = {}

    def records(self, row: Any, where: str) -> Iterator[Record]:
        """Yield the record of a caption; keep a box for the record of its image."""
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
        for where, name, found in self._boxes.values():
            boxes = tuple(ImportedBox(self.categories.get(one, str(one)), xyxy) for one, xyxy in found[:MAX_BOXES])
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
