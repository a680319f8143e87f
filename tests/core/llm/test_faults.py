"""Every fault of a provider, in every wire format, outcomes with the expected error, and no key leaks."""

import asyncio
import logging
import os
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

# The long form has a hundred items for each fault in each wire format; the short one alternates the formats.
LONG_FORM = bool(os.environ.get("VITRINE_PROVE"))
ITEMS = 100 if LONG_FORM else 1
CASES = [
    (fault, wire)
    for index, fault in enumerate(FAULTS)
    for wire in (fault.wires if LONG_FORM else [fault.wires[index % len(fault.wires)]])
]
POLICY = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.03)


@pytest.mark.parametrize(("fault", "wire"), CASES, ids=str)
async def test_every_item_ends_with_a_reply_or_the_expected_error(
    fault: Fault, wire: WireFormat, db: Database, caplog: pytest.LogCaptureFixture, jpeg: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    redact_logs()
    timeout_s = 0.5 * (4 if LONG_FORM else 1) if fault.slow else 60.0
    with FakeProvider(fault.make) as provider:
        config = provider.config(wire, api_key=CANARY, timeout_s=timeout_s, concurrency=16)
        outcomes = await asyncio.gather(*(_one_item(number, config, db, jpeg) for number in range(ITEMS)))
    for outcome in outcomes:
        if fault.expected_error is None:
            assert isinstance(outcome, ChatReply)
            assert outcome.parsed == QuestionList.model_validate(
                {"questions": [{"question": "What is it?", "kind": "object"}]}
            )
        else:
            assert isinstance(outcome, LLMError)
            assert type(outcome) is fault.expected_error or ITEMS > 1, f"{outcome!r}"
            assert all(isinstance(part, VitrineError) for part in _chain(outcome)), (
                "a foreign exception contains the key"
            )
    _assert_ledger_is_complete(db, fault, len(provider.calls))
    assert len(provider.calls) <= fault.max_sends * ITEMS
    _assert_no_key_leaked(outcomes, db.data_dir, caplog)


async def _one_item(number: int, config: object, db: Database, jpeg: bytes) -> ChatReply | LLMError:
    request = ChatRequest(f"Ask {number}", (ImagePart(jpeg),), schema=QuestionList)
    try:
        return await LLMService(POLICY).chat(config, request, ledger=DatabaseLedger(db))  # type: ignore[arg-type]
    except LLMError as error:
        return error


def _chain(error: BaseException) -> list[BaseException]:
    below = error.__cause__ or error.__context__
    return [error, *(_chain(below) if below else [])]


def _assert_ledger_is_complete(db: Database, fault: Fault, sends: int) -> None:
    with db.reading() as session:
        calls = list(session.exec(select(LlmCalls)))
    # The time limit may be reached between the row and the request.
    assert len(calls) >= sends if fault.slow else len(calls) == sends
    assert len(calls) <= fault.max_sends * ITEMS
    for call in calls:
        assert call.state in ({"started"} if fault.expected_error is None else {"failed", "unknown"})
        if fault.expected_error is not None:
            assert call.error_code
            assert call.ended_at is not None


def _assert_no_key_leaked(
    outcomes: list[ChatReply | LLMError], data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert CANARY not in caplog.text
    for outcome in outcomes:
        assert CANARY not in f"{outcome!r} {outcome} {vars(outcome)}"
    for path in data_dir.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()
