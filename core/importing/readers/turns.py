"""Messages become turns: paired by the role of their writer, not by their place."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.importing.answers import RowError, turn
from core.importing.readers.base import Files
from core.importing.records import Turn
from core.importing.texts import clean_text

MAX_TURNS = 1_000
USERS = frozenset({"human", "user", "question", "prompter"})
ASSISTANTS = frozenset({"gpt", "assistant", "model", "bot", "chatgpt", "bard", "bing", "answer"})
SYSTEMS = frozenset({"system", "developer"})
TOOLS = frozenset({"tool", "function", "function_call", "observation", "tool_call", "tool_response", "ipython"})


ASKING, ANSWERING = ("human", "user"), ("gpt", "assistant")
"""How most formats call them."""
_USUAL = (*ASKING, *ANSWERING)


class Conversation(NamedTuple):
    """The turns of a record, with the system text before them."""

    turns: tuple[Turn, ...]
    system: str


def paired(messages: Sequence[tuple[Any, Any]], where: str, files: Files) -> Conversation:
    """Pair the questions of *messages*, each a role and a text, with the answers that follow them.

    A message that cannot be paired is left out and added to the problems.

    Raises:
        RowError: no turn is left.
    """
    if len(messages) == 2 and messages[0][0] in ASKING and messages[1][0] in ANSWERING:
        # The usual conversation: a question and its answer.
        return Conversation((turn(messages[0][1], messages[1][1] or ""),), "")
    turns: list[Turn] = []
    systems: list[str] = []
    question: str | None = None
    reasons: list[str] = []
    for role, text in messages:
        who = role if role in _USUAL else str(role).lower() if isinstance(role, str) else ""
        if who in USERS:
            if question is not None:
                reasons.append(f"A question has no answer: {_start(question)}")
            question = text
        elif who in ASSISTANTS:
            if question is None:
                if text:
                    reasons.append(f"An answer has no question before it: {_start(text)}")
                continue
            if text is None or text == "":
                # An assistant that only calls a tool has no text; the answer follows.
                continue
            try:
                turns.append(turn(question, text))
            except RowError as error:
                reasons.append(str(error))
            question = None
        elif who in SYSTEMS:
            systems.append(clean_text(text) if isinstance(text, str) else "")
        else:
            reasons.append(_not_read(role))
    if question is not None:
        reasons.append(f"A question has no answer: {_start(question)}")
    if not turns:
        raise RowError(reasons[0] if reasons else "There is no question in this conversation.")
    if len(turns) > MAX_TURNS:
        raise RowError(f"This conversation has {len(turns):,} turns; {MAX_TURNS:,} is the limit.")
    for reason in reasons:
        files.problems.add(where, reason)
    return Conversation(tuple(turns), "\n\n".join(filter(None, systems)))


def _not_read(role: Any) -> str:
    if isinstance(role, str) and role.lower() in TOOLS:
        return f"A message of the role {role} was left out: calls of tools are not read."
    return f"A message of an unknown role was left out: {_start(role)}"


def _start(text: Any) -> str:
    shown = clean_text(text[:200]) if isinstance(text, str) else type(text).__name__
    return shown if len(shown) < 60 else f"{shown[:60]}…"
