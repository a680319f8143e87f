"""Checks of ImageFolder and parquet, by the rules of the ``datasets`` library."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    IMAGES_UPRIGHT,
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
from core.export.checks.images import IMAGE_EXTENSIONS, image_problem, is_safe_path
from core.export.checks.reading import Ids, Schema, read_rows

ONE_METADATA_FILE = "Each split has one metadata.jsonl and no other metadata file"
EVERY_IMAGE_LISTED = "Every image file has a row"
FEATURES_DECLARED = "The table declares its features and its columns have their types"

_BATCH_ROWS = 256
_IMAGE_COLUMNS = ("image", "images")


class ImageFolderChecker(Checker):
    """Reads the metadata of each split and compares it with the image files beside it."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, NOTHING_EMPTY, PATHS_VALID, ONE_TYPE, SAME_KEYS, LISTS_TYPED, VALID_FILES,
        ONE_METADATA_FILE, EVERY_IMAGE_LISTED, SPLITS_DISJOINT,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        ids, schema, listed = Ids(), Schema(), dict[str, str]()
        for split in self.expected.splits:
            name = f"{split}/metadata.jsonl"
            metadata = [path for path in bundle.sizes if path.startswith(f"{split}/metadata")]
            self.findings.count(ONE_METADATA_FILE)
            if metadata != [name]:
                self.findings.fail(ONE_METADATA_FILE, f"{split} has {metadata}")
            if name not in bundle.sizes:
                continue
            rows = 0
            for row in read_rows(bundle, name, self.findings):
                rows += 1
                if not isinstance(row, dict):
                    self.findings.fail(VALID_FILES, f"{name}: row {rows} is not an object")
                    continue
                schema.add(split, row)
                ids.add(row.get("id"))
                self._check_row(row, split, bundle, listed)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
        schema.report(self.findings)
        self.findings.count(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.fail(IDS_UNIQUE, f"{repeated} ids are repeated")
        self._check_all_listed(bundle, listed)

    def _check_row(self, row: dict[str, Any], split: str, bundle: Bundle, listed: dict[str, str]) -> None:
        for key in ("question", "answer"):
            self.check_text(key, row.get(key))
        if None in row.values():
            self.findings.fail(NOTHING_EMPTY, f"{row.get('id')} has a null")
        if "image" in row:
            self.findings.fail(ONE_METADATA_FILE, "a key called image hides the column of images")
        self.findings.count(PATHS_VALID)
        file_name = row.get("file_name")
        if not isinstance(file_name, str) or not is_safe_path(file_name):
            self.findings.fail(PATHS_VALID, f"{file_name!r} is not a safe relative path")
        elif self.layout.images == "path" and f"{split}/{file_name}" not in bundle.sizes:
            self.findings.fail(PATHS_VALID, f"{split}/{file_name} is not in the bundle")
        self.check_split(str(file_name), split, listed)

    def _check_all_listed(self, bundle: Bundle, listed: dict[str, str]) -> None:
        files = [name for name in bundle.sizes if name.endswith(IMAGE_EXTENSIONS)]
        self.findings.count(EVERY_IMAGE_LISTED, len(files))
        self.expect("image files", self.expected.images, len(files))
        for name in files:
            split, _, rest = name.partition("/")
            if listed.get(rest) != split:
                self.findings.fail(EVERY_IMAGE_LISTED, f"{name} has no row")


class ParquetChecker(Checker):
    """Reads every row of every shard with pyarrow, and the features from the schema's metadata."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, NOTHING_EMPTY, IMAGES_UPRIGHT, ONE_TYPE, SAME_KEYS, LISTS_TYPED,
        FEATURES_DECLARED, SPLITS_DISJOINT,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        ids, seen = Ids(), dict[str, str]()
        columns: dict[str, dict[str, str]] = {}
        for split in self.expected.splits:
            shards = [name for name in bundle.sizes if name.startswith(f"data/{split}-")]
            self._check_shard_names(split, shards)
            rows = entries = 0
            for name in shards:
                for row in self._rows(bundle, name, columns):
                    rows += 1
                    ids.add(row.get("id"))
                    entries += self.examine_row(row, split, seen)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), entries)
        self.expect("images", self.expected.images, len(seen))
        self._check_schemas(columns)
        self.findings.count(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.fail(IDS_UNIQUE, f"{repeated} ids are repeated")

    def examine_row(self, row: dict[str, Any], split: str, seen: dict[str, str]) -> int:
        """Check one row and return how many entries it carries."""
        for key in ("id", "question", "answer"):
            self.check_text(key, row.get(key))
        self.check_image(row.get("image"), split, seen)
        return 1

    def check_image(self, image: Any, split: str, seen: dict[str, str]) -> None:
        """Check an embedded image: that it opens, and that its path is a name only. Each image is checked once."""
        if image is None:
            self.findings.fail(IMAGES_UPRIGHT, "a row has no image")
            return
        path = image["path"].as_py() or ""
        if "/" in path or "\\" in path:
            self.findings.fail(IMAGES_UPRIGHT, f"{path} is not a file name")
        is_known = path in seen
        self.check_split(path, split, seen)
        if is_known:
            return
        self.findings.count(IMAGES_UPRIGHT)
        if problem := image_problem(image["bytes"].as_py() or b"", as_original=self.layout.image_form == "original"):
            self.findings.fail(IMAGES_UPRIGHT, f"{path} {problem}")

    def _check_shard_names(self, split: str, shards: list[str]) -> None:
        expected = [f"data/{split}-{number:05d}-of-{len(shards):05d}.parquet" for number in range(len(shards))]
        self.findings.count(FEATURES_DECLARED)
        if not shards or sorted(shards) != expected:
            self.findings.fail(FEATURES_DECLARED, f"{split} has the files {shards}")

    def _rows(self, bundle: Bundle, name: str, columns: dict[str, dict[str, str]]) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with bundle.open(name) as file, pq.ParquetFile(pa.PythonFile(file, mode="r")) as table:
                self._check_features(name, table.schema_arrow)
                columns[name] = {column.name: str(column.type) for column in table.schema_arrow}
                for batch in table.iter_batches(batch_size=_BATCH_ROWS):
                    yield from _rows_of(batch)
        except (pa.ArrowException, OSError) as error:
            self.findings.fail(FEATURES_DECLARED, f"{name}: {error}")

    def _check_schemas(self, columns: dict[str, dict[str, str]]) -> None:
        """Check that all shards have the same columns of the same types."""
        first = next(iter(columns.values()), {})
        self.findings.count(ONE_TYPE, len(first))
        self.findings.count(SAME_KEYS, len(columns))
        for name, types in columns.items():
            if types.keys() != first.keys():
                self.findings.fail(SAME_KEYS, f"{name} has the columns {list(types)}")
            elif types != first:
                self.findings.fail(ONE_TYPE, f"{name} has the types {types}")

    def _check_features(self, name: str, schema: Any) -> None:
        self.findings.count(FEATURES_DECLARED)
        self.findings.count(LISTS_TYPED, len(schema))
        declared = json.loads((schema.metadata or {}).get(b"huggingface", b"{}")).get("info", {}).get("features", {})
        if list(declared) != schema.names or len(set(schema.names)) != len(schema.names):
            self.findings.fail(FEATURES_DECLARED, f"{name} declares {list(declared)}, has {schema.names}")
        if "'Image'" not in str(declared):
            self.findings.fail(FEATURES_DECLARED, f"{name} declares no image")
        for column in schema:
            if "null" in str(column.type):
                self.findings.fail(LISTS_TYPED, f"{column.name} is {column.type}")


def _rows_of(batch: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a batch; images stay Arrow values, because copying their repeated bytes is slow."""
    columns = [
        column if name in _IMAGE_COLUMNS else column.to_pylist()
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))
