"""Mistral's batches: files as with OpenAI, jobs with names of their own."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.llm.batches.client import BatchClient
from core.llm.batches.wire import BatchLine, BatchStatus, End, Limits, ResultLine
from core.llm.batches.wires.openai import MARK, delete_files, file_ids, read_files, upload

_CALL = "/chat/completions"
_ENDS: dict[str, End] = {
    "SUCCESS": "completed", "FAILED": "failed", "TIMEOUT_EXCEEDED": "expired", "CANCELLED": "cancelled"
}  # fmt: skip
_PAGES = 20


class MistralBatches:
    """https://docs.mistral.ai/api/#tag/batch"""

    limits = Limits(requests=2_000, size_bytes=48_000_000)  # of 512 MB

    async def submit(self, client: BatchClient, batch_id: str, lines: Sequence[BatchLine]) -> str:
        """See ``BatchWire.submit``; the model belongs to the job."""
        rows = [
            {"custom_id": line.custom_id, "body": {key: value for key, value in line.body.items() if key != "model"}}
            for line in lines
        ]
        file_id = await upload(client, _base(client), batch_id, rows)
        made = await client.post(
            f"{_base(client)}/batch/jobs",
            {
                "input_files": [file_id], "endpoint": f"/v1{_CALL}", "model": client.model, "timeout_hours": 24,
                "metadata": {MARK: batch_id},
            },
        )  # fmt: skip
        return str(made["id"])

    async def find(self, client: BatchClient, batch_id: str, count: int, since: datetime) -> str | None:
        """See ``BatchWire.find``."""
        after = (since - timedelta(hours=1)).isoformat()
        for page in range(_PAGES):
            answer = await client.get(f"{_base(client)}/batch/jobs", page=page, page_size=100, created_after=after)
            rows = answer.get("data") or []
            for row in rows:
                if (row.get("metadata") or {}).get(MARK) == batch_id:
                    return str(row["id"])
            if len(rows) < 100:
                return None
        return None

    async def status(self, client: BatchClient, provider_id: str) -> BatchStatus:
        """See ``BatchWire.status``."""
        row = await client.get(f"{_base(client)}/batch/jobs/{provider_id}")
        errors = row.get("errors") or []
        files = file_ids(row, "output_file", "error_file")
        files |= {f"input {number}": str(file_id) for number, file_id in enumerate(row.get("input_files") or [])}
        return BatchStatus(
            provider_id, _ENDS.get(str(row.get("status"))), int(row.get("completed_requests") or 0),
            str(errors[0].get("message", "")) if errors else "", files,
        )  # fmt: skip

    async def results(self, client: BatchClient, status: BatchStatus) -> list[ResultLine]:
        """See ``BatchWire.results``."""
        return await read_files(client, _base(client), status, ("output_file", "error_file"))

    async def cancel(self, client: BatchClient, provider_id: str) -> None:
        """See ``BatchWire.cancel``."""
        await client.post(f"{_base(client)}/batch/jobs/{provider_id}/cancel")

    async def tidy(self, client: BatchClient, status: BatchStatus) -> None:
        """See ``BatchWire.tidy``."""
        await delete_files(client, _base(client), status)


def _base(client: BatchClient) -> str:
    return client.call_path.removesuffix(_CALL)


WIRE = MistralBatches()
