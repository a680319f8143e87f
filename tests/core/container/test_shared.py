"""Open archives that the chunks of an import share: until the file changes, or nobody uses them."""

import threading
from pathlib import Path

import pytest

from core.container import shared, shared_archive
from core.errors import InvalidInputError
from tests.core.container.archives import packed


def test_the_chunks_of_an_import_share_an_open_archive_until_it_changes(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packed({"a.jpg": b"pixels"}))
    with shared_archive(tmp_path / "x.zip") as first, shared_archive(tmp_path / "x.zip") as second:
        assert first is second
    (tmp_path / "new.zip").write_bytes(packed({"b.jpg": b"x"}))
    (tmp_path / "new.zip").replace(tmp_path / "x.zip")

    with shared_archive(tmp_path / "x.zip") as third:
        assert third.names() == ["b.jpg"]
    with first.open("a.jpg", 100) as stream:
        assert stream.read() == b"pixels"


def test_an_archive_that_nobody_has_used_for_a_while_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later: list[bool] = []
    monkeypatch.setattr(shared, "_open", {})
    monkeypatch.setattr(shared, "_close_later", lambda: later.append(True))
    (tmp_path / "x.zip").write_bytes(packed({"a.jpg": b"pixels"}))
    with shared_archive(tmp_path / "x.zip") as used:
        [kept] = shared._open.values()
        kept.used_s = 0.0
        shared._close_idle()
        assert [one.archive for one in shared._open.values()] == [used]
    shared._close_idle()
    assert [one.archive for one in shared._open.values()] == [used]
    assert len(later) == 3  # when it was opened, and after each look that left it open
    kept.used_s -= shared.IDLE_S
    shared._close_idle()
    assert shared._open == {}
    assert len(later) == 3


def test_a_shared_archive_that_is_gone_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"^x\.zip cannot be read \(No such file or directory\)"):  # noqa: SIM117
        with shared_archive(tmp_path / "x.zip"):
            pass


def test_what_closes_idle_archives_does_not_keep_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Timer] = []
    monkeypatch.setattr(threading.Timer, "start", lambda timer: started.append(timer))
    shared._close_later()

    assert [(timer.interval, timer.function, timer.daemon) for timer in started] == [(20.0, shared._close_idle, True)]
