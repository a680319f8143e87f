"""From a new file to a stored one: decoded and measured in the sandbox, then stored under its hash.

Storing and recording (:mod:`core.images.duplicates`) are two steps on purpose: files are durable before the
transaction begins, and the transaction stays short.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any, NamedTuple

from core.config import Settings
from core.errors import ImageRejectedError
from core.images.import_outcome import label_of, repaired
from core.images.sandbox import sandbox
from core.images.storage import ImageStorage, thumbnail_variant, translate_disk_errors

if TYPE_CHECKING:
    from core.images.decode import Inspected, Limits

_NEW_END = "The end marker of the file was missing and was added; all other bytes are as they were."


class VariantMark(NamedTuple):
    """What makes an image a variant: the id of its original, and the records of its steps."""

    original_id: str
    steps: list[dict[str, Any]]


class Registration(NamedTuple):
    """Where an original is that stays there: ``s3://bucket/key``, and the ETag that stands for its content."""

    address: str
    etag: str


@dataclass(frozen=True)
class NewFile:
    """A file to store; *content* is read once, from memory or from its path."""

    name: str
    content: bytes | memoryview | Path
    source_ref: str = ""
    """Where in its source: archive member, page, URL."""
    variant: VariantMark | None = None
    registration: Registration | None = None
    """Set for an original that is not stored, because it stays where it is."""


@dataclass(frozen=True)
class DecodedImage:
    """The properties of a decoded and stored image; the columns of ``Images`` describe those without a docstring."""

    path: str
    """Relative to the storage directory."""
    sha256: str
    size_bytes: int
    format: str
    width: int
    """px, upright."""
    height: int
    """px, upright."""
    dhash: str
    mirror_dhash: str
    average_color: str
    colors: tuple[str, ...]
    """Names of the dominant colors, largest share first."""
    brightness: float
    contrast: float
    sharpness: float


@dataclass(frozen=True)
class StoredFile:
    """A file that is stored but not recorded yet, or the reason why it was rejected."""

    name: str
    source_ref: str
    image: DecodedImage | None
    """None when the file was rejected."""
    reason: str | None = None
    """Why it was rejected, or what was repaired; None when there is nothing to say."""
    variant: VariantMark | None = None
    registration: Registration | None = None


class MeasuredFile(NamedTuple):
    """A file that was measured before, with the thumbnail that was made of it."""

    stored: StoredFile
    original: Path
    thumbnail: Path
    thumbnail_side_px: int


def store_measured(files: Sequence[MeasuredFile], storage: ImageStorage, settings: Settings) -> None:
    """Copy originals into the storage, and those thumbnails that have the size of this installation.

    Raises:
        StorageError: the disk is full or broken; no partial file remains.
    """
    images = [(number, file, file.stored.image) for number, file in enumerate(files) if file.stored.image is not None]
    with storage.staging() as staging, translate_disk_errors():
        for number, file, _ in images:
            copyfile(file.original, staging / f"{number}.original")
        storage.originals.place((staging / f"{number}.original", image.path) for number, _, image in images)
        for number, file, image in images:
            if file.thumbnail_side_px == settings.thumbnail_side_px:
                copyfile(file.thumbnail, staging / f"{number}.thumbnail")
                variant = thumbnail_variant(file.thumbnail_side_px)
                storage.store_rendition(staging / f"{number}.thumbnail", image.sha256, variant)


def store_files(files: Sequence[NewFile], storage: ImageStorage, settings: Settings) -> list[StoredFile]:
    """Decode, measure and store *files*; the result has one item for each, in their order.

    Raises:
        StorageError: the disk is full or broken; no partial file remains.
    """
    from core.images.decode import Limits, inspect

    limits = Limits(settings.max_image_bytes, settings.max_image_pixels, settings.thumbnail_side_px)
    with storage.staging() as staging:
        jobs = [inspect_job(staging, number, file, limits) for number, file in enumerate(files)]
        with translate_disk_errors():
            results = sandbox(settings).run_each(inspect, jobs)
        results = [_changed(file, result) for file, result in zip(files, results, strict=True)]
        accepted = {n: result for n, result in enumerate(results) if not isinstance(result, ImageRejectedError)}
        path_of = {number: storage.path_of(result.sha256, result.format) for number, result in accepted.items()}
        kept = {number: path for number, path in path_of.items() if files[number].registration is None}
        storage.originals.place((staging / f"{number}.original", path) for number, path in kept.items())
        variant = thumbnail_variant(settings.thumbnail_side_px)
        for number, result in accepted.items():
            storage.store_rendition(staging / f"{number}.thumbnail", result.sha256, variant)
    return [
        _rejected(file, result) if isinstance(result, ImageRejectedError) else _stored(file, result, path_of[number])
        for number, (file, result) in enumerate(zip(files, results, strict=True))
    ]


def _changed(file: NewFile, result: "Inspected | ImageRejectedError") -> "Inspected | ImageRejectedError":
    """Return a rejection of an original that can only be stored with other bytes, but has to stay where it is."""
    if file.registration is None or isinstance(result, ImageRejectedError) or not result.has_new_end:
        return result
    return ImageRejectedError("The end marker of the file is missing. Import it instead of registering it.")


def inspect_job(
    staging: Path, number: int, file: NewFile, limits: "Limits"
) -> tuple[Path, "Limits", Path | None, Path]:
    """Return the arguments of :func:`core.images.decode.inspect`; content in memory is written first."""
    original = staging / f"{number}.original"
    if isinstance(file.content, Path):
        return file.content, limits, original, staging / f"{number}.thumbnail"
    with translate_disk_errors():
        original.write_bytes(file.content)
    return original, limits, None, staging / f"{number}.thumbnail"


def _rejected(file: NewFile, error: ImageRejectedError) -> StoredFile:
    return StoredFile(label_of(file.name), file.source_ref, None, str(error))


def _stored(file: NewFile, inspected: "Inspected", path: str) -> StoredFile:
    name, reason = repaired(file.name, inspected.format)
    if inspected.has_new_end:
        reason = f"{reason} {_NEW_END}" if reason else _NEW_END
    measured = inspected.measurement
    image = DecodedImage(
        path=path, sha256=inspected.sha256, size_bytes=inspected.size_bytes, format=inspected.format,
        width=inspected.width, height=inspected.height, dhash=measured.dhash, mirror_dhash=measured.mirror_dhash,
        average_color=measured.average_color, colors=tuple(color.name for color in measured.colors),
        brightness=measured.brightness, contrast=measured.contrast, sharpness=measured.sharpness,
    )  # fmt: skip
    return StoredFile(name, file.source_ref, image, reason, file.variant, file.registration)
