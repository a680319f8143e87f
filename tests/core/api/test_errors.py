"""The HTTP status and the body of each error."""

import json
import logging

import pytest
from starlette.types import Scope

from core import errors, request_ids
from core.api.errors import bug_response, error_response, problem, status_of

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/api/projects/é"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFoundError, 404),
        (errors.ConflictError, 409),
        (errors.ImageRejectedError, 422),
        (errors.InvalidInputError, 422),
        (errors.ExportError, 422),
        (errors.ConfigurationError, 503),
        (errors.DatabaseAwayError, 503),
        (errors.StorageError, 507),
        (errors.MissingFileError, 507),
        (errors.MissingKeyError, 422),
        (errors.NoVisionError, 422),
        (errors.ModelUnavailableError, 422),
        (errors.RateLimitedError, 429),
        (errors.AccessDeniedError, 502),
        (errors.QuotaExceededError, 502),
        (errors.ProviderDownError, 502),
        (errors.RequestRefusedError, 502),
        (errors.BadReplyError, 502),
        (errors.CutReplyError, 502),
        (errors.VitrineError, 400),
    ],
)
def test_each_error_has_its_status(error: type[errors.VitrineError], status: int) -> None:
    assert status_of(error("It failed.")) == status


def test_an_error_says_what_is_wrong_and_names_the_field_only_if_there_is_one() -> None:
    named = error_response(errors.InvalidInputError("Use a number.", field="limit"))
    unnamed = error_response(errors.InvalidInputError("Use a number."))

    assert json.loads(bytes(named.body)) == {"code": "invalid", "detail": "Use a number.", "field": "limit"}
    assert json.loads(bytes(unnamed.body)) == {"code": "invalid", "detail": "Use a number."}


def test_a_problem_carries_further_members_and_headers() -> None:
    response = problem(429, "rate_limited", "Wait.", headers={"Retry-After": "3"}, wait_s=3)

    assert (response.status_code, response.headers["Retry-After"]) == (429, "3")
    assert json.loads(bytes(response.body)) == {"code": "rate_limited", "detail": "Wait.", "wait_s": 3}


def test_a_bug_is_told_by_an_id_that_the_log_has_with_the_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = bug_response(ZeroDivisionError("division by zero"), SCOPE)

    body = json.loads(bytes(response.body))
    assert (response.status_code, body["code"], len(body["error_id"])) == (500, "bug", 8)
    assert body["error_id"] in body["detail"]
    assert "division" not in body["detail"]
    (record,) = caplog.records
    assert record.exc_info is not None
    assert body["error_id"] in record.message
    assert record.__dict__["route"] == "/api/projects/\\xe9"


def test_the_id_of_a_bug_is_the_id_of_the_request() -> None:
    request_ids.begin([(b"x-request-id", b"from-the-proxy-1")])
    try:
        body = json.loads(bytes(bug_response(ZeroDivisionError(), SCOPE).body))
    finally:
        request_ids._CURRENT.set("")
    assert body["error_id"] == "from-the-proxy-1"
