"""The sections of the report in their order; a new one is its function and its line here."""

from collections.abc import Callable

from core.checks.reporting import composition, examples, heldout, measured, origin, review
from core.checks.reporting.content import Section
from core.checks.reporting.source import Source


def purpose(source: Source) -> Section:
    """What the project says it is for."""
    stated = source.project.description.strip()
    how_to = "" if source.bundle else " Write it as the description of the project."
    return Section("Purpose", stated or f"Not stated.{how_to}")


SECTIONS: tuple[tuple[str, tuple[Callable[[Source], Section | list[Section]], ...]], ...] = (
    ("Motivation", (purpose,)),
    ("Composition", (composition.size, composition.kinds, composition.balance, examples.drawn)),
    ("Collection", (origin.images, origin.answers, origin.costs)),
    ("Labeling", (review.decisions, review.agreed, review.problems)),
    ("Worth training on", (measured.all_checks, heldout.compared)),
    ("Distribution", (origin.license_,)),
)
"""Headings with their sections."""


def made(source: Source) -> list[tuple[str, list[Section]]]:
    """Return the sections of the report by heading."""
    return [(heading, [one for make in makers for one in _listed(make(source))]) for heading, makers in SECTIONS]


def _listed(found: Section | list[Section]) -> list[Section]:
    return [found] if isinstance(found, Section) else found
