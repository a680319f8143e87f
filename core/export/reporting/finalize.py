"""The last steps of a bundle: its card, the reading back, the report."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.export import bundle
from core.export.formats import Format
from core.export.recipe import ExportRecipe
from core.export.reporting.card import CARD, make_card
from core.export.reporting.report import make_report, report_files
from core.export.writing.target import Target

Report = Callable[[float, str], None]
"""Told how far the export is (0 to 1) and what it does."""

ROW_ENDINGS = (".json", ".jsonl", ".csv")


def finish(
    built: Path,
    target: Target,
    recipe: ExportRecipe,
    format_: Format,
    written: bundle.Written,
    title: str,
    report: Report = lambda share, doing: None,
    leaks: list[tuple[str, str, str]] | None = None,
    changes: dict[str, int] | None = None,
    people: Sequence[Counter[str]] = (),
) -> dict[str, Any]:
    """Add the card, close the bundle, read it back, add the report."""
    alone = recipe.container == "file"
    if not alone:
        target.add_bytes(
            CARD, make_card(recipe, format_, written, title=title, people=people, changes=changes).encode()
        )
    target.close()
    report(0.75, "Reading the bundle back")
    checks, hashes = bundle.check_bundle(built, recipe, format_, written)
    made = make_report(recipe, format_, written, checks, hashes, title=title, leaks=leaks, changes=changes)
    if not alone:
        again = bundle.target_for(built, recipe)
        for name, data in report_files(made).items():
            again.add_bytes(name, data)
        again.close()
    return made


def rows_file(directory: Path) -> Path:
    """Return the one rows file of a bundle that is no more than that."""
    return next(path for path in directory.iterdir() if path.suffix in ROW_ENDINGS)
