"""The fenced blocks of README.md and docs/: each is run by a test, or the line before it says why not.

The line is a comment that no reader sees: ``<!-- not run: it downloads packages -->``. Blocks marked ``text`` are no
code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]+?) -->\s*\n\s*)?"
    r"^(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    reason: str | None
    """Why no test runs it; None for a block that has to be run."""


def pages() -> list[str]:
    """Return the pages of the documentation, by their paths in the checkout."""
    return ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]


def all_blocks(page: str) -> Iterator[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("indent")) + 1
        yield Block(page, line, found["language"], found["text"], found["reason"])


def to_run(page: str, language: str) -> list[str]:
    """Return the blocks of *page* in *language* that have to be run, in their order."""
    return [block.text for block in all_blocks(page) if block.language == language and block.reason is None]
