"""Rubrics: what a judge scores, three to five lines."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

MIN_LINES, MAX_LINES = 3, 5
MIN_LINE_CHARS, MAX_LINE_CHARS = 5, 300


@dataclass(frozen=True)
class Line:
    """One line of a rubric; *name* is short and without spaces, empty for a line of the user's own."""

    text: str
    name: str = ""


DEFAULT = (
    "The answer is right: everything it says can be seen in the image.",
    "The answer says what was asked, completely, and nothing else.",
    "The question can only be answered by looking at the image.",
    "Question and answer are clear and well written.",
)

# What the ratings of FineVision (https://huggingface.co/datasets/HuggingFaceM4/FineVision) are about, in own words.
FINEVISION = (
    Line("The answer is about what was asked, and meets all of it.", "relevance"),
    Line(
        "The image is needed: somebody who reads only the question, without the image, could not answer it.",
        "visual_dependency",
    ),
    Line(
        "The image fits: what question and answer speak of is in it, and it shows enough to answer from.",
        "image_correspondence",
    ),
    Line(
        "Question and answer are well formed: complete sentences or values, no remains of markup, lists as lists.",
        "formatting",
    ),
)


def _checked(lines: tuple[str, ...]) -> tuple[str, ...]:
    lines = tuple(" ".join(line.split()) for line in lines)
    if len(set(lines)) < len(lines):
        raise ValueError("two lines are the same")
    for line in lines:
        if not MIN_LINE_CHARS <= len(line) <= MAX_LINE_CHARS:
            raise ValueError(f"a line has {MIN_LINE_CHARS} to {MAX_LINE_CHARS} characters")
    return lines


Rubric = Annotated[tuple[str, ...], Field(min_length=MIN_LINES, max_length=MAX_LINES), AfterValidator(_checked)]
"""The lines of a user's own rubric."""
