"""Writing a bundle: rows and images into a target, checked, published complete or not at all."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import ExportError, StorageError
from core.export.checks.base import CheckResult, Expected, open_bundle
from core.export.entries import GENERATED, Entry, ImageGroup, RowOptions, file_name, has_media_token
from core.export.formats import Format
from core.export.recipe import SPLITS, ExportRecipe
from core.export.selecting.query import IMAGE_GONE
from core.export.writing.images import Source, data_url, extension_of, with_sources
from core.export.writing.target import DirectoryTarget, Target, ZipTarget

Progress = Callable[[int], None]
"""Told how many entries are written; may raise to stop."""

_TEMPORARY = ".making-"
_PREVIEW_ENTRIES = 5


@dataclass
class Written:
    """What went into a bundle, counted while writing."""

    entries: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    images: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """Entries by (kind, answer type, language, model)."""
    edited: int = 0
    bracketed: int = 0
    """Entries with a text that carried a media token; formats for trainers put it in square brackets."""
    small_print: int = 0
    """Images of more than 768 x 768 px, which some trainers shrink by default."""
    generated: set[str] = field(default_factory=set)
    """Names in the bundle of the images that a model made."""
    originals: dict[str, str] = field(default_factory=dict)
    first: list[tuple[str, str, str]] = field(default_factory=list)
    """(image, question, answer) of the first entries."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that got entries, in their usual order."""
        return tuple(split for split in SPLITS if self.entries[split])

    def expected(self) -> Expected:
        return Expected(dict(self.entries), dict(self.rows), sum(self.images.values()))

    def count(self, group: ImageGroup, rows: int) -> None:
        self.entries[group.split] += len(group.entries)
        self.rows[group.split] += rows
        for entry in group.entries:
            self.kinds[entry.kind, entry.answer_type, entry.language, entry.model] += 1
            if entry.generated_answer is not None and entry.generated_answer != entry.answer:
                self.edited += 1
            if "<" in entry.question + entry.answer and has_media_token(entry.question + entry.answer):
                self.bracketed += 1
        if group.image.width * group.image.height > 768 * 768:
            self.small_print += 1
        if group.image.source == GENERATED:
            self.generated.add(file_name(group.image))
        if len(self.first) < _PREVIEW_ENTRIES:
            self._keep_first(group.entries, group.image.name)

    def _keep_first(self, entries: Iterable[Entry], name: str) -> None:
        room = _PREVIEW_ENTRIES - len(self.first)
        self.first += [(name, entry.question, entry.answer) for entry in entries][:room]


def write_bundle(
    groups: Iterable[ImageGroup],
    recipe: ExportRecipe,
    format_: Format,
    target: Target,
    source: Source | None,
    *,
    name_of: Callable[..., str] = file_name,
    progress: Progress = lambda entries: None,
) -> Written:
    """Write rows and images to *target*, which stays open; without a *source* images are only named.

    An image whose file is gone takes its entries out of the bundle, counted.
    """
    writer = format_.writer()(target, recipe, format_)
    options = RowOptions(grouping=recipe.grouping, metadata=recipe.metadata, source=recipe.title or "vitrine")
    written = Written()
    copies = recipe.images == "path" and writer.copies
    placed: set[str] = set()
    done = 0
    for group, path in _sourced(groups, source, recipe):
        if path is None and recipe.images != "none":
            written.left_out[IMAGE_GONE] += len(group.entries)
            continue
        where = name_of(group.image, extension_of(group.image, path))
        place, ref = writer.place(group.split, where)
        if path is None:
            ready = ImageGroup(group.image, group.entries, group.split, ref)
        elif writer.embeds:
            ready = ImageGroup(group.image, group.entries, group.split, where, path.read_bytes())
        elif recipe.images == "base64":
            ready = ImageGroup(group.image, group.entries, group.split, data_url(path))
        else:
            ready = ImageGroup(group.image, group.entries, group.split, ref)
        rows = list(format_.rows(ready, options))
        if not rows:
            written.left_out[format_.without_rows] += len(group.entries)
            continue
        count = writer.add(ready, rows)
        if path is not None and copies and place not in placed:
            target.add_file(place, path)
        if path is not None and place not in placed:
            written.images[group.split] += 1
            if copies and recipe.image_form == "original":
                written.originals[place] = group.image.sha256
        if copies:
            placed.add(place)
        written.count(group, count)
        done += len(group.entries)
        progress(done)
    writer.finish()
    return written


def _sourced(
    groups: Iterable[ImageGroup], source: Source | None, recipe: ExportRecipe
) -> Iterator[tuple[ImageGroup, Path | None]]:
    if source is None or recipe.images == "none":
        return ((group, None) for group in groups)
    if recipe.image_form == "original":
        # Nothing has to be made, and handing files to threads takes longer than reading them.
        return ((group, source(group.image)) for group in groups)
    return with_sources(iter(groups), source)


def check_bundle(
    path: Path, recipe: ExportRecipe, format_: Format, written: Written
) -> "tuple[list[CheckResult], dict[str, str]]":
    """Read the bundle at *path* back and return its checks and the sha256 of its files.

    Raises:
        ExportError: a check failed; the bundle must not be used.
    """
    checker = format_.checker()(format_, recipe, written.expected())
    with open_bundle(path) as bundle:
        results = checker.run(bundle, written.originals)
    failed = [result for result in results if not result.passed]
    if failed:
        example = failed[0].examples[0] if failed[0].examples else ""
        raise ExportError(
            f"The export was not kept, because it does not hold what {format_.label} readers need. "
            f"{failed[0].name}: {example}. Change the entry or choose another format."
        )
    return results, checker.hashes


def target_for(path: Path, recipe: ExportRecipe) -> Target:
    return ZipTarget(path) if recipe.container == "zip" else DirectoryTarget(path)


@contextmanager
def room_to_build(final: Path) -> Iterator[Path]:
    """Yield an empty directory beside *final* to build in; it is gone afterwards, whatever happened.

    What a killed process left there is swept first: a lock tells it from the work of a living one.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    _sweep(final.parent)
    room = final.parent / f"{_TEMPORARY}{final.name}"
    lock = FileLock(f"{room}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ExportError("This export is being made already. Wait for it to finish.") from error
    try:
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        yield room
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(
            f"The export could not be written ({error.strerror or error}). Make room on the disk and run it again."
        ) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)
        lock.release()
        with suppress(OSError):
            Path(lock.lock_file).unlink()


def publish(built: Path, final: Path) -> None:
    """Move a finished bundle to its place: complete or absent, also after a power cut."""
    # One sync for all files: a bundle may have many thousands, and an fsync of each would take longer than writing.
    os.sync()
    if final.is_dir() and built.is_dir() and any(final.iterdir()):
        _replace_directory(built, final)
    else:
        built.replace(final)
    directory = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _replace_directory(built: Path, final: Path) -> None:
    """Put *built* in the place of an earlier export; a directory with anything else in it is added to."""
    if (final / "EXPORT_REPORT.json").exists():
        old = built.with_name("replaced")
        final.replace(old)
        built.replace(final)
        return
    for path in sorted(built.rglob("*")):
        if path.is_file():
            place = final / path.relative_to(built)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)


def _sweep(parent: Path) -> None:
    for left in parent.glob(f"{_TEMPORARY}*"):
        if left.suffix == ".lock":
            continue
        lock = FileLock(f"{left}.lock")
        with suppress(Timeout):
            lock.acquire(timeout=0)
            shutil.rmtree(left, ignore_errors=True)
            lock.release()
            with suppress(OSError):
                Path(lock.lock_file).unlink()
