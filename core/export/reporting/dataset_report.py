"""What the dataset report is told of an export; the report itself is made by the checks, on the floor above."""

from collections.abc import Callable
from dataclasses import dataclass

from core.db import Database
from core.lazy import lazy_import

DATASET_REPORT = "DATASET_REPORT.html"


@dataclass(frozen=True)
class BundleContents:
    """What an export has of a project."""

    title: str
    license: str
    entry_ids: str
    """A JSON list: the report passes it to the database as one value."""
    has_pictures: bool
    """Whether its images may be shown: they are in the bundle, and as they are in the project."""


ReportMaker = Callable[[Database, str, BundleContents], str]
"""Returns the report of an export as HTML, given the id of its project."""


def report_maker() -> ReportMaker:
    """Return the function that makes the report."""
    # By name: that room stands on those that import this module.
    found: ReportMaker = lazy_import("core.checks.reporting.report").bundle_report
    return found
