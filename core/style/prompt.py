"""The full prompt of a generated image: its parts, their order and their exact text."""

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
"""The sentence about the references by its weight. No provider has a parameter for style weight."""

LABELS = {
    "brand": "Brand",
    "guidelines": "Style guidelines",
    "reference_style": "Style of the references",
    "references": "What the references are for",
    "prompt": "Your prompt",
    "style": "Style keyword",
}
"""The parts in the order in which they are sent, each with its label in the interface."""


@dataclass(frozen=True)
class PromptPart:
    """A part of the full prompt; *edited* when a person replaced its text."""

    name: str
    text: str
    edited: bool = False

    @property
    def label(self) -> str:
        """The label in the interface."""
        return LABELS[self.name]


@dataclass(frozen=True)
class Brand:
    """The brand with which a full prompt begins; empty fields are left out."""

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

    *overrides* replace the text of parts by name. The parts about references are only sent with references.

    Raises:
        InvalidInputError: the prompt is empty, or *wording* or a part is unknown.
    """
    if not prompt.strip():
        raise InvalidInputError("The prompt is empty. Describe what the new image should show.", field="prompt")
    if wording not in WORDINGS:
        raise InvalidInputError(f"There is no wording {wording}. Choose one of {', '.join(WORDINGS)}.", field="wording")
    if unknown := set(overrides or {}) - set(LABELS):
        raise InvalidInputError(
            f"A prompt has no part {', '.join(sorted(unknown))}. Its parts are {', '.join(LABELS)}.", field="overrides"
        )
    texts = {
        "brand": _brand(brand or Brand()),
        "guidelines": _sentence("Style Guidelines: {}", master_prompt, end=""),
        "reference_style": _sentence("Reference style: {}", ", ".join(_unique(reference_tags))),
        "references": WORDINGS[wording].format(n=reference_count),
        "prompt": prompt.strip(),
        "style": _sentence("Style: {}", style or ""),
    }
    if not reference_count:
        texts["reference_style"] = texts["references"] = ""
    return tuple(_parts(texts, overrides or {}, reference_count))


def full_prompt(parts: Sequence[PromptPart]) -> str:
    """Return the text that is sent, one line for each part."""
    return "\n".join(part.text for part in parts)


def _parts(texts: Mapping[str, str], overrides: Mapping[str, str], reference_count: int) -> list[PromptPart]:
    parts = []
    for name, text in texts.items():
        edited = name in overrides and (reference_count > 0 or name not in ("reference_style", "references"))
        sent = overrides[name].strip() if edited else text
        if sent:
            parts.append(PromptPart(name, sent, edited and sent != text))
    return parts


def _brand(brand: Brand) -> str:
    named = (("Brand", brand.business_name), ("Vibe", brand.vibes), ("Theme", brand.theme))
    return " ".join(f"{label}: {value.strip().rstrip('.')}." for label, value in named if value.strip())


def _sentence(form: str, value: str, end: str = ".") -> str:
    value = value.strip()
    return form.format(value.rstrip(".") + end if end else value) if value else ""


def _unique(tags: Sequence[str]) -> list[str]:
    """Return each tag once, in the order of first appearance; case does not count."""
    seen: dict[str, str] = {}
    for tag in tags:
        if tag.strip():
            seen.setdefault(tag.strip().casefold(), tag.strip())
    return list(seen.values())
