"""What each interface of batches reads in the status and in the results of a batch."""

from typing import Any

import pytest

from core.errors import RequestRefusedError
from core.llm.batches.wire import BatchStatus, BatchWire, ResultLine
from core.llm.batches.wires import anthropic, gemini, mistral, openai
from tests.core.llm.batches.scripted import GEMINI, MESSAGES, OPENAI, scripted

_OPENAI_FILES = {"input_file_id": "i", "output_file_id": "o", "error_file_id": "e"}
_MISTRAL_FILES = {"output_file": "o", "error_file": "e", "input_files": ["i", "j"]}


@pytest.mark.parametrize(
    ("wire", "call_path", "path", "row", "status"),
    [
        (openai.WIRE, OPENAI, "/v1/batches/p", {"status": "in_progress"}, BatchStatus("p", None, 0)),
        (
            openai.WIRE, OPENAI, "/v1/batches/p",
            {"status": "failed", "errors": {"data": [{"message": "Line 1"}, {"message": "Line 2"}]}},
            BatchStatus("p", "failed", 0, "Line 1"),
        ),
        (
            openai.WIRE, OPENAI, "/v1/batches/p",
            {"status": "expired", "request_counts": {"completed": 5, "failed": 2}, "errors": {"data": [{}]}}
            | _OPENAI_FILES,
            BatchStatus("p", "expired", 7, "", _OPENAI_FILES),
        ),
        (
            mistral.WIRE, OPENAI, "/v1/batch/jobs/p",
            {"status": "FAILED", "completed_requests": 4, "errors": [{"message": "First"}, {"message": "Second"}]}
            | _MISTRAL_FILES,
            BatchStatus(
                "p", "failed", 4, "First", {"output_file": "o", "error_file": "e", "input 0": "i", "input 1": "j"}
            ),
        ),
        (mistral.WIRE, OPENAI, "/v1/batch/jobs/p", {"status": "RUNNING"}, BatchStatus("p", None, 0)),
        (
            anthropic.WIRE, MESSAGES, "/v1/messages/batches/p",
            {"processing_status": "in_progress", "request_counts": {"succeeded": 3, "errored": 1, "processing": 9}},
            BatchStatus("p", None, 4),
        ),
        (
            anthropic.WIRE, MESSAGES, "/v1/messages/batches/p",
            {"processing_status": "ended", "request_counts": {"succeeded": 3, "canceled": 1, "expired": 2}},
            BatchStatus("p", "cancelled", 3),
        ),
        (
            anthropic.WIRE, MESSAGES, "/v1/messages/batches/p",
            {"processing_status": "ended", "request_counts": {"succeeded": 3, "canceled": 0, "expired": 2}},
            BatchStatus("p", "expired", 3),
        ),
        (
            anthropic.WIRE, MESSAGES, "/v1/messages/batches/p", {"processing_status": "ended"},
            BatchStatus("p", "completed", 0),
        ),
        (gemini.WIRE, GEMINI, "/v1beta/batches/p", {}, BatchStatus("batches/p", None, 0)),
        (
            gemini.WIRE, GEMINI, "/v1beta/batches/p",
            {
                "metadata": {
                    "state": "BATCH_STATE_SUCCEEDED", "inputConfig": {"fileName": "files/i"},
                    "batchStats": {"successfulRequestCount": "3", "failedRequestCount": "2"},
                },
                "response": {"responsesFile": "files/o"}, "error": {"message": "Half of it"},
            },
            BatchStatus("batches/p", "completed", 5, "Half of it", {"output": "files/o", "input": "files/i"}),
        ),
        (
            gemini.WIRE, GEMINI, "/v1beta/batches/p",
            {"metadata": {"state": "BATCH_STATE_EXPIRED", "output": {"responsesFile": "files/o"}}, "response": {}},
            BatchStatus("batches/p", "expired", 0, "", {"output": "files/o"}),
        ),
    ],
)  # fmt: skip
async def test_a_status_says_how_far_a_batch_is_why_it_failed_and_which_files_it_has(
    wire: BatchWire, call_path: str, path: str, row: dict[str, Any], status: BatchStatus
) -> None:
    client, _ = scripted(call_path, {f"GET {path}": row})

    assert await wire.status(client, status.provider_id) == status


