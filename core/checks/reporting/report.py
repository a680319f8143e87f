"""Making the report of a project, or of an export of it."""

from core.checks.reporting.page import as_html
from core.checks.reporting.sections import made
from core.checks.reporting.source import read_source
from core.db import Database
from core.export.reporting.dataset_report import BundleContents


def dataset_report(db: Database, project_id: str, *, seed: int = 0, examples: int = 12) -> str:
    """Return the report of a project as HTML; the same project, unchanged, gives the same text.

    Args:
        seed: draws the examples.

    Raises:
        NotFoundError: there is no such project.
    """
    source = read_source(db, project_id, seed=seed, examples=examples)
    return as_html(source, made(source))


def bundle_report(db: Database, project_id: str, bundle: BundleContents) -> str:
    """Return the report of an export: of its entries alone, whatever else the project has.

    The same export of the same data gives the same text: its time is that of the last change of one of its entries.

    Raises:
        NotFoundError: there is no such project.
    """
    source = read_source(db, project_id, bundle)
    return as_html(source, made(source))
