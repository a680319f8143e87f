"""A fake provider of batches on a real socket, with the interfaces of OpenAI, Anthropic, Gemini and Mistral."""

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from core.llm import ModelConfig
from tests.fakes.http_server import Answer, HttpServer, Received
from tests.fakes.provider import Reply, answer

BatchWireFormat = Literal["openai", "anthropic", "gemini", "mistral"]
WIRES: tuple[BatchWireFormat, ...] = ("openai", "anthropic", "gemini", "mistral")
MODELS: dict[BatchWireFormat, str] = {
    "openai": "openai/gpt-4o",
    "anthropic": "anthropic/claude-haiku-4-5",
    "gemini": "gemini/gemini-2.5-flash",
    "mistral": "mistral/mistral-small-latest",
}
QUESTION = '{"questions": [{"question": "What is it?", "kind": "object"}]}'


@dataclass
class FakeBatch:
    """A batch as the provider has it."""

    id: str
    wire: BatchWireFormat
    requests: dict[str, dict[str, Any]]
    """Bodies by custom_id."""
    mark: str = ""
    input_file: str = ""
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    end: str = ""
    """"" while it runs; completed, expired, cancelled or failed."""
    unanswered: set[str] = field(default_factory=set)


class FakeBatches(HttpServer):
    """Takes batches and answers them when :meth:`finish` is called, or by itself with *ends_by_itself*."""

    def __init__(self, *, ends_by_itself: bool = True) -> None:
        super().__init__(self._respond)
        self.ends_by_itself = ends_by_itself
        self.batches: dict[str, FakeBatch] = {}
        self.files: dict[str, bytes] = {}
        self.reply: Callable[[dict[str, Any]], Reply | Answer] = lambda body: Reply(QUESTION)
        """The answer to a request's body; an ``Answer`` is an error."""
        self.after_accepting: deque[Answer | None] = deque()
        """What is answered instead to the next batches, although they are accepted."""
        self.before_accepting: deque[Answer] = deque()
        """What is answered to the next batches, which are not accepted."""
        self.edit_rows: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda rows: rows
        self.cut_results: deque[float] = deque()
        """Shares of the next result files that arrive."""
        self.ends: deque[tuple[str, float]] = deque()
        """How the next batches end, and the share of their requests that is answered."""

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The bodies of all requests of all batches."""
        return [body for batch in self.batches.values() for body in batch.requests.values()]

    def config(self, wire: BatchWireFormat = "openai") -> dict[str, Any]:
        """Return the configuration of a model that calls this server."""
        bases = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta", "mistral": "/v1"}
        return {"model": MODELS[wire], "api_base": self.url + bases[wire], "api_key": "key-of-the-tests"}

    def model(self, wire: BatchWireFormat = "openai") -> ModelConfig:
        return ModelConfig.from_dict(self.config(wire))

    def finish(self) -> None:
        """End all batches that run."""
        for batch in self.batches.values():
            if not batch.end:
                self._end(batch)

    def _end(self, batch: FakeBatch, end: str = "") -> None:
        planned, share = self.ends.popleft() if self.ends and not end else (end or "completed", 1.0 if not end else 0.5)
        batch.end = planned
        names = list(batch.requests)
        batch.unanswered = set(names[round(len(names) * share) :])

    def _respond(self, received: Received) -> Answer:
        for pattern, respond in self._routes().items():
            method, path = pattern.split(" ")
            match = re.fullmatch(path, received.path)
            if received.method == method and match:
                return respond(received, *match.groups())
        return Answer(404, body=b'{"error": {"message": "no such path"}}')

    def _routes(self) -> dict[str, Callable[..., Answer]]:
        return {
            "POST /v1/files": self._upload,
            "DELETE .*/files/(.+)": lambda received, name: Answer(),
            "GET /v1/files/(.+)/content": lambda received, name: self._file(name),
            "POST /v1/batches": self._make_openai,
            "GET /v1/batches": lambda received: _json({"data": self._listed("openai"), "has_more": False}),
            "GET /v1/batches/([^/]+)": lambda received, name: self._status(name),
            "POST /v1/batches/([^/]+)/cancel": lambda received, name: self._cancel(name),
            "POST /v1/messages/batches": self._make_anthropic,
            "GET /v1/messages/batches": lambda received: _json({"data": self._listed("anthropic"), "has_more": False}),
            "GET /v1/messages/batches/([^/]+)": lambda received, name: self._status(name),
            "GET /v1/messages/batches/([^/]+)/results": lambda received, name: self._file(name),
            "POST /v1/messages/batches/([^/]+)/cancel": lambda received, name: self._cancel(name),
            "POST /upload/v1beta/files": self._begin_upload,
            "POST /upload/(.+)": self._end_upload,
            "POST /v1beta/models/(.+):batchGenerateContent": self._make_gemini,
            "GET /v1beta/batches": lambda received: _json({"operations": self._listed("gemini")}),
            "GET /v1beta/(batches/[^/:]+)": lambda received, name: self._status(name),
            "POST /v1beta/(batches/.+):cancel": lambda received, name: self._cancel(name),
            "GET /download/v1beta/files/(.+):download": lambda received, name: self._file(name),
            "POST /v1/batch/jobs": self._make_mistral,
            "GET /v1/batch/jobs": lambda received: _json({"data": self._listed("mistral"), "total": 1}),
            "GET /v1/batch/jobs/([^/]+)": lambda received, name: self._status(name),
            "POST /v1/batch/jobs/([^/]+)/cancel": lambda received, name: self._cancel(name),
        }

    def _upload(self, received: Received) -> Answer:
        boundary = received.headers["content-type"].partition("boundary=")[2].encode()
        parts = received.body.split(b"--" + boundary)
        (content,) = [part.partition(b"\r\n\r\n")[2][:-2] for part in parts if b'name="file"' in part]
        name = f"file-{len(self.files)}"
        self.files[name] = content
        of_mistral = {"sample_type": "batch_request", "source": "upload"}
        described = {"id": name, "object": "file", "purpose": "batch", "filename": "x.jsonl", "created_at": 1}
        return _json(described | {"bytes": len(content)} | of_mistral)

    def _begin_upload(self, received: Received) -> Answer:
        address = f"http://elsewhere.invalid/upload/number-{len(self.files)}?upload_id=1"
        return Answer(headers={"content-type": "application/json", "x-goog-upload-url": address})

    def _end_upload(self, received: Received, name: str) -> Answer:
        self.files[f"files/{name}"] = received.body
        body = json.dumps({"file": {"name": f"files/{name}"}}).encode()
        return Answer(headers={"content-type": "application/json", "x-goog-upload-status": "final"}, body=body)

    def _make_openai(self, received: Received) -> Answer:
        asked = json.loads(received.body)
        rows = _rows(self.files[asked["input_file_id"]])
        assert all(row["method"] == "POST" and row["url"] == asked["endpoint"] for row in rows)
        requests = {row["custom_id"]: row["body"] for row in rows}
        return self._make("openai", requests, asked["metadata"]["vitrine_batch"], asked["input_file_id"])

    def _make_mistral(self, received: Received) -> Answer:
        asked = json.loads(received.body)
        (file_id,) = asked["input_files"]
        requests = {row["custom_id"]: row["body"] for row in _rows(self.files[file_id])}
        assert asked["model"]
        assert not any("model" in body for body in requests.values())
        return self._make("mistral", requests, asked["metadata"]["vitrine_batch"], file_id)

    def _make_anthropic(self, received: Received) -> Answer:
        assert received.headers["x-api-key"] == "key-of-the-tests"
        assert received.headers["anthropic-version"]
        requests = {row["custom_id"]: row["params"] for row in json.loads(received.body)["requests"]}
        assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in requests)
        return self._make("anthropic", requests)

    def _make_gemini(self, received: Received, model: str) -> Answer:
        batch = json.loads(received.body)["batch"]
        file_name = batch["inputConfig"]["fileName"]
        requests = {row["key"]: row["request"] for row in _rows(self.files[file_name])}
        return self._make("gemini", requests, batch["displayName"], file_name)

    def _make(
        self, wire: BatchWireFormat, requests: dict[str, dict[str, Any]], mark: str = "", input_file: str = ""
    ) -> Answer:
        if self.before_accepting:
            return self.before_accepting.popleft()
        name = f"{'batches/' if wire == 'gemini' else ''}batch-{len(self.batches)}"
        self.batches[name] = FakeBatch(name, wire, requests, mark, input_file)
        instead = self.after_accepting.popleft() if self.after_accepting else None
        return instead or self._shown(name)

    def _status(self, name: str) -> Answer:
        if name not in self.batches:
            return Answer(404, body=b'{"error": {"message": "No such batch"}}')
        batch = self.batches[name]
        if self.ends_by_itself and not batch.end:
            self._end(batch)
        return self._shown(name)

    def _cancel(self, name: str) -> Answer:
        self._end(self.batches[name], "cancelled")
        return self._shown(name)

    def _shown(self, name: str) -> Answer:
        return _json(_DESCRIPTIONS[self.batches[name].wire](self.batches[name]))

    def _listed(self, wire: BatchWireFormat) -> list[dict[str, Any]]:
        if self.ends_by_itself:
            self.finish()
        return [_DESCRIPTIONS[wire](batch) for batch in reversed(self.batches.values()) if batch.wire == wire]

    def _file(self, name: str) -> Answer:
        is_error_file = name.startswith("errors-")
        name = name.removeprefix("errors-").removeprefix("output-")
        batch = self.batches.get(name) or self.batches[f"batches/{name}"]
        rows = [_RESULTS[batch.wire](custom_id, self.reply(body), batch) for custom_id, body in batch.requests.items()]
        kept = self.edit_rows([row for row in rows if row is not None])
        if batch.wire == "openai":
            kept = [row for row in kept if is_error_file == ((row["response"] or {}).get("status_code") != 200)]
        content = b"".join(json.dumps(row).encode() + b"\n" for row in kept)
        share = self.cut_results.popleft() if self.cut_results else 1.0
        return Answer(headers={"content-type": "application/jsonl"}, body=content[: round(len(content) * share)])


def _json(value: Any) -> Answer:
    return Answer(body=json.dumps(value).encode())


def _rows(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def _done(batch: FakeBatch) -> int:
    return len(batch.requests) - len(batch.unanswered) if batch.end else 0


def _openai_batch(batch: FakeBatch) -> dict[str, Any]:
    return {
        "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "completion_window": "24h",
        "input_file_id": batch.input_file, "status": batch.end or "in_progress",
        "created_at": int(batch.created_at.timestamp()), "metadata": {"vitrine_batch": batch.mark},
        "output_file_id": f"output-{batch.id}" if _done(batch) else None,
        "error_file_id": f"errors-{batch.id}" if batch.end else None,
        "request_counts": {"total": len(batch.requests), "completed": _done(batch), "failed": 0},
        "errors": {"data": [{"message": "Line 1 is invalid", "code": "x"}]} if batch.end == "failed" else None,
    }  # fmt: skip


def _anthropic_batch(batch: FakeBatch) -> dict[str, Any]:
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    if batch.end:
        counts["succeeded"] = _done(batch)
        counts["canceled" if batch.end == "cancelled" else "expired"] = len(batch.unanswered)
    else:
        counts["processing"] = len(batch.requests)
    return {
        "id": batch.id, "type": "message_batch", "processing_status": "ended" if batch.end else "in_progress",
        "request_counts": counts, "created_at": batch.created_at.isoformat().replace("+00:00", "Z"),
        "expires_at": batch.created_at.isoformat().replace("+00:00", "Z"), "ended_at": None, "archived_at": None,
        "cancel_initiated_at": None, "results_url": "http://elsewhere.invalid/results",
    }  # fmt: skip


def _gemini_batch(batch: FakeBatch) -> dict[str, Any]:
    state = {"": "RUNNING", "completed": "SUCCEEDED"}.get(batch.end, batch.end.upper())
    metadata: dict[str, Any] = {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
        "name": batch.id, "displayName": batch.mark, "state": f"BATCH_STATE_{state}", "model": "models/gemini",
        "createTime": batch.created_at.isoformat(), "inputConfig": {"fileName": batch.input_file},
        "batchStats": {"requestCount": str(len(batch.requests)), "successfulRequestCount": str(_done(batch))},
    }  # fmt: skip
    if batch.end:
        metadata["output"] = {"responsesFile": f"files/{batch.id.removeprefix('batches/')}"}
    return {"name": batch.id, "metadata": metadata, "done": bool(batch.end)}


def _mistral_batch(batch: FakeBatch) -> dict[str, Any]:
    states = {"": "RUNNING", "completed": "SUCCESS", "expired": "TIMEOUT_EXCEEDED", "cancelled": "CANCELLED"}
    return {
        "id": batch.id, "object": "batch", "input_files": [batch.input_file], "endpoint": "/v1/chat/completions",
        "model": "mistral-small-latest", "status": states.get(batch.end, "FAILED"), "errors": [],
        "created_at": int(batch.created_at.timestamp()), "metadata": {"vitrine_batch": batch.mark},
        "output_file": f"output-{batch.id}" if _done(batch) else None, "error_file": None,
        "total_requests": len(batch.requests), "completed_requests": _done(batch),
        "succeeded_requests": _done(batch), "failed_requests": 0,
    }  # fmt: skip


_DESCRIPTIONS: dict[BatchWireFormat, Callable[[FakeBatch], dict[str, Any]]] = {
    "openai": _openai_batch, "anthropic": _anthropic_batch, "gemini": _gemini_batch, "mistral": _mistral_batch,
}  # fmt: skip


def _parts(reply: Reply | Answer, wire: Any) -> tuple[int, Any]:
    made = reply if isinstance(reply, Answer) else answer(wire, reply)
    return made.status, json.loads(made.body)


def _openai_row(custom_id: str, reply: Reply | Answer, batch: FakeBatch) -> dict[str, Any] | None:
    if custom_id in batch.unanswered:
        error = {"code": f"batch_{batch.end}", "message": "This request was not executed."}
        return {"id": "r", "custom_id": custom_id, "response": None, "error": error}
    status, body = _parts(reply, "openai")
    response = {"status_code": status, "request_id": "q", "body": body}
    return {"id": "r", "custom_id": custom_id, "response": response, "error": None}


def _anthropic_row(custom_id: str, reply: Reply | Answer, batch: FakeBatch) -> dict[str, Any] | None:
    if custom_id in batch.unanswered:
        kind = "canceled" if batch.end == "cancelled" else "expired"
        return {"custom_id": custom_id, "result": {"type": kind}}
    status, body = _parts(reply, "anthropic")
    result = {"type": "succeeded", "message": body} if status == 200 else {"type": "errored", "error": body}
    return {"custom_id": custom_id, "result": result}


def _gemini_row(custom_id: str, reply: Reply | Answer, batch: FakeBatch) -> dict[str, Any] | None:
    if custom_id in batch.unanswered:
        return None
    status, body = _parts(reply, "gemini")
    return {"key": custom_id} | ({"response": body} if status == 200 else {"error": body["error"]})


def _mistral_row(custom_id: str, reply: Reply | Answer, batch: FakeBatch) -> dict[str, Any] | None:
    return None if custom_id in batch.unanswered else _openai_row(custom_id, reply, batch)


_RESULTS: dict[BatchWireFormat, Callable[[str, Reply | Answer, FakeBatch], dict[str, Any] | None]] = {
    "openai": _openai_row, "anthropic": _anthropic_row, "gemini": _gemini_row, "mistral": _mistral_row,
}  # fmt: skip
