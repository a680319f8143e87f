"""Questions about sets of images: which images are a set, and how a set is sent."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.llm import ImagePart
from core.questions import prompts

if TYPE_CHECKING:
    from core.db import Images

MIN_IMAGES, MAX_IMAGES = 2, 8
"""Of a set. Providers take more, but attend less to each."""

SetsBy = Literal["selection", "name", "pdf", "variants", "similar"]

_ENDING = re.compile(r"\.[^.]*$")
_LAST_PART = re.compile(r"(.+)(?:[\s_.-]+[^\s_.-]+|(?<!\d)\d+)$", re.DOTALL)
_PAGE = re.compile(r"(.+?)(?:#page=|, page |#)(\d+)(?:, image (\d+))?$", re.DOTALL)


@dataclass(frozen=True)
class ImageSet:
    """What is sent with the first image of a set: the others behind it, and a text that numbers all of them."""

    parts: tuple[ImagePart, ...]
    """The second and further images."""
    text: str

    def prompt(self, prompt: str) -> str:
        """Return *prompt* behind the text about the images."""
        return f"{self.text}\n\n{prompt}"

    def images(self, image: ImagePart) -> tuple[ImagePart, ...]:
        """Return the images to send: *image*, which is image 1, then the others."""
        return (image, *self.parts)


def image_set(names: Sequence[str], parts: Sequence[ImagePart], language: str, *, asks: bool) -> ImageSet:
    """Return the set of the images called *names*; *parts* are those behind the first one.

    Args:
        asks: whether questions about several of the images are wanted, or answers.
    """
    numbered = ", ".join(f"{number}. {name}" for number, name in enumerate(names, start=1))
    texts = ["several", "several_questions"] if asks else ["several"]
    text = "\n".join(prompts.load(name, language).render(count=str(len(names)), images=numbered) for name in texts)
    return ImageSet(tuple(parts), text)


def sets_of(images: Iterable["Images"], by: SetsBy, max_images: int) -> list[tuple[str, ...]]:
    """Return the ids of the images of each set, in the order in which they are sent.

    Args:
        images: in the order in which they were chosen.
        by: ``selection`` takes them as they come; ``name`` those whose names differ only behind the last separator or
            in their last number; ``pdf`` the pages of one PDF; ``variants`` an image with its variants. For
            ``similar`` see :mod:`core.questions.near_sets`.
        max_images: a larger group becomes several sets of nearly the same size. Images that stay alone are left out.
    """
    groups: dict[str, list[tuple[tuple[object, ...], str]]] = {}
    for position, image in enumerate(images):
        if by == "selection":
            groups.setdefault("", []).append(((position,), image.id))
        elif by == "variants":
            original = image.variant_of or image.id
            groups.setdefault(original, []).append(((image.id != original, position), image.id))
        elif by == "name":
            groups.setdefault(name_prefix(image.image_name), []).append((_natural(image.image_name), image.id))
        elif (page := _PAGE.match(image.source_ref)) and image.source == "pdf":
            groups.setdefault(page[1], []).append(((int(page[2]), int(page[3] or 0), position), image.id))
    return [set_ for group in groups.values() for set_ in _cut([id_ for _, id_ in sorted(group)], max_images)]


def name_prefix(image_name: str) -> str:
    """Return the name without its ending and what is behind its last separator, or its last number: room-left: room."""
    stem = _ENDING.sub("", image_name)
    match = _LAST_PART.match(stem)
    return match[1].rstrip(" _.-").casefold() if match else stem.casefold()


def _natural(name: str) -> tuple[object, ...]:
    """Return a key that sorts page 2 before page 10."""
    return tuple(int(part) if number % 2 else part for number, part in enumerate(re.split(r"(\d+)", name.casefold())))


def _cut(ids: Sequence[str], max_images: int) -> list[tuple[str, ...]]:
    count = -(-len(ids) // max_images)
    size, larger = divmod(len(ids), max(count, 1))
    sizes = [size + (number < larger) for number in range(count)]
    starts = [sum(sizes[:number]) for number in range(count)]
    return [
        tuple(ids[start : start + length]) for start, length in zip(starts, sizes, strict=True) if length >= MIN_IMAGES
    ]
