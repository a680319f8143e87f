"""Every fault, in every wire format, ends in a state with a cause; no byte of it holds the key."""

import asyncio
import logging
import os
import time
from pathlib import Path

import pytest
from sqlmodel import select

from core.db import Database, LlmCalls
from core.errors import LLMError, VitrineError
from core.llm import ChatReply, ChatRequest, DatabaseLedger, ImagePart, LLMService, RetryPolicy
from core.llm.redaction import redact_logs
from core.llm.schemas import QuestionList
from tests.fakes.faults import CANARY, FAULTS, Fault
from tests.fakes.provider import FakeProvider, WireFormat

# The long form: a hundred items for each fault in each wire format. The short one takes the formats in turn.
PROVES = bool(os.environ.get("VITRINE_PROVE"))
ITEMS = 100 if PROVES else 1
CASES = [
    (fault, wire)
    for index, fault in enumerate(FAULTS)
    for wire in (fault.wires if PROVES else [fault.wires[index % len(fault.wires)]])
]
POLICY = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.03)


@pytest.mark.parametrize(("fault", "wire"), CASES, ids=str)
async def test_every_item_ends_in_a_state_with_a_cause(
    fault: Fault, wire: WireFormat, db: Database, caplog: pytest.LogCaptureFixture, jpeg: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    redact_logs()
    timeout_s = 0.5 * (4 if PROVES else 1) if fault.slow else 20.0
    with FakeProvider(fault.make) as provider:
        config = provider.config(wire, api_key=CANARY, timeout_s=timeout_s, concurrency=16)
        started = time.monotonic()
        ends = await asyncio.gather(*(_one_item(number, config, db, jpeg) for number in range(ITEMS)))
        took_s = time.monotonic() - started
    for end in ends:
        if fault.ends_as is None:
            assert isinstance(end, ChatReply)
            assert end.parsed == QuestionList.model_validate(
                {"questions": [{"question": "What is it?", "kind": "object"}]}
            )
        else:
            assert isinstance(end, LLMError)
            assert type(end) is fault.ends_as or ITEMS > 1, f"{end!r}"
            assert all(isinstance(part, VitrineError) for part in _chain(end)), "a foreign exception holds the key"
    _check_the_ledger(db, fault, len(provider.calls))
    assert len(provider.calls) <= fault.sends * ITEMS
    if fault.slow and not PROVES:
        assert took_s < fault.sends * (timeout_s + 0.5)
    _check_that_no_key_leaked(ends, db.data_dir, caplog)


async def _one_item(number: int, config: object, db: Database, jpeg: bytes) -> ChatReply | LLMError:
    request = ChatRequest(f"Ask {number}", (ImagePart(jpeg),), schema=QuestionList)
    try:
        return await LLMService(POLICY).chat(config, request, ledger=DatabaseLedger(db))  # type: ignore[arg-type]
    except LLMError as error:
        return error


def _chain(error: BaseException) -> list[BaseException]:
    below = error.__cause__ or error.__context__
    return [error, *(_chain(below) if below else [])]


def _check_the_ledger(db: Database, fault: Fault, sends: int) -> None:
    with db.reading() as session:
        calls = list(session.exec(select(LlmCalls)))
    # A time limit may strike between the row and the send.
    assert len(calls) >= sends if fault.slow else len(calls) == sends
    assert len(calls) <= fault.sends * ITEMS
    for call in calls:
        assert call.state in ({"started"} if fault.ends_as is None else {"failed", "unknown"})
        if fault.ends_as is not None:
            assert call.error_code
            assert call.ended_at is not None


def _check_that_no_key_leaked(
    ends: list[ChatReply | LLMError], data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert CANARY not in caplog.text
    for end in ends:
        assert CANARY not in f"{end!r} {end} {vars(end)}"
    for path in data_dir.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()
