"""The progress of an export, reported now and then."""

from core.export.job import ExportJob
from core.export.selecting.snapshot import Snapshot

# Progress is stored in the database, so it is not reported for every entry.
_ENTRIES_PER_PROGRESS = 500


class ThrottledProgress:
    """Reports progress and checks for cancellation every 500 entries, because both may access the database."""

    def __init__(self, job: ExportJob, snapshot: Snapshot) -> None:
        self._job, self._snapshot = job, snapshot
        self._reported = 0

    def __call__(self, entries: int) -> None:
        if entries - self._reported < _ENTRIES_PER_PROGRESS:
            return
        self._reported = entries
        self._job.raise_if_cancelled()
        total = self._snapshot.entries
        share = min(entries / max(total, 1), 1)
        self._job.progress(share * 0.7, f"Writing entries, {entries:,} of {total:,}")
