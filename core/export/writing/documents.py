"""Writers of single JSON documents, written as streams: VQA v2 and COCO captions."""

from collections.abc import Iterable
from typing import Any, BinaryIO, ClassVar

import orjson

from core.export.entries import ImageGroup, Row
from core.export.layout import BundleLayout
from core.export.writing.base import Writer
from core.export.writing.target import Target

_INFO_DATE = "1970-01-01 00:00:00"


class _Document:
    """A JSON object whose last long array is written value by value."""

    def __init__(self, target: Target, name: str, head: dict[str, Any], array: str) -> None:
        self._file: BinaryIO = target.open(name)
        self._file.write(orjson.dumps(head)[:-1] + (b"," if head else b"") + orjson.dumps(array) + b":[")
        self._empty = True

    def add(self, value: Any) -> None:
        self._file.write((b"\n" if self._empty else b",\n") + orjson.dumps(value))
        self._empty = False

    def close(self, tail: dict[str, list[bytes]] | None = None) -> None:
        self._file.write(b"\n]")
        for name, values in (tail or {}).items():
            self._file.write(b"," + orjson.dumps(name) + b":[\n" + b",\n".join(values) + b"\n]")
        self._file.write(b"}\n")
        self._file.close()


class VqaV2Writer(Writer):
    """Two documents per split under their official names, and a file that maps the integer ids to Vitrine's ids."""

    row_keys: ClassVar[tuple[str, ...]] = ("questions", "annotations")

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        task = "OpenEnded_" if row_key == "questions" else ""
        return f"v2_{task}custom_{split}_{row_key}.json"

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._open: dict[str, tuple[_Document, _Document, BinaryIO]] = {}

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        questions, annotations, ids = self._files(group.split)
        count = 0
        for row in rows:
            questions.add(row["question"])
            annotations.add(row["annotation"])
            ids.write(orjson.dumps(row["ids"], option=orjson.OPT_APPEND_NEWLINE))
            count += 1
        return self.count(group.split, count)

    def finish(self) -> None:
        self._files(self.splits[0])
        for questions, annotations, ids in self._open.values():
            questions.close()
            annotations.close()
            ids.close()

    def _files(self, split: str) -> tuple[_Document, _Document, BinaryIO]:
        if split not in self._open:
            head = self._head(split)
            self._open[split] = (
                _Document(
                    self.target,
                    self.data_files(self.layout, split, "questions"),
                    {**head, "task_type": "Open-Ended"},
                    "questions",
                ),
                _Document(self.target, self.data_files(self.layout, split, "annotations"), head, "annotations"),
                self.target.open(f"vqa_v2_{split}_ids.jsonl"),
            )
        return self._open[split]

    def _head(self, split: str) -> dict[str, Any]:
        return {
            "info": {
                "year": 1970, "version": "1.0", "description": self.layout.title, "contributor": "", "url": "",
                "date_created": _INFO_DATE,
            },
            "license": {"name": self.layout.license, "url": ""},
            "data_type": "custom",
            "data_subtype": split,
        }  # fmt: skip


class CocoWriter(Writer):
    """One document per split; the images are collected in memory and written at the end of the file."""

    row_keys: ClassVar[tuple[str, ...]] = ("annotations", "images")

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        return f"{layout.stem}_{split}.json"

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._open: dict[str, tuple[_Document, list[bytes]]] = {}

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        document, images = self._files(group.split)
        count = 0
        for row in rows:
            if not count:
                images.append(orjson.dumps(self._scaled(row["image"])))
            document.add(row["annotation"])
            count += 1
        return self.count(group.split, count)

    def finish(self) -> None:
        self._files(self.splits[0])
        for document, images in self._open.values():
            document.close({"images": images})

    def _files(self, split: str) -> tuple[_Document, list[bytes]]:
        if split not in self._open:
            head = {"info": {"description": self.layout.title}, "licenses": []}
            self._open[split] = (
                _Document(self.target, self.data_files(self.layout, split, "annotations"), head, "annotations"),
                [],
            )
        return self._open[split]

    def _scaled(self, image: Row) -> Row:
        longest = max(image["width"], image["height"])
        if not self.layout.max_side_px or longest <= self.layout.max_side_px:
            return image
        scale = self.layout.max_side_px / longest
        # The short side of a very long image keeps at least one pixel.
        return image | {side: max(1, round(image[side] * scale)) for side in ("width", "height")}
