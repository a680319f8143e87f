"""Conversations as trainers read them: turns, roles and image tokens."""

from typing import Any, ClassVar

from core.export.checks.base import (
    CLEAN_TEXT,
    COUNTS_MATCH,
    NO_TOKEN_IN_TEXT,
    NOTHING_EMPTY,
    PATHS_HOLD,
    SPLITS_DISJOINT,
    TOKEN_FIRST,
    TOKENS_MATCH,
    TURNS_ALTERNATE,
    Bundle,
)
from core.export.checks.reading import read_document
from core.export.checks.records import EVERY_RECORD, RowsChecker
from core.export.entries import IMAGE_TOKEN

INFO_FITS = "dataset_info.json names every file and its columns"
DATA_URLS = "Images are data URLs of at most 10 MB, in user turns only"

OTHER_TOKENS = ("<video>", "<audio>", "<bbox>", "<ref-object>")
_MOST_BYTES = 10_000_000


class ConversationsChecker(RowsChecker):
    """Counts tokens and turns by the rules that hold for all trainers; a format says how its turns are spelled."""

    checks: ClassVar[tuple[str, ...]] = (*EVERY_RECORD, TOKENS_MATCH, TOKEN_FIRST, NO_TOKEN_IN_TEXT, TURNS_ALTERNATE)
    roles: ClassVar[tuple[str, str]] = ("user", "assistant")
    turns_key: ClassVar[str] = "messages"
    role_key: ClassVar[str] = "role"
    text_key: ClassVar[str] = "content"

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = row.get(self.turns_key)
        if not self.alternate(turns) or not isinstance(turns, list):
            return 0
        texts = [turn.get(self.text_key) for turn in turns]
        self.examine_texts(texts, len(self.images_of(row)))
        return len(turns) // 2

    def alternate(self, turns: Any, *, ends_with: int = 1) -> bool:
        """Check the roles; *ends_with* 0 is for prompts that end with the user."""
        self.findings.saw(TURNS_ALTERNATE)
        if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
            self.findings.wrong(TURNS_ALTERNATE, f"{self.turns_key} is no list of turns")
            return False
        roles = [turn.get(self.role_key) for turn in turns]
        if roles != [self.roles[place % 2] for place in range(len(turns))] or roles[-1] != self.roles[ends_with]:
            self.findings.wrong(TURNS_ALTERNATE, f"roles are {roles[:6]}")
        return True

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
        self.no_tokens([known[0].replace(IMAGE_TOKEN, "", 1), *known[1:]])

    def no_tokens(self, texts: list[str]) -> None:
        """Check that texts carry no word that a trainer takes for an image, a video, a sound or a box."""
        self.findings.saw(NO_TOKEN_IN_TEXT, len(texts))
        for text in texts:
            if "<" in text and any(token in text.lower() for token in (IMAGE_TOKEN, *OTHER_TOKENS)):
                self.findings.wrong(NO_TOKEN_IN_TEXT, f"a text is {text[:60]!r}")


class LlavaChecker(ConversationsChecker):
    """LLaVA joins ``image`` to its folder, knows the two roles human and gpt, and fails on a list of images."""

    roles = ("human", "gpt")
    turns_key = "conversations"
    role_key = "from"
    text_key = "value"

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        self.text("id", row.get("id"))
        if not isinstance(row.get("image", ""), str):
            self.findings.wrong(NOTHING_EMPTY, f"image is {row['image']!r}")
        return super().examine_row(row, bundle)


class _WithImageList(ConversationsChecker):
    def images_of(self, row: dict[str, Any]) -> list[Any]:
        images = row.get("images")
        return images if isinstance(images, list) else [None]


class LlamaFactoryChecker(_WithImageList):
    """LLaMA-Factory drops rows with the wrong number of turns without a word, and fails later on a missing image."""

    checks: ClassVar[tuple[str, ...]] = (*ConversationsChecker.checks, INFO_FITS)
    columns: ClassVar[tuple[str, ...]] = ("messages", "images")

    def examine(self, bundle: Bundle) -> None:
        super().examine(bundle)
        info = read_document(bundle, "dataset_info.json", self.findings)
        files = self.row_files(bundle, self.recipe.rows or "json")
        self.findings.saw(INFO_FITS, len(files))
        described = info if isinstance(info, dict) else {}
        if {part.get("file_name") for part in described.values()} != set(files.values()):
            self.findings.wrong(INFO_FITS, f"it names {list(described)}, the files are {list(files.values())}")
        for name, part in described.items():
            if not set(self.columns) <= set(part.get("columns", {})):
                self.findings.wrong(INFO_FITS, f"{name} has the columns {part.get('columns')}")
            if part.get("formatting") != "sharegpt" or ("tags" not in part) != (self.role_key == "from"):
                self.findings.wrong(INFO_FITS, f"{name} does not say how its turns are spelled")


class SharegptChecker(LlamaFactoryChecker):
    roles = ("human", "gpt")
    turns_key = "conversations"
    role_key = "from"
    text_key = "value"


class MsSwiftChecker(_WithImageList):
    """ms-swift takes some column names for orders; inside a message only its own keys survive."""

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        if taken := {"objects", "tools", "channel", "margin", "label"} & row.keys():
            self.findings.wrong(NOTHING_EMPTY, f"the columns {sorted(taken)} mean something else there")
        return super().examine_row(row, bundle)


class OpenAIChecker(RowsChecker):
    """Chat lines with content parts; extra keys are refused, so rows have no ids."""

    checks: ClassVar[tuple[str, ...]] = (
        COUNTS_MATCH, NOTHING_EMPTY, PATHS_HOLD, SPLITS_DISJOINT, CLEAN_TEXT, TURNS_ALTERNATE, DATA_URLS,
    )  # fmt: skip
    has_ids = False
    table = False

    def examine_row(self, row: dict[str, Any], bundle: Bundle) -> int:
        turns = row.get("messages")
        self.findings.saw(TURNS_ALTERNATE)
        if list(row) != ["messages"] or not isinstance(turns, list) or not turns:
            self.findings.wrong(TURNS_ALTERNATE, f"a row has the keys {list(row)}")
            return 0
        roles = [turn.get("role") for turn in turns]
        if roles != ["user", "assistant"] * (len(turns) // 2):
            self.findings.wrong(TURNS_ALTERNATE, f"roles are {roles[:6]}")
        for place, turn in enumerate(turns):
            self._content(turn.get("content"), place)
        return len(turns) // 2

    def images_of(self, row: dict[str, Any]) -> list[Any]:
        first = (row.get("messages") or [{}])[0].get("content")
        parts = first if isinstance(first, list) else []
        return [part["image_url"].get("url") for part in parts if part.get("type") == "image_url"] or [None]

    def _content(self, content: Any, place: int) -> None:
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        self.findings.saw(DATA_URLS)
        for part in parts:
            if part.get("type") == "text":
                self.text("a turn", part.get("text"))
            elif place:
                self.findings.wrong(DATA_URLS, f"turn {place} carries an image")
            elif len(str(part.get("image_url", {}).get("url"))) * 3 / 4 > _MOST_BYTES:
                self.findings.wrong(DATA_URLS, "an image is larger than 10 MB")
