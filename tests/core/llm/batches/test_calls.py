"""Which stored answer belongs to which attempt of an item."""

from typing import Any

import pytest

from core.db import BatchRequests
from core.errors import RequestRefusedError
from core.llm.batches.calls import ItemCalls, KeptRequest
from core.llm.batches.deferring import StoredAnswer
from core.llm.ledger import CallStart


def _row(request_hash: str, call_id: int, *, state: str = "answered", **more: Any) -> BatchRequests:
    values = {"purpose": "questions", "attempt": 1, "http_status": 200, "response": f"reply {call_id}"} | more
    return BatchRequests(
        batch_id="b", number=0, item_id=7, call_id=call_id, request_hash=request_hash, state=state, **values
    )


def _call(request_hash: str, *, purpose: str = "questions", attempt: int = 1) -> CallStart:
    return CallStart("openai/small", request_hash, "What?", {}, attempt, purpose)


def _calls(*rows: BatchRequests) -> tuple[ItemCalls, list[KeptRequest]]:
    kept: list[KeptRequest] = []
    return ItemCalls(7, rows, 0.5, kept.append), kept


def test_an_attempt_is_answered_by_the_same_attempt_of_the_same_request() -> None:
    calls, _ = _calls(
        _row("a", 11), _row("a", 12, attempt=2, http_status=429), _row("b", 13, state="waiting"),
        _row("c", 14, http_status=None),
    )  # fmt: skip

    assert [calls.begin(_call("a")), calls.answer()] == [11, StoredAnswer(200, b"reply 11")]
    assert [calls.begin(_call("a", attempt=2)), calls.answer()] == [12, StoredAnswer(429, b"reply 12")]
    assert [calls.begin(_call("a", attempt=3)), calls.answer()] == [0, None]
    assert [calls.begin(_call("c")), calls.answer()] == [14, StoredAnswer(500, b"reply 14")]


def test_questions_are_also_answered_by_what_another_request_of_the_item_was_answered() -> None:
    """The request names the questions that its image had then."""
    calls, _ = _calls(_row("a", 11), _row("other", 12), _row("third", 13, purpose="answers"))

    assert [calls.begin(_call("new")), calls.begin(_call("newer")), calls.begin(_call("newest"))] == [11, 12, 0]
    assert calls.begin(_call("new")) == 11, "each keeps its own"
    answers, _ = _calls(_row("third", 13, purpose="answers"))
    assert answers.begin(_call("new", purpose="answers")) == 0
    assert answers.begin(_call("third", purpose="answers")) == 13


def test_a_request_is_answered_by_its_own_answer_before_that_of_another() -> None:
    calls, _ = _calls(_row("other", 12), _row("a", 11))

    assert calls.begin(_call("a")) == 11


def test_what_was_asked_in_a_batch_is_known() -> None:
    calls, _ = _calls(_row("a", 11), _row("lost", 12, state="lost"))

    assert calls.knows("a")
    assert not calls.knows("new")
    assert not calls.knows("lost")
    calls.begin(_call("new"))
    assert calls.knows("new")


def test_an_attempt_fails_after_three_batches_without_an_answer() -> None:
    twice, _ = _calls(*(_row("a", number, state="lost") for number in (1, 2)), _row("a", 3))
    assert twice.begin(_call("a")) == 3

    three_times, _ = _calls(*(_row("a", number, state="lost") for number in (1, 2, 3)))
    with pytest.raises(RequestRefusedError, match="no answer in 3 batches"):
        three_times.begin(_call("a"))
    assert three_times.begin(_call("a", attempt=2)) == 0


def test_a_request_is_kept_with_the_call_that_was_begun() -> None:
    calls, kept = _calls()
    with pytest.raises(AssertionError):
        calls.keep(b"{}")

    calls.begin(_call("a"))
    calls.keep(b'{"n": 1}')

    assert kept == [KeptRequest(7, _call("a"), b'{"n": 1}')]
