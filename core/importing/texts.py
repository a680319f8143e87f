"""Texts of questions and answers as they are stored: trimmed, without placeholders of images and control characters."""

import re
from typing import Any

from core.dataset.values import MAX_TEXT_CHARS

# Control characters but tab and line feed, and lone surrogates; no database and no export can hold them all.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# What a byte is read as that is not UTF-8.
_OTHER_BYTES = re.compile("[\udc80-\udcff]")
_CONTROLS = bytes(code for code in range(0x80) if _UNWANTED.match(chr(code)))
_PLACEHOLDER = r"(?:<image>|<\|image\|>|<ImageHere>|<\|vision_start\|>(?:<\|image_pad\|>)+<\|vision_end\|>)"
_PLACEHOLDERS = re.compile(rf"^[ \t]*(?:{_PLACEHOLDER}[ \t]*)+\n?|[ \t]*{_PLACEHOLDER}", re.MULTILINE | re.IGNORECASE)


def plain_texts(values: list[Any]) -> list[str] | None:
    """Return a column of questions or answers as they are stored; None when one of them is no text or breaks a rule.

    In a few calls for all of them: a tenth of the time that :func:`core.importing.answers.turn` takes for each.
    """
    if {*map(type, values)} != {str}:
        return None
    texts = clean_texts(values)
    if "\ufffd" in "".join(texts) and any(map(has_other_bytes, values)):
        return None
    return texts if all(texts) and max(map(len, texts)) <= MAX_TEXT_CHARS else None


def has_other_bytes(text: str) -> bool:
    """Return whether *text* was read from bytes that are not UTF-8, so that its characters are not known."""
    return _OTHER_BYTES.search(text) is not None


def clean_texts(texts: list[str]) -> list[str]:
    """Return what :func:`clean_text` makes of each of *texts*."""
    trimmed, joined = texts, "".join(texts)
    if "<" in joined:
        trimmed = [text.removeprefix("<image>").removesuffix("<image>") for text in texts]
        joined = "".join(trimmed)
    if "<" in joined or not _is_clean(joined):
        return list(map(clean_text, texts))
    return list(map(str.strip, trimmed))


def clean_text(text: str) -> str:
    """Return *text* trimmed, without placeholders of images, control characters and lone surrogates."""
    if "<" in text:
        text = text.removeprefix("<image>").removesuffix("<image>")
        if "<" in text:
            text = _PLACEHOLDERS.sub("", text)
    text = text.strip()
    if _is_clean(text):
        return text
    return _UNWANTED.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else "", text.replace("\r\n", "\n")).strip()


def _is_clean(text: str) -> bool:
    """Return whether *text* has none of the unwanted characters, in a tenth of the time that asking for them takes."""
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    if data.translate(None, _CONTROLS) != data:
        return False
    # The first byte of U+0080 to U+00BF, of which the first half is unwanted.
    return b"\xc2" not in data or not _UNWANTED.search(text)
