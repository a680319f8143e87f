import json
import logging
from collections.abc import Iterator

import pytest

from core import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, levels = logging.getLogger().handlers[:], {name: logging.getLogger(name).level for name in logs.OURS}
    yield
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_line_can_be_read_by_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(json_lines=True)
    logging.getLogger("core.api").info("request", extra={"method": "POST", "route": "/api/projects", "status": 201})
    line = json.loads(capsys.readouterr().err)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "INFO", "logger": "core.api", "message": "request", "method": "POST", "route": "/api/projects",
        "status": 201,
    }  # fmt: skip


def test_a_trace_stays_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(json_lines=True)
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("core.api").exception("failed", extra={"error_id": "abcd1234"})
    line = json.loads(capsys.readouterr().err)
    assert line["error_id"] == "abcd1234"
    assert "RuntimeError: broken" in line["trace"]


def test_people_get_one_line_with_time_level_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(json_lines=False)
    logs.set_up(json_lines=False)
    logging.getLogger("pages").warning("slow")
    written = capsys.readouterr().err
    assert written.endswith(" WARNING pages: slow\n")
    assert written.count("\n") == 1


def test_libraries_speak_only_when_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(json_lines=False)
    logging.getLogger("some.library").info("chatter")
    assert capsys.readouterr().err == ""
