"""The glossary of the site: the terms that users meet, with the words of the glossary in ARCHITECTURE.md."""

import re
from collections.abc import Iterator
from pathlib import Path

_TERMS = (
    "project", "account, member, role", "admin", "invitation", "project archive", "image", "original, rendition",
    "near-duplicate", "family", "held-out set", "overlap", "leave-out", "import, outcome", "analyzer, analysis",
    "local model, model folder", "finding", "vector, kind of vectors", "map", "search line, term, field", "facet",
    "set", "question, fixed question", "entry", "conversation, turn", "preprocessing", "augmentation, variant",
    "version", "box", "grounding", "decision", "note", "quality check", "check of a dataset, run, finding",
    "judge, rubric, line", "worth your time", "honeypot", "guessable", "twin, candidate", "event, undo",
    "guidelines", "message, sent back", "pace", "second review", "style dataset, reference", "task, item", "ledger",
    "recipe", "export, bundle", "problem", "verifiable, unverifiable", "arena, measure, score", "export report",
    "split", "pin", "bin", "audit, act, caller",
)  # fmt: skip


def glossary_page(root: Path) -> str:
    """Return the page.

    Raises:
        KeyError: a term is not in the glossary of ARCHITECTURE.md any more.
    """
    return "\n".join(_lines(root)) + "\n"


def _lines(root: Path) -> Iterator[str]:
    text = (root / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Glossary")[2]
    meanings = dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", text, re.MULTILINE))
    yield "# Glossary\n\nOne term for one thing, on the pages, in the interfaces and here."
    yield "[Architecture](../ARCHITECTURE.md#glossary) has those of the code too.\n\n| term | meaning |\n|---|---|"
    for term in _TERMS:
        yield f"| {term} | {meanings[term]} |"
