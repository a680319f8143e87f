import json
import logging
from collections.abc import Iterator

import pytest

from core import logs, request_ids
from core.errors import DatabaseAwayError


@pytest.fixture(autouse=True)
def _restored_loggers() -> Iterator[None]:
    handlers = logging.getLogger().handlers[:]
    levels = {name: logging.getLogger(name).level for name in logs.OWN_LOGGERS}
    yield
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_json_line_has_the_fields_of_its_record(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=True)
    logging.getLogger("core.api").info("request", extra={"method": "POST", "route": "/api/projects", "status": 201})
    line = json.loads(capsys.readouterr().err)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "INFO", "logger": "core.api", "message": "request", "method": "POST", "route": "/api/projects",
        "status": 201,
    }  # fmt: skip


def test_a_traceback_is_part_of_its_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=True)
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("core.api").exception("failed", extra={"error_id": "abcd1234"})
    line = json.loads(capsys.readouterr().err)
    assert line["error_id"] == "abcd1234"
    assert "RuntimeError: broken" in line["trace"]


def test_a_database_that_is_away_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=False)
    lost = type("OperationalError", (Exception,), {})
    for name, error in (("core.api.health", DatabaseAwayError("It does not answer.")), ("sqlalchemy.pool", lost())):
        logging.getLogger(name).warning("not ready", exc_info=error)
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("core.api.health: not ready: It does not answer.")
    assert second.endswith("sqlalchemy.pool: not ready")


def test_a_plain_line_has_level_logger_and_message_and_is_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=False)
    logs.configure_logging(json_lines=False)
    logging.getLogger("pages").warning("slow")
    written = capsys.readouterr().err
    assert written.endswith(" WARNING pages: slow\n")
    assert written.count("\n") == 1


def test_what_somebody_sent_does_not_look_like_a_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=False)
    forged = "2026-01-01T00:00:00.000+00:00 INFO    core.api: forged"
    try:
        raise RuntimeError(f"broken\n{forged}")
    except RuntimeError:
        logging.getLogger("core.api").exception("failed\r\n%s", forged)
    first, *others = capsys.readouterr().err.splitlines()
    assert first.endswith("core.api: failed")
    assert {line[:4] for line in others} == {"    "}


def test_info_records_of_libraries_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=False)
    logging.getLogger("some.library").info("chatter")
    assert capsys.readouterr().err == ""


def test_a_line_has_the_id_of_its_request_and_who_acted(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=True)
    token = request_ids._CURRENT.set("from-the-proxy-1")
    try:
        logging.getLogger("core.api").info("change", extra={"actor": "token:abc", "name_of_somebody": "Ann"})
    finally:
        request_ids._CURRENT.reset(token)
    line = json.loads(capsys.readouterr().err)
    assert (line["request_id"], line["actor"]) == ("from-the-proxy-1", "token:abc")
    assert "name_of_somebody" not in line


def test_letters_of_a_message_stay_as_they_are_in_a_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(json_lines=True)
    logging.getLogger("core.api").warning("Größe")
    assert '"message": "Größe"' in capsys.readouterr().err
