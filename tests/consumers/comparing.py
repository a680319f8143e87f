"""Compares what a consumer read with what the entries say."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.consumers.consumers import Consumer
from tests.consumers.shelf import Look, Seen, Shelf

READERS = Path(__file__).parent / "readers"
MAX_COLOR_DIFFERENCE = 6
"""Of 255, in the mean of an image: JPEG is written once more by some formats."""


@dataclass(frozen=True)
class Result:
    """What a consumer read of a bundle.

    Attributes:
        version: Of the program.
        written: Rows of the bundle.
        loaded: Rows that the program gave.
        equal: Turns with the question, the answer and the images of their entry.
        turns: Turns that the entries have.
        different: Some of the turns that are not equal.
        error: Why it did not run; empty when it ran.
    """

    version: str = ""
    written: int = 0
    loaded: int = 0
    equal: int = 0
    turns: int = 0
    different: tuple[Any, ...] = ()
    error: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.error and self.written == self.loaded and self.turns == self.equal


def run(
    consumer: Consumer, format_: str, shelf: Shelf, directory: Path, python: str, environment: Mapping[str, str]
) -> Result:
    """Export the shelf, let the consumer's script read the bundle with *python*, and compare."""
    bundle, written = shelf.export(directory, format_, consumer.recipe)
    output = directory / f"{consumer.reader}-{format_}.json"
    command = [python, str(READERS / f"{consumer.reader}.py"), str(bundle), format_, str(output)]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, cwd=directory)
    if done.returncode:
        return Result(written=written, turns=len(shelf.turns), error=done.stderr.strip()[-2000:] or "no message")
    read = json.loads(output.read_text(encoding="utf-8"))
    seen = [
        (question, answer, tuple(tuple(image) for image in row["images"]))
        for row in read["rows"]
        for question, answer in row["turns"]
    ]
    different = _different(seen, shelf.turns, consumer)
    equal = len(shelf.turns) - len(different)
    turns = written if consumer.may_leave_out else len(shelf.turns)
    return Result(read["version"], written, len(read["rows"]), equal, turns, tuple(different[:3]))


def _different(seen: list[Seen], expected: list[Seen], consumer: Consumer) -> list[Seen]:
    """Return the expected turns that were not seen; a turn that nobody wrote makes all of them different."""
    missing = list(expected)
    for turn in seen:
        match = next((other for other in missing if _equal(turn, other, consumer)), None)
        if match is None:
            return [turn, *expected][: len(expected)]
        missing.remove(match)
    return missing


def _equal(seen: Seen, expected: Seen, consumer: Consumer) -> bool:
    question, answer, images = seen
    if consumer.has_questions and question.strip() != expected[0]:
        return False
    # A caption is one line.
    wanted = expected[1] if consumer.has_questions else " ".join(expected[1].split())
    same = len(images) == len(expected[2])
    return answer == wanted and same and all(_looks_like(*pair) for pair in zip(images, expected[2], strict=True))


def _looks_like(first: Look, second: Look) -> bool:
    same_size = first[:2] == second[:2]
    return same_size and all(abs(a - b) <= MAX_COLOR_DIFFERENCE for a, b in zip(first[2:], second[2:], strict=True))
