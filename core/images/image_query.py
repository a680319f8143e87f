"""The search line for images: words and ``field:value`` terms.

    a dog on the beach object:person>=2 text:stop -tag:draft shape:portrait

The words together say what the images should show, and bring the best ones first, as does ``similar:``. Terms of one
field are alternatives, except objects, texts, tags and quality, which must all match.
"""

from dataclasses import dataclass, replace

from core.db import SPLITS
from core.images.filter import ORIENTATIONS
from core.measure import COLOR_NAMES
from core.search_line import NONE, WORD, YES_NO, Fields, SearchFilter, SearchTerm

QUALITIES = ("blurred", "dark", "bright", "flat", "small")
FORMATS = ("jpeg", "png", "webp")
SIMILAR = "similar"

FIELDS: Fields = {
    "object": ("an object in the picture, as in object:dog or object:dog>=2", ()),
    "text": ("text in the picture, as in text:stop or text:none", ()),
    "tag": ("a tag, your own or a proposed one", ()),
    "quality": ("blurred, dark, bright, flat (little contrast) or small", QUALITIES),
    "shape": ("landscape, portrait or square", ORIENTATIONS),
    "side": ("longer side in px, as in side:<640 or side:1280..2559", ()),
    "color": ("one of the main colors", COLOR_NAMES),
    "questions": ("has questions", YES_NO),
    "entries": ("has entries", YES_NO),
    "variant": ("is a variant of another image", YES_NO),
    "pinned": ("split that somebody put it into; none: by hash", (*SPLITS, NONE)),
    "original": ("id of an image: its variants", ()),
    "alike": ("another image is alike by hash", YES_NO),
    "source": ("how it came in, as in source:upload", ()),
    "format": ("format of the file", FORMATS),
    "name": ("part of the name", ()),
    "added": ("day or month, as in added:2026-05 or added:>=2026-05-01", ()),
    "analyzed": ("has a result of an analyzer, as in analyzed:objects", ()),
    "sharpness": ("as in sharpness:<50; a sharp photograph has some hundreds", ()),
    "brightness": ("0 to 100, as in brightness:<20", ()),
    "contrast": ("0 to 50, as in contrast:<8", ()),
    "id": ("id of the image", ()),
    SIMILAR: ("id of an image: the most similar first", ()),
}
"""The fields: meaning, and the allowed values where they are fixed."""

ALL_MUST_MATCH = (WORD, "object", "text", "tag", "quality")
_ANY_CASE = ("format", "shape", "quality", "color", "questions", "entries", "variant", "pinned", "alike")


@dataclass(frozen=True)
class ImageTerm(SearchTerm):
    """One condition on images; *field* is a key of FIELDS, or WORD for a word."""

    fields = FIELDS

    def __post_init__(self) -> None:
        if self.field in _ANY_CASE:
            object.__setattr__(self, "value", self.value.lower())
        super().__post_init__()


@dataclass(frozen=True)
class ImageQuery(SearchFilter[ImageTerm]):
    """A selection of a project's images; without terms it selects all of them."""

    term_type = ImageTerm
    all_must_match = ALL_MUST_MATCH

    @property
    def words(self) -> str:
        """The words that are not negated, in their order: what the images should show."""
        return " ".join(self.values(WORD))

    @property
    def is_ranked(self) -> bool:
        """Whether there is a best image: the query has words or names a similar image."""
        return bool(self.words or self.values(SIMILAR))

    @property
    def unranked(self) -> "ImageQuery":
        """The terms that only select."""
        return replace(self, terms=tuple(term for term in self.terms if term.negated or not _ranks(term)))

    def parts(self) -> list["ImageQuery"]:
        """Return the terms as queries of their own; the words are one part, since they are searched together."""
        words = tuple(term for term in self.terms if term.field == WORD and not term.negated)
        others = [term for term in self.terms if term not in words]
        return [ImageQuery(words)] * bool(words) + [ImageQuery((term,)) for term in others]


def _ranks(term: ImageTerm) -> bool:
    return term.field in (WORD, SIMILAR)


def parse_image_query(line: str) -> ImageQuery:
    """Parse a search line for images.

    Raises:
        InvalidInputError: a field does not exist, or its value is not allowed.
    """
    return ImageQuery.parse(line)
