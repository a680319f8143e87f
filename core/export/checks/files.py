"""Checks of WebDataset tars, sidecar text, Roboflow's lines and CSV."""

import csv
import io
import json
import tarfile
from typing import Any, ClassVar

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    IMAGES_UPRIGHT,
    NO_CONTROL_WORD,
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
from core.export.checks.texts import control_word

SAMPLES_WHOLE = "Every sample is a .jpg followed by a .json, under a key without dots"
ONE_LINE = "Every image has a text file of one line"
NO_FORMULA = "No cell would run as a formula"

# The list of OWASP again: a checker that imported the writer's list could not find its gaps.
_FORMULA_STARTS = "=+-@\t\r\n\0＝＋－＠"
_ROBOFLOW_DIRECTORIES = {"train": "train", "validation": "valid", "test": "test"}


class WebDatasetChecker(Checker):
    """Reads the tars in one pass, as the webdataset library does."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, SAMPLES_WHOLE, IMAGES_UPRIGHT, NOTHING_EMPTY, ONE_TYPE, SAME_KEYS, SPLITS_DISJOINT, VALID_FILES,
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
                        entries += self._check_sample(pending, (member.name, data), schema, split, seen)
                        pending = None
                    if pending is not None:
                        self.findings.fail(SAMPLES_WHOLE, f"{pending[0]} has no partner")
            self.expect(f"samples of {split}", self.expected.rows_per_split.get(split, 0), samples)
            self.expect(f"entries of {split}", self.expected.entries_per_split.get(split, 0), entries)
        schema.report(self.findings)

    def _check_sample(
        self, image: tuple[str, bytes], text: tuple[str, bytes], schema: Schema, split: str, seen: dict[Any, str]
    ) -> int:
        key = image[0].removesuffix(".jpg")
        self.findings.count(SAMPLES_WHOLE)
        if "." in key or (image[0], text[0]) != (f"{key}.jpg", f"{key}.json"):
            self.findings.fail(SAMPLES_WHOLE, f"{image[0]} and {text[0]} are next to each other")
        self.check_split(key, split, seen)
        self.findings.count(IMAGES_UPRIGHT)
        problem = image_problem(image[1], as_original=False)
        if problem or not image[1].startswith(b"\xff\xd8"):
            self.findings.fail(IMAGES_UPRIGHT, f"{image[0]} {problem or 'is not a JPEG'}")
        self.findings.count(VALID_FILES)
        try:
            row = json.loads(text[1].decode())
        except ValueError as error:
            self.findings.fail(VALID_FILES, f"{text[0]}: {error}")
            return 0
        schema.add(split, row)
        for entry in row.get("qa") or []:
            self.check_text("a question", entry.get("question"))
            self.check_text("an answer", entry.get("answer"))
        return len(row.get("qa") or [])


class SidecarChecker(Checker):
    """Reads the caption beside each image; kohya reads every line of it as a caption."""

    checks: ClassVar[tuple[str, ...]] = (COUNTS_MATCH, ONE_LINE, NOTHING_EMPTY, SPLITS_DISJOINT, VALID_FILES)

    def examine(self, bundle: Bundle) -> None:
        seen: dict[Any, str] = {}
        total = 0
        for split in self.expected.splits:
            directory = split if self.layout.is_split else "images"
            images = [
                name for name in bundle.sizes if name.startswith(f"{directory}/") and name.endswith(IMAGE_EXTENSIONS)
            ]
            total += len(images)
            self.expect(f"captions of {split}", self.expected.rows_per_split.get(split, 0), len(images))
            for name in images:
                self.check_split(name.partition("/")[2], split, seen)
                self._check_caption(bundle, f"{name.rsplit('.', 1)[0]}.txt")
        self.expect("image files", self.expected.images, total)
        texts = [name for name in bundle.sizes if name.endswith(".txt")]
        self.expect("text files", self.expected.images, len(texts))

    def _check_caption(self, bundle: Bundle, name: str) -> None:
        self.findings.count(ONE_LINE)
        if name not in bundle.sizes:
            self.findings.fail(ONE_LINE, f"{name} is missing")
            return
        self.findings.count(VALID_FILES)
        try:
            with bundle.open(name) as file:
                caption = file.read().decode("utf-8")
        except ValueError as error:
            self.findings.fail(VALID_FILES, f"{name}: {error}")
            return
        self.check_text(name, caption)
        if len(caption.splitlines()) != 1 or not caption.endswith("\n"):
            self.findings.fail(ONE_LINE, f"{name} has {len(caption.splitlines())} lines")


class RoboflowChecker(Checker):
    """Reads prefix, suffix and the image beside the lines, as maestro does."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH,
        PATHS_VALID,
        NOTHING_EMPTY,
        NO_CONTROL_WORD,
        ONE_TYPE,
        SAME_KEYS,
        SPLITS_DISJOINT,
        VALID_FILES,
    )

    def examine(self, bundle: Bundle) -> None:
        schema, seen = Schema(), dict[Any, str]()
        for split in self.expected.splits:
            directory = _ROBOFLOW_DIRECTORIES[split]
            rows = 0
            name = f"{directory}/annotations.jsonl"
            for row in read_rows(bundle, name, self.findings) if name in bundle.sizes else ():
                rows += 1
                schema.add(split, row)
                self._check_row(row, directory, bundle)
                self.check_split(row.get("image"), split, seen)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
        schema.report(self.findings)

    def _check_row(self, row: dict[str, Any], directory: str, bundle: Bundle) -> None:
        if set(row) != {"image", "prefix", "suffix"}:
            self.findings.fail(NOTHING_EMPTY, f"a row has the keys {list(row)}")
        for key in ("prefix", "suffix"):
            self.check_text(key, row.get(key))
            self.findings.count(NO_CONTROL_WORD)
            if word := control_word(str(row.get(key))):
                self.findings.fail(NO_CONTROL_WORD, f"{word} is in {key} {str(row.get(key))[:60]!r}")
        self.findings.count(PATHS_VALID)
        image = row.get("image")
        if not isinstance(image, str) or not is_safe_path(image) or "/" in image:
            self.findings.fail(PATHS_VALID, f"{image!r} is not a file name")
        elif self.layout.images == "path" and f"{directory}/{image}" not in bundle.sizes:
            self.findings.fail(PATHS_VALID, f"{directory}/{image} is not in the bundle")


