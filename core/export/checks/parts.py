"""Checks of JSON lines whose message contents are lists of parts: messages with parts, Oumi."""

from typing import Any, ClassVar

from core.export.checks.base import (
    LISTS_TYPED,
    NO_CONTROL_WORD,
    ONE_TYPE,
    SAME_KEYS,
    TURNS_ALTERNATE,
    Bundle,
)
from core.export.checks.hugging_face_chat import PARTS_MATCH
from core.export.checks.records import EVERY_RECORD, RowsChecker
from core.export.checks.texts import control_word


class PathPartsChecker(RowsChecker):
    """User turns are images and one text; the other turns are a text."""

    checks: ClassVar[tuple[str, ...]] = (*EVERY_RECORD, TURNS_ALTERNATE, PARTS_MATCH, NO_CONTROL_WORD)
    text_key: ClassVar[str] = "text"
    image_key: ClassVar[str] = "image"
    image_type: ClassVar[str] = "image"

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = [turn for turn in row.get("messages") or [] if isinstance(turn, dict) and turn.get("role") != "system"]
        self.check_text("the id", row.get(self.id_key))
        roles = [turn.get("role") for turn in turns]
        self.findings.count(TURNS_ALTERNATE)
        if not turns or roles != ["user", "assistant"] * (len(turns) // 2):
            self.findings.fail(TURNS_ALTERNATE, f"roles are {roles[:6]}")
        for turn in row.get("messages") or []:
            self._check_parts(_parts(turn), turn.get("role"))
        return len(turns) // 2

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        parts = [part for turn in row.get("messages") or [] for part in _parts(turn)]
        return [part.get(self.image_key) for part in parts if part.get("type") == self.image_type] or [None]

    def _check_parts(self, parts: list[dict[str, Any]], role: Any) -> None:
        self.findings.count(PARTS_MATCH)
        kinds = [part.get("type") for part in parts]
        if kinds[-1:] != ["text"] or set(kinds[:-1]) - {self.image_type} or (len(kinds) > 1 and role != "user"):
            self.findings.fail(PARTS_MATCH, f"a turn of {role} has {kinds[:6]}")
        text = parts[-1].get(self.text_key, parts[-1].get("text")) if parts else None
        self.check_text("a turn", text)
        self.findings.count(NO_CONTROL_WORD)
        if word := control_word(str(text)):
            self.findings.fail(NO_CONTROL_WORD, f"{word} is in {str(text)[:60]!r}")


class OumiChecker(PathPartsChecker):
    """Content items have their value in ``content``; a content of text alone is a string."""

    id_key: ClassVar[str] = "conversation_id"
    checks: ClassVar[tuple[str, ...]] = tuple(
        check for check in PathPartsChecker.checks if check not in (ONE_TYPE, SAME_KEYS, LISTS_TYPED)
    )
    text_key = image_key = "content"
    image_type = "image_path"
    # A content is a string or a list, which no table holds; Oumi reads line by line.
    is_table = False


def _parts(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn.get("content")
    if isinstance(content, list):
        return [part for part in content if isinstance(part, dict)]
    return [{"type": "text", "text": content, "content": content}]
