"""Rows of one entry each: plain rows, VQA rows, Vitrine's own."""

import base64
import binascii
from typing import Any, ClassVar

from core.export.checks.base import (
    CLEAN_TEXT,
    COUNTS_MATCH,
    IDS_UNIQUE,
    LISTS_TYPED,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_HOLD,
    SAME_KEYS,
    SPLITS_DISJOINT,
    Bundle,
    Checker,
)
from core.export.checks.images import image_problem, is_safe_path
from core.export.checks.reading import Ids, Schema, read_rows

EVERY_RECORD = (
    COUNTS_MATCH, IDS_UNIQUE, NOTHING_EMPTY, PATHS_HOLD, ONE_TYPE, SAME_KEYS, LISTS_TYPED, SPLITS_DISJOINT, CLEAN_TEXT,
)  # fmt: skip


class RowsChecker(Checker):
    """Reads every row of every split once; a kind of row says what is right in :meth:`examine_row`."""

    has_ids: ClassVar[bool] = True
    table: ClassVar[bool] = True
    """Whether its readers put the rows into a table, so that keys need one type."""

    def examine(self, bundle: Bundle) -> None:
        ids, schema, images = Ids(), Schema(), dict[int, str]()
        entries: dict[str, int] = {}
        for split, name in self.row_files(bundle, self.recipe.rows or "jsonl").items():
            rows = 0
            for row in read_rows(bundle, name, self.findings):
                rows += 1
                if not isinstance(row, dict):
                    self.findings.wrong(CLEAN_TEXT, f"{name}: row {rows} is no object")
                    continue
                if self.table:
                    schema.add(split, row)
                if self.has_ids:
                    ids.add(self.id_of(row))
                entries[split] = entries.get(split, 0) + self.examine_row(row, bundle)
                for image in self.images_of(row):
                    self.examine_image(image, bundle)
                    self._one_split(image, split, images)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), entries.get(split, 0))
        if self.has_ids:
            self.findings.saw(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.wrong(IDS_UNIQUE, f"{repeated} ids stand there twice")
        if self.table:
            schema.report(self.findings)

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        """Check one row and return how many entries it carries."""
        raise NotImplementedError

    def id_of(self, row: dict[str, Any]) -> Any:
        return row.get("id")

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        return [row.get("image")]

    def examine_image(self, image: Any, bundle: Bundle) -> None:
        """Check what a row says about its image: a path that holds, or a data URL that opens."""
        self.findings.saw(PATHS_HOLD)
        if not isinstance(image, str) or not image:
            self.findings.wrong(PATHS_HOLD, f"{image!r} is no path")
        elif self.recipe.images == "base64":
            if problem := _data_url_problem(image):
                self.findings.wrong(PATHS_HOLD, problem)
        elif not is_safe_path(image):
            self.findings.wrong(PATHS_HOLD, f"{image} is not a safe relative path")
        elif self.recipe.images == "path" and image not in bundle.sizes:
            self.findings.wrong(PATHS_HOLD, f"{image} is not in the bundle")

    def text(self, place: str, value: Any) -> None:
        """Check that *value* is a text with something in it."""
        self.findings.saw(NOTHING_EMPTY)
        if not isinstance(value, str) or not value.strip():
            self.findings.wrong(NOTHING_EMPTY, f"{place} is {value!r}")

    def _one_split(self, image: Any, split: str, images: dict[int, str]) -> None:
        if len(self.recipe.splits.names) < 2:
            return
        self.findings.saw(SPLITS_DISJOINT)
        # A number instead of the text: a data URL is as large as its image.
        if images.setdefault(hash(image), split) != split:
            self.findings.wrong(SPLITS_DISJOINT, f"{str(image)[:60]} stands in {images[hash(image)]} and {split}")


class RecordsChecker(RowsChecker):
    checks = EVERY_RECORD

    def id_of(self, row: dict[str, Any]) -> Any:
        return row.get("question_id" if self.format.name == "vqa" else "id")

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        self.text("the id", self.id_of(row))
        for key in ("image_id", "image", "question", "answer", "answer_type"):
            self.text(key, row.get(key))
        if row.get("metadata", {}) is None:
            self.findings.wrong(NOTHING_EMPTY, "metadata is null")
        return 1


class VitrineChecker(RowsChecker):
    """The lossless rows; null means "not known" there, and only Vitrine reads them."""

    checks: ClassVar[tuple[str, ...]] = tuple(
        check for check in EVERY_RECORD if check not in (ONE_TYPE, SAME_KEYS, LISTS_TYPED)
    )
    table = False

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        for key in ("id", "question", "answer", "answer_type"):
            self.text(key, row.get(key))
        if row.get("schema_version") != 1:
            self.findings.wrong(CLEAN_TEXT, f"schema version {row.get('schema_version')!r} is unknown")
        return 1

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        image = row.get("image")
        return [image.get("file") if isinstance(image, dict) else None]


def _data_url_problem(url: str) -> str:
    head, _, encoded = url.partition(";base64,")
    if head not in ("data:image/jpeg", "data:image/png", "data:image/webp"):
        return f"{url[:40]} is no data URL of an image"
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return f"{url[:40]}… is not base64"
    problem = image_problem(data, as_original=True)
    return f"{url[:40]}… {problem}" if problem else ""
