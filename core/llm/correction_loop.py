"""One chat request until its reply is usable, with corrections: what the next attempt changes, and when to stop.

However many reasons there are to send again (server error, unsupported form of structured reply, unreadable reply),
the number of attempts never exceeds that of the retry policy.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from core.errors import (
    BadReplyError,
    CutReplyError,
    FilteredReplyError,
    LLMError,
    RefusedReplyError,
    RequestRefusedError,
)
from core.llm import litellm_client, replies, sent_links
from core.llm.ledger import CallStart, Ledger, parameters_of
from core.llm.retry import RetryingSender
from core.llm.types import ChatReply, ChatRequest, ModelConfig, RetryPolicy

SCHEMA_FORMS = ("schema", "json_object", "prompt")
"""How a structured reply is requested, best first: strict schema, any JSON object, in words only."""

_SCHEMA_NOT_SUPPORTED = re.compile(
    r"response.?format|json.?schema|json.?object|response.?schema|response.?mime|structured|schema|grammar|guided"
    r"|output.?(config|format)|UnsupportedParams|does not support parameters",
    re.IGNORECASE,
)
_DEFAULT_MAX_TOKENS = 4096


# Learned by this process, by model and base URL: the form that worked, and the models that accept no temperature.
_learned_forms: dict[tuple[str, str], str] = {}
_models_without_temperature: set[tuple[str, str]] = set()


class CorrectionLoop:
    """Sends *request* until there is a usable reply or a reason to stop; create one per request."""

    def __init__(
        self, config: ModelConfig, request: ChatRequest, digest: str, ledger: Ledger | None, policy: RetryPolicy
    ) -> None:
        """*digest* is the hash of the request in the call ledger."""
        self._config = config
        self._request = request
        start = CallStart(
            model=config.litellm_model, request_hash=digest, prompt=request.prompt,
            params=parameters_of(_without_temperature(config)) | {"images": len(request.images)}, attempt=1,
            purpose=request.purpose.name,
        )  # fmt: skip
        self._sender = RetryingSender(start, ledger, policy)
        self._unreadable_text = ""
        self._corrections: set[str] = set()
        self._sent_links = False
        self._form = _learned_forms.get(_model_key(config), SCHEMA_FORMS[0])

    async def run(self) -> ChatReply:
        """Return a usable reply.

        Raises:
            LLMError: no correction is left, or the last attempt failed.
        """
        await litellm_client.loaded()  # the request is built with its functions
        while True:
            try:
                return await self._attempt()
            except LLMError as error:
                if not self._sender.may_send or not self._correct(error):
                    raise

    def _correct(self, error: LLMError) -> bool:
        """Change the next attempt so that *error* may not occur again; False when there is nothing left to try."""
        if isinstance(error, RefusedReplyError | FilteredReplyError):
            return False
        if (
            isinstance(error, RequestRefusedError)
            and "temperature" in str(error)
            and self._config.temperature is not None
        ):
            # Reasoning models accept no temperature; the error is the only way to learn it.
            _models_without_temperature.add(_model_key(self._config))
            return self._first_time("temperature")
        if isinstance(error, RequestRefusedError) and self._sent_links and sent_links.NOT_FETCHED.search(str(error)):
            sent_links.give_up(self._config)
            return self._first_time("links")
        if isinstance(error, RequestRefusedError):
            has_schema = self._request.schema is not None
            return has_schema and bool(_SCHEMA_NOT_SUPPORTED.search(str(error))) and self._use_next_form()
        if isinstance(error, CutReplyError):
            max_tokens = self._config.max_tokens or _DEFAULT_MAX_TOKENS
            self._config = replace(self._config, max_tokens=max_tokens * 2)
            return self._first_time("max_tokens")
        return isinstance(error, BadReplyError) and self._first_time("unreadable")

    def _first_time(self, correction: str) -> bool:
        """Record *correction* and return whether it was not tried before."""
        first = correction not in self._corrections
        self._corrections.add(correction)
        return first

    def _use_next_form(self) -> bool:
        position = SCHEMA_FORMS.index(self._form) + 1
        if position == len(SCHEMA_FORMS):
            return False
        self._form = SCHEMA_FORMS[position]
        return True

    async def _attempt(self) -> ChatReply:
        reply, call_id = await self._sender.send(
            self._config,
            self._expected_tokens(),
            self._complete,
        )
        if self._request.schema is not None and not reply.text.strip():
            reply = replace(reply, text=replies.answer_within(reply.thinking))
        try:
            text = replies.clean(reply.text) if self._request.schema is None else reply.text
            replies.check(
                text, finish_reason=reply.finish_reason, refusal=reply.refusal, has_images=bool(reply.image_urls),
                has_thinking=bool(reply.thinking.strip() or reply.text.strip()),
            )  # fmt: skip
            parsed = await self._parse(reply)
        except BadReplyError as error:
            await self._sender.write_failure(call_id, error, reply)
            raise
        if self._request.schema is not None:
            self._remember_form()
        return ChatReply(
            text=text, parsed=parsed,
            model=self._config.litellm_model, prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens, cost=reply.cost, finish_reason=reply.finish_reason,
            call_id=call_id,
        )  # fmt: skip

    async def _complete(self) -> litellm_client.RawReply:
        """Send once; links to images are signed for this attempt."""
        links = () if "links" in self._corrections else await sent_links.links_for(self._config, self._request.images)
        self._sent_links = any(links)
        return await litellm_client.complete(
            _without_temperature(self._config), self._messages(links), parameters=self._parameters(), links=links
        )

    async def _parse(self, reply: litellm_client.RawReply) -> BaseModel | None:
        instead = BadReplyError(
            f"The model called {reply.tool[:100]} instead of answering, although no tool was offered. "
            "Try again, or use another model.",
            reply_head=reply.text[: replies.HEAD_CHARS],
        )
        if self._request.schema is None and reply.tool:
            raise instead
        if self._request.schema is None:
            return None
        try:
            return await replies.parse_off_loop(reply.text, self._request.schema, self._request.expected_items)
        except BadReplyError as error:
            self._unreadable_text = reply.text
            raise (instead if reply.tool else error) from None

    def _expected_tokens(self) -> int:
        chars = len(self._request.prompt) + len(self._request.system)
        return chars // 3 + 1000 * len(self._request.images) + (self._config.max_tokens or 500)

    def _messages(self, links: Sequence[str | None] = ()) -> list[dict[str, Any]]:
        messages = litellm_client.messages_for(self._request, links)
        schema = self._request.schema
        if schema is not None and (self._form != SCHEMA_FORMS[0] or self._unreadable_text):
            messages[-1]["content"].append({"type": "text", "text": _schema_instruction(schema)})
        if self._unreadable_text:
            messages += [
                {"role": "assistant", "content": self._unreadable_text[: replies.HEAD_CHARS]},
                {"role": "user", "content": "This could not be read. Answer again with the JSON only."},
            ]
        return messages

    def _parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        if self._request.schema is not None and self._form == "schema":
            parameters["response_format"] = litellm_client.response_format(self._request.schema)
        elif self._request.schema is not None and self._form == "json_object":
            parameters["response_format"] = {"type": "json_object"}
        if self._config.is_offline:
            parameters["purpose"] = {"name": self._request.purpose.name, **self._request.purpose.details}
        return parameters

    def _remember_form(self) -> None:
        form = self._form
        if self._unreadable_text and form == SCHEMA_FORMS[0]:
            # The model ignored the schema parameter and followed the instruction in words.
            form = SCHEMA_FORMS[1]
        _learned_forms[_model_key(self._config)] = form


def _schema_instruction(schema: type[BaseModel]) -> str:
    json_schema = json.dumps(schema.model_json_schema(), ensure_ascii=False)
    return f"Answer with one JSON document and nothing else. It follows this JSON schema: {json_schema}"


def _without_temperature(config: ModelConfig) -> ModelConfig:
    """Return *config*, without its temperature when the model is known to accept none."""
    return replace(config, temperature=None) if _model_key(config) in _models_without_temperature else config


def _model_key(config: ModelConfig) -> tuple[str, str]:
    return (config.litellm_model, config.api_base or "")
