"""Annotations of Vitrine's own export, with all fields of an entry."""

from typing import Any

from core.importing.sources.base import ImportedAnnotation

_KNOWN_VERSIONS = (1,)


def read(name: str, content: Any, others: dict[str, Any]) -> dict[str, list[ImportedAnnotation]] | None:
    """Return the annotations by image, None for another format; rejected entries are skipped."""
    is_export = (
        isinstance(content, list)
        and content
        and all(
            isinstance(row, dict)
            and row.get("schema_version") in _KNOWN_VERSIONS
            and isinstance(row.get("image"), dict)
            for row in content
        )
    )
    if not is_export:
        return None
    found: dict[str, list[ImportedAnnotation]] = {}
    for row in content:
        if not row.get("rejected") and row.get("question") and row.get("answer"):
            image = row["image"].get("file") or row["image"].get("name") or ""
            found.setdefault(str(image), []).append(_annotation(row))
    return found


def _annotation(row: dict[str, Any]) -> ImportedAnnotation:
    score = row.get("score")
    return ImportedAnnotation(
        question=str(row["question"]), answer=str(row["answer"]), answer_type=str(row.get("answer_type") or "text"),
        language=str(row.get("language") or "en"), model=str(row.get("model") or ""),
        confirmed=row.get("confirmed") is True, tags=str(row.get("tags") or ""), note=str(row.get("note") or ""),
        score=float(score) if isinstance(score, int | float) and 0 <= score <= 5 else 0.0,
    )  # fmt: skip
