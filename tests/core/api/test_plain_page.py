"""Error responses as pages, for what a browser shows to a person."""

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

from core.api import plain_page

REFUSAL = JSONResponse({"code": "not_found", "detail": "This <b>project</b> does not exist."}, 404)


def _request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/media/x", "query_string": b"", "headers": pairs})


def test_a_browser_that_opens_an_address_gets_a_page_with_the_sentence_as_text() -> None:
    navigation = _request(accept="text/html", sec_fetch_mode="navigate", sec_fetch_dest="document")

    page = plain_page.for_browser(navigation, REFUSAL)

    assert (page.status_code, page.media_type) == (404, "text/html")
    text = bytes(page.body).decode()
    assert '<p role="alert">This &lt;b&gt;project&lt;/b&gt; does not exist.</p>' in text
    assert "<title>Not available - Vitrine</title>" in text
    assert page.headers["Cache-Control"] == "no-store"


def test_a_program_gets_the_response_as_it_is() -> None:
    assert plain_page.for_browser(_request(accept="application/json"), REFUSAL) is REFUSAL


def test_a_response_that_is_no_json_stays_as_it_is() -> None:
    navigation = _request(accept="text/html", sec_fetch_mode="navigate", sec_fetch_dest="document")
    plain = PlainTextResponse("no")

    assert plain_page.for_browser(navigation, plain) is plain


@pytest.mark.parametrize("more", [None, {"Retry-After": "3"}])
def test_every_page_allows_no_script_and_keeps_the_given_headers(more: dict[str, str] | None) -> None:
    page = plain_page.response("Wait <now>", "<p>Wait.</p>", 429, more)

    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "<title>Wait &lt;now&gt; - Vitrine</title>" in bytes(page.body).decode()
    assert page.headers.get("Retry-After") == (more or {}).get("Retry-After")
