"""ImageFolder and parquet, by the rules of the ``datasets`` library."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

from core.export.checks.base import (
    CLEAN_TEXT,
    COUNTS_MATCH,
    IDS_UNIQUE,
    IMAGES_UPRIGHT,
    LISTS_TYPED,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_HOLD,
    SAME_KEYS,
    SPLITS_DISJOINT,
    Bundle,
    Checker,
)
from core.export.checks.images import IMAGE_ENDINGS, image_problem, is_safe_path
from core.export.checks.reading import Ids, Schema, read_rows

ONE_METADATA_FILE = "Each split has one metadata.jsonl and no other kind of metadata"
EVERY_IMAGE_LISTED = "Every image file has a row"
FEATURES_DECLARED = "The table declares its features and its columns have their types"

_BATCH_ROWS = 256
_IMAGE_COLUMNS = ("image", "images")


class ImageFolderChecker(Checker):
    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, NOTHING_EMPTY, PATHS_HOLD, ONE_TYPE, SAME_KEYS, LISTS_TYPED, CLEAN_TEXT,
        ONE_METADATA_FILE, EVERY_IMAGE_LISTED, SPLITS_DISJOINT,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        ids, schema, listed = Ids(), Schema(), dict[str, str]()
        for split in self.expected.splits:
            name = f"{split}/metadata.jsonl"
            kinds = [path for path in bundle.sizes if path.startswith(f"{split}/metadata")]
            self.findings.saw(ONE_METADATA_FILE)
            if kinds != [name]:
                self.findings.wrong(ONE_METADATA_FILE, f"{split} has {kinds}")
            if name not in bundle.sizes:
                continue
            rows = 0
            for row in read_rows(bundle, name, self.findings):
                rows += 1
                if not isinstance(row, dict):
                    self.findings.wrong(CLEAN_TEXT, f"{name}: row {rows} is no object")
                    continue
                schema.add(split, row)
                ids.add(row.get("id"))
                self._row(row, split, bundle, listed)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
        schema.report(self.findings)
        self.findings.saw(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.wrong(IDS_UNIQUE, f"{repeated} ids stand there twice")
        self._unlisted(bundle, listed)

    def _row(self, row: dict[str, Any], split: str, bundle: Bundle, listed: dict[str, str]) -> None:
        for key in ("question", "answer"):
            self.findings.saw(NOTHING_EMPTY)
            if not isinstance(row.get(key), str) or not row[key].strip():
                self.findings.wrong(NOTHING_EMPTY, f"{key} is {row.get(key)!r}")
        if None in row.values():
            self.findings.wrong(NOTHING_EMPTY, f"{row.get('id')} has a null")
        if "image" in row:
            self.findings.wrong(ONE_METADATA_FILE, "a key called image hides the images")
        self.findings.saw(PATHS_HOLD)
        file_name = row.get("file_name")
        if not isinstance(file_name, str) or not is_safe_path(file_name):
            self.findings.wrong(PATHS_HOLD, f"{file_name!r} is not a safe relative path")
        elif self.recipe.images == "path" and f"{split}/{file_name}" not in bundle.sizes:
            self.findings.wrong(PATHS_HOLD, f"{split}/{file_name} is not in the bundle")
        self.findings.saw(SPLITS_DISJOINT)
        if listed.setdefault(str(file_name), split) != split:
            self.findings.wrong(SPLITS_DISJOINT, f"{file_name} stands in {listed[str(file_name)]} and {split}")

    def _unlisted(self, bundle: Bundle, listed: dict[str, str]) -> None:
        files = [name for name in bundle.sizes if name.endswith(IMAGE_ENDINGS)]
        self.findings.saw(EVERY_IMAGE_LISTED, len(files))
        self.expect("image files", self.expected.images, len(files))
        for name in files:
            split, _, rest = name.partition("/")
            if listed.get(rest) != split:
                self.findings.wrong(EVERY_IMAGE_LISTED, f"{name} has no row")


class ParquetChecker(Checker):
    """Reads every row of every shard with pyarrow, and the features as ``datasets`` does."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, IDS_UNIQUE, NOTHING_EMPTY, IMAGES_UPRIGHT, ONE_TYPE, SAME_KEYS, LISTS_TYPED,
        FEATURES_DECLARED, SPLITS_DISJOINT,
    )  # fmt: skip
    id_key = "id"

    def examine(self, bundle: Bundle) -> None:
        ids, places = Ids(), dict[str, str]()
        columns: dict[str, dict[str, str]] = {}
        for split in self.expected.splits:
            shards = [name for name in bundle.sizes if name.startswith(f"data/{split}-")]
            self._numbering(split, shards)
            rows = entries = 0
            for name in shards:
                for row in self._rows(bundle, name, columns):
                    rows += 1
                    ids.add(row.get(self.id_key))
                    entries += self.examine_row(row, split, places)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), entries)
        self.expect("images", self.expected.images, len(places))
        self._one_schema(columns)
        self.findings.saw(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.wrong(IDS_UNIQUE, f"{repeated} ids stand there twice")

    def examine_row(self, row: dict[str, Any], split: str, places: dict[str, str]) -> int:
        """Check one row and return how many entries it carries."""
        for key in ("id", "question", "answer"):
            self.text(key, row.get(key))
        self.image(row.get("image"), split, places)
        return 1

    def text(self, place: str, value: Any) -> None:
        self.findings.saw(NOTHING_EMPTY)
        if not isinstance(value, str) or not value.strip():
            self.findings.wrong(NOTHING_EMPTY, f"{place} is {value!r}")

    def image(self, image: Any, split: str, places: dict[str, str]) -> None:
        """Check an embedded image: bytes, and a base name that leaks no path; each image once."""
        if image is None:
            self.findings.wrong(IMAGES_UPRIGHT, "a row has no image")
            return
        path = image["path"].as_py() or ""
        if "/" in path or "\\" in path:
            self.findings.wrong(IMAGES_UPRIGHT, f"{path} is more than a name")
        self.findings.saw(SPLITS_DISJOINT)
        if path in places:
            if places[path] != split:
                self.findings.wrong(SPLITS_DISJOINT, f"{path} stands in {places[path]} and {split}")
            return
        places[path] = split
        self.findings.saw(IMAGES_UPRIGHT)
        if problem := image_problem(image["bytes"].as_py() or b"", as_original=self.recipe.image_form == "original"):
            self.findings.wrong(IMAGES_UPRIGHT, f"{path} {problem}")

    def _numbering(self, split: str, shards: list[str]) -> None:
        wanted = [f"data/{split}-{number:05d}-of-{len(shards):05d}.parquet" for number in range(len(shards))]
        self.findings.saw(FEATURES_DECLARED)
        if not shards or sorted(shards) != wanted:
            self.findings.wrong(FEATURES_DECLARED, f"{split} has the files {shards}")

    def _rows(self, bundle: Bundle, name: str, columns: dict[str, dict[str, str]]) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with bundle.open(name) as file, pq.ParquetFile(pa.PythonFile(file, mode="r")) as table:
                self._features(name, table.schema_arrow)
                columns[name] = {column.name: str(column.type) for column in table.schema_arrow}
                for batch in table.iter_batches(batch_size=_BATCH_ROWS):
                    yield from _rows_of(batch)
        except (pa.ArrowException, OSError) as error:
            self.findings.wrong(FEATURES_DECLARED, f"{name}: {error}")

    def _one_schema(self, columns: dict[str, dict[str, str]]) -> None:
        """Check that all shards have the same columns of the same types."""
        first = next(iter(columns.values()), {})
        self.findings.saw(ONE_TYPE, len(first))
        self.findings.saw(SAME_KEYS, len(columns))
        for name, types in columns.items():
            if types.keys() != first.keys():
                self.findings.wrong(SAME_KEYS, f"{name} has the columns {list(types)}")
            elif types != first:
                self.findings.wrong(ONE_TYPE, f"{name} has the types {types}")

    def _features(self, name: str, schema: Any) -> None:
        self.findings.saw(FEATURES_DECLARED)
        self.findings.saw(LISTS_TYPED, len(schema))
        declared = json.loads((schema.metadata or {}).get(b"huggingface", b"{}")).get("info", {}).get("features", {})
        if list(declared) != schema.names or len(set(schema.names)) != len(schema.names):
            self.findings.wrong(FEATURES_DECLARED, f"{name} declares {list(declared)}, has {schema.names}")
        kinds = Counter(str(feature.get("_type")) for feature in declared.values() if isinstance(feature, dict))
        images = kinds["Image"] + sum("Image" in str(f) for f in declared.values() if isinstance(f, dict | list)) > 0
        if not images:
            self.findings.wrong(FEATURES_DECLARED, f"{name} declares no image")
        for column in schema:
            if "null" in str(column.type):
                self.findings.wrong(LISTS_TYPED, f"{column.name} is {column.type}")


def _rows_of(batch: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a batch; images stay Arrow's, because their bytes repeat and copying them is what costs."""
    columns = [
        column if name in _IMAGE_COLUMNS else column.to_pylist()
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))
