"""Checks of tables of conversations: TRL and FineVision."""

from typing import Any, ClassVar

from core.export.checks.base import NO_CONTROL_WORD, TURNS_ALTERNATE
from core.export.checks.hugging_face import ParquetChecker
from core.export.checks.preference import ANSWERS_DIFFER
from core.export.checks.texts import control_word

RATINGS_PARALLEL = "Every list of ratings is as long as the list of texts"


class _ChatChecker(ParquetChecker):
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


class TrlChecker(_ChatChecker):
    """Messages without image tokens, which TRL inserts itself."""

    def examine_turns(self, row: dict[str, Any]) -> int:
        turns = row.get("messages") or []
        if turns and turns[0].get("role") == "system":
            self.check_text("the system prompt", turns[0].get("content"))
            turns = turns[1:]
        self.check_turns(turns, ("user", "assistant") * (len(turns) // 2))
        return len(turns) // 2


class TrlPreferenceChecker(_ChatChecker):
    """A prompt with a chosen and a rejected answer."""

    checks: ClassVar[tuple[str, ...]] = (*_ChatChecker.checks, ANSWERS_DIFFER)

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


class FineVisionChecker(_ChatChecker):
    """Pairs of user and assistant, with one rating of 1 to 5 or null for each pair."""

    checks: ClassVar[tuple[str, ...]] = (*_ChatChecker.checks, RATINGS_PARALLEL)

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
