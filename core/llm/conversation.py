"""One request until it has a usable reply: what is repeated, how often, and in which form.

Whatever the reasons (the provider is down, a form of structured reply it does not know, a reply that cannot be
read), the number of sends never exceeds the policy's.
"""

import asyncio
import json
import re
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from core import process
from core.errors import (
    BadReplyError,
    CutReplyError,
    FilteredReplyError,
    LLMError,
    ProviderDownError,
    RateLimitedError,
    RefusedReplyError,
    RequestRefusedError,
)
from core.llm import keys, replies, wire
from core.llm.lanes import lane_for
from core.llm.ledger import CallStart, Ledger, Spent, parameters_of
from core.llm.types import ChatReply, ChatRequest, ModelConfig

STEPS = ("schema", "json_object", "prompt")
"""The forms in which a structured reply is asked for, best first."""

_ABOUT_THE_FORM = re.compile(
    r"response.?format|json.?schema|json.?object|response.?schema|response.?mime|structured|schema|grammar|guided"
    r"|output.?(config|format)|UnsupportedParams|does not support parameters",
    re.IGNORECASE,
)
_MAYBE_PAID_SENDS = 2
_CUT_TOKENS = 4096


@dataclass(frozen=True)
class RetryPolicy:
    max_sends: int = 3
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_pause_s: float = 600.0
    """A provider that asks for more than this fails the call instead of holding it."""