class CsvChecker(Checker):
    """Reads the table with strict RFC 4180 parsing and looks for cells that would run as formulas."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH,
        IDS_UNIQUE,
        NOTHING_EMPTY,
        PATHS_VALID,
        SAME_KEYS,
        NO_FORMULA,
        SPLITS_DISJOINT,
        VALID_FILES,
    )

    def examine(self, bundle: Bundle) -> None:
        ids, seen, headers = Ids(), dict[Any, str](), set[tuple[str, ...]]()
        for split, name in self.row_files(bundle).items():
            rows = 0
            with bundle.open(name) as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
                try:
                    table = csv.reader(text, strict=True)
                    header = next(table, [])
                    headers.add(tuple(header))
                    for cells in table:
                        rows += 1
                        self._check_row(header, cells, split, bundle, ids, seen)
                except (csv.Error, ValueError) as error:
                    self.findings.fail(VALID_FILES, f"{name}: {error}")
            self.findings.count(VALID_FILES)
            self.expect(f"rows of {split}", self.expected.rows_per_split.get(split, 0), rows)
        self.findings.count(SAME_KEYS)
        if len(headers) > 1:
            self.findings.fail(SAME_KEYS, "the splits have different columns")
        self.findings.count(IDS_UNIQUE, len(ids))
        if repeated := ids.repeated():
            self.findings.fail(IDS_UNIQUE, f"{repeated} ids are repeated")

    def _check_row(
        self, header: list[str], cells: list[str], split: str, bundle: Bundle, ids: Ids, seen: dict[Any, str]
    ) -> None:
        if len(cells) != len(header):
            self.findings.fail(VALID_FILES, f"a row has {len(cells)} cells, the header {len(header)}")
            return
        row = dict(zip(header, cells, strict=True))
        ids.add(row.get("id"))
        for key in ("id", "question", "answer", "image"):
            self.check_text(key, row.get(key))
        self.findings.count(PATHS_VALID)
        image = row.get("image", "")
        if not is_safe_path(image) or (self.layout.images == "path" and image not in bundle.sizes):
            self.findings.fail(PATHS_VALID, f"{image} is not a safe path of the bundle")
        self.check_split(image, split, seen)
        self.findings.count(NO_FORMULA, len(cells))
        for cell in cells:
            if self.layout.formula_guard and _runs(cell):
                self.findings.fail(NO_FORMULA, f"a cell starts with {cell[:20]!r}")


def _runs(cell: str) -> bool:
    """Return whether a spreadsheet would run *cell* as a formula; a number with a sign is none."""
    if cell[:1] in ("+", "-") and cell[1:].replace(",", ".").replace(".", "", 1).isdecimal():
        return False
    return bool(cell) and cell[0] in _FORMULA_STARTS
