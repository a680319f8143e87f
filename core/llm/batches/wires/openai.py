"""OpenAI's batches: a file of requests is uploaded, and the answers come in two files. Azure has the same."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from core.llm.batches.client import BatchClient
from core.llm.batches.wire import BatchLine, BatchStatus, End, Limits, ResultLine, jsonl, part, read_lines, status_of

MARK = "vitrine_batch"
FILES = "files"
_CALL = "/chat/completions"
_ENDS = ("completed", "failed", "expired", "cancelled")
_PAGES = 20


class OpenAIBatches:
    """https://platform.openai.com/docs/api-reference/batch"""

    limits = Limits(requests=2_000, size_bytes=48_000_000)  # of 50,000 and 200 MB

    async def submit(self, client: BatchClient, batch_id: str, lines: Sequence[BatchLine]) -> str:
        """See ``BatchWire.submit``."""
        url = _CALL if "/deployments/" in client.call_path else f"/v1{_CALL}"
        rows = [{"custom_id": line.custom_id, "method": "POST", "url": url, "body": line.body} for line in lines]
        file_id = await upload(client, _base(client), batch_id, rows)
        made = await client.post(
            f"{_base(client)}/batches",
            {"input_file_id": file_id, "endpoint": url, "completion_window": "24h", "metadata": {MARK: batch_id}},
        )
        return str(made["id"])

    async def find(self, client: BatchClient, batch_id: str, count: int, since: datetime) -> str | None:
        """See ``BatchWire.find``."""
        after: dict[str, str] = {}
        for _ in range(_PAGES):
            page = await client.get(f"{_base(client)}/batches", limit=100, **after)
            rows = page.get("data") or []
            for row in rows:
                if (row.get("metadata") or {}).get(MARK) == batch_id:
                    return str(row["id"])
            if not rows or not page.get("has_more") or _is_before(rows[-1].get("created_at"), since):
                return None
            after = {"after": str(rows[-1]["id"])}
        return None

    async def status(self, client: BatchClient, provider_id: str) -> BatchStatus:
        """See ``BatchWire.status``."""
        row = await client.get(f"{_base(client)}/batches/{provider_id}")
        counts, errors = row.get("request_counts") or {}, (row.get("errors") or {}).get("data") or []
        state = str(row.get("status"))
        return BatchStatus(
            provider_id, cast(End, state) if state in _ENDS else None,
            int(counts.get("completed") or 0) + int(counts.get("failed") or 0),
            str(errors[0].get("message", "")) if errors else "",
            file_ids(row, "input_file_id", "output_file_id", "error_file_id"),
        )  # fmt: skip

    async def results(self, client: BatchClient, status: BatchStatus) -> list[ResultLine]:
        """See ``BatchWire.results``."""
        return await read_files(client, _base(client), status, ("output_file_id", "error_file_id"))

    async def cancel(self, client: BatchClient, provider_id: str) -> None:
        """See ``BatchWire.cancel``."""
        await client.post(f"{_base(client)}/batches/{provider_id}/cancel")

    async def tidy(self, client: BatchClient, status: BatchStatus) -> None:
        """See ``BatchWire.tidy``."""
        await delete_files(client, _base(client), status)


async def upload(client: BatchClient, base: str, batch_id: str, rows: Sequence[dict[str, Any]]) -> str:
    """Upload the requests of a batch and return the id of their file."""
    content = await asyncio.to_thread(jsonl, rows)
    made = await client.upload(f"{base}/{FILES}", f"vitrine-{batch_id}.jsonl", content, {"purpose": "batch"})
    return str(made["id"])


def file_ids(row: dict[str, Any], *names: str) -> dict[str, str]:
    """Return the ids of files that *row* has under *names*."""
    return {name: str(row[name]) for name in names if row.get(name)}


async def read_files(client: BatchClient, base: str, status: BatchStatus, names: Sequence[str]) -> list[ResultLine]:
    """Return the answers in files of OpenAI's form."""
    files = [status.files[name] for name in names if name in status.files]
    contents = [await client.download(f"{base}/{FILES}/{file_id}/content") for file_id in files]
    return await asyncio.to_thread(lambda: [_result(row) for content in contents for row in read_lines(content)])


async def delete_files(client: BatchClient, base: str, status: BatchStatus) -> None:
    """Delete the files of a batch."""
    for file_id in status.files.values():
        await client.delete(f"{base}/{FILES}/{file_id}")


def _result(row: dict[str, Any]) -> ResultLine:
    response, error = part(row, "response"), row.get("error") or {}
    note = str(error.get("message") or error.get("code") or "") if isinstance(error, dict) else str(error)
    return ResultLine(str(row.get("custom_id")), status_of(response.get("status_code")), response.get("body"), note)


def _base(client: BatchClient) -> str:
    return client.call_path.split("/deployments/")[0].removesuffix(_CALL)


def _is_before(created_at: Any, since: datetime) -> bool:
    # Clocks differ: an hour of batches more is looked at.
    return isinstance(created_at, int | float) and created_at < (since - timedelta(hours=1)).timestamp()


WIRE = OpenAIBatches()
