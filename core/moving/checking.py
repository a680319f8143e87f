"""Everything in the tables of an archive is checked before anything of it is stored: it may come from anywhere."""

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.errors import InvalidInputError
from core.images.structure import EXTENSIONS
from core.moving.contents import TABLES, MovedTable
from core.moving.ids import KnownIds, NumberIds
from core.moving.manifest import OpenedArchive, image_file
from core.moving.rows import read_parts
from core.transform.families import from_records
from core.vision.analyzers import analyzers

_ROWS_PER_STEP = 500
# They are added in one transaction, and every project here shows them.
_MAX_PROFILES = 1000
Step = Callable[[int], None]
"""Called with the number of rows that were handled since the last call; may raise to stop."""


@dataclass(frozen=True)
class ImageLimits:
    """What an image of an archive may have."""

    max_bytes: int
    max_pixels: int


@dataclass(frozen=True)
class CheckedArchive:
    """An archive whose rows are complete and refer to each other; its ids by table."""

    archive: OpenedArchive
    ids: dict[str, KnownIds]
    numbers: dict[str, NumberIds]
    vectors: "UsableVectors" = field(default_factory=lambda: UsableVectors())


class UsableVectors:
    """Which vectors of an archive are stored: of each kind those of the size that most have, and of length 1.

    Vectors can be made again, so that one that cannot be used does not keep the project out.
    """

    def __init__(self) -> None:
        self._sizes: Counter[tuple[str, int]] = Counter()
        self._total = 0

    def add(self, kind: str, vector: bytes) -> None:
        """Count a vector of the archive."""
        from core.vision.vectors.rows import is_usable  # it imports numpy: not at the start of the server

        self._total += 1
        if is_usable(vector):
            self._sizes[kind, len(vector)] += 1

    @cached_property
    def _size_of(self) -> dict[str, int]:
        """The size of the vectors of each kind, in bytes; read when all were counted."""
        return {kind: size for (kind, size), _ in reversed(self._sizes.most_common())}

    @property
    def left_out(self) -> int:
        """How many are not stored."""
        return self._total - sum(self._sizes[kind, size] for kind, size in self._size_of.items())

    def has(self, kind: str, vector: bytes) -> bool:
        """Return whether a vector is stored."""
        from core.vision.vectors.rows import is_usable

        return len(vector) == self._size_of.get(kind) and is_usable(vector)


def check_archive(
    archive: OpenedArchive,
    limits: ImageLimits,
    step: Step,
    look_up: Callable[[MovedTable, Sequence[str]], None] = lambda table, ids: None,
) -> CheckedArchive:
    """Read all rows of an archive and return what is known of them.

    Args:
        look_up: called with the ids of a table, some hundred at a time.

    Raises:
        InvalidInputError: a row is damaged or contradicts another one, a sum is wrong, or an image is missing.
    """
    checked = CheckedArchive(
        archive,
        {table.name: KnownIds() for table in TABLES},
        {table.name: NumberIds() for table in TABLES},
    )
    missing = frozenset(archive.manifest.images.missing)
    profiles = archive.manifest.tables.get("model_profiles")
    if profiles and profiles.rows > _MAX_PROFILES:
        raise InvalidInputError(f"The archive has {profiles.rows:,} model profiles; {_MAX_PROFILES:,} is the limit.")
    for table in TABLES:
        before = 0
        for part in read_parts(archive, table):
            checked.numbers[table.name].begin_part()
            for number, values in enumerate(part, before + 1):
                _check_row(checked, table, values, number)
                if table.name == "images":
                    _check_image(archive, values, number, limits, missing)
                elif table.name == "image_analyses":
                    _check_analysis(values, number)
                elif table.name == "image_vectors":
                    checked.vectors.add(values["kind"], values["vector"])
                if number % _ROWS_PER_STEP == 0:
                    step(_ROWS_PER_STEP)
            before += len(part)
            if table.ids.get(table.key) == table.name:
                ids = [values[table.key] for values in part]
                for start in range(0, len(ids), _ROWS_PER_STEP):
                    look_up(table, ids[start : start + _ROWS_PER_STEP])
        if checked.ids[table.name].has_repeated:
            raise InvalidInputError(f"The table {table.name} of the archive has an id twice. Export the project again.")
    if archive.manifest.tables["projects"].rows != 1:
        raise InvalidInputError("The archive has not exactly one project. Export the project again.")
    return checked


