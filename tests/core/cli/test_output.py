"""What commands print where the encoding of the terminal lacks a sign, such as Latin-1 on Windows."""

import io
import json
import sys
from pathlib import Path

import pytest

import vitrine
from core.cli.output import result


def latin_stdout(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Make standard output Latin-1 and return what is written to it."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, "latin-1", write_through=True))
    return written


def test_a_sign_that_the_terminal_lacks_is_written_as_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    latin = latin_stdout(monkeypatch)
    vitrine.write_what_the_terminal_lacks_as_escapes()
    result(False, {}, "Küche 日")
    assert latin.getvalue().decode("latin-1").strip() == "Küche \\u65e5"


def test_json_stays_json_where_the_terminal_lacks_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    latin = latin_stdout(monkeypatch)
    result(True, {"name": "Küche 😀"}, "")
    assert json.loads(latin.getvalue().decode("latin-1")) == {"name": "Küche 😀"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_finds_no_space_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["vitrine", "--version"])
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(full, "utf-8", write_through=True))
        with pytest.raises(SystemExit) as ended:
            vitrine.main()
        sys.stdout.close()
    assert str(ended.value).startswith("The output cannot be written: no space is left where it goes.")
