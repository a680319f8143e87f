"""The entries of an export, frozen on the disk in one short reading transaction.

Writing images can take an hour, and a transaction held open that long would keep everybody else from saving.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from core.db import Database
from core.export.entries import Entry, ExportImage, ImageGroup
from core.export.formats import Format
from core.export.recipe import ExportRecipe
from core.export.selection import count_entries, drop_unusable, stream
from core.export.splits import load_families, split_of, would_leak

_BUFFER_BYTES = 1 << 20


class Spool:
    """What an export takes; *groups* reads it back as often as needed, one image at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = 0
        self.left_out: Counter[str] = Counter()
        self.leaks: list[tuple[str, str, str]] = []

    def fill(self, db: Database, project_id: str, recipe: ExportRecipe, format_: Format) -> "Spool":
        """Write what *recipe* takes to the disk, each image with its split."""
        choice, shares = recipe.entries, recipe.splits
        several = len(shares.names) > 1
        with db.reading() as session, self.path.open("wb", buffering=_BUFFER_BYTES) as file:
            counts = count_entries(session, project_id, choice, format_.keeps_rejected)
            self.left_out.update(counts.left_out)
            families = load_families(session, project_id) if several else None
            if families is not None:
                self.leaks = would_leak(families, shares)
            groups = stream(
                session, project_id, choice, keeps_rejected=format_.keeps_rejected, lossless=format_.lossless
            )
            for image, found in groups:
                entries = drop_unusable(found, self.left_out)
                if not entries:
                    continue
                split = split_of(families.anchor(image[0], image[2]), shares) if families else shares.names[0]
                file.write(orjson.dumps([image, split, entries], option=_SPOOL_OPTIONS))
                self.entries += len(entries)
        return self

    def groups(self) -> Iterator[ImageGroup]:
        with self.path.open("rb", buffering=_BUFFER_BYTES) as file:
            for line in file:
                yield group_of(*orjson.loads(line))


_SPOOL_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NAIVE_UTC


def group_of(image: list[Any], split: str, entries: list[list[Any]]) -> ImageGroup:
    made = tuple(Entry(*values) for values in entries)
    return ImageGroup(ExportImage(*image), made, split)
