"""A fake model in place of LLMService: returns replies from a queue and records the requests."""

import json
from collections import deque
from typing import Any

from core.llm import ChatReply, ChatRequest, DatabaseLedger, LLMService, ModelConfig
from core.llm.ledger import CallStart


class FakeModel(LLMService):
    """Returns the enqueued replies in order; an enqueued exception is raised."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[ChatRequest] = []
        self._queue: deque[dict[str, Any] | Exception] = deque()

    def enqueue(self, *replies: dict[str, Any] | Exception) -> None:
        self._queue.extend(replies)

    def enqueue_questions(self, *questions: str) -> None:
        self.enqueue({"questions": [{"question": question, "kind": "object"} for question in questions]})

    def enqueue_answers(self, *answers: str) -> None:
        given = [{"number": number, "answer": answer} for number, answer in enumerate(answers, start=1)]
        self.enqueue({"answers": given})

    async def chat(self, config: ModelConfig, request: ChatRequest, *, ledger: Any = None) -> ChatReply:
        self.history.append(request)
        reply = self._queue.popleft()
        if isinstance(reply, Exception):
            raise reply
        call_id = None
        if isinstance(ledger, DatabaseLedger):
            call_id = ledger.start(CallStart(config.litellm_model, "0" * 64, request.prompt, {}, attempt=1))
        parsed = request.schema.model_validate(reply) if request.schema else None
        return ChatReply(
            text=json.dumps(reply), parsed=parsed, model=config.litellm_model, prompt_tokens=100,
            completion_tokens=20, cost=0.001, finish_reason="stop", call_id=call_id,
        )  # fmt: skip