def _check_row(checked: CheckedArchive, table: MovedTable, values: dict[str, Any], number: int) -> None:
    """Add the ids of a row to *checked*, after what it refers to was found there."""
    if values.get("project_id", checked.archive.manifest.project_id) != checked.archive.manifest.project_id:
        raise _contradicts(table, number, "project_id")
    for name in table.must_exist:
        if name != "project_id" and values[name] is not None and not _exists(checked, table, name, values[name]):
            raise _contradicts(table, number, name)
    key: Any = values.get(table.key)
    if table.ids.get(table.key) == table.name:
        checked.ids[table.name].add(key)
    elif table.key in table.numbers and not checked.numbers[table.name].add(key):
        raise _contradicts(table, number, table.key)
    if table.name == "projects" and key != checked.archive.manifest.project_id:
        raise _contradicts(table, number, "id")


def _exists(checked: CheckedArchive, table: MovedTable, name: str, value: Any) -> bool:
    if name in table.numbers:
        return value in checked.numbers[table.numbers[name]]
    known = checked.ids[table.ids[name]]
    return all(id_ in known for id_ in value.split(",") if id_)


def _check_image(
    archive: OpenedArchive, values: dict[str, Any], number: int, limits: ImageLimits, missing: Container[str]
) -> None:
    """Check that an image is not too large, and that its file is there, or is said to be missing."""
    pixels = (values["width"] or 0) * (values["height"] or 0)
    for what, setting in (
        (f"{values['size'] / 1e6:,.0f} MB", "MAX_IMAGE_BYTES" if values["size"] > limits.max_bytes else ""),
        (f"{pixels / 1e6:,.0f} megapixels", "MAX_IMAGE_PIXELS" if pixels > limits.max_pixels else ""),
    ):
        if setting:
            raise InvalidInputError(
                f"The image {values['image_name'][:80]} has {what}, more than this installation takes "
                f"(VITRINE_{setting}). Raise that limit and import again."
            )
    _check_steps(values.get("variant_steps") or [], number)
    is_there = image_file(stored_path(values)) in archive.names
    if not is_there and values["sha256"] not in missing:
        raise InvalidInputError(
            f"The archive has no file for image {number:,}, {values['image_name'][:80]}. Export the project again."
        )


def _check_steps(steps: Any, number: int) -> None:
    """Check that the steps of a variant can be shown, and done again."""
    try:
        from_records(steps)
    except (InvalidInputError, AttributeError, TypeError):
        raise InvalidInputError(
            f"The steps of image {number:,} of the archive cannot be read. Export the project again."
        ) from None


def _check_analysis(values: dict[str, Any], number: int) -> None:
    """Check that findings and texts can be made of a result."""
    one, result = analyzers().get(values["analyzer"]), values["result"]
    if one is None:
        return
    try:
        labels = [found.label for found in one.findings(result)]
        is_usable = all(isinstance(text, str) for text in (one.seen(result), one.words(result), *labels))
    except (LookupError, TypeError, ValueError, AttributeError):
        is_usable = False
    if not is_usable:
        raise InvalidInputError(
            f"Row {number:,} of image_analyses is no result of {values['analyzer'][:40]}. Export the project again."
        )


def stored_path(values: dict[str, Any]) -> str:
    """Return the path of an original in the storage."""
    return f"{values['sha256'][:2]}/{values['sha256']}{EXTENSIONS[values['format']][0]}"


def _contradicts(table: MovedTable, number: int, name: str) -> InvalidInputError:
    return InvalidInputError(
        f"Row {number:,} of {table.name} refers to something that the archive does not have ({name}). Export the "
        "project again."
    )
