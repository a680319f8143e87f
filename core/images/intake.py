"""From a file to a row: checked and measured in the sandbox, kept on disk, then recorded.

Keeping and recording are two steps on purpose: files are durable before the transaction begins, and the
transaction is short.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from core.config import Settings
from core.db import LIBRARY, ImageHashes, Images, in_library, new_id
from core.errors import ImageRejectedError
from core.images.import_outcome import ImageOutcome, label_of, repaired
from core.images.sandbox import sandbox
from core.images.storage import ImageStorage, disk_errors_in_words
from core.measure import hash_distance

if TYPE_CHECKING:
    from core.images.decode import Inspected, Limits

# Two photographs of the same scene differ by more; a smaller, brighter or recompressed copy by less.
MAX_ALIKE_BITS = 3


@dataclass(frozen=True)
class NewFile:
    """A file to take in; *content* is read once, from memory or from where it lies."""

    name: str
    content: bytes | memoryview | Path
    source_ref: str = ""


@dataclass(frozen=True)
class Kept:
    """A file that is safely stored but not recorded yet, or the reason why it is not."""

    name: str
    source_ref: str
    image: Images | None
    """Complete but for its project and near-duplicate; None when rejected."""
    mirror_dhash: str = ""
    reason: str | None = None


def keep(files: Sequence[NewFile], storage: ImageStorage, settings: Settings) -> list[Kept]:
    """Check, measure and store *files*; the result has one row for each, in their order.

    Raises:
        StorageError: the disk is full or broken; nothing half-written stays.
    """
    from core.images.decode import Limits, inspect

    limits = Limits(settings.max_image_bytes, settings.max_image_pixels, settings.thumbnail_side_px)
    with storage.staging() as staging:
        jobs = [_job(storage, staging, number, file, limits) for number, file in enumerate(files)]
        with disk_errors_in_words():
            results = sandbox(settings).run_each(inspect, jobs)
        accepted = {n: result for n, result in enumerate(results) if not isinstance(result, ImageRejectedError)}
        paths = storage.keep((staging / f"{n}.original", r.sha256, r.format) for n, r in accepted.items())
        for number, result in accepted.items():
            storage.keep_cached(staging / f"{number}.thumbnail", result.sha256, thumbnail_variant(settings))
    path_of = dict(zip(accepted, paths, strict=True))
    return [
        _refused(file, result) if isinstance(result, ImageRejectedError) else _kept(file, result, path_of[number])
        for number, (file, result) in enumerate(zip(files, results, strict=True))
    ]


def record(
    session: Session, project_id: str, kept: Sequence[Kept], source: str, *, visibility: str = LIBRARY
) -> list[ImageOutcome]:
    """Write the rows of *kept* into the caller's transaction and return what became of each."""
    known = _same_bytes(session, project_id, [k.image.sha256 for k in kept if k.image])
    alike = _Alike(session, project_id, kept)
    columns = {"project_id": project_id, "source": source, "visibility": visibility}
    outcomes = []
    for one in kept:
        if one.image is None:
            outcomes.append(ImageOutcome(one.name, "rejected", None, one.reason))
        elif (twin := known.get(one.image.sha256)) is not None:
            reason = f"The same image is here already, as {twin.image_name}."
            outcomes.append(ImageOutcome(one.name, "duplicate", twin, reason))
        else:
            outcomes.append(_added(session, one, one.image, alike, columns))
            known[one.image.sha256] = one.image
    session.flush()
    alike.write()
    return outcomes


def thumbnail_variant(settings: Settings) -> str:
    return f"thumb{settings.thumbnail_side_px}.jpg"


def _job(
    storage: ImageStorage, staging: Path, number: int, file: NewFile, limits: "Limits"
) -> tuple[Path, "Limits", Path | None, Path]:
    original = staging / f"{number}.original"
    if isinstance(file.content, Path):
        return file.content, limits, original, staging / f"{number}.thumbnail"
    storage.write(original, file.content)
    return original, limits, None, staging / f"{number}.thumbnail"


def _refused(file: NewFile, error: ImageRejectedError) -> Kept:
    return Kept(label_of(file.name), file.source_ref, None, reason=str(error))


