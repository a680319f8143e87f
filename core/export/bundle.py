"""A bundle: writing rows and images into a target, and reading the result back."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from core.errors import ExportError
from core.export.checks.base import CheckResult, Expected, open_bundle
from core.export.control_words import has_control_word
from core.export.entries import GENERATED, ExportImage, FurtherImage, ImageGroup, exported_size, file_name
from core.export.job import ExportJob
from core.export.layout import CHANGES_JSON
from core.export.recipe import SPLITS
from core.export.writing.changing import ChangeCounts, ImageChanges
from core.export.writing.images import ImageSource, PlannedSource, data_url, extension_of, files_of, with_files
from core.export.writing.target import Target
from core.transform.rendering import FLOATS

IMAGE_MISSING = "the image's file is missing or does not open"
_FIRST_ENTRIES = 5
# LLaMA-Factory scales images down to this area by default.
_LARGE_IMAGE_PX = 768 * 768


@dataclass
class BundleCounts:
    """What a bundle contains, counted while it is written."""

    entries: Counter[str] = field(default_factory=Counter)
    """By split, like *rows* and *images*."""
    rows: Counter[str] = field(default_factory=Counter)
    images: Counter[str] = field(default_factory=Counter)
    """Those of the entries, also when rows only name them."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Entries by the reason why they are not in the bundle."""
    attributes: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """Entries by (kind, answer type, language, model)."""
    edited: int = 0
    """Entries whose answer differs from the generated one."""
    with_control_words: int = 0
    """Entries with a control word in a text; formats for trainers write it in other brackets."""
    with_system: int = 0
    """Entries with the system prompt of their conversation, for which some formats have no place."""
    escaped_cells: int = 0
    """Cells with an apostrophe before them, because a spreadsheet would run them as formulas."""
    large_images: int = 0
    """Images of more than 768 x 768 px, which some trainers scale down by default."""
    generated: set[str] = field(default_factory=set)
    """File names of the images that a model made."""
    entry_ids: bytearray = field(default_factory=bytearray)
    """Ids of the entries, a line each; 22 bytes an entry."""
    originals: dict[str, str] = field(default_factory=dict)
    """sha256 by path of the image files that are the uploaded bytes."""
    changes: ChangeCounts | None = None
    """Of changed images and variants; None when there are none."""
    first: list[tuple[str, str, str]] = field(default_factory=list)
    """(image, question, answer) of the first entries."""

    @property
    def entry_ids_json(self) -> str:
        """The ids as a JSON list, which a query takes as one value."""
        return orjson.dumps(self.entry_ids.decode().split()).decode()

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits with entries, in their usual order."""
        return tuple(split for split in SPLITS if self.entries[split])

    def expected(self) -> Expected:
        """Return what a checker must find."""
        return Expected(dict(self.entries), dict(self.rows), sum(self.images.values()))

    def add(self, group: ImageGroup, rows: int) -> None:
        """Count the entries of an image that were written as so many *rows*."""
        self.entries[group.split] += len(group.entries)
        self.rows[group.split] += rows
        self.entry_ids += "".join([f"{entry.id}\n" for entry in group.entries]).encode()
        attributes = self.attributes
        for entry in group.entries:
            attributes[entry.kind, entry.answer_type, entry.language, entry.model] += 1
            if entry.generated_answer is not None and entry.generated_answer != entry.answer:
                self.edited += 1
            self.with_system += bool(entry.system)
            if has_control_word(entry.question) or has_control_word(entry.answer):
                self.with_control_words += 1
        for image in group.images:
            self.large_images += image.width * image.height > _LARGE_IMAGE_PX
            if image.source == GENERATED:
                self.generated.add(file_name(image))
        if missing := _FIRST_ENTRIES - len(self.first):
            self.first += [(group.image.name, entry.question, entry.answer) for entry in group.entries[:missing]]


def write_bundle(
    job: ExportJob,
    groups: Iterable[ImageGroup],
    target: Target,
    source: ImageSource | None,
    *,
    changes: ImageChanges | None = None,
    changed: PlannedSource | None = None,
    name_of: Callable[..., str] = file_name,
    count_entries: Callable[[int], None] = lambda entries: None,
) -> BundleCounts:
    """Write rows and images to *target*, which stays open, and return what was written.

    Entries whose image file is missing are left out and counted.

    Args:
        source: finds the file of an image; None when images are only named.
        changes: how images are changed; None when they are not.
        changed: makes the files of changed images, which are removed when they are in the bundle.
        name_of: returns the file name of an image, given the image and an extension.
        count_entries: called after each image with the number of entries written so far; may raise to stop.
    """
    bundle = _BundleWriter(job, target, name_of, changes)
    for group, paths in _with_files(job, changes.apply(groups) if changes else groups, source, changed):
        bundle.add(group, paths)
        if group.plans:
            _remove(paths)
        count_entries(bundle.entries)
    return bundle.finish()


def _remove(paths: Iterable[Path | None]) -> None:
    for path in paths:
        if path is not None:
            path.unlink(missing_ok=True)
            path.with_suffix(FLOATS).unlink(missing_ok=True)


def _normalized(path: Path | None) -> bytes:
    """Return the normalized pixels that were written beside an image."""
    return path.with_suffix(FLOATS).read_bytes() if path is not None else b""


class _BundleWriter:
    """Writes one image with its entries after the other."""

    def __init__(
        self, job: ExportJob, target: Target, name_of: Callable[..., str], changes: ImageChanges | None = None
    ) -> None:
        self._target, self._name_of, self._changes = target, name_of, changes
        self._format, self._layout, self._options = job.format, job.layout, job.row_options
        self._writer = self._format.writer(target, self._layout)
        self._copies_images = self._layout.images == "path" and not self._writer.embeds_images
        self._written: set[str] = set()
        self._counts = BundleCounts()
        self.entries = 0

    def add(self, group: ImageGroup, paths: Sequence[Path | None]) -> None:
        """Write images and their entries; *paths* are their files, None for one that has none or is only named."""
        if None in paths and self._layout.images != "none":
            self._counts.left_out[IMAGE_MISSING] += len(group.entries)
            return
        if reason := self._refusal(group):
            self._counts.left_out[reason] += len(group.entries)
            return
        copies, ready = self._with_images(group, paths)
        rows = list(self._format.rows(ready, self._options))
        if self._format.leaves_out is not None:
            group, reasons = self._format.without_left_out(group)
            self._counts.left_out.update(reasons)
        if not rows:
            self._counts.left_out[self._format.no_rows_reason] += len(group.entries)
            return
        count = self._writer.add(ready, rows)
        for position, (image, image_path, path) in enumerate(copies[: len(group.images)]):
            is_new = self._add_image(group.split, image, image_path, path)
            if is_new and path is not None and self._changes is not None and group.plans:
                self._changes.record(group.plans[position], image_path)
        self._counts.add(group, count)
        self.entries += len(group.entries)

    def _refusal(self, group: ImageGroup) -> str:
        """Return why readers of the format refuse the images of a group; empty when they do not."""
        if group.further and not self._format.reads_several_images:
            return f"about several images, of which {self._format.label} reads one"
        most = self._format.max_aspect_ratio
        if most and any(_aspect_ratio(image, self._layout.max_side_px) > most for image in group.images):
            return f"an image is over {most} times as long as wide, which ends a run of Qwen-VL"
        return ""

    def _with_images(
        self, group: ImageGroup, paths: Sequence[Path | None]
    ) -> tuple[list[tuple[ExportImage, str, Path | None]], ImageGroup]:
        """Return the images with their path in the bundle and their file, and the group as its rows refer to them."""
        copies: list[tuple[ExportImage, str, Path | None]] = []
        referred: list[tuple[str, bytes]] = []
        images = group.images
        for image, path in zip(images, paths, strict=True):
            name = self._name_of(image, extension_of(image, path))
            image_path, ref = self._writer.image_path(group.split, name)
            referred.append((ref, b"") if path is None else self._reference(path, name, ref))
            copies.append((image, image_path, path))
        further = tuple([FurtherImage(image, *how) for image, how in zip(images[1:], referred[1:], strict=True)])
        floats = _normalized(paths[0]) if self._options.normalized else b""
        group = ImageGroup(group.image, group.entries, group.split, *referred[0], further, floats=floats)
        return copies, group

    def _reference(self, path: Path, name: str, ref: str) -> tuple[str, bytes]:
        """Return how rows refer to an image: by path, as a data URL, or with the image's bytes."""
        if self._writer.embeds_images:
            return name, path.read_bytes()
        return (data_url(path) if self._layout.images == "base64" else ref), b""

    def _add_image(self, split: str, image: ExportImage, image_path: str, path: Path | None) -> bool:
        """Write an image, once, and return whether it was new."""
        if image_path in self._written:
            return False
        self._written.add(image_path)
        self._counts.images[split] += 1
        if self._copies_images and path is not None:
            self._target.add_file(image_path, path)
            if self._layout.image_form == "original":
                self._counts.originals[image_path] = image.sha256
        return True

    def finish(self) -> BundleCounts:
        """Complete the rows and add the companion files of the format."""
        self._writer.finish()
        self._counts.escaped_cells = self._writer.escaped_cells
        companion_files = self._format.companion_files
        if companion_files is not None:
            names = {split: self._layout.rows_file(split) for split in self._writer.splits}
            for name, data in companion_files(names).items():
                self._target.add_bytes(name, data)
        if self._changes is not None:
            self._counts.changes = self._changes.counts
            self._counts.left_out.update(self._changes.counts.left_out)
            self._target.add_bytes(CHANGES_JSON, self._changes.as_json())
        return self._counts


