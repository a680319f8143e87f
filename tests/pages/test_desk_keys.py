"""The one table of keys of the desk: handlers, buttons, help and documentation read it."""

import json
import re
from pathlib import Path

from core.api.desk_keys import table
from pages.components.curate import desk

ROOT = Path(__file__).parents[2]
HERE = ROOT / "pages/components/curate/desk"
KEYS = table()


def test_the_documentation_has_the_table_of_the_desk() -> None:
    text, _, _ = (ROOT / "docs/KEYS.md").read_text(encoding="utf-8").partition("## The map")
    lines = text.splitlines()
    table = [tuple(line.strip("| ").split(" | ")) for line in lines if line.startswith("| ")][1:]
    assert table == [(key["shown"], key["label"]) for key in KEYS]


def test_every_key_has_one_meaning_and_the_desk_does_something_for_it() -> None:
    pressed = [key for row in KEYS for key in row.get("keys", ())]
    assert len(set(pressed)) == len(pressed)
    scripts = [(HERE / name).read_text(encoding="utf-8") for name in ("desk.js", "box_form.js")]
    named = set(re.findall(r'"(\w+)"', "\n".join(scripts)))
    assert {row["name"] for row in KEYS if "keys" in row} <= named


def test_the_browser_gets_the_table() -> None:
    _, _, behind = desk._script().partition("const KEYS = ")
    assert json.JSONDecoder().raw_decode(behind)[0] == KEYS


def test_what_the_page_withholds_is_a_key_of_the_desk() -> None:
    assert set(desk._ACT_OF_KEY) <= {row["name"] for row in KEYS}
