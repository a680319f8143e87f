"""The state of one export while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from core.export.entries import RowOptions, directory_name
from core.export.formats import Format, format_named
from core.export.formats.base import row_options
from core.export.layout import BundleLayout
from core.export.recipe import ExportRecipe

Progress = Callable[[float, str], None]
"""Called with the finished share (0 to 1) and the current step in words."""
CancelCheck = Callable[[], None]
"""Called between steps; raises when the work is cancelled."""


def ignore_progress(share: float, step: str) -> None:
    """Do nothing."""


def never_cancelled() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class ExportJob:
    """What is exported in which format, with the callbacks for progress and cancellation."""

    recipe: ExportRecipe
    title: str
    progress: Progress = ignore_progress
    raise_if_cancelled: CancelCheck = never_cancelled
    directory_name: str = ""
    """Name of the bundle's directory; made from the title when empty."""
    splits: tuple[str, ...] = ()
    """The splits of the bundle; those with a share when empty."""

    @property
    def directory(self) -> str:
        """The name of the bundle's directory, or of its single file without the ending, as printed commands use it."""
        return self.directory_name or directory_name(self.title)

    @cached_property
    def format(self) -> Format:
        """The format of the recipe."""
        return format_named(self.recipe.format)

    @cached_property
    def layout(self) -> BundleLayout:
        """What the writer and the checker know of the export."""
        return self.format.layout(self.recipe, self.splits)

    @cached_property
    def row_options(self) -> RowOptions:
        """The parts of the recipe that shape a row."""
        return row_options(self.recipe)
