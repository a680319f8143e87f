"""A client of batches that answers what a test wrote down and keeps what it was asked."""

import json
from collections.abc import Mapping
from typing import Any, cast

import httpx

from core.errors import LLMError
from core.llm.batches.client import BatchClient

OPENAI, AZURE = "/v1/chat/completions", "/openai/deployments/small/chat/completions"
MESSAGES, GEMINI = "/v1/messages", "/v1beta/models/small:generateContent"
"""Paths of calls of a model."""


class ScriptedClient:
    """Answers each ``METHOD path`` with its value: one again and again, or those of a list in turn."""

    model = "small"

    def __init__(self, call_path: str, answers: Mapping[str, Any] | None = None) -> None:
        self.call_path = call_path
        self.asked: list[tuple[Any, ...]] = []
        self._answers = dict(answers or {})

    async def get(self, path: str, **parameters: str | int) -> Any:
        self.asked.append(("GET", path, parameters))
        return self._answer(f"GET {path}")

    async def post(self, path: str, body: Any = None) -> Any:
        self.asked.append(("POST", path, body))
        return self._answer(f"POST {path}")

    async def send_bytes(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        self.asked.append(("POST", path, body, headers))
        return cast(httpx.Response, self._answer(f"POST {path}"))

    async def upload(self, path: str, name: str, content: bytes, fields: dict[str, str]) -> Any:
        self.asked.append(("UPLOAD", path, name, [json.loads(line) for line in content.splitlines()], fields))
        return self._answer(f"UPLOAD {path}")

    async def download(self, path: str, **parameters: str) -> bytes:
        self.asked.append(("DOWNLOAD", path, parameters))
        rows = self._answer(f"DOWNLOAD {path}")
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    async def delete(self, path: str) -> None:
        self.asked.append(("DELETE", path))

    def _answer(self, asked: str) -> Any:
        answer = self._answers[asked]
        if isinstance(answer, list) and not asked.startswith("DOWNLOAD"):
            answer = answer.pop(0)
        if isinstance(answer, LLMError):
            raise answer
        return answer


def scripted(call_path: str, answers: Mapping[str, Any] | None = None) -> tuple[BatchClient, list[tuple[Any, ...]]]:
    """Return a client that answers as written, and the list of what it is asked."""
    client = ScriptedClient(call_path, answers)
    return cast(BatchClient, client), client.asked