def _aspect_ratio(image: ExportImage, max_side_px: int | None) -> float:
    """Return the longer side by the shorter one, as exported; 0 when the size is unknown."""
    sides = exported_size(image, max_side_px)
    return max(sides) / min(sides) if min(sides) else 0.0


def _with_files(
    job: ExportJob, groups: Iterable[ImageGroup], source: ImageSource | None, changed: PlannedSource | None
) -> Iterator[tuple[ImageGroup, Sequence[Path | None]]]:
    if source is None or job.layout.images == "none":
        return ((group, [None] * len(group.images)) for group in groups)
    if job.layout.image_form == "original":
        # Nothing is rendered, and passing the work to threads takes longer than reading.
        return ((group, files_of(group, source)) for group in groups)
    return with_files(iter(groups), source, changed)


def check_bundle(job: ExportJob, path: Path, counts: BundleCounts) -> tuple[list[CheckResult], dict[str, str]]:
    """Read the bundle at *path* back and return the results of its checks and the sha256 of its files by name.

    Raises:
        ExportError: a check failed; the bundle must not be used.
    """
    checker = job.format.checker(job.layout, counts.expected())
    with open_bundle(path) as bundle:
        results = checker.run(bundle, counts.originals)
    failed = [result for result in results if not result.passed]
    if failed:
        example = failed[0].examples[0] if failed[0].examples else ""
        raise ExportError(
            f"The export was discarded, because readers of {job.format.label} could not use it. "
            f"{failed[0].name}: {example}. Change the entry or choose another format."
        )
    return results, checker.hashes