class Conversation:
    """Sends *request* until there is a usable reply or a reason to stop; used once."""

    def __init__(
        self, config: ModelConfig, request: ChatRequest, digest: str, ledger: Ledger | None, policy: RetryPolicy
    ) -> None:
        self._config = config
        self._request = request
        self._digest = digest
        self._ledger = ledger
        self._policy = policy
        self._sends = 0
        self._maybe_paid = 0
        self._unreadable = ""
        self._adapted: set[str] = set()
        self._step = _remembered_steps().get(_step_key(config), STEPS[0])

    async def run(self) -> ChatReply:
        while True:
            try:
                return await self._turn()
            except LLMError as error:
                if self._sends >= self._policy.max_sends or not self._adapt(error):
                    raise

    def _adapt(self, error: LLMError) -> bool:
        """Change what the next send does differently; False when there is nothing left to try."""
        if isinstance(error, RefusedReplyError | FilteredReplyError):
            return False
        if isinstance(error, RequestRefusedError):
            return self._request.schema is not None and bool(_ABOUT_THE_FORM.search(str(error))) and self._step_down()
        if isinstance(error, CutReplyError):
            cut_at = self._config.max_tokens or _CUT_TOKENS
            self._config = replace(self._config, max_tokens=cut_at * 2)
            return self._once("cut")
        return isinstance(error, BadReplyError) and self._once("bad")

    def _once(self, what: str) -> bool:
        first = what not in self._adapted
        self._adapted.add(what)
        return first

    def _step_down(self) -> bool:
        lower = STEPS.index(self._step) + 1
        if lower == len(STEPS):
            return False
        self._step = STEPS[lower]
        return True

    async def _turn(self) -> ChatReply:
        reply, call_id = await self._send_through_trouble()
        try:
            replies.check(
                reply.text, finish_reason=reply.finish_reason, refusal=reply.refusal, has_images=bool(reply.image_urls)
            )
            parsed = self._parse(reply.text)
        except BadReplyError as error:
            await self._write_failure(call_id, error, reply)
            raise
        if self._request.schema is not None:
            self._remember_step()
        return ChatReply(
            text=reply.text if self._request.schema else replies.clean(reply.text), parsed=parsed,
            model=self._config.litellm_model, prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens, cost=reply.cost, finish_reason=reply.finish_reason,
            images=wire.decoded_images(reply), call_id=call_id,
        )  # fmt: skip

    def _parse(self, text: str) -> BaseModel | None:
        if self._request.schema is None:
            return None
        try:
            return replies.parse(text, self._request.schema)
        except BadReplyError:
            self._unreadable = text
            raise

    async def _send_through_trouble(self) -> tuple[wire.WireReply, int | None]:
        """Send; wait and send again while the trouble is one that passes."""
        retrying = AsyncRetrying(
            sleep=asyncio.sleep,
            retry=retry_if_exception(lambda error: isinstance(error, RateLimitedError | ProviderDownError)),
            stop=self._is_over,
            wait=self._wait_s,
            reraise=True,
        )
        return await retrying(self._send)

    def _is_over(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, LLMError) and error.maybe_paid:
            self._maybe_paid += 1
        asked_s = error.retry_after_s if isinstance(error, RateLimitedError) else None
        return (
            self._sends >= self._policy.max_sends
            or self._maybe_paid >= _MAYBE_PAID_SENDS
            or (asked_s or 0.0) > self._policy.longest_pause_s
        )

    def _wait_s(self, state: RetryCallState) -> float:
        if state.outcome and isinstance(state.outcome.exception(), RateLimitedError):
            return 0.0  # the lane waits, for all of its calls together
        return wait_random_exponential(self._policy.first_wait_s, self._policy.longest_wait_s)(state)

    async def _send(self) -> tuple[wire.WireReply, int | None]:
        key = keys.key_for(self._config)
        async with lane_for(self._config, key).slot(self._config, self._expected_tokens()):
            self._sends += 1
            call_id = await self._write_start()
            try:
                return await wire.complete(self._config, self._messages(), parameters=self._parameters()), call_id
            except LLMError as error:
                await self._write_failure(call_id, error)
                raise

    def _expected_tokens(self) -> int:
        text = len(self._request.prompt) + len(self._request.system)
        return text // 3 + 1000 * len(self._request.images) + (self._config.max_tokens or 500)

    def _messages(self) -> list[dict[str, Any]]:
        messages = wire.messages_for(self._request)
        schema = self._request.schema
        if schema is not None and (self._step != STEPS[0] or self._unreadable):
            messages[-1]["content"].append({"type": "text", "text": _in_words(schema)})
        if self._unreadable:
            messages += [
                {"role": "assistant", "content": self._unreadable[: replies.HEAD_CHARS]},
                {"role": "user", "content": "This could not be read. Answer again with the JSON only."},
            ]
        return messages

    def _parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        if self._request.schema is not None and self._step == "schema":
            parameters["response_format"] = self._request.schema
        elif self._request.schema is not None and self._step == "json_object":
            parameters["response_format"] = {"type": "json_object"}
        if self._config.is_offline:
            parameters["purpose"] = {"name": self._request.purpose.name, **self._request.purpose.details}
        return parameters

    def _remember_step(self) -> None:
        step = self._step
        if self._unreadable and step == STEPS[0]:
            # The schema alone was not heeded; naming it in words was.
            step = STEPS[1]
        _remembered_steps()[_step_key(self._config)] = step

    async def _write_start(self) -> int | None:
        if self._ledger is None:
            return None
        call = CallStart(
            model=self._config.litellm_model, request_hash=self._digest, prompt=self._request.prompt,
            params=parameters_of(self._config), attempt=self._sends, purpose=self._request.purpose.name,
        )  # fmt: skip
        return await asyncio.to_thread(self._ledger.start, call)

    async def _write_failure(self, call_id: int | None, error: LLMError, reply: wire.WireReply | None = None) -> None:
        if self._ledger is None or call_id is None:
            return
        spent = Spent(reply.prompt_tokens, reply.completion_tokens, reply.cost) if reply else Spent()
        await asyncio.to_thread(self._ledger.fail, call_id, error, spent)


def _in_words(schema: type[BaseModel]) -> str:
    stated = json.dumps(schema.model_json_schema(), ensure_ascii=False)
    return f"Answer with one JSON document and nothing else. It follows this JSON schema: {stated}"


def _remembered_steps() -> dict[tuple[str, str], str]:
    return process.singleton("llm_ladder", dict[tuple[str, str], str])


def _step_key(config: ModelConfig) -> tuple[str, str]:
    return (config.litellm_model, config.api_base or "")
