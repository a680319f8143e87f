"""The full prompt of a generated image: its parts, their order and their exact words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import InvalidInputError

WORDINGS = {
    "subtle": "Take loose inspiration from the style and aesthetic of the {n} reference image(s) provided.",
    "balanced": "Match the style and aesthetic of the {n} reference image(s) provided.",
    "strong": (
        "Match the style and aesthetic of the {n} reference image(s) provided exactly: "
        "their palette, light, texture and finish. Show new content, never a copy of theirs."
    ),
}
"""How strongly the references count. No provider has a weight for style: these are words, not a dial."""

LABELS = {
    "brand": "Brand",
    "guidelines": "Style guidelines",
    "reference_style": "Style of the references",
    "references": "What the references are for",
    "prompt": "Your prompt",
    "style": "Style keyword",
}
"""The parts in the order in which they are sent, each with its words for a person."""


@dataclass(frozen=True)
class PromptPart:
    name: str
    text: str
    edited: bool = False

    @property
    def label(self) -> str:
        return LABELS[self.name]


@dataclass(frozen=True)
class Brand:
    business_name: str = ""
    vibes: str = ""
    theme: str = ""


def build_parts(
    prompt: str,
    *,
    brand: Brand | None = None,
    master_prompt: str = "",
    reference_tags: Sequence[str] = (),
    reference_count: int = 0,
    style: str | None = None,
    wording: str = "balanced",
    overrides: Mapping[str, str] | None = None,
) -> tuple[PromptPart, ...]:
    """Return the parts that are sent, in order; empty ones are left out.

    *overrides* replace the text of parts by name. What speaks of references is never sent without any.

    Raises:
        InvalidInputError: the prompt is empty, or *wording* or a part is unknown.
    """
    if not prompt.strip():
        raise InvalidInputError("The prompt is empty. Say what the new image should show.", field="prompt")
    if wording not in WORDINGS:
        raise InvalidInputError(f"The wording is one of {', '.join(WORDINGS)}.", field="wording")
    if unknown := set(overrides or {}) - set(LABELS):
        raise InvalidInputError(f"A prompt has no part called {', '.join(sorted(unknown))}.", field="overrides")
    own = {
        "brand": _brand(brand or Brand()),
        "guidelines": _sentence("Style Guidelines: {}", master_prompt, end=""),
        "reference_style": _sentence("Reference style: {}", ", ".join(_unique(reference_tags))),
        "references": WORDINGS[wording].format(n=reference_count),
        "prompt": prompt.strip(),
        "style": _sentence("Style: {}", style or ""),
    }
    if not reference_count:
        own["reference_style"] = own["references"] = ""
    return tuple(_parts(own, overrides or {}, reference_count))


def full_prompt(parts: Sequence[PromptPart]) -> str:
    """Return the text that is sent: one part a line."""
    return "\n".join(part.text for part in parts)


def _parts(own: Mapping[str, str], overrides: Mapping[str, str], reference_count: int) -> list[PromptPart]:
    parts = []
    for name, text in own.items():
        edited = name in overrides and (reference_count > 0 or name not in ("reference_style", "references"))
        wanted = overrides[name].strip() if edited else text
        if wanted:
            parts.append(PromptPart(name, wanted, edited and wanted != text))
    return parts


def _brand(brand: Brand) -> str:
    named = (("Brand", brand.business_name), ("Vibe", brand.vibes), ("Theme", brand.theme))
    return " ".join(f"{label}: {value.strip().rstrip('.')}." for label, value in named if value.strip())


def _sentence(form: str, value: str, end: str = ".") -> str:
    value = value.strip()
    return form.format(value.rstrip(".") + end if end else value) if value else ""


def _unique(tags: Sequence[str]) -> list[str]:
    """Return the tags once each, in the order of their first appearance, whatever their case."""
    seen: dict[str, str] = {}
    for tag in tags:
        if tag.strip():
            seen.setdefault(tag.strip().casefold(), tag.strip())
    return list(seen.values())
