"""What a writer and a checker know of an export: how its files are named and what they carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REPORT_JSON = "EXPORT_REPORT.json"
"""The file that marks a finished bundle; it is written last."""
CHANGES_JSON = "IMAGE_CHANGES.json"
"""How each changed image of a bundle was made."""

GUIDELINES = "GUIDELINES.md"
"""What the people who reviewed the entries went by."""


@dataclass(frozen=True, slots=True)
class BundleLayout:
    """The files of a bundle, as its format and its recipe determine them."""

    stem: str
    """Name of the rows file without split and ending."""
    row_ending: str = ""
    """Ending of the rows file, like ``jsonl``; empty for formats that name their files themselves."""
    splits: tuple[str, ...] = ("train",)
    images: str = "path"
    """``path``: image files in the bundle; ``base64``: data URLs in the rows; ``none``: named only."""
    image_form: str = "upright"
    """``upright``: rotated, sRGB, without metadata; ``original``: the uploaded bytes."""
    max_side_px: int | None = None
    formula_guard: bool = True
    """Whether cells that a spreadsheet would run as formulas are escaped."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Of tables: types by column name, see :func:`core.export.writing.parquet.arrow_schema`."""
    title: str = ""
    license: str = ""

    @property
    def is_split(self) -> bool:
        """Whether there is more than one split."""
        return len(self.splits) > 1

    @property
    def has_originals(self) -> bool:
        """Whether image files must be the uploaded bytes."""
        return self.image_form == "original"

    def rows_file(self, split: str) -> str:
        """Return the name of the rows file of *split*; it carries the split's name only when there are several."""
        return f"{self.stem}{'_' + split if self.is_split else ''}.{self.row_ending}"
