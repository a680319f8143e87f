"""Checks of JSON rows, and of the formats with one entry a row: plain rows, VQA rows, Vitrine."""

import base64
import binascii
from typing import Any, ClassVar

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    LISTS_TYPED,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_VALID,
    SAME_KEYS,
    SPLITS_DISJOINT,
    VALID_FILES,
    Bundle,
    Checker,
)
from core.export.checks.images import image_problem, is_safe_path
from core.export.checks.reading import Ids, Schema, read_rows

EVERY_RECORD = (
    COUNTS_MATCH, IDS_UNIQUE, NOTHING_EMPTY, PATHS_VALID, ONE_TYPE, SAME_KEYS, LISTS_TYPED, SPLITS_DISJOINT,
    VALID_FILES,
)  # fmt: skip


class RowsChecker(Checker):
    """Reads every row of every split once; a subclass checks a row in :meth:`examine_row`."""

    has_ids: ClassVar[bool] = True
    id_key: ClassVar[str] = "id"
    is_table: ClassVar[bool] = True
    """Whether readers load the rows into a table, so that every key needs one type."""

    def examine(self, bundle: Bundle) -> None:
        ids, schema, images = Ids(), Schema(), dict[int, str]()
        entries: dict[str, int] = {}
        for split, name in self.row_files(bundle).items():
            rows = 0
            for row in read_rows(bundle, name, self.findings):
                rows += 1
                if not isinstance(row, dict):
                    self.findings.fail(VALID_FILES, f"{name}: row {rows} is not an object")
                    continue
                if self.is_table:
                    schema.add(split, row)
                if self.has_ids:
                    ids.add(row.get(self.id_key))
                entries[split] = entries.get(split, 0) + self.examine_row(row, bundle)
                for image in self.images_of(row):
                    self.examine_image(image, bundle)
                    self._check_split(image, split, images)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), entries.get(split, 0))
        if self.has_ids:
            self.findings.count(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.fail(IDS_UNIQUE, f"{repeated} ids are repeated")
        if self.is_table:
            schema.report(self.findings)

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        """Check one row and return how many entries it carries."""
        raise NotImplementedError

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        """Return what the row refers to as its images."""
        return [row.get("image")]

    def examine_image(self, image: Any, bundle: Bundle) -> None:
        """Check how a row refers to its image: a path in the bundle, or a data URL that opens."""
        self.findings.count(PATHS_VALID)
        if not isinstance(image, str) or not image:
            self.findings.fail(PATHS_VALID, f"{image!r} is not a path")
        elif self.layout.images == "base64":
            if problem := _data_url_problem(image):
                self.findings.fail(PATHS_VALID, problem)
        elif not is_safe_path(image):
            self.findings.fail(PATHS_VALID, f"{image} is not a safe relative path")
        elif self.layout.images == "path" and image not in bundle.sizes:
            self.findings.fail(PATHS_VALID, f"{image} is not in the bundle")

    def _check_split(self, image: Any, split: str, images: dict[int, str]) -> None:
        if not self.layout.is_split:
            return
        self.findings.count(SPLITS_DISJOINT)
        # The hash instead of the text: a data URL is as large as its image.
        if images.setdefault(hash(image), split) != split:
            self.findings.fail(SPLITS_DISJOINT, f"{str(image)[:60]} is in {images[hash(image)]} and {split}")


class RecordsChecker(RowsChecker):
    """One entry a row, with the image, the texts and their ids."""

    checks = EVERY_RECORD

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        self.check_text("the id", row.get(self.id_key))
        for key in ("image_id", "image", "question", "answer", "answer_type"):
            self.check_text(key, row.get(key))
        if row.get("metadata", {}) is None:
            self.findings.fail(NOTHING_EMPTY, "metadata is null")
        return 1


class VqaRowsChecker(RecordsChecker):
    """One entry a row, whose id is that of its question."""

    id_key = "question_id"


class VitrineChecker(RowsChecker):
    """The lossless rows, which only Vitrine reads; null means unknown there."""

    checks: ClassVar[tuple[str, ...]] = tuple(
        check for check in EVERY_RECORD if check not in (ONE_TYPE, SAME_KEYS, LISTS_TYPED)
    )
    is_table = False

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        for key in ("id", "question", "answer", "answer_type"):
            self.check_text(key, row.get(key))
        if row.get("schema_version") != 1:
            self.findings.fail(VALID_FILES, f"schema version {row.get('schema_version')!r} is unknown")
        return 1

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        images = [row.get("image"), *row.get("further_images", ())]
        return [image.get("file") if isinstance(image, dict) else None for image in images]


def _data_url_problem(url: str) -> str:
    head, _, encoded = url.partition(";base64,")
    if head not in ("data:image/jpeg", "data:image/png", "data:image/webp"):
        return f"{url[:40]} is not a data URL of an image"
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return f"{url[:40]}… is not base64"
    problem = image_problem(data, as_original=True)
    return f"{url[:40]}… {problem}" if problem else ""
