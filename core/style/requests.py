"""A request for an image, its references, and the preview of what will be sent."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.db import Images, StyleDatasets
from core.errors import InvalidInputError
from core.style.datasets import StyleImage
from core.style.prompt import PromptPart

DEFAULT_REFERENCES = 5


@dataclass(frozen=True)
class StyleRequest:
    """A request for one new image; variants and batches consist of several requests."""

    prompt: str
    dataset_id: str | None = None
    style: str | None = None
    aspect_ratio: str = "1:1"
    reference_image_count: int = DEFAULT_REFERENCES
    size: str | None = None
    """A size of the model such as "1K"; None is its default."""
    wording: str = "balanced"
    """Weight of the references in the prompt: subtle, balanced or strong."""
    pinned: tuple[str, ...] = ()
    """Row ids of images of the style dataset that are sent first, in this order."""
    excluded: tuple[str, ...] = ()
    """Row ids of images that are never sent."""
    overrides: dict[str, str] = field(default_factory=dict)
    """Text that replaces parts of the prompt, by the name of the part."""
    parent_id: str | None = None
    """The result that is repeated or varied."""

    def to_dict(self) -> dict[str, Any]:
        """Return the request as JSON values."""
        return asdict(self) | {"pinned": list(self.pinned), "excluded": list(self.excluded)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "StyleRequest":
        """Return the request that ``to_dict`` wrote.

        Raises:
            InvalidInputError: a field is unknown, or the prompt is missing.
        """
        unknown = sorted(set(values) - {known.name for known in fields(cls)})
        if unknown:
            raise InvalidInputError(f"A style request has no field {', '.join(unknown)}.", field=unknown[0])
        if not isinstance(values.get("prompt"), str):
            raise InvalidInputError("The prompt is missing. Describe what the new image should show.", field="prompt")
        lists = {name: tuple(values.get(name) or ()) for name in ("pinned", "excluded")}
        return cls(**(values | lists))


@dataclass(frozen=True)
class Reference:
    """An image of the style dataset that will be sent; *number* is its position, from 1."""

    number: int
    id: str
    reason: str
    pinned: bool
    image: Images | None
    """None for a URL that was not fetched yet."""
    image_url: str = ""
    tags: tuple[str, ...] = ()
    """Vibe and lighting, as they are listed in the prompt."""

    @property
    def name(self) -> str:
        """The name of the image, or its URL."""
        return self.image.image_name if self.image else self.image_url


@dataclass(frozen=True)
class FailedReference:
    """A reference that could not be prepared, and the reason."""

    number: int
    name: str
    why: str


@dataclass(frozen=True)
class LeftOut:
    """Images of the style dataset that are not sent for one reason, with a few examples."""

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
