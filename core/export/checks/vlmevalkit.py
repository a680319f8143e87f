"""Checks of VLMEvalKit's TSV, by the rules of its data set classes and of ``pandas.read_csv``."""

import base64
import binascii
import csv
import io
import json
from typing import Any, ClassVar

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    IMAGES_UPRIGHT,
    NO_CONTROL_WORD,
    NOTHING_EMPTY,
    SAME_KEYS,
    SPLITS_DISJOINT,
    VALID_FILES,
    Bundle,
    Checker,
)
from core.export.checks.images import image_problem
from core.export.checks.reading import Ids
from core.export.checks.texts import control_word

IMAGES_FOUND = "Every row has its images, or the index of a row before it that has"
_COLUMNS = ("index", "question", "answer", "checker", "arguments", "id", "image_path", "image")
# VLMEvalKit takes a longer text for an image.
_MAX_INDEX_CHARS = 64
_MAX_CELL_CHARS = 1 << 30


class VlmEvalKitChecker(Checker):
    """Reads every row; an image is decoded from base64 and opened once."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, NOTHING_EMPTY, IMAGES_FOUND, IMAGES_UPRIGHT, NO_CONTROL_WORD, SAME_KEYS,
        SPLITS_DISJOINT, VALID_FILES,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        ids, seen = Ids(), dict[Any, str]()
        csv.field_size_limit(_MAX_CELL_CHARS)
        for split, name in self.row_files(bundle).items():
            rows = 0
            self.findings.count(VALID_FILES)
            self.findings.count(SAME_KEYS)
            with bundle.open(name) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
                try:
                    table = csv.reader(text, delimiter="\t", strict=True)
                    header = tuple(next(table, ()))
                    if header != _COLUMNS and self.expected.rows_per_split:
                        self.findings.fail(SAME_KEYS, f"{name} has the columns {list(header)}")
                    with_image: set[str] = set()
                    for cells in table:
                        rows += 1
                        self._check_row(dict(zip(header, cells, strict=True)), split, ids, seen, with_image)
                except (csv.Error, ValueError) as error:
                    self.findings.fail(VALID_FILES, f"{name}: {error}")
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
        self.expect("images", self.expected.images, len(seen))
        self.findings.count(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.fail(IDS_UNIQUE, f"{repeated} indexes are repeated")

    def _check_row(self, row: dict[str, str], split: str, ids: Ids, seen: dict[Any, str], with_image: set[str]) -> None:
        index, image = row.get("index", ""), row.get("image", "")
        ids.add(index)
        if not index.isdecimal():
            self.findings.fail(NOTHING_EMPTY, f"an index is {index!r}")
        for key in ("question", "answer", "id"):
            self.check_text(key, row.get(key))
            self.findings.count(NO_CONTROL_WORD)
            if word := control_word(row.get(key, "")):
                self.findings.fail(NO_CONTROL_WORD, f"{word} is in {row.get(key, '')[:60]!r}")
        self.findings.count(IMAGES_FOUND)
        names = _one_or_list(row.get("image_path", ""))
        for name in names:
            self.check_split(name, split, seen)
        if len(image) <= _MAX_INDEX_CHARS:
            if image not in with_image:
                self.findings.fail(IMAGES_FOUND, f"{index} refers to {image!r}, which has no image")
            return
        with_image.add(index)
        found = _one_or_list(image)
        if len(found) != len(names):
            self.findings.fail(IMAGES_FOUND, f"{index} has {len(found)} images and {len(names)} names")
        for encoded in found:
            self._check_image(encoded, index)

    def _check_image(self, encoded: str, index: str) -> None:
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            self.findings.fail(IMAGES_FOUND, f"the image of {index} is not base64")
            return
        self.findings.count(IMAGES_UPRIGHT)
        if problem := image_problem(data, as_original=self.layout.image_form == "original"):
            self.findings.fail(IMAGES_UPRIGHT, f"the image of {index} {problem}")


def _one_or_list(cell: str) -> list[str]:
    return list(json.loads(cell)) if cell.startswith("[") else [cell]
