"""What the Content Credentials of a project's images say, for the dataset card."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from core.db import ImageFindings, Images, in_library
from core.pluralize import pluralize


def credentials(session: Session, project_id: str, among: Sequence[Any] = ()) -> Counter[str]:
    """Return how many images have each label of the analyzer ``provenance``; none were read without it.

    Args:
        among: conditions of ``Images``; by default those in the library count.
    """
    query = (
        select(ImageFindings.label, func.count())
        .join(Images, col(Images.id) == col(ImageFindings.image_id))
        .where(ImageFindings.project_id == project_id, ImageFindings.analyzer == "provenance")
        .where(*(among or (in_library(),)))
        .group_by(col(ImageFindings.label))
    )
    return Counter(dict(session.exec(query).all()))


def credentials_line(labels: Counter[str]) -> str | None:
    """Return the counts as a sentence; None when no image was read."""
    missing, invalid, signed = labels["no credentials"], labels["invalid signature"], labels["signed"]
    read = missing + invalid + signed
    if not read:
        return None
    parts = [f"{signed:,} signed", f"{labels['ai-made']:,} of them said to be made by a model"]
    if labels["edited"]:
        parts.append(f"{labels['edited']:,} said to be edited")
    if invalid:
        parts.append(f"{invalid:,} with an invalid signature")
    parts.append(f"{missing:,} without any, which proves nothing")
    return f"Content Credentials of {pluralize(read, 'image')} of the project: {', '.join(parts)}"
