"""One request until it has a usable reply: what is repeated, how often, and in which form.

Whatever the reasons (the provider is down, a form of structured reply it does not know, a reply that cannot be
read), the number of sends never exceeds the policy's.
"""

import json
import re
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from core import process
from core.errors import (
    BadReplyError,
    CutReplyError,
    FilteredReplyError,
    LLMError,
    RefusedReplyError,
    RequestRefusedError,
)
from core.llm import litellm_client, replies
from core.llm.ledger import CallStart, Ledger, parameters_of
from core.llm.retry import Sender
from core.llm.types import ChatReply, ChatRequest, ModelConfig, RetryPolicy

STEPS = ("schema", "json_object", "prompt")
"""The forms in which a structured reply is asked for, best first."""

_ABOUT_THE_FORM = re.compile(
    r"response.?format|json.?schema|json.?object|response.?schema|response.?mime|structured|schema|grammar|guided"
    r"|output.?(config|format)|UnsupportedParams|does not support parameters",
    re.IGNORECASE,
)
_CUT_TOKENS = 4096


class Conversation:
    """Sends *request* until there is a usable reply or a reason to stop; used once."""

    def __init__(
        self, config: ModelConfig, request: ChatRequest, digest: str, ledger: Ledger | None, policy: RetryPolicy
    ) -> None:
        self._config = config
        self._request = request
        start = CallStart(
            model=config.litellm_model, request_hash=digest, prompt=request.prompt,
            params=parameters_of(_without_temperature(config)) | {"images": len(request.images)}, attempt=1,
            purpose=request.purpose.name,
        )  # fmt: skip
        self._sender = Sender(start, ledger, policy)
        self._unreadable = ""
        self._adapted: set[str] = set()
        self._step = _remembered_steps().get(_step_key(config), STEPS[0])

    async def run(self) -> ChatReply:
        await litellm_client.loaded()  # what is sent is stated in its words
        while True:
            try:
                return await self._turn()
            except LLMError as error:
                if not self._sender.may_send or not self._adapt(error):
                    raise

    def _adapt(self, error: LLMError) -> bool:
        """Change what the next send does differently; False when there is nothing left to try."""
        if isinstance(error, RefusedReplyError | FilteredReplyError):
            return False
        if (
            isinstance(error, RequestRefusedError)
            and "temperature" in str(error)
            and self._config.temperature is not None
        ):
            # Models that think take no temperature, and say so only when they get one.
            _fixed_temperature().add(_step_key(self._config))
            return self._once("temperature")
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
        reply, call_id = await self._sender.send(
            self._config,
            self._expected_tokens(),
            lambda: litellm_client.complete(
                _without_temperature(self._config), self._messages(), parameters=self._parameters()
            ),
        )
        try:
            replies.check(
                reply.text, finish_reason=reply.finish_reason, refusal=reply.refusal, has_images=bool(reply.image_urls)
            )
            parsed = self._parse(reply.text)
        except BadReplyError as error:
            await self._sender.write_failure(call_id, error, reply)
            raise
        if self._request.schema is not None:
            self._remember_step()
        return ChatReply(
            text=reply.text if self._request.schema else replies.clean(reply.text), parsed=parsed,
            model=self._config.litellm_model, prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens, cost=reply.cost, finish_reason=reply.finish_reason,
            images=litellm_client.decoded_images(reply), call_id=call_id,
        )  # fmt: skip

    def _parse(self, text: str) -> BaseModel | None:
        if self._request.schema is None:
            return None
        try:
            return replies.parse(text, self._request.schema)
        except BadReplyError:
            self._unreadable = text
            raise

    def _expected_tokens(self) -> int:
        text = len(self._request.prompt) + len(self._request.system)
        return text // 3 + 1000 * len(self._request.images) + (self._config.max_tokens or 500)

    def _messages(self) -> list[dict[str, Any]]:
        messages = litellm_client.messages_for(self._request)
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
            parameters["response_format"] = litellm_client.response_format(self._request.schema)
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


def _in_words(schema: type[BaseModel]) -> str:
    stated = json.dumps(schema.model_json_schema(), ensure_ascii=False)
    return f"Answer with one JSON document and nothing else. It follows this JSON schema: {stated}"


def _remembered_steps() -> dict[tuple[str, str], str]:
    return process.singleton("llm_ladder", dict[tuple[str, str], str])


def _fixed_temperature() -> set[tuple[str, str]]:
    return process.singleton("llm_fixed_temperature", set)


def _without_temperature(config: ModelConfig) -> ModelConfig:
    """Leave the temperature out for models that are known by now to take none."""
    return replace(config, temperature=None) if _step_key(config) in _fixed_temperature() else config


def _step_key(config: ModelConfig) -> tuple[str, str]:
    return (config.litellm_model, config.api_base or "")
