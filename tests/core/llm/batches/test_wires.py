"""What each interface of batches sends, and how it finds a batch whose answer got lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.errors import BadReplyError
from core.llm.batches.wire import BatchLine, BatchWire, UnclearError
from core.llm.batches.wires import anthropic, gemini, mistral, openai
from tests.core.llm.batches.scripted import AZURE, GEMINI, MESSAGES, OPENAI, scripted

SENT_AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
AN_HOUR_BEFORE, EARLIER = SENT_AT - timedelta(hours=1), SENT_AT - timedelta(hours=1, seconds=1)
LINES = [BatchLine("b_0", {"model": "small", "n": 1}), BatchLine("b_1", {"model": "small", "n": 2})]


@pytest.mark.parametrize(
    ("call_path", "base", "url"),
    [(OPENAI, "/v1", "/v1/chat/completions"), (AZURE, "/openai", "/chat/completions")],
)
async def test_openai_and_azure_take_an_uploaded_file_of_requests(call_path: str, base: str, url: str) -> None:
    client, asked = scripted(call_path, {f"UPLOAD {base}/files": {"id": "f1"}, f"POST {base}/batches": {"id": "p1"}})

    assert await openai.WIRE.submit(client, "b", LINES) == "p1"

    rows = [{"custom_id": line.custom_id, "method": "POST", "url": url, "body": line.body} for line in LINES]
    assert asked == [
        ("UPLOAD", f"{base}/files", "vitrine-b.jsonl", rows, {"purpose": "batch"}),
        (
            "POST", f"{base}/batches",
            {
                "input_file_id": "f1", "endpoint": url, "completion_window": "24h",
                "metadata": {"vitrine_batch": "b"},
            },
        ),
    ]  # fmt: skip


async def test_mistral_names_the_model_once_and_anthropic_sends_the_requests_themselves() -> None:
    client, asked = scripted(OPENAI, {"UPLOAD /v1/files": {"id": "f1"}, "POST /v1/batch/jobs": {"id": "p1"}})
    assert await mistral.WIRE.submit(client, "b", LINES) == "p1"
    assert asked[0][3] == [{"custom_id": "b_0", "body": {"n": 1}}, {"custom_id": "b_1", "body": {"n": 2}}]
    assert asked[1][2] == {
        "input_files": ["f1"], "endpoint": "/v1/chat/completions", "model": "small", "timeout_hours": 24,
        "metadata": {"vitrine_batch": "b"},
    }  # fmt: skip

    client, asked = scripted(MESSAGES, {"POST /v1/messages/batches": {"id": "p2"}})
    assert await anthropic.WIRE.submit(client, "b", LINES) == "p2"
    assert asked[0][2] == {"requests": [{"custom_id": line.custom_id, "params": line.body} for line in LINES]}


async def test_gemini_takes_its_file_in_two_steps_at_the_host_of_the_calls() -> None:
    content = b'{"key": "b_0", "request": {"n": 1}}\n'
    client, asked = scripted(
        GEMINI,
        {
            "POST /upload/v1beta/files": httpx.Response(
                200, headers={"x-goog-upload-url": "http://elsewhere.invalid/upload/number-1?upload_id=7"}
            ),
            "POST /upload/number-1?upload_id=7": httpx.Response(200, json={"file": {"name": "files/f1"}}),
            "POST /v1beta/models/small:batchGenerateContent": {"name": "batches/p1"},
        },
    )

    assert await gemini.WIRE.submit(client, "b", [BatchLine("b_0", {"n": 1})]) == "batches/p1"

    assert asked[0][3]["x-goog-upload-header-content-length"] == str(len(content))
    assert asked[1][2] == content
    assert asked[2][2] == {"batch": {"displayName": "b", "inputConfig": {"fileName": "files/f1"}}}
    client, _ = scripted(GEMINI, {"POST /upload/v1beta/files": httpx.Response(200)})
    with pytest.raises(BadReplyError, match="did not say where the requests are to be sent"):
        await gemini.WIRE.submit(client, "b", LINES)


def _openai_row(name: str, mark: str | None, created_at: datetime | None = SENT_AT) -> dict[str, Any]:
    metadata = {"vitrine_batch": mark} if mark else None
    return {"id": name, "metadata": metadata, "created_at": created_at and created_at.timestamp()}


async def test_openai_looks_for_its_mark_page_by_page() -> None:
    pages = [
        {"data": [_openai_row("p9", None), _openai_row("p8", "other")], "has_more": True},
        {"data": [_openai_row("p7", "b")], "has_more": True},
    ]
    client, asked = scripted(OPENAI, {"GET /v1/batches": pages})

    assert await openai.WIRE.find(client, "b", 2, SENT_AT) == "p7"
    assert [parameters for _, _, parameters in asked] == [{"limit": 100}, {"limit": 100, "after": "p8"}]


@pytest.mark.parametrize(
    ("page", "pages"),
    [
        ({"data": [_openai_row("p9", "other")], "has_more": False}, 1),
        ({"data": None, "has_more": True}, 1),
        ({"data": [_openai_row("p9", "other", EARLIER)], "has_more": True}, 1),
        ({"data": [_openai_row("p9", "other", AN_HOUR_BEFORE)], "has_more": True}, 20),
        ({"data": [_openai_row("p9", "other", None)], "has_more": True}, 20),
    ],
)
async def test_openai_stops_at_the_end_an_hour_before_the_batch_was_sent_or_after_20_pages(
    page: dict[str, Any], pages: int
) -> None:
    client, asked = scripted(OPENAI, {"GET /v1/batches": page})

    assert await openai.WIRE.find(client, "b", 2, SENT_AT) is None
    assert len(asked) == pages


async def test_mistral_looks_at_full_pages_of_jobs_made_since_an_hour_before() -> None:
    other = {"id": "p9", "metadata": None}
    pages = [{"data": [other] * 100}, {"data": [other, {"id": "p1", "metadata": {"vitrine_batch": "b"}}]}]
    client, asked = scripted(OPENAI, {"GET /v1/batch/jobs": pages})
    assert await mistral.WIRE.find(client, "b", 2, SENT_AT) == "p1"
    since = {"page_size": 100, "created_after": "2026-05-04T11:00:00+00:00"}
    assert [parameters for _, _, parameters in asked] == [{"page": 0} | since, {"page": 1} | since]

    for page, count in (({"data": [other] * 99}, 1), ({"data": None}, 1), ({"data": [other] * 100}, 20)):
        client, asked = scripted(OPENAI, {"GET /v1/batch/jobs": page})
        assert await mistral.WIRE.find(client, "b", 2, SENT_AT) is None
        assert len(asked) == count


async def test_gemini_looks_for_the_name_of_a_batch_page_by_page() -> None:
    pages = [
        {"operations": [{"name": "batches/p9"}], "nextPageToken": "t"},
        {"operations": [{"name": "batches/p1", "metadata": {"displayName": "b"}}], "nextPageToken": "u"},
    ]
    client, asked = scripted(GEMINI, {"GET /v1beta/batches": pages})
    assert await gemini.WIRE.find(client, "b", 2, SENT_AT) == "batches/p1"
    assert [parameters for _, _, parameters in asked] == [{"pageSize": 100}, {"pageSize": 100, "pageToken": "t"}]

    for page, count in (({}, 1), ({"nextPageToken": "t"}, 20)):
        client, asked = scripted(GEMINI, {"GET /v1beta/batches": page})
        assert await gemini.WIRE.find(client, "b", 2, SENT_AT) is None
        assert len(asked) == count


def _anthropic_row(name: str, *, count: int = 2, at: datetime = SENT_AT, status: str = "ended") -> dict[str, Any]:
    counts = {"succeeded": 1, "errored": count - 1, "canceled": None}
    return {"id": name, "created_at": at.isoformat(), "processing_status": status, "request_counts": counts}


async def test_anthropic_knows_a_batch_by_its_size_its_time_and_the_ids_of_its_requests() -> None:
    pages = [
        {"data": [_anthropic_row("p9", count=3), _anthropic_row("p8")], "has_more": True},
        {"data": [_anthropic_row("p7", at=AN_HOUR_BEFORE)], "has_more": True},
    ]
    answers = {
        "GET /v1/messages/batches": pages,
        "DOWNLOAD /v1/messages/batches/p8/results": [{"custom_id": "b_b_0"}],
        "DOWNLOAD /v1/messages/batches/p7/results": [{"custom_id": "b_1"}],  # the first may be missing
    }
    client, asked = scripted(MESSAGES, answers)

    assert await anthropic.WIRE.find(client, "b", 2, SENT_AT) == "p7"
    listed = [parameters for method, _, parameters in asked if method == "GET"]
    assert listed == [{"limit": 100}, {"limit": 100, "after_id": "p8"}]


@pytest.mark.parametrize(
    ("page", "pages"),
    [
        ({"data": [_anthropic_row("p9", count=3)], "has_more": False}, 1),
        ({"data": None, "has_more": True}, 1),
        ({"data": [_anthropic_row("p9", at=EARLIER, status="in_progress")], "has_more": True}, 1),
        ({"data": [_anthropic_row("p9", count=3, at=AN_HOUR_BEFORE)], "has_more": True}, 20),
    ],
)
async def test_anthropic_stops_at_the_end_an_hour_before_the_batch_was_sent_or_after_20_pages(
    page: dict[str, Any], pages: int
) -> None:
    client, asked = scripted(MESSAGES, {"GET /v1/messages/batches": page})

    assert await anthropic.WIRE.find(client, "b", 2, SENT_AT) is None
    assert len(asked) == pages


async def test_anthropic_cannot_tell_while_a_batch_of_that_size_is_running() -> None:
    rows = [_anthropic_row("p9", status="in_progress"), _anthropic_row("p8")]
    results = {"DOWNLOAD /v1/messages/batches/p8/results": [{"custom_id": "other_0"}]}
    client, _ = scripted(MESSAGES, {"GET /v1/messages/batches": {"data": rows, "has_more": False}} | results)

    with pytest.raises(UnclearError):
        await anthropic.WIRE.find(client, "b", 2, SENT_AT)


@pytest.mark.parametrize(
    ("wire", "call_path", "path"),
    [
        (openai.WIRE, AZURE, "/openai/batches/p/cancel"), (mistral.WIRE, OPENAI, "/v1/batch/jobs/p/cancel"),
        (anthropic.WIRE, MESSAGES, "/v1/messages/batches/p/cancel"), (gemini.WIRE, GEMINI, "/v1beta/p:cancel"),
    ],
)  # fmt: skip
async def test_a_batch_is_stopped_at_its_own_address(wire: BatchWire, call_path: str, path: str) -> None:
    client, asked = scripted(call_path, {f"POST {path}": {}})

    await wire.cancel(client, "p")

    assert asked == [("POST", path, None)]
