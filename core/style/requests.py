"""What a person asks for, what will be sent for it, and what is kept of it."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.db import Images, StyleDatasets
from core.errors import InvalidInputError
from core.style.datasets import StyleImage
from core.style.prompt import PromptPart

DEFAULT_REFERENCES = 5


@dataclass(frozen=True)
class StyleRequest:
    """A wish for one new image; variants and batches are many of these."""

    prompt: str
    dataset_id: str | None = None
    style: str | None = None
    aspect_ratio: str = "1:1"
    reference_image_count: int = DEFAULT_REFERENCES
    size: str | None = None
    wording: str = "balanced"
    pinned: tuple[str, ...] = ()
    """Ids of images of the style dataset that come first, in this order."""
    excluded: tuple[str, ...] = ()
    """Ids of those that are switched off."""
    overrides: dict[str, str] = field(default_factory=dict)
    """Own words for parts of the prompt, by the name of the part."""
    parent_id: str | None = None
    """The result that this one runs again or varies."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"pinned": list(self.pinned), "excluded": list(self.excluded)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "StyleRequest":
        """Read what ``to_dict`` wrote.

        Raises:
            InvalidInputError: a field is unknown, or the prompt is missing.
        """
        unknown = sorted(set(values) - {known.name for known in fields(cls)})
        if unknown:
            raise InvalidInputError(f"A style request has no field {', '.join(unknown)}.", field=unknown[0])
        if not isinstance(values.get("prompt"), str):
            raise InvalidInputError("The prompt is missing. Say what the new image should show.", field="prompt")
        lists = {name: tuple(values.get(name) or ()) for name in ("pinned", "excluded")}
        return cls(**(values | lists))


@dataclass(frozen=True)
class Reference:
    """An image of the style dataset that will be sent, at place *number*, counted from 1."""

    number: int
    id: str
    reason: str
    pinned: bool
    image: Images | None
    """None for an image behind an address that was not fetched yet."""
    image_url: str = ""
    tags: tuple[str, ...] = ()
    """Vibe and lighting, as they stand in the prompt."""

    @property
    def name(self) -> str:
        return self.image.image_name if self.image else self.image_url


@dataclass(frozen=True)
class FailedReference:
    number: int
    name: str
    why: str


@dataclass(frozen=True)
class LeftOut:
    """Images of the style dataset that are not sent, by reason, with up to a few of them."""

    reason: str
    count: int
    examples: tuple[StyleImage, ...]


@dataclass(frozen=True)
class RequestPreview:
    """Exactly what will be sent, before anything is sent."""

    request: StyleRequest
    model: str
    dataset: StyleDatasets | None
    parts: tuple[PromptPart, ...]
    full_prompt: str
    references: tuple[Reference, ...]
    left_out: tuple[LeftOut, ...]
    notices: tuple[str, ...]
    cost: tuple[float, float] | None
    """US dollars of one image as a range; None when the price is unknown."""
    max_references: int
    ratios: tuple[str, ...]
    sizes: tuple[str, ...]
