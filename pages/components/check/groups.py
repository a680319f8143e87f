"""The cards of the Check page in the order in which they are read; a new card is its file and its line here.

A card is a module with ``show(project_id, query)``, where *query* is the search line of the entries that a new run is
about. It draws a heading, one sentence, one number, one picture and one button; before its first run
:func:`pages.components.check.card.not_run` says what it tells and what that costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pages.components.check import (
    arena,
    balance,
    consensus,
    effort,
    guessable,
    heldout,
    judge,
    known_answers,
    report,
    second_opinion,
    tools,
    twins,
    verifiable,
    worth,
)

Card = Callable[[str, str], None]


@dataclass(frozen=True)
class Group:
    """Cards that answer one question of a reader."""

    title: str
    sentence: str
    cards: tuple[Card, ...]

    @property
    def spans(self) -> list[Literal["all"] | int]:
        """How many of two columns each card takes: one, or all for a last one that would stand alone."""
        spans: list[Literal["all"] | int] = [1] * len(self.cards)
        if len(self.cards) % 2:
            spans[-1] = "all"
        return spans


GROUPS = (
    Group(
        "Does a model have to look?",
        "Answers that follow from the words of the question teach a model to guess instead of looking at the image.",
        (
            guessable.show,
            balance.show,
            twins.show,
            second_opinion.show,
        ),
    ),
    Group(
        "Are the answers right?",
        "Opinions of tools and models beside those of people. None of them changes an answer.",
        (
            tools.show,
            consensus.show,
            judge.show,
            judge.show_ratings,
        ),
    ),
    Group(
        "What should people do next?",
        "Where an hour of review is worth most.",
        (worth.show, known_answers.show, effort.show),
    ),
    Group(
        "What can it be used for?",
        "Training with automatic marks, and telling which model is better.",
        (verifiable.show, arena.show),
    ),
    Group(
        "Can it be published?",
        "A test result is worth nothing when the training set has seen the test. What readers ask is in one report.",
        (
            heldout.show,
            report.show,
        ),
    ),
)
