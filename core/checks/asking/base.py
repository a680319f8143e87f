"""The interface of a check that asks models about entries, one entry after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from core.checks.base import CheckedEntry, Finding
from core.llm import ChatRequest, ImagePart, ModelConfig

NO_ANSWER = "no answer"
"""The verdict of an entry of which no reply could be read; it is counted and left out of the numbers."""
DEFAULT_SAMPLE = 200
"""Shares of 200 entries have an error of at most 7 points with 95 % confidence."""
TOKENS_PER_REPLY = 45


class AskingOptions(BaseModel):
    """What can be chosen for a run of every check that asks models; a check adds fields of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample: Annotated[int, Field(ge=1)] | Literal["all"] = DEFAULT_SAMPLE
    """How many entries are asked about, drawn at random."""
    seed: int = Field(0, ge=0)
    """Of the random numbers: the same seed draws the same entries."""
    fresh: bool = False
    """Send requests again whose replies were paid for by an earlier run."""


@dataclass(frozen=True)
class AskedRun:
    """What a run asks: the options of its check, and the models in their order."""

    options: Any
    models: tuple[ModelConfig, ...]


@dataclass(frozen=True)
class AskedEntry:
    """An entry with what is sent to models about it."""

    id: str
    question: str
    answer: str
    answer_type: str
    options: Any
    """Labels, or a JSON schema; None for a text."""
    kind: str
    language: str
    model: str
    """Who answered; empty for a person."""
    people: tuple[str, ...] = ()
    """All answers of people to the question about the image, with this one; empty when there is no other."""
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers of the conversation before this one."""
    image_names: tuple[str, ...] = ()
    images: tuple[tuple[ImagePart, ...], ...] = field(default=(), repr=False)
    """For each model of the run, the images of the entry as they are sent to it."""


@dataclass(frozen=True)
class Call:
    """One request about an entry."""

    request: ChatRequest
    model: int = 0
    """Position of the model in the run."""
    reply_tokens: int = TOKENS_PER_REPLY
    """About how long the reply will be, for the estimate."""


@dataclass(frozen=True)
class Reply:
    """What came back for a call."""

    text: str
    parsed: BaseModel | None
    """An instance of the schema of the request; None without a schema, or when the reply could not be read."""
    model: str
    """As ``provider/model``."""
    problem: str = ""
    """Why the reply could not be read; empty when it could."""


class AskingCheck(Protocol):
    """A check that asks models: its file with a ``CHECK``, and its line in ``_MODULES`` of ``registry.py``."""

    name: str
    label: str
    options: type[AskingOptions]

    def shows_images(self, run: AskedRun) -> bool:
        """Return whether images are sent, so that only models that see them can be chosen."""
        ...

    def fits(self, entry: CheckedEntry) -> bool:
        """Return whether the check can say anything of the entry; others are left out before the sample is drawn."""
        ...

    def series(self, run: AskedRun) -> str:
        """Return what the run is one of, such as its model: a new run replaces the earlier one of its series only.

        Raises:
            InvalidInputError: the check cannot ask these models in one run.
        """
        ...

    def calls(self, entry: AskedEntry, run: AskedRun) -> Sequence[Call]:
        """Return the requests about an entry; two of the same content need different ``variant``."""
        ...

    def finding(self, entry: AskedEntry, replies: Sequence[Reply], run: AskedRun) -> Finding:
        """Return what the replies, in the order of the calls, say of the entry; at least one of them was read."""
        ...

    def result(self, answered: Sequence[tuple[CheckedEntry, Finding]], run: AskedRun) -> dict[str, Any]:
        """Return the numbers of all findings but those without an answer, as JSON; there is at least one."""
        ...


@runtime_checkable
class ComparingCheck(Protocol):
    """An ``AskingCheck`` whose replies are compared with people's reviews: it asks about reviewed entries as well."""

    def reviewed(self, entries: Sequence[CheckedEntry], run: AskedRun) -> Sequence[CheckedEntry]:
        """Return those of all entries of the project, rejected ones too, to ask about beside the sample."""
        ...
