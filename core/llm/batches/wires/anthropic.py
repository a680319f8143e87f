"""Anthropic's message batches: the requests are in the request that makes the batch.

A batch has no mark of its own. One whose answer got lost is known by its number of requests, its time and, when it
has ended, by the ids of its requests.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from core.llm.batches.client import BatchClient
from core.llm.batches.wire import BatchLine, BatchStatus, Limits, ResultLine, UnclearError, batch_of, part, read_lines

_PAGES = 20
_STATUS = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "timeout_error": 504,
    "overloaded_error": 529,
}  # fmt: skip


class AnthropicBatches:
    """https://platform.claude.com/docs/en/api/creating-message-batches"""

    limits = Limits(requests=2_000, size_bytes=48_000_000)  # of 100,000 and 256 MB

    async def submit(self, client: BatchClient, batch_id: str, lines: Sequence[BatchLine]) -> str:
        """See ``BatchWire.submit``."""
        requests = [{"custom_id": line.custom_id, "params": line.body} for line in lines]
        return str((await client.post(_path(client), {"requests": requests}))["id"])

    async def find(self, client: BatchClient, batch_id: str, count: int, since: datetime) -> str | None:
        """See ``BatchWire.find``."""
        earliest, after, unclear = since - timedelta(hours=1), dict[str, str](), False
        for _ in range(_PAGES):
            page = await client.get(_path(client), limit=100, **after)
            rows = page.get("data") or []
            for row in rows:
                if datetime.fromisoformat(row["created_at"]) < earliest or sum(_counts(row).values()) != count:
                    continue
                if row.get("processing_status") != "ended":
                    unclear = True
                elif await self._is_ours(client, str(row["id"]), batch_id):
                    return str(row["id"])
            if not rows or not page.get("has_more") or datetime.fromisoformat(rows[-1]["created_at"]) < earliest:
                break
            after = {"after_id": str(rows[-1]["id"])}
        if unclear:
            raise UnclearError
        return None

    async def status(self, client: BatchClient, provider_id: str) -> BatchStatus:
        """See ``BatchWire.status``."""
        row = await client.get(f"{_path(client)}/{provider_id}")
        counts = _counts(row)
        done = sum(number for name, number in counts.items() if name in ("succeeded", "errored"))
        if row.get("processing_status") != "ended":
            return BatchStatus(provider_id, None, done)
        end = "cancelled" if counts.get("canceled") else "expired" if counts.get("expired") else "completed"
        return BatchStatus(provider_id, end, done)  # type: ignore[arg-type]  # each is an End

    async def results(self, client: BatchClient, status: BatchStatus) -> list[ResultLine]:
        """See ``BatchWire.results``."""
        content = await client.download(f"{_path(client)}/{status.provider_id}/results")
        return await asyncio.to_thread(lambda: [_result(row) for row in read_lines(content)])

    async def cancel(self, client: BatchClient, provider_id: str) -> None:
        """See ``BatchWire.cancel``."""
        await client.post(f"{_path(client)}/{provider_id}/cancel")

    async def tidy(self, client: BatchClient, status: BatchStatus) -> None:
        """Keep the answers: the provider deletes them after 29 days."""

    async def _is_ours(self, client: BatchClient, provider_id: str, batch_id: str) -> bool:
        content = await client.download(f"{_path(client)}/{provider_id}/results")
        return any(batch_of(str(row.get("custom_id"))) == batch_id for row in read_lines(content))


def _path(client: BatchClient) -> str:
    return f"{client.call_path}/batches"


def _counts(row: dict[str, Any]) -> dict[str, int]:
    return {name: int(number or 0) for name, number in (row.get("request_counts") or {}).items()}


def _result(row: dict[str, Any]) -> ResultLine:
    result = part(row, "result")
    name, kind = str(row.get("custom_id")), result.get("type")
    if kind == "succeeded":
        return ResultLine(name, 200, result.get("message"))
    if kind == "errored":
        error = part(result, "error")
        cause = part(error, "error") or error
        return ResultLine(name, _STATUS.get(str(cause.get("type")), 500), {"type": "error", "error": cause})
    return ResultLine(name, None, note=str(kind))


WIRE = AnthropicBatches()
