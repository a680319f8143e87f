from contextvars import ContextVar

import pytest

from core import request_ids
from core.request_ids import begin


@pytest.fixture(autouse=True)
def _no_id_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_ids, "_CURRENT", ContextVar("request_id", default=""))


@pytest.mark.parametrize("given", ["abcdefgh", "0af7651916cd43dd8448eb211c80319c", "proxy-1.2_3-x", "x" * 64])
def test_a_sane_id_of_the_client_is_taken(given: str) -> None:
    assert begin([(b"host", b"x"), (b"x-request-id", given.encode())]) == given == request_ids.current()


@pytest.mark.parametrize(
    "given", [b"", b"short", b"x" * 65, b"two words", b"line\nbreak", b"\xff" * 20, b"<script>alert"]
)
def test_any_other_is_replaced(given: bytes) -> None:
    made = begin([(b"x-request-id", given)])
    assert len(made) == 16
    assert made != begin([])
