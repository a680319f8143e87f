"""Why an export would be empty."""

from core.errors import InvalidInputError
from core.export.bundle import BundleCounts
from core.export.job import ExportJob
from core.export.selecting.snapshot import UNCHANGED, Snapshot
from core.pluralize import pluralize


def raise_if_empty(job: ExportJob, snapshot: Snapshot, counts: BundleCounts) -> None:
    """Raise the reason why an export has no row.

    Raises:
        InvalidInputError: no entry is selected, or none of the selected ones is left.
    """
    if not snapshot.entries:
        raise InvalidInputError(
            "No entry matches this choice. Confirm some entries, or choose more of them.", field="entries"
        )
    if not counts.rows.total() and counts.left_out[UNCHANGED] and snapshot.removed:
        gone = pluralize(snapshot.removed, "entry of it is", "entries of it are")
        raise InvalidInputError(
            f"Nothing is new or changed since the earlier export, and {gone} not selected any more. Export everything "
            "to be without them.",
            field="since",
        )
    if not counts.rows.total():
        reason = max(counts.left_out, key=lambda name: counts.left_out[name])
        raise InvalidInputError(
            f"Nothing is left to export as {job.format.label}: {reason}. Choose other entries or another format."
        )
