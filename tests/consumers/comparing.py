"""Compares what a consumer read with what the entries say."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.consumers.consumers import Consumer
from tests.consumers.shelf import Look, Seen, Shelf, plain_json

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
        not_run: Whether nobody could try, because it does not install or needs what is not here.
    """

    version: str = ""
    written: int = 0
    loaded: int = 0
    equal: int = 0
    turns: int = 0
    different: tuple[Any, ...] = ()
    error: str = ""
    not_run: bool = False

    @property
    def is_whole(self) -> bool:
        return not self.error and self.written == self.loaded and self.turns == self.equal


@dataclass(frozen=True)
class Reading:
    """A bundle that a consumer reads in a directory of its own.

    Attributes:
        written: Rows of the bundle.
        environment: Variables of the reader beside those of this process.
    """

    consumer: Consumer
    format: str
    directory: Path
    bundle: Path
    written: int
    environment: dict[str, str]

    @property
    def output(self) -> Path:
        return self.directory / "seen.json"

    @property
    def job(self) -> dict[str, Any]:
        """The reader, as ``readers/fork_each.py`` runs it."""
        words = [str(READERS / f"{self.consumer.reader}.py"), str(self.bundle), self.format, str(self.output)]
        return {"directory": str(self.directory), "environment": self.environment, "words": words}


def prepare(consumer: Consumer, format_: str, shelf: Shelf, directory: Path, **environment: str) -> Reading:
    """Export the shelf for a consumer into *directory*."""
    bundle, written = shelf.export(directory, format_, consumer.recipe)
    return Reading(consumer, format_, directory, bundle, written, environment)


def read(readings: Sequence[Reading], shelf: Shelf, python: str, directory: Path) -> Iterator[tuple[Reading, Result]]:
    """Let the readers read with *python*, one after the other, and compare what they saw."""
    jobs = directory / "jobs.json"
    jobs.write_text(json.dumps([reading.job for reading in readings]), encoding="utf-8")
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(directory / "home")}
    with subprocess.Popen(
        [python, str(READERS / "fork_each.py"), str(jobs)], env=os.environ | offline, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            reading = readings[int(line)]
            yield reading, _result(reading, shelf)


def _result(reading: Reading, shelf: Shelf) -> Result:
    if not reading.output.exists():
        said = (reading.directory / "said").read_text(encoding="utf-8", errors="replace")
        return Result(written=reading.written, error=said.strip()[-2000:] or "no message")
    found = json.loads(reading.output.read_text(encoding="utf-8"))
    plain, expected = _plain(reading.consumer), shelf.expected(reading.consumer.expected)
    seen = [
        (question.strip(), answer, tuple(tuple(image) for image in row["images"]))
        for row in found["rows"]
        for question, answer in row["turns"]
    ]
    missing, unknown = _different(list(map(plain, seen)), list(map(plain, expected)))
    equal = len(expected) - max(len(missing), len(unknown))
    # A format for rewards leaves out what no program can verify: there the rows that were written count.
    turns = reading.written if reading.consumer.expected == "truths" else len(expected)
    different = () if equal == turns else (*unknown[:2], *missing[:2])
    return Result(found["version"], reading.written, len(found["rows"]), equal, turns, different)


def _plain(consumer: Consumer) -> Callable[[Seen], Seen]:
    """Return a function that leaves of a turn what the format carries."""

    def plain(turn: Seen) -> Seen:
        question, answer, images = turn
        if consumer.expected.startswith("captions"):
            question = ""
        if consumer.expected.startswith(("captions", "truths")):
            answer = " ".join(answer.split())
        if consumer.expected.startswith("boxes"):
            answer = plain_json(answer)
        return question, answer, images

    return plain


def _different(seen: list[Seen], expected: list[Seen]) -> tuple[list[Seen], list[Seen]]:
    """Return the expected turns that were not seen, and the seen turns that nobody wrote."""
    missing, unknown = list(expected), []
    for turn in seen:
        match = next((other for other in missing if _equal(turn, other)), None)
        if match is None:
            unknown.append(turn)
        else:
            missing.remove(match)
    return missing, unknown


def _equal(seen: Seen, expected: Seen) -> bool:
    return seen[:2] == expected[:2] and len(seen[2]) == len(expected[2]) and all(map(_looks_like, seen[2], expected[2]))


def _looks_like(first: Look, second: Look) -> bool:
    same_size = first[:2] == second[:2]
    return same_size and all(abs(a - b) <= MAX_COLOR_DIFFERENCE for a, b in zip(first[2:], second[2:], strict=True))