def _kept(file: NewFile, found: "Inspected", path: str) -> Kept:
    name, reason = repaired(file.name, found.format)
    measured = found.measurement
    image = Images(
        project_id="", image_name=name, path=path, size=found.size_bytes, width=found.width, height=found.height,
        sha256=found.sha256, format=found.format, dhash=measured.dhash, average_color=measured.average_color,
        colors=",".join(color.name for color in measured.colors), brightness=measured.brightness,
        contrast=measured.contrast, sharpness=measured.sharpness, source_ref=file.source_ref,
    )  # fmt: skip
    return Kept(name, file.source_ref, image, measured.mirror_dhash, reason)


def _added(session: Session, kept: Kept, image: Images, alike: "_Alike", columns: dict[str, str]) -> ImageOutcome:
    # An id of its own for every recording: the caller may record again after a rolled back transaction.
    image = Images(**{**image.model_dump(), "id": new_id(), **columns})
    first = alike.to(image.dhash, kept.mirror_dhash)
    image.near_duplicate_of = first.first_id if first else None
    session.add(image)
    alike.remember(image)
    if first is None:
        return ImageOutcome(image.image_name, "added", image, kept.reason)
    return ImageOutcome(
        image.image_name, "near-duplicate", image, f"It looks like {first.name}. Both are kept; compare them."
    )


def _same_bytes(session: Session, project_id: str, hashes: list[str]) -> dict[str, Images]:
    # One by one: for a list of hashes SQLite reads all images of the project instead of the index of identities.
    query = select(Images).where(Images.project_id == project_id, Images.sha256 == bindparam("wanted"), in_library())
    found = (session.execute(query, {"wanted": one}).scalars().first() for one in hashes)
    return {image.sha256: image for image in found if image is not None}


@dataclass(frozen=True)
class _Known:
    """What is needed of an image to say that another one looks like it."""

    order: tuple[datetime, str]
    dhash: str
    name: str
    first_id: str
    """Of the group it is in; its own when it is in none."""


class _Alike:
    """The images of a project that may look like some new ones, by the quarters of their hashes."""

    def __init__(self, session: Session, project_id: str, kept: Sequence[Kept]) -> None:
        self._session = session
        self._project_id = project_id
        self._known: defaultdict[int, list[_Known]] = defaultdict(list)
        self._rows: list[dict[str, str | int]] = []
        wanted = {q for k in kept if k.image for h in (k.image.dhash, k.mirror_dhash) for q in quarters(h)}
        found = (
            select_columns(
                col(ImageHashes.quarter), col(Images.create_at), col(Images.id), col(Images.dhash),
                col(Images.image_name), col(Images.near_duplicate_of),
            )
            .join(Images, col(ImageHashes.image_id) == col(Images.id))
            .where(
                col(ImageHashes.project_id) == project_id,
                col(ImageHashes.quarter).in_(wanted),
                in_library(),
            )
        )  # fmt: skip
        for quarter, create_at, id_, dhash, name, near in session.execute(found) if wanted else ():
            self._known[quarter].append(_Known((create_at, id_), dhash, name, near or id_))

    def to(self, dhash: str, mirror_dhash: str) -> _Known | None:
        """Return the first image that looks like the hashes, itself or in a mirror."""
        found = (
            known
            for one in (dhash, mirror_dhash)
            for quarter in quarters(one)
            for known in self._known[quarter]
            if hash_distance(known.dhash, one) <= MAX_ALIKE_BITS
        )
        return min(found, key=lambda known: known.order, default=None)

    def remember(self, image: Images) -> None:
        known = _Known((image.create_at, image.id), image.dhash, image.image_name, image.near_duplicate_of or image.id)
        for quarter in quarters(image.dhash):
            self._known[quarter].append(known)
            self._rows.append({"project_id": self._project_id, "quarter": quarter, "image_id": image.id})

    def write(self) -> None:
        """Make the remembered images findable; their own rows have to be there."""
        if self._rows:
            self._session.execute(insert(ImageHashes), self._rows)


def quarters(dhash: str) -> list[int]:
    """Return the keys under which images with this hash are looked up; none for a plain surface."""
    found = []
    for number in range(4):
        value = int(dhash[number * 4 : number * 4 + 4], 16)
        # A quarter without any edge is shared by too many images to tell anything.
        if value not in (0, 0xFFFF):
            found.append(number << 16 | value)
    return found