async def test_the_files_of_openai_and_mistral_are_read_and_deleted_by_their_names() -> None:
    answers = {
        "DOWNLOAD /v1/files/o/content": [
            {"custom_id": "b_0", "response": {"status_code": 200, "body": {"n": 1}}, "error": None}
        ],
        "DOWNLOAD /v1/files/e/content": [
            {"custom_id": "b_1", "response": {"status_code": 400, "body": {}}, "error": {"code": "x"}},
            {"custom_id": "b_2", "response": None, "error": {"code": "x", "message": "Too late"}},
            {"custom_id": "b_3", "error": "gone"},
            {"custom_id": "b_4", "error": {}},
        ],
    }
    lines = [
        ResultLine("b_0", 200, {"n": 1}), ResultLine("b_1", 400, {}, "x"), ResultLine("b_2", None, None, "Too late"),
        ResultLine("b_3", None, None, "gone"), ResultLine("b_4", None),
    ]  # fmt: skip
    of_openai = BatchStatus("p", "completed", 2, "", _OPENAI_FILES)
    client, asked = scripted(OPENAI, answers)
    assert await openai.WIRE.results(client, of_openai) == lines
    assert await mistral.WIRE.results(client, BatchStatus("p", None, 0, "", {"output_file": "o"})) == lines[:1]

    asked.clear()
    await openai.WIRE.tidy(client, of_openai)
    assert asked == [("DELETE", "/v1/files/i"), ("DELETE", "/v1/files/o"), ("DELETE", "/v1/files/e")]


async def test_anthropic_tells_the_status_of_a_failed_request_by_the_type_of_its_error() -> None:
    statuses = {
        "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
        "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "timeout_error": 504,
        "overloaded_error": 529, "one that is not known": 500,
    }  # fmt: skip
    rows = [
        {"custom_id": "b_0", "result": {"type": "succeeded", "message": {"n": 1}}},
        {"custom_id": "b_0", "result": {"type": "expired"}},
        {"custom_id": "b_0", "result": {"type": "errored", "error": {"type": "error", "error": {"type": "other"}}}},
        *({"custom_id": "b_1", "result": {"type": "errored", "error": {"type": kind}}} for kind in statuses),
    ]
    client, _ = scripted(MESSAGES, {"DOWNLOAD /v1/messages/batches/p/results": rows})

    assert await anthropic.WIRE.results(client, BatchStatus("p", "completed", 4)) == [
        ResultLine("b_0", 200, {"n": 1}),
        ResultLine("b_0", None, None, "expired"),
        ResultLine("b_0", 500, {"type": "error", "error": {"type": "other"}}),
        *(ResultLine("b_1", status, {"type": "error", "error": {"type": kind}}) for kind, status in statuses.items()),
    ]


async def test_gemini_tells_the_status_of_a_failed_request_by_its_code() -> None:
    codes = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 11: 400, 13: 500, 14: 503, 16: 401, 503: 503, 99: 500}
    errors: list[Any] = [*({"code": code} for code in codes), {"code": "8"}, {"message": "no code"}, "text"]
    rows = [{"key": "b_0", "response": {"n": 1}}, *({"key": "b_1", "error": error} for error in errors)]
    status = BatchStatus("batches/p", "completed", 2, "", {"output": "files/o", "input": "files/i"})
    client, asked = scripted(GEMINI, {"DOWNLOAD /download/v1beta/files/o:download": rows})

    lines = await gemini.WIRE.results(client, status)

    assert lines[0] == ResultLine("b_0", 200, {"n": 1})
    assert [line.http_status for line in lines[1:]] == [*codes.values(), 500, 500, 500]
    assert lines[1].body == {"error": {"code": 3}}
    assert asked == [("DOWNLOAD", "/download/v1beta/files/o:download", {"alt": "media"})]
    asked.clear()
    await gemini.WIRE.tidy(client, status)
    assert asked == [("DELETE", "/v1beta/files/o"), ("DELETE", "/v1beta/files/i")]


async def test_gemini_fetches_its_file_elsewhere_only_when_it_is_not_at_the_first_address() -> None:
    status = BatchStatus("batches/p", "completed", 1, "", {"output": "files/o"})
    first, second = "DOWNLOAD /download/v1beta/files/o:download", "DOWNLOAD /v1beta/files/o:download"

    missing = {first: RequestRefusedError("no", http_status=404), second: [{"key": "b_0", "response": {}}]}
    assert await gemini.WIRE.results(scripted(GEMINI, missing)[0], status) == [ResultLine("b_0", 200, {})]
    refused = missing | {first: RequestRefusedError("no", http_status=403)}
    with pytest.raises(RequestRefusedError):
        await gemini.WIRE.results(scripted(GEMINI, refused)[0], status)
    assert await gemini.WIRE.results(scripted(GEMINI)[0], BatchStatus("batches/p", "failed", 0)) == []
