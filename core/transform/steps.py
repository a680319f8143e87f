"""Steps: recorded changes of an image, from which its pixels and its boxes follow.

A step holds every number that it needs, also those that were drawn by chance: the same steps over the same pixels give
the same image, today from a recipe and later from a record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from core.errors import InvalidInputError

if TYPE_CHECKING:
    from PIL.Image import Image

SizeWH = tuple[int, int]
Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class Step:
    """A change of an image in RGB; subclasses change its pixels, and those of geometry its size and boxes too."""

    operation: ClassVar[str] = ""
    """Its name in records, and that of the rule of what it breaks."""

    def pixels(self, image: "Image") -> "Image":
        """Return the changed image; *image* stays as it is."""
        raise NotImplementedError

    def size_after(self, size_wh: SizeWH) -> SizeWH:
        """Return width and height in px of the changed image."""
        return size_wh

    def move(self, box: Corners, size_wh: SizeWH) -> Corners:
        """Return where *box* of an image of *size_wh* is after the step; it may reach beyond the edges."""
        return box

    def as_dict(self) -> dict[str, Any]:
        """Return the record of the step as JSON values."""
        return {"operation": self.operation, **asdict(self)}


STEPS: dict[str, type[Step]] = {}
"""The steps by their operation; filled by :func:`register`."""

S = TypeVar("S", bound=Step)


def register(step: type[S]) -> type[S]:
    """Add a class of steps to STEPS."""
    STEPS[step.operation] = step
    return step


def records(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return steps as JSON values."""
    return [step.as_dict() for step in steps]


def from_records(values: Iterable[dict[str, Any]]) -> list[Step]:
    """Return the steps that were recorded.

    Raises:
        InvalidInputError: an operation or one of its numbers is not known.
    """
    steps = []
    for value in values:
        known = STEPS.get(str(value.get("operation")))
        if known is None:
            raise InvalidInputError(
                f"There is no operation {value.get('operation')!r}. Use {', '.join(sorted(STEPS))}."
            )
        fields = {name: _as_tuple(field) for name, field in value.items() if name != "operation"}
        try:
            steps.append(known(**fields))
        except TypeError as error:
            raise InvalidInputError(f"The record of {known.operation} cannot be read: {error}.") from error
    return steps


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def size_after(steps: Sequence[Step], size_wh: SizeWH) -> SizeWH:
    """Return width and height in px of an image of *size_wh* after all *steps*."""
    for step in steps:
        size_wh = step.size_after(size_wh)
    return size_wh


def apply(image: "Image", steps: Iterable[Step]) -> "Image":
    """Return *image*, in RGB, after all *steps*."""
    for step in steps:
        image = step.pixels(image)
    return image
