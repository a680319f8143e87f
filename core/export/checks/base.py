"""What all checkers share: reading a bundle back and collecting its problems."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol

from core.export.checks.images import IMAGE_EXTENSIONS, image_problem
from core.export.layout import BundleLayout

_CHUNK_BYTES = 1 << 20
_EXAMPLES = 3

TOKENS_MATCH = "There are as many image tokens as images"
TOKEN_FIRST = "Image tokens stand before the text of a user turn, those of a single image in the first one"  # noqa: S105
NO_CONTROL_WORD = "No text contains a control word of a tokenizer or trainer"
TURNS_ALTERNATE = "Turns alternate, user first, assistant last"
NOTHING_EMPTY = "No text is empty and no value is null"
PATHS_VALID = "Every image path is relative, safe and names an image in the bundle"
IMAGES_UPRIGHT = "Every image opens, is upright and RGB"
IMAGES_ORIGINAL = "Every image opens and is identical to the original"
IDS_UNIQUE = "Ids are unique"
ONE_TYPE = "Every key has one type in all rows and splits"
SAME_KEYS = "Every split has the same keys"
LISTS_TYPED = "Every list column has a type"
VALID_FILES = "Files are valid UTF-8 and parse completely"
COUNTS_MATCH = "Everything that was written can be read back"
SPLITS_DISJOINT = "No image is in two splits"


@dataclass(frozen=True)
class Expected:
    """What the writer counted; the checker counts again by reading."""

    entries_per_split: dict[str, int]
    rows_per_split: dict[str, int]
    images: int
    """Image files, or embedded images in formats that embed them; 0 when images are only named."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have rows; "train" for an empty export."""
        return tuple(self.rows_per_split) or ("train",)


@dataclass(frozen=True)
class CheckResult:
    """The result of one check: how much it examined, and the first problems it found."""

    name: str
    examined: int
    problems: int
    examples: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.problems == 0


@dataclass
class Findings:
    """How much each check examined and what it found; a check that examined nothing is still listed."""

    examined: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def count(self, check: str, examined: int = 1) -> None:
        """Record that *check* examined so many more things."""
        self.examined[check] = self.examined.get(check, 0) + examined

    def fail(self, check: str, example: str) -> None:
        """Record a problem that *check* found; the first three are kept as examples."""
        self.examined.setdefault(check, 0)
        self.problems[check] = self.problems.get(check, 0) + 1
        found = self.examples.setdefault(check, [])
        if len(found) < _EXAMPLES:
            found.append(example[:200])

    def results(self) -> list[CheckResult]:
        """Return the result of every check that was named."""
        return [
            CheckResult(name, count, self.problems.get(name, 0), tuple(self.examples.get(name, ())))
            for name, count in self.examined.items()
        ]


class Bundle(Protocol):
    """A finished bundle, read only; *sizes* are the bytes of its files by name."""

    sizes: dict[str, int]

    def open(self, name: str) -> IO[bytes]:
        """Open a file of the bundle for reading."""
        ...


class DirectoryBundle:
    """A bundle that is a directory; *names* restrict it to these of its files."""

    def __init__(self, root: Path, names: Sequence[str] | None = None) -> None:
        self.root = root
        paths = sorted(root.rglob("*")) if names is None else [root / name for name in names]
        self.sizes = {path.relative_to(root).as_posix(): path.stat().st_size for path in paths if path.is_file()}

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")


