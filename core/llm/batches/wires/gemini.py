"""Gemini's batches: a file of requests is uploaded in two steps, and the answers come in one file."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from core.errors import BadReplyError, LLMError
from core.llm.batches.client import BatchClient
from core.llm.batches.wire import BatchLine, BatchStatus, End, Limits, ResultLine, jsonl, part, read_lines, status_of

_PAGES = 20
_ENDS: dict[str, End] = {
    "SUCCEEDED": "completed", "FAILED": "failed", "CANCELLED": "cancelled", "EXPIRED": "expired"
}  # fmt: skip
# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_STATUS = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 11: 400, 13: 500, 14: 503, 16: 401}


class GeminiBatches:
    """https://ai.google.dev/api/batch-api"""

    # Of 2 GB. Jobs with many large answers were charged and could not be fetched, as others report.
    limits = Limits(requests=500, size_bytes=48_000_000)

    async def submit(self, client: BatchClient, batch_id: str, lines: Sequence[BatchLine]) -> str:
        """See ``BatchWire.submit``."""
        rows = [{"key": line.custom_id, "request": line.body} for line in lines]
        content = await asyncio.to_thread(jsonl, rows)
        file_name = await self._upload(client, f"vitrine-{batch_id}", content)
        made = await client.post(
            client.call_path.rpartition(":")[0] + ":batchGenerateContent",
            {"batch": {"displayName": batch_id, "inputConfig": {"fileName": file_name}}},
        )
        return str(made["name"])

    async def find(self, client: BatchClient, batch_id: str, count: int, since: datetime) -> str | None:
        """See ``BatchWire.find``."""
        token: dict[str, str] = {}
        for _ in range(_PAGES):
            page = await client.get(f"{_base(client)}/batches", pageSize=100, **token)
            for row in page.get("operations") or []:
                if _metadata(row).get("displayName") == batch_id:
                    return str(row["name"])
            if not page.get("nextPageToken"):
                return None
            token = {"pageToken": str(page["nextPageToken"])}
        return None

    async def status(self, client: BatchClient, provider_id: str) -> BatchStatus:
        """See ``BatchWire.status``."""
        row = await client.get(f"{_base(client)}/{provider_id}")
        metadata = _metadata(row)
        counts = metadata.get("batchStats") or {}
        output = metadata.get("output") or row.get("response") or {}
        files = {
            name: str(file_name)
            for name, file_name in (
                ("output", output.get("responsesFile")),
                ("input", (metadata.get("inputConfig") or {}).get("fileName")),
            )
            if file_name
        }
        return BatchStatus(
            provider_id, _ENDS.get(str(metadata.get("state")).removeprefix("BATCH_STATE_")),
            sum(int(counts.get(name) or 0) for name in ("successfulRequestCount", "failedRequestCount")),
            str((row.get("error") or {}).get("message") or ""), files,
        )  # fmt: skip

    async def results(self, client: BatchClient, status: BatchStatus) -> list[ResultLine]:
        """See ``BatchWire.results``."""
        if "output" not in status.files:
            return []
        path = f"{_base(client)}/{status.files['output']}:download"
        try:
            content = await client.download(f"/download{path}", alt="media")  # as in its documentation
        except LLMError as error:
            if error.http_status != 404:
                raise
            content = await client.download(path, alt="media")  # as its own client does
        return await asyncio.to_thread(lambda: [_result(row) for row in read_lines(content)])

    async def cancel(self, client: BatchClient, provider_id: str) -> None:
        """See ``BatchWire.cancel``."""
        await client.post(f"{_base(client)}/{provider_id}:cancel")

    async def tidy(self, client: BatchClient, status: BatchStatus) -> None:
        """See ``BatchWire.tidy``; the provider deletes files itself after two days."""
        for file_name in status.files.values():
            await client.delete(f"{_base(client)}/{file_name}")

    async def _upload(self, client: BatchClient, name: str, content: bytes) -> str:
        started = await client.send_bytes(
            f"/upload{_base(client)}/files",
            f'{{"file": {{"display_name": "{name}"}}}}'.encode(),
            {
                "x-goog-upload-protocol": "resumable",
                "x-goog-upload-command": "start",
                "x-goog-upload-header-content-length": str(len(content)),
                "x-goog-upload-header-content-type": "application/jsonl",
            },
        )
        address = urlsplit(started.headers.get("x-goog-upload-url", ""))
        if not address.path:
            raise BadReplyError("The provider did not say where the requests are to be sent. Try again later.")
        # Its host is not used: requests go where the calls of this model go.
        ended = await client.send_bytes(
            f"{address.path}?{address.query}",
            content,
            {
                "content-type": "application/jsonl",
                "x-goog-upload-command": "upload, finalize",
                "x-goog-upload-offset": "0",
            },
        )
        return str(ended.json()["file"]["name"])


def _base(client: BatchClient) -> str:
    return client.call_path.partition("/models/")[0]


def _metadata(row: dict[str, Any]) -> dict[str, Any]:
    return row.get("metadata") or {}


def _result(row: dict[str, Any]) -> ResultLine:
    name, error = str(row.get("key")), part(row, "error")
    if not row.get("error"):
        return ResultLine(name, 200, row.get("response"))
    code = error.get("code")
    return ResultLine(
        name, status_of(code) or _STATUS.get(code if isinstance(code, int) else 13, 500), {"error": error}
    )


WIRE = GeminiBatches()
