"""WebDataset tars, sidecar text, Roboflow's lines and CSV."""

import csv
import io
import json
import tarfile
from typing import Any, ClassVar

from core.export.checks.base import (
    CLEAN_TEXT,
    COUNTS_MATCH,
    IDS_UNIQUE,
    IMAGES_UPRIGHT,
    NO_TOKEN_IN_TEXT,
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
from core.export.entries import IMAGE_TOKEN
from core.export.writing.files import RoboflowWriter

SAMPLES_WHOLE = "Every sample is one .jpg and one .json, next to each other, under a key without dots"
ONE_LINE = "Every image has its text file, of one line"
NO_FORMULA = "No cell would run as a formula"

# What OWASP names, kept apart from the writer's own list.
_FORMULA_SIGNS = "=+-@\t\r\n\0＝＋－＠"


class _Files(Checker):
    def text(self, place: str, value: Any) -> None:
        self.findings.saw(NOTHING_EMPTY)
        if not isinstance(value, str) or not value.strip():
            self.findings.wrong(NOTHING_EMPTY, f"{place} is {value!r}")

    def in_one_split(self, image: Any, split: str, seen: dict[Any, str]) -> None:
        self.findings.saw(SPLITS_DISJOINT)
        if seen.setdefault(image, split) != split:
            self.findings.wrong(SPLITS_DISJOINT, f"{image} stands in {seen[image]} and {split}")


class WebDatasetChecker(_Files):
    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, SAMPLES_WHOLE, IMAGES_UPRIGHT, NOTHING_EMPTY, ONE_TYPE, SAME_KEYS, SPLITS_DISJOINT, CLEAN_TEXT,
    )  # fmt: skip

    def examine(self, bundle: Bundle) -> None:
        schema, seen = Schema(), dict[Any, str]()
        for split in self.expected.splits:
            samples = entries = 0
            for name in (name for name in bundle.sizes if name.startswith(f"webdataset-{split}-")):
                with bundle.open(name) as file, tarfile.open(fileobj=file, mode="r|") as tar:
                    pending: tuple[str, bytes] | None = None
                    for member in tar:
                        content = tar.extractfile(member)
                        data = content.read() if content else b""
                        if pending is None:
                            pending = member.name, data
                            continue
                        samples += 1
                        entries += self._sample(pending, (member.name, data), schema, split, seen)
                        pending = None
                    if pending is not None:
                        self.findings.wrong(SAMPLES_WHOLE, f"{pending[0]} stands alone")
            self.expect(f"samples of {split}", self.expected.rows_per_split.get(split, 0), samples)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), entries)
        schema.report(self.findings)

    def _sample(
        self, image: tuple[str, bytes], said: tuple[str, bytes], schema: Schema, split: str, seen: dict[Any, str]
    ) -> int:
        key = image[0].removesuffix(".jpg")
        self.findings.saw(SAMPLES_WHOLE)
        if "." in key or (image[0], said[0]) != (f"{key}.jpg", f"{key}.json"):
            self.findings.wrong(SAMPLES_WHOLE, f"{image[0]} and {said[0]} stand together")
        self.in_one_split(key, split, seen)
        self.findings.saw(IMAGES_UPRIGHT)
        problem = image_problem(image[1], as_original=False)
        if problem or not image[1].startswith(b"\xff\xd8"):
            self.findings.wrong(IMAGES_UPRIGHT, f"{image[0]} {problem or 'is no JPEG'}")
        self.findings.saw(CLEAN_TEXT)
        try:
            row = json.loads(said[1].decode())
        except ValueError as error:
            self.findings.wrong(CLEAN_TEXT, f"{said[0]}: {error}")
            return 0
        schema.add(split, row)
        for entry in row.get("qa") or []:
            self.text("a question", entry.get("question"))
            self.text("an answer", entry.get("answer"))
        return len(row.get("qa") or [])


class SidecarChecker(_Files):
    checks: ClassVar[tuple[str, ...]] = (COUNTS_MATCH, ONE_LINE, NOTHING_EMPTY, SPLITS_DISJOINT, CLEAN_TEXT)

    def examine(self, bundle: Bundle) -> None:
        several = len(self.recipe.splits.names) > 1
        seen: dict[Any, str] = {}
        total = 0
        for split in self.expected.splits:
            directory = split if several else "images"
            images = [
                name for name in bundle.sizes if name.startswith(f"{directory}/") and name.endswith(IMAGE_ENDINGS)
            ]
            total += len(images)
            self.expect(f"captions of {split}", self.expected.rows_per_split.get(split, 0), len(images))
            for name in images:
                self.in_one_split(name.partition("/")[2], split, seen)
                self._caption(bundle, f"{name.rsplit('.', 1)[0]}.txt")
        self.expect("image files", self.expected.images, total)
        texts = [name for name in bundle.sizes if name.endswith(".txt")]
        self.expect("text files", self.expected.images, len(texts))

    def _caption(self, bundle: Bundle, name: str) -> None:
        self.findings.saw(ONE_LINE)
        if name not in bundle.sizes:
            self.findings.wrong(ONE_LINE, f"{name} is missing")
            return
        self.findings.saw(CLEAN_TEXT)
        try:
            with bundle.open(name) as file:
                caption = file.read().decode("utf-8")
        except ValueError as error:
            self.findings.wrong(CLEAN_TEXT, f"{name}: {error}")
            return
        self.text(name, caption)
        if len(caption.splitlines()) != 1 or not caption.endswith("\n"):
            self.findings.wrong(ONE_LINE, f"{name} has {len(caption.splitlines())} lines")


