import pytest
from sqlmodel import select

from core.db import Database, LlmCalls, Projects, Tasks
from core.errors import ConflictError, ProviderDownError
from core.llm import ChatReply, ChatRequest, DatabaseLedger, ImagePart, ModelConfig
from core.llm.ledger import CallStart, Usage, request_hash

START = CallStart(model="openai/gpt-4o", request_hash="h", prompt="Ask", params={"temperature": 0.2}, attempt=1)
REPLY = ChatReply("text", None, "openai/gpt-4o", 10, 5, 0.001, "stop")


def _row(db: Database, call_id: int) -> LlmCalls:
    with db.reading() as session:
        return session.exec(select(LlmCalls).where(LlmCalls.id == call_id)).one()


def test_a_row_is_committed_before_the_call_is_sent(db: Database) -> None:
    call_id = DatabaseLedger(db, task_id="t", item_id=7).start(START)
    row = _row(db, call_id)
    assert (row.state, row.task_id, row.item_id, row.prompt, row.params) == (
        "started",
        "t",
        7,
        "Ask",
        {"temperature": 0.2},
    )
    assert row.ended_at is None


def test_a_call_is_settled_in_the_transaction_of_its_results__rolls_back_on_error(db: Database) -> None:
    ledger = DatabaseLedger(db)
    reply = ChatReply(**{**vars(REPLY), "call_id": ledger.start(START)})
    with pytest.raises(RuntimeError), db.transaction() as session:
        session.add(Projects(name="result"))
        ledger.settle(session, reply)
        raise RuntimeError
    assert _row(db, reply.call_id or 0).state == "started"
    with db.transaction() as session:
        ledger.settle(session, reply)
    row = _row(db, reply.call_id or 0)
    assert (row.state, row.reply, row.prompt_tokens, row.completion_tokens, row.cost) == ("ok", "text", 10, 5, 0.001)


def test_failures_are_committed_immediately_and_without_keys(db: Database) -> None:
    ledger = DatabaseLedger(db)
    call_id = ledger.start(START)
    ledger.fail(call_id, ProviderDownError("It broke at sk-0123456789abcdef.", maybe_paid=True), Usage(1, 2, 0.5))
    row = _row(db, call_id)
    assert (row.state, row.error_code, row.cost) == ("unknown", "provider_down", 0.5)
    assert row.reply == "It broke at [key removed]."


async def test_a_rejected_reply_keeps_its_cost(db: Database) -> None:
    ledger = DatabaseLedger(db)
    reply = ChatReply(**{**vars(REPLY), "call_id": ledger.start(START)})
    ledger.reject(reply, "Two answers to three questions.")
    row = _row(db, reply.call_id or 0)
    assert (row.state, row.cost, row.reply) == ("failed", 0.001, "text")
    assert await ledger.find_paid("h") is None


async def test_only_settled_calls_are_found_and_the_newest_first(db: Database) -> None:
    ledger = DatabaseLedger(db)
    for text in ("old", "new"):
        ledger.settle_now(ChatReply(**{**vars(REPLY), "text": text, "call_id": ledger.start(START)}))
    ledger.start(START)
    found = await ledger.find_paid("h")
    assert found is not None
    assert found.text == "new"
    assert await ledger.find_paid("other") is None


def test_the_hash_covers_everything_that_determines_the_reply() -> None:
    config = ModelConfig("openai/gpt-4o", api_key="one", temperature=0.1)
    request = ChatRequest("Ask", (ImagePart(b"a"), ImagePart(b"b")))
    same = request_hash(config, request)
    assert request_hash(ModelConfig("openai/gpt-4o", api_key="other", temperature=0.1), request) == same
    others = [
        (ModelConfig("openai/gpt-5", temperature=0.1), request),
        (ModelConfig("openai/gpt-4o", temperature=0.2), request),
        (config, ChatRequest("Ask!", request.images)),
        (config, ChatRequest("Ask", request.images, system="Be brief.")),
        (config, ChatRequest("Ask", request.images[::-1])),
        (config, ChatRequest("Ask", (ImagePart(b"ab"),))),
        (config, ChatRequest("Ask", (ImagePart(b"a", label="x"), ImagePart(b"b")))),
    ]
    assert len({same, *(request_hash(*other) for other in others)}) == len(others) + 1


@pytest.mark.parametrize("status", ["paused", "cancelled"])
def test_an_item_of_a_stopped_task_sends_nothing_unless_it_has_a_started_call(db: Database, status: str) -> None:
    task_id = _task(db)
    begun, waiting = (DatabaseLedger(db, task_id=task_id, item_id=number) for number in (1, 2))
    begun.start(START)
    with db.transaction() as session:
        session.get_one(Tasks, task_id).status = status
    with pytest.raises(ConflictError, match="Resume it first"):
        waiting.start(START)
    assert begun.start(START) > 1


def _task(db: Database) -> str:
    with db.transaction() as session:
        project = Projects(name="Shelf")
        task = Tasks(project_id=project.id, task_type="any", status="running")
        session.add_all([project, task])
    return task.id
