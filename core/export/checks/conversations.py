"""Conversations as trainers read them: turns, roles and image tokens."""

from typing import Any, ClassVar

from core.export.checks.base import (
    NO_TOKEN_IN_TEXT,
    NOTHING_EMPTY,
    TOKEN_FIRST,
    TOKENS_MATCH,
    TURNS_ALTERNATE,
    Bundle,
)
from core.export.checks.records import EVERY_RECORD, RowsChecker
from core.export.entries import IMAGE_TOKEN

_OTHER_TOKENS = ("<video>", "<audio>", "<bbox>", "<ref-object>")


class ConversationsChecker(RowsChecker):
    """Counts tokens and turns by the rules that hold for all trainers; a format says how its turns are spelled."""

    checks = (*EVERY_RECORD, TOKENS_MATCH, TOKEN_FIRST, NO_TOKEN_IN_TEXT, TURNS_ALTERNATE)
    roles: ClassVar[tuple[str, str]] = ("user", "assistant")
    turns_key: ClassVar[str] = "messages"
    role_key: ClassVar[str] = "role"
    text_key: ClassVar[str] = "content"

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = row.get(self.turns_key)
        if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
            self.findings.wrong(TURNS_ALTERNATE, f"{self.turns_key} is no list of turns")
            return 0
        self.findings.saw(TURNS_ALTERNATE)
        wanted = [self.roles[place % 2] for place in range(len(turns))]
        if [turn.get(self.role_key) for turn in turns] != wanted or len(turns) % 2:
            self.findings.wrong(TURNS_ALTERNATE, f"roles are {[turn.get(self.role_key) for turn in turns][:6]}")
        texts = [turn.get(self.text_key) for turn in turns]
        self.examine_texts(texts, len(self.images_of(row)))
        return len(turns) // 2

    def examine_texts(self, texts: list[Any], images: int) -> None:
        """Check the texts of the turns, the first being the one that shows the images."""
        for text in texts:
            said = text.replace(IMAGE_TOKEN, "") if isinstance(text, str) else text
            self.text("a turn", said)
        known = [text if isinstance(text, str) else "" for text in texts]
        self.findings.saw(TOKENS_MATCH)
        if sum(text.count(IMAGE_TOKEN) for text in known) != images:
            self.findings.wrong(TOKENS_MATCH, f"{images} images, texts are {[text[:40] for text in known[:3]]}")
        self.findings.saw(TOKEN_FIRST)
        if any(IMAGE_TOKEN in text for text in known[1:]) or not known[0].startswith(IMAGE_TOKEN):
            self.findings.wrong(TOKEN_FIRST, f"first turn is {known[0][:60]!r}")
        self.findings.saw(NO_TOKEN_IN_TEXT)
        for text in known:
            lowered = text.replace(IMAGE_TOKEN, "", 1).lower() if text is known[0] else text.lower()
            if "<" in lowered and any(token in lowered for token in (IMAGE_TOKEN, *_OTHER_TOKENS)):
                self.findings.wrong(NO_TOKEN_IN_TEXT, f"a text is {text[:60]!r}")


class LlavaChecker(ConversationsChecker):
    """LLaVA joins ``image`` to its folder, knows the two roles human and gpt, and fails on a list of images."""

    roles = ("human", "gpt")
    turns_key = "conversations"
    role_key = "from"
    text_key = "value"

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        self.text("id", row.get("id"))
        if "image" in row and not isinstance(row["image"], str):
            self.findings.wrong(NOTHING_EMPTY, f"image is {row['image']!r}")
        return super().examine_row(row, bundle)
