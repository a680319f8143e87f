"""What all checkers share: reading a bundle back, and collecting what is wrong with it."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Protocol

from core.export.checks.images import IMAGE_ENDINGS, image_problem

if TYPE_CHECKING:
    from core.export.formats.base import Format
    from core.export.recipe import ExportRecipe

_CHUNK_BYTES = 1 << 20
_EXAMPLES = 3

TOKENS_MATCH = "The number of image tokens is the number of images"
TOKEN_FIRST = "An image token stands only in the first user turn, once"  # noqa: S105
NO_TOKEN_IN_TEXT = "No text carries a media token of its own"  # noqa: S105
TURNS_ALTERNATE = "Turns alternate, user first, assistant last"
NOTHING_EMPTY = "No text is empty and nothing is null"
PATHS_HOLD = "Every image path is relative, safe and leads to an image in the bundle"
IMAGES_UPRIGHT = "Every image opens, is upright and RGB"
IMAGES_ORIGINAL = "Every image opens and is the original, byte for byte"
IDS_UNIQUE = "Ids are unique"
ONE_TYPE = "Every key has one type in all rows and splits"
SAME_KEYS = "Every split has the same keys"
LISTS_TYPED = "No list column is without a type"
CLEAN_TEXT = "Text is UTF-8, numbers are finite, every line ends"
COUNTS_MATCH = "What was written is what reads back"
SPLITS_DISJOINT = "No image stands in two splits"


@dataclass(frozen=True)
class Expected:
    """What the writer says it wrote; the checker counts for itself."""

    entries_per_split: dict[str, int]
    rows_per_split: dict[str, int]
    images: int
    """Image files or, in formats that embed them, embedded images; 0 when images were left out."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have rows; "train" for an empty export."""
        return tuple(self.rows_per_split) or ("train",)


@dataclass(frozen=True)
class CheckResult:
    name: str
    examined: int
    problems: int
    examples: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.problems == 0


@dataclass
class Findings:
    """Counts by check; a check that was named but never examined anything has still to be shown."""

    examined: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def saw(self, check: str, count: int = 1) -> None:
        self.examined[check] = self.examined.get(check, 0) + count

    def wrong(self, check: str, example: str) -> None:
        self.examined.setdefault(check, 0)
        self.problems[check] = self.problems.get(check, 0) + 1
        found = self.examples.setdefault(check, [])
        if len(found) < _EXAMPLES:
            found.append(example[:200])

    def results(self) -> list[CheckResult]:
        return [
            CheckResult(name, count, self.problems.get(name, 0), tuple(self.examples.get(name, ())))
            for name, count in self.examined.items()
        ]


class Bundle(Protocol):
    """A finished bundle, read only; *sizes* are the bytes of its files by name."""

    sizes: dict[str, int]

    def open(self, name: str) -> IO[bytes]: ...


class DirectoryBundle:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.sizes = {
            path.relative_to(root).as_posix(): path.stat().st_size for path in sorted(root.rglob("*")) if path.is_file()
        }

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")


class ZipBundle:
    """Reads through a ZipFile for each thread.

    Opening a member seeks on from where the file stands (Python 3.12, 3.13), and another thread may have moved it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._of_thread = threading.local()
        self._archives: list[zipfile.ZipFile] = []
        self.sizes = {member.filename: member.file_size for member in self._archive().infolist()}

    def open(self, name: str) -> IO[bytes]:
        return self._archive().open(name)

    def close(self) -> None:
        for archive in self._archives:
            archive.close()

    def _archive(self) -> zipfile.ZipFile:
        found: zipfile.ZipFile | None = getattr(self._of_thread, "archive", None)
        if found is None:
            found = self._of_thread.archive = zipfile.ZipFile(self._path)
            self._archives.append(found)
        return found


@contextmanager
def open_bundle(path: Path) -> Iterator[Bundle]:
    """Open a directory or a ZIP for reading back, by several threads if need be."""
    if path.is_dir():
        yield DirectoryBundle(path)
        return
    bundle = ZipBundle(path)
    try:
        yield bundle
    finally:
        bundle.close()


class Checker:
    """Checks bundles of one kind; *checks* are those it always answers for."""

    checks: ClassVar[tuple[str, ...]] = ()

    def __init__(self, format_: "Format", recipe: "ExportRecipe", expected: Expected) -> None:
        self.format = format_
        self.recipe = recipe
        self.expected = expected
        self.findings = Findings()
        self.hashes: dict[str, str] = {}
        """sha256 of every file of the bundle, filled by :meth:`run`."""

    def run(self, bundle: Bundle, originals: dict[str, str] | None = None) -> list[CheckResult]:
        """Read *bundle* back; *originals* are the sha256 that image files must have when they are to be originals."""
        for check in self.checks:
            self.findings.saw(check, 0)
        self.read_files(bundle, originals or {})
        self.examine(bundle)
        return self.findings.results()

    def examine(self, bundle: Bundle) -> None:
        """Check the rows."""
        raise NotImplementedError

    def read_files(self, bundle: Bundle, originals: dict[str, str]) -> None:
        """Hash every file, and look into those that are images."""
        as_original = self.recipe.image_form == "original" and not self.recipe.max_side_px
        check = IMAGES_ORIGINAL if as_original else IMAGES_UPRIGHT

        def read(name: str) -> tuple[str, str, str]:
            if not name.endswith(IMAGE_ENDINGS):
                return name, _sha256(bundle, name), ""
            with bundle.open(name) as file:
                data = file.read()
            return name, hashlib.sha256(data).hexdigest(), image_problem(data, as_original=as_original)

        # Hashing and reading release the interpreter lock, so two threads are nearly twice as fast.
        with ThreadPoolExecutor(2, thread_name_prefix="vitrine-check") as pool:
            for name, digest, problem in pool.map(read, bundle.sizes):
                self.hashes[name] = digest
                if not name.endswith(IMAGE_ENDINGS):
                    continue
                self.findings.saw(check)
                if problem:
                    self.findings.wrong(check, f"{name}: {problem}")
                elif as_original and originals.get(name, digest) != digest:
                    self.findings.wrong(check, f"{name} differs from the original")

    # --- for the checkers --------------------------------------------------------------------------------

    def expect(self, what: str, wanted: Any, found: Any) -> None:
        self.findings.saw(COUNTS_MATCH)
        if wanted != found:
            self.findings.wrong(COUNTS_MATCH, f"{what}: {wanted} written, {found} read back")

    def row_files(self, bundle: Bundle, ending: str) -> dict[str, str]:
        """Return the rows file of each split by the split's name, noting those that are missing."""
        several = len(self.recipe.splits.names) > 1
        stem = self.format.file_stem
        names = {split: f"{stem}_{split}.{ending}" if several else f"{stem}.{ending}" for split in self.expected.splits}
        for name in names.values():
            if name not in bundle.sizes:
                self.findings.wrong(COUNTS_MATCH, f"{name} is missing")
        return {split: name for split, name in names.items() if name in bundle.sizes}


def _sha256(bundle: Bundle, name: str) -> str:
    digest = hashlib.sha256()
    with bundle.open(name) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
