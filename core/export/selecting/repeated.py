"""Which entries repeat one that is exported: of nearly the same questions on an image, the best or oldest stays."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, literal, not_, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from core.dataset.quality import condition_of_check
from core.db import ImageDatasets

CHECK = "repeated"
LABEL = "Nearly the same question as a better or older entry, which stays"
_MIN_PREFIX_CHARS = 20


def repeats_one_that_stays(excluded: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that nearly the same question was asked by another entry, which comes first and stays.

    First come the confirmed ones, then those with more stars, then the older ones. A rejected answer is no copy of
    one that is not, since formats of preferences need both.

    Args:
        excluded: the conditions for which an entry would not stay.
    """
    entry, other = ImageDatasets, aliased(ImageDatasets)
    comes_first = tuple_(
        col(other.confirmed), col(other.score), col(entry.create_at), col(entry.id)
    ) > tuple_(col(entry.confirmed), col(entry.score), col(other.create_at), col(other.id))  # fmt: skip
    # The conditions are about the table by its own name, so that it is asked once more by that name.
    stays = select(1).where(col(entry.id) == col(other.id), *map(not_, excluded)).correlate(other).exists()
    same = [
        col(other.image_id) == col(entry.image_id), col(other.more_image_ids) == col(entry.more_image_ids),
        col(other.deleted_at).is_(None), col(other.rejected) == col(entry.rejected),
        comes_first, _is_repeated(entry, other), stays,
    ]  # fmt: skip
    # First whether an image has similar questions, which triggers count: few entries have to be compared.
    return and_(condition_of_check(CHECK), select(1).where(*same).correlate(entry).exists())


def _is_repeated(entry: type[ImageDatasets], other: type[ImageDatasets]) -> ColumnElement[bool]:
    """Return the condition by which triggers count repeated entries (``m0004``)."""
    a, b = _words(entry.question), _words(other.question)
    begins = [
        and_(func.length(x) >= _MIN_PREFIX_CHARS, func.substr(y, 1, func.length(x)) == x) for x, y in ((a, b), (b, a))
    ]
    alike = or_(col(entry.model) == col(other.model), _plain(entry.answer) == _plain(other.answer))
    return and_(alike, or_(a == b, *begins))


def _words(question: str) -> ColumnElement[str]:
    words: ColumnElement[str] = literal(" ").concat(func.lower(question)).concat(" ")
    for sign in (".", ",", "?", "!", "'", '"'):
        words = func.replace(words, sign, "")
    for article in ("the", "a", "an"):
        words = func.replace(words, f" {article} ", " ")
    return words


def _plain(answer: str) -> ColumnElement[str]:
    return func.lower(func.trim(answer, " .?!"))
