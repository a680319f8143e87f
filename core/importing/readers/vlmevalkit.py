"""VLMEvalKit: a TSV with images as base64; a row may refer to the image of another row by its index."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from core.importing.answers import RowError
from core.importing.readers.base import Files, Head, Row
from core.importing.readers.images import written_images
from core.importing.readers.rows import records_of_row
from core.importing.records import Record

# By VLMEvalKit's own rule, a longer text is an image.
_MAX_INDEX_CHARS = 64
_NEEDED = frozenset({"index", "question", "answer", "image"})


class VlmEvalKitReader:
    """Reads row by row, and remembers the images by the index of their row."""

    name = "vlmevalkit"
    label = "VLMEvalKit TSV"
    needs = "index, question, answer and image"

    def fit(self, head: Head) -> float:
        if not head.name.lower().endswith(".tsv"):
            return 0.0
        return sum(row.keys() >= _NEEDED for row in head.rows) / max(len(head.rows), 1)

    def read(self, name: str, files: Files) -> Iterator[Record]:
        images: dict[str, tuple[str, ...]] = {}
        for where, row in files.rows(name):
            try:
                yield from _records(row, where, files, images)
            except RowError as error:
                files.problems.add(where, str(error))


def _records(row: Row, where: str, files: Files, images: dict[str, tuple[str, ...]]) -> Iterable[Record]:
    value: Any = row.get("image") or ""
    if len(value) > _MAX_INDEX_CHARS:
        images[row.get("index", "")] = tuple(written_images(_one_or_list(value), where, files))
    shown = images.get(value if len(value) <= _MAX_INDEX_CHARS else row.get("index", ""))
    if not shown:
        raise RowError("This row has no image, and no index of a row before it that has one.")
    rest = {key: cell for key, cell in row.items() if key not in ("image", "image_path")}
    return [record._replace(images=shown) for record in records_of_row(rest | {"image": shown[0]}, where, files)]


def _one_or_list(value: str) -> Any:
    try:
        return json.loads(value) if value.startswith("[") else value
    except ValueError:
        raise RowError("The images of this row are no JSON list.") from None


READER = VlmEvalKitReader()
