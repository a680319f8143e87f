"""Which stored runs of checks can be shown: those whose numbers this version could have written.

An imported archive may hold anything as the numbers of a run, and another version may have written other ones. Such a
run counts as none, so that its card offers to run the check, and no page, route or report fails.
"""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.dataset.filters import parse_search
from core.db import CheckRuns
from core.errors import InvalidInputError

_MAX_COUNT = 10**12
_MAX_MONEY = 1e9

Count = Annotated[int, Field(ge=0, le=_MAX_COUNT)]
Share = Annotated[float, Field(ge=-1.001, le=1.001)]
"""Also the difference of two shares; a little more than 1 is rounding."""
Interval = Annotated[list[Share], Field(min_length=2, max_length=2)]
Score = Annotated[float, Field(ge=0, le=5)]
Effect = Annotated[float, Field(ge=-1e6, le=1e6)]


class _Numbers(BaseModel):
    model_config = ConfigDict(strict=True)


class _Majority(_Numbers):
    answer: str
    entries: Count
    share: Share


class _Figures(_Numbers):
    entries: Count
    guessed: Count
    share: Share
    majority: _Majority


class _Value(_Figures):
    value: str


class _Groups(_Numbers):
    kind: list[_Value]
    language: list[_Value]
    model: list[_Value]


class _Pattern(_Numbers):
    text: str
    entries: Count
    answer: str
    share: Share


class _Guessable(_Figures):
    interval: Interval
    long_answers: Count
    groups: _Groups
    patterns: list[_Pattern]


class _Balance(_Numbers):
    target: Share
    left_out: Count
    reached: bool
    before: _Guessable
    after: _Guessable


class _Twins(_Numbers):
    entries: Count
    questions: Count
    with_twin: Count
    twins: Count
    before: _Guessable
    after: _Guessable


class _VerifiableKind(_Numbers):
    value: str
    entries: Count
    verifiable: Count


class _Verifiable(_Numbers):
    entries: Count
    verifiable: Count
    share: Share
    checkers: dict[str, Count]
    kinds: list[_VerifiableKind]


class _WorthReason(_Numbers):
    label: str
    entries: Count


class _Worth(_Numbers):
    entries: Count
    open: Count
    chosen: Count
    doubtful: Count
    images: Count
    has_vectors: bool
    reasons: list[_WorthReason]


class _Verdicts(_Numbers):
    supports: Count
    contradicts: Count
    unsure: Count


class _Tool(_Verdicts):
    tool: str
    precision: Share | None
    right: Count
    source: str


class _ToolReason(_Numbers):
    reason: str
    entries: Count


class _Tools(_Verdicts):
    entries: Count
    tested: Count
    tools: list[_Tool]
    reasons: list[_ToolReason]


class _Compared(_Numbers):
    images: Count
    questions: Count


class _Heldout(_Numbers):
    set: str
    compared: _Compared
    images: Count
    entries: Count
    both: Count
    image: Count
    question: Count


class _Asked(_Numbers):
    models: list[str]
    seed: int
    drawn: Count
    of: Count
    left_out: Count
    compared: Count = 0
    no_answer: Count
    not_asked: Count
    cost: Annotated[float, Field(ge=0, le=_MAX_MONEY)] | None


class _Asking(_Numbers):
    asked: _Asked


class _Right(_Numbers):
    right: Count
    share: Share
    interval: Interval


class _Difference(_Numbers):
    share: Share
    interval: Interval


class _Blind(_Numbers):
    entries: Count
    blind: _Right


class _BlindKind(_Blind):
    value: str


class _SeenKind(_BlindKind):
    seen: _Right
    worth: _Difference


class _BlindOpinion(_Blind, _Asking):
    kinds: list[_BlindKind]


class _SecondOpinion(_BlindOpinion):
    kinds: list[_SeenKind]  # type: ignore[assignment]  # with an image each kind has both
    seen: _Right
    worth: _Difference


class _Agreed(_Numbers):
    entries: Count
    agreed: Count
    share: Share
    interval: Interval
    doubt: Share
    doubtful: Count
    sure_of_another: Count


class _AgreedKind(_Agreed):
    value: str


class _Consensus(_Agreed, _Asking):
    kinds: list[_AgreedKind]


class _Agreement(_Numbers):
    share: Share | None
    low: Share | None
    high: Share | None
    alpha: Effect | None
    reviewed: Count
    same_verdicts: Count
    verdicts: Count


class _Bias(_Numbers):
    name: Literal["length", "position", "one score", "own answers"]
    found: bool | None
    entries: Count


class _Trust(_Numbers):
    answer: Literal["yes", "no", "not yet"]
    sentence: str
    agreement: _Agreement
    biases: list[_Bias]


class _Line(_Numbers):
    text: str
    mean: Score
    agreement: Share | None


class _Judge(_Asking):
    entries: Count
    mean: Score
    scores: dict[Literal["1", "2", "3", "4", "5"], Count] = Field(min_length=5)
    lines: list[_Line]
    trust: _Trust


class _ArenaPart(_Numbers):
    value: str
    questions: Count
    score: Share


class _ArenaGroups(_Numbers):
    measure: list[_ArenaPart]


class _Arena(_Numbers):
    questions: Count
    score: Share
    interval: Interval
    right: Count
    own_answers: Count
    not_confirmed: Count
    groups: _ArenaGroups


_SHAPES: dict[str, type[_Numbers]] = {
    "guessable": _Guessable, "balance": _Balance, "twins": _Twins, "verifiable": _Verifiable, "worth": _Worth,
    "tools": _Tools, "heldout": _Heldout, "consensus": _Consensus, "judge": _Judge, "ratings": _Judge, "arena": _Arena,
}  # fmt: skip


def is_readable(run: CheckRuns) -> bool:
    """Return whether the numbers, the options and the search line of a run can be shown and sent."""
    try:
        orjson.dumps([run.result, run.options])  # refuses what JSON in UTF-8 cannot have, and deep nesting
        parse_search(run.query)
        if shape := _shape(run.check_name, run.result):
            shape.model_validate(run.result)
    except (orjson.JSONEncodeError, ValidationError, InvalidInputError):
        return False
    return True


def _shape(check: str, result: dict[str, Any]) -> type[_Numbers] | None:
    if check == "second-opinion":
        return _SecondOpinion if "worth" in result else _BlindOpinion
    return _SHAPES.get(check)
