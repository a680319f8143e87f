"""Checks of tables of conversations: TRL, messages with parts, FineVision."""

from typing import Any, ClassVar

from core.export.checks.base import NO_CONTROL_WORD, NOTHING_EMPTY, TURNS_ALTERNATE
from core.export.checks.hugging_face import ParquetChecker
from core.export.checks.preference import ANSWERS_DIFFER
from core.export.checks.texts import control_word

PARTS_MATCH = "Contents are lists of texts and images, with a part for each image"
RATINGS_PARALLEL = "Every list of ratings is as long as the list of texts"


class ChatChecker(ParquetChecker):
    """The images of a conversation and its turns in each row."""

    checks: ClassVar[tuple[str, ...]] = (*ParquetChecker.checks, TURNS_ALTERNATE, NO_CONTROL_WORD)

    def examine_row(self, row: dict[str, Any], split: str, seen: dict[str, str]) -> int:
        self.check_text("id", row.get("id"))
        images = row.get("images")
        for image in images if images is not None and len(images) else [None]:
            self.check_image(image, split, seen)
        return self.examine_turns(row)

    def examine_turns(self, row: dict[str, Any]) -> int:
        """Check the turns of a row and return how many entries they are."""
        raise NotImplementedError

    def check_turns(self, turns: list[dict[str, Any]], roles: tuple[str, ...]) -> None:
        """Check that the roles of *turns* are *roles*, and the texts of the turns."""
        self.findings.count(TURNS_ALTERNATE)
        if tuple(turn.get("role") for turn in turns) != roles or not turns:
            self.findings.fail(TURNS_ALTERNATE, f"roles are {[turn.get('role') for turn in turns][:6]}")
        for turn in turns:
            self.check_turn_text(turn.get("content"))

    def check_turn_text(self, text: Any) -> None:
        """Check that *text* is not blank and has no control word."""
        self.check_text("a turn", text)
        self.findings.count(NO_CONTROL_WORD)
        if word := control_word(str(text)):
            self.findings.fail(NO_CONTROL_WORD, f"{word} is in {str(text)[:60]!r}")


class TrlChecker(ChatChecker):
    """Messages without image tokens, which TRL inserts itself."""

    def examine_turns(self, row: dict[str, Any]) -> int:
        turns = row.get("messages") or []
        if turns and turns[0].get("role") == "system":
            self.check_text("the system prompt", turns[0].get("content"))
            turns = turns[1:]
        self.check_turns(turns, ("user", "assistant") * (len(turns) // 2))
        return len(turns) // 2


class PartsChecker(ChatChecker):
    """Messages whose contents are lists of parts, with a part for each image."""

    checks: ClassVar[tuple[str, ...]] = (*ChatChecker.checks, PARTS_MATCH)

    def examine_turns(self, row: dict[str, Any]) -> int:
        turns = row.get("messages") or []
        parts = [part for turn in turns for part in turn.get("content") or []]
        self.findings.count(PARTS_MATCH)
        kinds = [part.get("type") for part in parts]
        images = len(row.get("images") or ())
        if kinds.count("image") != images or set(kinds) - {"image", "text"}:
            self.findings.fail(PARTS_MATCH, f"{row.get('id')} has the parts {kinds[:6]} for {images} images")
        texts = [turn | {"content": text_of_parts(turn.get("content"))} for turn in turns]
        if texts and texts[0].get("role") == "system":
            self.check_text("the system prompt", texts[0].get("content"))
            texts = texts[1:]
        self.check_turns(texts, ("user", "assistant") * (len(texts) // 2))
        return len(texts) // 2


def text_of_parts(parts: Any) -> str:
    """Return the texts of the parts of a content."""
    return "".join(str(part.get("text") or "") for part in parts or () if part.get("type") == "text")


class TrlPreferenceChecker(ChatChecker):
    """A prompt with a chosen and a rejected answer."""

    checks: ClassVar[tuple[str, ...]] = (*ChatChecker.checks, ANSWERS_DIFFER)

    def expect(self, what: str, written: Any, found: Any) -> None:
        # A pair is not an entry: only rows and images are counted.
        if not what.startswith("entries"):
            super().expect(what, written, found)

    def examine_turns(self, row: dict[str, Any]) -> int:
        self.check_turns(row.get("prompt") or [], ("user",))
        self.check_turns(row.get("chosen") or [], ("assistant",))
        self.check_turns(row.get("rejected") or [], ("assistant",))
        self.findings.count(ANSWERS_DIFFER)
        if row.get("chosen") == row.get("rejected"):
            self.findings.fail(ANSWERS_DIFFER, f"both are {row.get('chosen')!r}"[:120])
        return 1


class TrlKtoChecker(ChatChecker):
    """A prompt with a labeled answer."""

    def expect(self, what: str, written: Any, found: Any) -> None:
        # The answer that an edit replaced is a row too: only rows and images are counted.
        if not what.startswith("entries"):
            super().expect(what, written, found)

    def examine_turns(self, row: dict[str, Any]) -> int:
        asked = [turn for turn in row.get("prompt") or [] if turn.get("role") != "system"]
        self.check_turns(asked, ("user", *("assistant", "user") * (len(asked) // 2)))
        self.check_turns(row.get("completion") or [], ("assistant",))
        if not isinstance(row.get("label"), bool):
            self.findings.fail(NOTHING_EMPTY, f"a label is {row.get('label')!r}")
        return 1


class FineVisionChecker(ChatChecker):
    """Pairs of user and assistant, with one rating of 1 to 5 or null for each pair."""

    checks: ClassVar[tuple[str, ...]] = (*ChatChecker.checks, RATINGS_PARALLEL)

    def examine_turns(self, row: dict[str, Any]) -> int:
        texts = row.get("texts") or []
        self.findings.count(TURNS_ALTERNATE)
        if not texts:
            self.findings.fail(TURNS_ALTERNATE, f"{row.get('id')} has no texts")
        for pair in texts:
            self.check_turn_text(pair.get("user"))
            self.check_turn_text(pair.get("assistant"))
        for name, ratings in row.items():
            if name.endswith("_ratings"):
                self.findings.count(RATINGS_PARALLEL)
                if not isinstance(ratings, list) or len(ratings) != len(texts) or not all(map(_is_rating, ratings)):
                    self.findings.fail(RATINGS_PARALLEL, f"{row.get('id')}: {name} is {ratings!r}")
        return len(texts)


def _is_rating(rating: Any) -> bool:
    return rating is None or 1 <= rating <= 5
