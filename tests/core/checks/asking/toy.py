"""A check that asks whether an answer is right, and a provider that says so of every answer but some."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from core.checks.asking import registry
from core.checks.asking.base import AskedEntry, AskedRun, AskingOptions, Call, Reply
from core.checks.base import CheckedEntry, Finding
from core.llm import ChatRequest
from tests.fakes.provider import Call as Received
from tests.fakes.provider import Reply as Sent


class Verdict(BaseModel):
    right: bool


class Options(AskingOptions):
    times: int = 1


class ToyCheck:
    name = "toy"
    label = "Toy"
    options = Options

    def shows_images(self, run: AskedRun) -> bool:
        return True

    def fits(self, entry: CheckedEntry) -> bool:
        return entry.answer != "unasked"

    def series(self, run: AskedRun) -> str:
        return run.models[0].litellm_model

    def calls(self, entry: AskedEntry, run: AskedRun) -> Sequence[Call]:
        request = ChatRequest(f"Is this right? {entry.question} {entry.answer}", entry.images[0], schema=Verdict)
        return [Call(replace(request, variant=str(number) if number else "")) for number in range(run.options.times)]

    def finding(self, entry: AskedEntry, replies: Sequence[Reply], run: AskedRun) -> Finding:
        said = [reply.parsed.right for reply in replies if isinstance(reply.parsed, Verdict)]
        return Finding(entry.id, "right" if all(said) else "wrong", sum(said) / len(said))

    def result(self, answered: Sequence[tuple[CheckedEntry, Finding]], run: AskedRun) -> dict[str, Any]:
        return {"right": sum(finding.verdict == "right" for _, finding in answered)}


CHECK = ToyCheck()


def says(is_right: Callable[[str], bool | None], delay_s: float = 0.0) -> Callable[[Received], Sent]:
    """Return the script of a model that looks at the answer; None makes a reply that cannot be read."""

    def reply(call: Received) -> Sent:
        right = is_right(re.findall(r'Is this right\? [^"]* (\w+)"', json.dumps(call.body))[0])
        return Sent("Hm." if right is None else json.dumps({"right": right}), delay_s=delay_s)

    return reply


@contextmanager
def known() -> Iterator[None]:
    """Add the check to those that are known."""
    found = registry.asking_checks()
    found["toy"] = CHECK
    try:
        yield
    finally:
        del found["toy"]
