"""Tables of conversations: TRL and FineVision."""

from typing import Any, ClassVar

from core.export.checks.base import NO_TOKEN_IN_TEXT, TURNS_ALTERNATE
from core.export.checks.conversations import OTHER_TOKENS
from core.export.checks.hugging_face import ParquetChecker
from core.export.checks.preference import DIFFERENT
from core.export.entries import IMAGE_TOKEN

RATINGS_PARALLEL = "Every list of ratings is as long as the list of texts"


class _ChatChecker(ParquetChecker):
    checks: ClassVar[tuple[str, ...]] = (*ParquetChecker.checks, TURNS_ALTERNATE, NO_TOKEN_IN_TEXT)

    def examine_row(self, row: dict[str, Any], split: str, places: dict[str, str]) -> int:
        self.text("id", row.get("id"))
        images = row.get("images")
        self.image(images[0] if images is not None and len(images) == 1 else None, split, places)
        return self.examine_turns(row)

    def examine_turns(self, row: dict[str, Any]) -> int:
        raise NotImplementedError

    def said(self, turns: list[dict[str, Any]], roles: tuple[str, ...]) -> None:
        """Check turns of role and content whose roles are *roles*."""
        self.findings.saw(TURNS_ALTERNATE)
        if tuple(turn.get("role") for turn in turns) != roles or not turns:
            self.findings.wrong(TURNS_ALTERNATE, f"roles are {[turn.get('role') for turn in turns][:6]}")
        for turn in turns:
            self.words(turn.get("content"))

    def words(self, text: Any) -> None:
        self.text("a turn", text)
        self.findings.saw(NO_TOKEN_IN_TEXT)
        if any(token in str(text).lower() for token in (IMAGE_TOKEN, *OTHER_TOKENS)):
            self.findings.wrong(NO_TOKEN_IN_TEXT, f"a text is {str(text)[:60]!r}")


class TrlChecker(_ChatChecker):
    def examine_turns(self, row: dict[str, Any]) -> int:
        turns = row.get("messages") or []
        self.said(turns, ("user", "assistant") * (len(turns) // 2))
        return len(turns) // 2


class TrlPreferenceChecker(_ChatChecker):
    checks: ClassVar[tuple[str, ...]] = (*_ChatChecker.checks, DIFFERENT)

    def expect(self, what: str, wanted: Any, found: Any) -> None:
        # A pair is not an entry: only rows and images can be counted.
        if not what.startswith("entries"):
            super().expect(what, wanted, found)

    def examine_turns(self, row: dict[str, Any]) -> int:
        self.said(row.get("prompt") or [], ("user",))
        self.said(row.get("chosen") or [], ("assistant",))
        self.said(row.get("rejected") or [], ("assistant",))
        self.findings.saw(DIFFERENT)
        if row.get("chosen") == row.get("rejected"):
            self.findings.wrong(DIFFERENT, f"both are {row.get('chosen')!r}"[:120])
        return 1


class FineVisionChecker(_ChatChecker):
    checks: ClassVar[tuple[str, ...]] = (*_ChatChecker.checks, RATINGS_PARALLEL)

    def examine_turns(self, row: dict[str, Any]) -> int:
        texts = row.get("texts") or []
        self.findings.saw(TURNS_ALTERNATE)
        if not texts:
            self.findings.wrong(TURNS_ALTERNATE, f"{row.get('id')} has no texts")
        for pair in texts:
            self.words(pair.get("user"))
            self.words(pair.get("assistant"))
        for name, ratings in row.items():
            if name.endswith("_ratings"):
                self.findings.saw(RATINGS_PARALLEL)
                if not isinstance(ratings, list) or len(ratings) != len(texts) or not all(map(_is_rating, ratings)):
                    self.findings.wrong(RATINGS_PARALLEL, f"{row.get('id')}: {name} is {ratings!r}")
        return len(texts)


def _is_rating(rating: Any) -> bool:
    return rating is None or 1 <= rating <= 5
