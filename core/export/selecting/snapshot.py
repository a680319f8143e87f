"""The entries of an export, frozen on the disk in one short reading transaction.

Writing images can take an hour, and a transaction held open that long would keep everybody else from saving.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlmodel import Session

from core.db import Database
from core.export.entries import Entry, ExportImage, ImageGroup
from core.export.formats import Format
from core.export.recipe import ExportRecipe
from core.export.selecting.query import NO_ANSWER, NO_QUESTION, count_reasons, drop_unusable, stream
from core.export.selecting.splits import load_families, split_of, would_leak

_BUFFER_BYTES = 1 << 20
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NAIVE_UTC

Found = tuple[Sequence[Any], str, Sequence[Sequence[Any]]]
"""An image, its split and its entries, as plain values."""

_DEFAULTS = tuple(Entry._field_defaults.get(name) for name in Entry._fields)


class Spool:
    """What an export takes; *entries* is how many that are, as far as the database can tell."""

    def __init__(self, project_id: str, recipe: ExportRecipe, format_: Format) -> None:
        self._project_id = project_id
        self._recipe = recipe
        self._format = format_
        self.entries = 0
        self.left_out: Counter[str] = Counter()
        self.leaks: list[tuple[str, str, str]] = []

    def frozen(self, db: Database, path: Path) -> Iterator[ImageGroup]:
        """Write everything to *path* at once, and return what reads it back."""
        with db.reading() as session, path.open("wb", buffering=_BUFFER_BYTES) as file:
            for image, split, entries in self._found(session):
                file.write(orjson.dumps((image, split, [tuple(entry) for entry in entries]), option=_OPTIONS))
        return _read(path)

    def direct(self, session: Session) -> Iterator[ImageGroup]:
        """Yield everything while the transaction of *session* is open: rows are written as fast as they are read."""
        return (group_of(*found) for found in self._found(session))

    def _found(self, session: Session) -> Iterator[Found]:
        choice, shares = self._recipe.entries, self._recipe.splits
        # Entries without texts are counted where they are met: Python knows more kinds of white space.
        reasons = count_reasons(
            session, self._project_id, choice, self._format.keeps_rejected, leave_out=(NO_QUESTION, NO_ANSWER)
        )
        self.entries = reasons.pop("", 0)
        self.left_out.update(reasons)
        families = load_families(session, self._project_id) if len(shares.names) > 1 else None
        self.leaks = would_leak(families, shares) if families else []
        only = shares.names[0]
        for image, found in stream(session, self._project_id, choice, self._format):
            entries = drop_unusable(found, self.left_out)
            if entries:
                yield image, split_of(families.anchor(image[0], image[2]), shares) if families else only, entries


def _read(path: Path) -> Iterator[ImageGroup]:
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        for line in file:
            yield group_of(*orjson.loads(line))


def group_of(image: Sequence[Any], split: str, entries: Sequence[Sequence[Any]]) -> ImageGroup:
    # _make is a third of the time of a call by position, a million times over.
    missing = _DEFAULTS[len(entries[0]) :]
    made = tuple([Entry._make((*values, *missing)) for values in entries])
    return ImageGroup(ExportImage._make(image), made, split)