class ZipBundle:
    """A bundle that is a ZIP, read through one ZipFile per thread.

    ``ZipFile.open`` is not thread-safe in Python 3.12 and 3.13: it seeks relative to the position of the shared file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._of_thread = threading.local()
        self._archives: list[zipfile.ZipFile] = []
        self.sizes = {member.filename: member.file_size for member in self._archive().infolist()}

    def open(self, name: str) -> IO[bytes]:
        return self._archive().open(name)

    def close(self) -> None:
        """Close the archive of every thread."""
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
    """Open a directory or a ZIP for reading; several threads may read from it."""
    if path.is_dir():
        yield DirectoryBundle(path)
        return
    bundle = ZipBundle(path)
    try:
        yield bundle
    finally:
        bundle.close()


class Checker:
    """Reads a finished bundle as its consumer would and records every problem; *checks* are always reported."""

    checks: ClassVar[tuple[str, ...]] = ()

    def __init__(self, layout: BundleLayout, expected: Expected) -> None:
        self.layout = layout
        self.expected = expected
        self.findings = Findings()
        self.hashes: dict[str, str] = {}
        """sha256 by file name, filled by :meth:`run`."""

    def run(self, bundle: Bundle, originals: dict[str, str] | None = None) -> list[CheckResult]:
        """Read *bundle* back and return the result of each check.

        Args:
            originals: sha256 by file name of the images that must be the uploaded bytes.
        """
        for check in self.checks:
            self.findings.count(check, 0)
        self._read_files(bundle, originals or {})
        self.examine(bundle)
        return self.findings.results()

    def examine(self, bundle: Bundle) -> None:
        """Check the rows."""
        raise NotImplementedError

    def _read_files(self, bundle: Bundle, originals: dict[str, str]) -> None:
        """Hash every file, and check those that are images."""
        check = IMAGES_ORIGINAL if self.layout.has_originals else IMAGES_UPRIGHT

        def read(name: str) -> tuple[str, str, str]:
            if not name.endswith(IMAGE_EXTENSIONS):
                return name, _sha256(bundle, name), ""
            with bundle.open(name) as file:
                data = file.read()
            problem = image_problem(data, as_original=self.layout.has_originals)
            return name, hashlib.sha256(data).hexdigest(), problem

        # Hashing and reading release the GIL, so two threads are nearly twice as fast.
        with ThreadPoolExecutor(2, thread_name_prefix="vitrine-check") as pool:
            for name, digest, problem in pool.map(read, bundle.sizes):
                self.hashes[name] = digest
                if not name.endswith(IMAGE_EXTENSIONS):
                    continue
                self.findings.count(check)
                if problem:
                    self.findings.fail(check, f"{name}: {problem}")
                elif self.layout.has_originals and originals.get(name, digest) != digest:
                    self.findings.fail(check, f"{name} differs from the original")

    # --- shared by the checkers --------------------------------------------------------------------------

    def expect(self, what: str, written: Any, found: Any) -> None:
        """Check that as much was read back as was written."""
        self.findings.count(COUNTS_MATCH)
        if written != found:
            self.findings.fail(COUNTS_MATCH, f"{what}: {written} written, {found} read back")

    def check_text(self, what: str, value: Any) -> None:
        """Check that *value* is a text that is not blank."""
        self.findings.count(NOTHING_EMPTY)
        if not isinstance(value, str) or not value.strip():
            self.findings.fail(NOTHING_EMPTY, f"{what} is {value!r}")

    def check_split(self, image: Any, split: str, seen: dict[Any, str]) -> None:
        """Check that *image* was *seen* in no other split, and remember its split."""
        self.findings.count(SPLITS_DISJOINT)
        if seen.setdefault(image, split) != split:
            self.findings.fail(SPLITS_DISJOINT, f"{image} is in {seen[image]} and {split}")

    def row_files(self, bundle: Bundle) -> dict[str, str]:
        """Return the rows files that exist by split; a missing one is a problem."""
        names = {split: self.layout.rows_file(split) for split in self.expected.splits}
        for name in names.values():
            if name not in bundle.sizes:
                self.findings.fail(COUNTS_MATCH, f"{name} is missing")
        return {split: name for split, name in names.items() if name in bundle.sizes}


def _sha256(bundle: Bundle, name: str) -> str:
    digest = hashlib.sha256()
    with bundle.open(name) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
