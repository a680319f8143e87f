"""The examples of docs/API.md, run in order against the running app with a password set."""

from pathlib import Path

import httpx
import pytest

from core import connect
from core.access import TokenService
from tests.browser.driving import AppServer
from tests.docs.blocks import to_run
from tests.pictures import striped


def test_the_examples_of_the_api_documentation_run_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = to_run("docs/API.md", "python")
    assert len(examples) > 10
    (tmp_path / "red.png").write_bytes(striped(1))
    (tmp_path / "blue.png").write_bytes(striped(4))
    monkeypatch.chdir(tmp_path)
    with AppServer.running(tmp_path, VITRINE_ACCESS_PASSWORD="open sesame") as server:
        with connect(server.data_dir) as db:
            names: dict[str, object] = {"token": TokenService(db).make_token("examples").secret}
        for example in examples:
            code = example.replace("http://127.0.0.1:8501", server.url)
            exec(compile(code, "docs/API.md", "exec"), names)  # noqa: S102
        assert "Traceback" not in server.log_text()
    image_bytes = names["image_bytes"]
    assert isinstance(image_bytes, bytes)
    assert image_bytes.startswith(b"\x89PNG")
    assert (tmp_path / "shelf.zip").read_bytes().startswith(b"PK")
    assert isinstance(names["client"], httpx.Client)
    names["client"].close()
