"""The sign-in page: what it may load, and where it leads."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from core.api import sign_in_page


def test_the_page_loads_nothing_and_runs_no_script() -> None:
    page = sign_in_page.response("/lab", "/lab/explore", status=401)
    html = bytes(page.body).decode()
    assert "<script" not in html
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == ["data:,"]
    policy = page.headers["Content-Security-Policy"]
    style = re.search(r"<style>(.*)</style>", html, re.DOTALL)
    assert style is not None
    assert f"style-src 'sha256-{b64encode(sha256(style[1].encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert 'action="/lab/access/session"' in html


def test_every_field_has_a_label_and_a_refusal_is_announced() -> None:
    html = bytes(sign_in_page.response("", "/", status=401, message="Try <again>.").body).decode()
    for field in re.findall(r'<input name="(\w+)"', html):
        assert re.search(rf"<label>[^<]*(?:<small[^>]*>[^<]*</small>\s*)?<input name=\"{field}\"", html), field
    assert '<p role="alert" id="problem">Try &lt;again&gt;.</p>' in html
    assert 'aria-invalid="true" aria-describedby="problem"' in html


@pytest.mark.parametrize("wanted", ["/", "/explore", "/explore?q=a%20b&c=http://x", "/a//b", "/%2F%2Fevil.example"])
def test_a_path_of_the_server_is_where_the_sign_in_leads(wanted: str) -> None:
    assert sign_in_page.landing_address(wanted, "") == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "", "explore", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/\n/evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)", " //evil.example",
        "/é", "/access/session", "/access/session?next=/", "/\x00",
    ],
)  # fmt: skip
def test_any_other_address_leads_to_the_first_page(wanted: str) -> None:
    assert sign_in_page.landing_address(wanted, "") == "/"


def test_below_a_base_path_only_its_own_paths_count() -> None:
    assert sign_in_page.landing_address("/lab/explore", "/lab") == "/lab/explore"
    for other in ("/", "/labs", "/other", "//lab/"):
        assert sign_in_page.landing_address(other, "/lab") == "/lab/"


def test_the_requested_address_is_kept_as_it_was_written() -> None:
    scope = {"raw_path": b"/lab/a%20b", "path": "/lab/a b", "query_string": b"q=%22x%22"}
    assert sign_in_page.requested_address(scope) == "/lab/a%20b?q=%22x%22"
    assert sign_in_page.requested_address({"path": "/explore"}) == "/explore"
