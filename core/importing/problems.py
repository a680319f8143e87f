"""What was left out of an import: all problems are counted, the first ones are kept."""

from dataclasses import dataclass, field

from core.importing.records import Problem

MAX_PROBLEMS = 10_000
MAX_NOTES = 1_000
_MAX_REASON_CHARS = 500


@dataclass
class Problems:
    """The problems of one reading."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0
    notes: list[Problem] = field(default_factory=list)
    """What was read but is not stored, such as columns that no field has; no row is left out for it."""

    def note(self, where: str, reason: str) -> None:
        """Keep a note, when it is one of the first."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append(Problem(where[:_MAX_REASON_CHARS], reason[:_MAX_REASON_CHARS]))

    def add(self, where: str, reason: str) -> None:
        """Count a problem, and keep it when it is one of the first."""
        self.count += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(Problem(where[:_MAX_REASON_CHARS], reason[:_MAX_REASON_CHARS]))
