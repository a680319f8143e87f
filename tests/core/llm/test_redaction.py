"""Keys are removed from texts and from log records."""

import logging
import sys
from urllib.parse import quote

import pytest

from core.llm import redaction
from core.llm.redaction import MASK, RedactingFilter, redact


@pytest.fixture(autouse=True)
def _no_known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known_keys", set())


def test_a_key_of_eight_characters_is_remembered_and_a_shorter_one_is_not() -> None:
    for key in ("12345678", "1234567", "", None):
        redaction.remember(key)

    assert redact("a 12345678 b") == f"a {MASK} b"
    assert redact("a 1234567 b") == "a 1234567 b"


def test_the_longest_key_is_removed_first() -> None:
    assert redact("my key is abcdefgh-long", ["abcdefgh", "abcdefgh-long"]) == f"my key is {MASK}"


def test_a_signed_address_opens_nothing_any_more_also_when_it_was_quoted() -> None:
    signed = "http://storage/pictures/one.jpg?X-Amz-Credential=me&X-Amz-Signature=0abc"
    assert redact(f"cannot fetch {signed}: 403") == f"cannot fetch http://storage/pictures/one.jpg?{MASK} 403"
    assert "0abc" not in redact(f"GET /proxy?url={quote(signed, safe='')} failed")
    assert "0abc" not in redact(f"redirect to {quote(signed, safe='')}")


def test_a_mask_is_not_masked_again() -> None:
    header = "Authorization: Bearer abcdefgh-long and more"
    once = redact(header, ["abcdefgh-long"])
    assert once == redact(once) == redact(header) == f"Authorization: Bearer {MASK} and more"


def _record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, None)


def test_a_log_record_is_written_without_the_key_also_in_its_trace() -> None:
    redaction.remember("canary-key")
    try:
        raise ValueError("canary-key")
    except ValueError:
        record = _record("sent %s", "canary-key")
        record.exc_info = sys.exc_info()

    assert RedactingFilter().filter(record) is True
    assert record.getMessage() == f"sent {MASK}"
    assert record.exc_text is not None
    assert "canary-key" not in record.exc_text
    assert MASK in record.exc_text


def test_a_record_without_a_key_stays_as_it_is() -> None:
    record = _record("sent %s", "nothing")

    assert RedactingFilter().filter(record) is True
    assert (record.msg, record.args, record.exc_text) == ("sent %s", ("nothing",), None)


def test_each_handler_gets_one_filter_and_loud_libraries_only_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = logging.NullHandler()
    noisy = logging.getLogger("httpx")
    monkeypatch.setattr(noisy, "handlers", [handler])
    noisy.setLevel(logging.DEBUG)

    redaction.redact_logs()
    redaction.redact_logs()

    assert [type(one) for one in handler.filters] == [RedactingFilter]
    assert noisy.level == logging.WARNING