class RoboflowChecker(_Files):
    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH,
        PATHS_HOLD,
        NOTHING_EMPTY,
        NO_TOKEN_IN_TEXT,
        ONE_TYPE,
        SAME_KEYS,
        SPLITS_DISJOINT,
        CLEAN_TEXT,
    )

    def examine(self, bundle: Bundle) -> None:
        schema, seen = Schema(), dict[Any, str]()
        for split in self.expected.splits:
            directory = RoboflowWriter.DIRECTORIES[split]
            rows = 0
            name = f"{directory}/annotations.jsonl"
            for row in read_rows(bundle, name, self.findings) if name in bundle.sizes else ():
                rows += 1
                schema.add(split, row)
                self._row(row, directory, bundle)
                self.in_one_split(row.get("image"), split, seen)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
        schema.report(self.findings)

    def _row(self, row: dict[str, Any], directory: str, bundle: Bundle) -> None:
        if set(row) != {"image", "prefix", "suffix"}:
            self.findings.wrong(NOTHING_EMPTY, f"a row has the keys {list(row)}")
        for key in ("prefix", "suffix"):
            self.text(key, row.get(key))
            self.findings.saw(NO_TOKEN_IN_TEXT)
            if IMAGE_TOKEN in str(row.get(key)).lower():
                self.findings.wrong(NO_TOKEN_IN_TEXT, f"{key} is {str(row.get(key))[:60]!r}")
        self.findings.saw(PATHS_HOLD)
        image = row.get("image")
        if not isinstance(image, str) or not is_safe_path(image) or "/" in image:
            self.findings.wrong(PATHS_HOLD, f"{image!r} is no file name")
        elif self.recipe.images == "path" and f"{directory}/{image}" not in bundle.sizes:
            self.findings.wrong(PATHS_HOLD, f"{directory}/{image} is not in the bundle")


class CsvChecker(_Files):
    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH,
        IDS_UNIQUE,
        NOTHING_EMPTY,
        PATHS_HOLD,
        SAME_KEYS,
        NO_FORMULA,
        SPLITS_DISJOINT,
        CLEAN_TEXT,
    )

    def examine(self, bundle: Bundle) -> None:
        ids, seen, heads = Ids(), dict[Any, str](), set[tuple[str, ...]]()
        for split, name in self.row_files(bundle, "csv").items():
            rows = 0
            with bundle.open(name) as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
                try:
                    table = csv.reader(text, strict=True)
                    head = next(table, [])
                    heads.add(tuple(head))
                    for cells in table:
                        rows += 1
                        self._row(head, cells, split, bundle, ids, seen)
                except (csv.Error, ValueError) as error:
                    self.findings.wrong(CLEAN_TEXT, f"{name}: {error}")
            self.findings.saw(CLEAN_TEXT)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
        self.findings.saw(SAME_KEYS)
        if len(heads) > 1:
            self.findings.wrong(SAME_KEYS, "the splits have different columns")
        self.findings.saw(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.wrong(IDS_UNIQUE, f"{repeated} ids stand there twice")

    def _row(
        self, head: list[str], cells: list[str], split: str, bundle: Bundle, ids: Ids, seen: dict[Any, str]
    ) -> None:
        if len(cells) != len(head):
            self.findings.wrong(CLEAN_TEXT, f"a row has {len(cells)} cells, the head {len(head)}")
            return
        row = dict(zip(head, cells, strict=True))
        ids.add(row.get("id"))
        for key in ("id", "question", "answer", "image"):
            self.text(key, row.get(key))
        self.findings.saw(PATHS_HOLD)
        image = row.get("image", "")
        if not is_safe_path(image) or (self.recipe.images == "path" and image not in bundle.sizes):
            self.findings.wrong(PATHS_HOLD, f"{image} does not hold")
        self.in_one_split(image, split, seen)
        self.findings.saw(NO_FORMULA, len(cells))
        for cell in cells:
            if self.recipe.formula_guard and cell[:1] and cell[0] in _FORMULA_SIGNS:
                self.findings.wrong(NO_FORMULA, f"a cell begins with {cell[:20]!r}")
