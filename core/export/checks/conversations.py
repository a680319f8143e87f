"""Checks of conversations: turns, roles and image tokens, by the rules of the trainers."""

import re
from typing import Any, ClassVar

from core.export.checks.base import (
    COUNTS_MATCH,
    NO_CONTROL_WORD,
    NOTHING_EMPTY,
    PATHS_VALID,
    SPLITS_DISJOINT,
    TOKEN_FIRST,
    TOKENS_MATCH,
    TURNS_ALTERNATE,
    VALID_FILES,
    Bundle,
)
from core.export.checks.reading import read_document
from core.export.checks.records import EVERY_RECORD, RowsChecker
from core.export.checks.texts import control_word
from core.export.entries import IMAGE_TOKEN

INFO_MATCHES = "dataset_info.json names every file and its columns"
DATA_URLS = "Images are data URLs of at most 10 MB, in user turns only"

_MAX_IMAGE_BYTES = 10_000_000
_LEADING_TOKENS = rf"^(?:{IMAGE_TOKEN})+"


class ConversationsChecker(RowsChecker):
    """Checks tokens and turns by the rules of all trainers; a subclass names the keys and roles of its turns."""

    checks: ClassVar[tuple[str, ...]] = (*EVERY_RECORD, TOKENS_MATCH, TOKEN_FIRST, NO_CONTROL_WORD, TURNS_ALTERNATE)
    roles: ClassVar[tuple[str, str]] = ("user", "assistant")
    turns_key: ClassVar[str] = "messages"
    role_key: ClassVar[str] = "role"
    text_key: ClassVar[str] = "content"
    has_system: ClassVar[bool] = False
    """Whether the first turn may be a system prompt."""

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = row.get(self.turns_key)
        if not self.check_turns(turns) or not isinstance(turns, list):
            return 0
        texts = [turn.get(self.text_key) for turn in self.without_system(turns)]
        self.check_texts(texts, len(self.images_of(row)))
        return len(turns) // 2

    def check_turns(self, turns: Any, *, ends_with: int = 1) -> bool:
        """Check the roles and return whether *turns* is a list of turns.

        Args:
            ends_with: index of the last role; 0 for prompts, which end with the user.
        """
        self.findings.count(TURNS_ALTERNATE)
        if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
            self.findings.fail(TURNS_ALTERNATE, f"{self.turns_key} is not a list of turns")
            return False
        roles = [turn.get(self.role_key) for turn in self.without_system(turns)]
        if roles != [self.roles[index % 2] for index in range(len(roles))] or roles[-1:] != [self.roles[ends_with]]:
            self.findings.fail(TURNS_ALTERNATE, f"roles are {roles[:6]}")
        return True

    def without_system(self, turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the turns behind the system prompt, which must have a text."""
        if not self.has_system or turns[0].get(self.role_key) != "system":
            return turns
        self.check_text("the system prompt", turns[0].get(self.text_key))
        return turns[1:]

    def check_texts(self, texts: list[Any], images: int) -> None:
        """Check the texts of the turns; the first one has the image tokens, a later question those of its images."""
        for text in texts:
            self.check_text("a turn", text.replace(IMAGE_TOKEN, "") if isinstance(text, str) else text)
        known = [text if isinstance(text, str) else "" for text in texts]
        self.findings.count(TOKENS_MATCH)
        if sum(text.count(IMAGE_TOKEN) for text in known) != images:
            self.findings.fail(TOKENS_MATCH, f"{images} images, texts are {[text[:40] for text in known[:3]]}")
        self.findings.count(TOKEN_FIRST)
        if not known[:1] or not known[0].startswith(IMAGE_TOKEN):
            self.findings.fail(TOKEN_FIRST, f"first turn is {known[:1]!r:.60}")
        self.check_no_control_words(
            [
                re.sub(_LEADING_TOKENS, "", text, count=1) if index == 0 or (images > 1 and index % 2 == 0) else text
                for index, text in enumerate(known)
            ]
        )

    def check_no_control_words(self, texts: list[str]) -> None:
        """Check that no text has a word that a tokenizer or a trainer reads as a command."""
        self.findings.count(NO_CONTROL_WORD, len(texts))
        for text in texts:
            if word := control_word(text):
                self.findings.fail(NO_CONTROL_WORD, f"{word} is in {text[:60]!r}")


class LlavaChecker(ConversationsChecker):
    """LLaVA appends ``image`` to its image folder, knows the roles human and gpt, and fails on a list of images."""

    roles = ("human", "gpt")
    turns_key = "conversations"
    role_key = "from"
    text_key = "value"

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        self.check_text("id", row.get("id"))
        if not isinstance(row.get("image", ""), str):
            self.findings.fail(NOTHING_EMPTY, f"image is {row['image']!r}")
        return super().examine_row(row, bundle)


class _WithImageList(ConversationsChecker):
    has_system = True

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        images = row.get("images")
        return images if isinstance(images, list) else [None]


class LlamaFactoryChecker(_WithImageList):
    """LLaMA-Factory silently drops rows with the wrong number of turns, and fails late on a missing image."""

    checks: ClassVar[tuple[str, ...]] = (*ConversationsChecker.checks, INFO_MATCHES)
    columns: ClassVar[tuple[str, ...]] = ("messages", "images")

    def examine(self, bundle: Bundle) -> None:
        super().examine(bundle)
        info = read_document(bundle, "dataset_info.json", self.findings)
        files = self.row_files(bundle)
        self.findings.count(INFO_MATCHES, len(files))
        described = info if isinstance(info, dict) else {}
        if {part.get("file_name") for part in described.values()} != set(files.values()):
            self.findings.fail(INFO_MATCHES, f"it names {list(described)}, the files are {list(files.values())}")
        for name, part in described.items():
            if not set(self.columns) <= set(part.get("columns", {})):
                self.findings.fail(INFO_MATCHES, f"{name} has the columns {part.get('columns')}")
            if part.get("formatting") != "sharegpt" or ("tags" not in part) != (self.role_key == "from"):
                self.findings.fail(INFO_MATCHES, f"{name} does not name the roles and keys of its turns")


class SharegptChecker(LlamaFactoryChecker):
    """Turns of human and gpt, which LLaMA-Factory reads without tags."""

    roles = ("human", "gpt")
    turns_key = "conversations"
    role_key = "from"
    text_key = "value"


class MsSwiftChecker(_WithImageList):
    """ms-swift gives some column names a meaning of its own."""

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        if taken := {"objects", "tools", "channel", "margin", "label"} & row.keys():
            self.findings.fail(NOTHING_EMPTY, f"the columns {sorted(taken)} have another meaning in ms-swift")
        return super().examine_row(row, bundle)


class OpenAIChecker(RowsChecker):
    """Chat lines with content parts; providers refuse extra keys, so rows have no ids."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, NOTHING_EMPTY, PATHS_VALID, SPLITS_DISJOINT, VALID_FILES, TURNS_ALTERNATE, DATA_URLS,
    )  # fmt: skip
    has_ids = False
    is_table = False

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = row.get("messages")
        self.findings.count(TURNS_ALTERNATE)
        if list(row) != ["messages"] or not isinstance(turns, list) or not turns:
            self.findings.fail(TURNS_ALTERNATE, f"a row has the keys {list(row)}")
            return 0
        if turns[0].get("role") == "system":
            self.check_text("the system prompt", turns[0].get("content"))
            turns = turns[1:]
        roles = [turn.get("role") for turn in turns]
        if not turns or roles != ["user", "assistant"] * (len(turns) // 2):
            self.findings.fail(TURNS_ALTERNATE, f"roles are {roles[:6]}")
        for index, turn in enumerate(turns):
            self._check_content(turn.get("content"), index)
        return len(turns) // 2

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        contents = [turn.get("content") for turn in row.get("messages") or []]
        parts = [part for content in contents if isinstance(content, list) for part in content]
        return [part["image_url"].get("url") for part in parts if part.get("type") == "image_url"] or [None]

    def _check_content(self, content: Any, index: int) -> None:
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        self.findings.count(DATA_URLS)
        for part in parts:
            if part.get("type") == "text":
                self.check_text("a turn", part.get("text"))
            elif index % 2:
                self.findings.fail(DATA_URLS, f"turn {index} has an image")
            elif len(str(part.get("image_url", {}).get("url"))) * 3 / 4 > _MAX_IMAGE_BYTES:
                self.findings.fail(DATA_URLS, "an image is larger than 10 MB")
