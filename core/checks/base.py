"""The interface of a check of a dataset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from core.checks.reporting.content import Section
from core.db import Database


@dataclass(frozen=True)
class CheckedEntry:
    """An entry as checks see it."""

    id: str
    image_id: str
    family: int
    """Entries of one number are about the same image or related ones, such as near-duplicates and variants."""
    question: str
    answer: str
    answer_type: str
    kind: str
    language: str
    model: str
    """Who answered; empty for a person."""
    is_confirmed: bool
    is_rejected: bool = False
    """Only checks that compare with reviews see rejected entries."""
    stars: float = 0.0
    """What a person gave it, 0.5 to 5; 0 without."""
    verdict: bool | None = None
    """Whether a person confirmed or rejected this entry by itself; None for an open one, and for checks that do not
    compare with reviews."""
    twin_of: str = ""
    """Id of the entry for which this one was drafted as its twin."""


@dataclass(frozen=True)
class Finding:
    """What a check says of an entry."""

    entry_id: str
    verdict: str
    score: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckResult:
    """The numbers of a check for all entries together, as JSON, and its findings."""

    result: dict[str, Any]
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class CheckContext:
    """What a check works with."""

    entries: Sequence[CheckedEntry]
    progress: Callable[[float, str], None]
    """Publishes the done share and the step; raises when the check was cancelled."""
    db: Database | None = None
    """For checks that read more than the entries; None in tests of those that do not."""
    project_id: str = ""


class Check(Protocol):
    """A check: its file below ``core/checks/`` with a ``CHECK``, and its line in ``_MODULES`` of ``registry.py``."""

    name: str
    label: str
    options: type[BaseModel]
    """What can be chosen for a run; unknown fields are refused."""

    def run(self, context: CheckContext, options: Any) -> CheckResult:
        """Check the entries; runs in a worker thread.

        Raises:
            VitrineError: the entries cannot be checked, and the message says why.
        """
        ...


class Reporting(Protocol):
    """What a check may have besides: its numbers in the words of the dataset report."""

    def report(self, result: dict[str, Any]) -> Section:
        """Return the section of a run's numbers; its sentence is also in the summary of the report."""
        ...
