"""The blocks of docs/WEBHOOKS.md, run in order against a server and a receiver; the table names every event."""

import json
import re
from pathlib import Path

import pytest

from core import connect
from core.access import TokenService
from core.webhooks import KINDS
from core.webhooks.kinds import PING
from tests.browser.driving import ROOT, AppServer
from tests.docs.blocks import to_run
from tests.fakes.http_server import Answer, HttpServer

TEXT = (ROOT / "docs" / "WEBHOOKS.md").read_text(encoding="utf-8")


def test_the_table_of_events_names_each_in_its_words() -> None:
    rows = dict(re.findall(r"^\| `(\w+\.\w+)` \| (.*?) \|", TEXT, re.MULTILINE))
    assert rows.pop(PING)
    assert rows == KINDS


def test_the_blocks_run_in_order_and_the_receiver_can_check_what_it_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = to_run("docs/WEBHOOKS.md", "json")
    json.loads(example)
    settings = {"VITRINE_ACCESS_PASSWORD": "open sesame", "VITRINE_ALLOWED_WEBHOOK_HOSTS": "127.0.0.1"}
    with HttpServer(lambda _: Answer(204, body=b"")) as receiver, AppServer.running(tmp_path, **settings) as server:
        with connect(server.data_dir) as db:
            names: dict[str, object] = {"token": TokenService(db).make_token("hooks").secret, "receiver": receiver.url}
        for block in to_run("docs/WEBHOOKS.md", "python"):
            code = block.replace("http://127.0.0.1:8501", server.url)
            exec(compile(code, "docs/WEBHOOKS.md", "exec"), names)  # noqa: S102
        assert "Traceback" not in server.log_text()
    assert capsys.readouterr().out.startswith("webhook.ping 204 ")
    first = receiver.received[0]
    verified = names["verified"]
    assert callable(verified)
    assert verified(names["secret"], first.headers, first.body)["type"] == PING
    with pytest.raises(ValueError, match="signature"):
        verified(names["secret"], first.headers, first.body + b" ")
