"""Assigning splits: by hash, so that new images move nothing; by family, so that related images do not leak."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from core.db import EntryImages, GeneratedImages, ImageDatasets, Images, in_library
from core.export.recipe import Split, SplitShares


@dataclass
class Families:
    """Related images, as a union-find: near-duplicates, variants of an image, pages of one PDF, images of one entry, a
    generated image and its references.

    The root of a family is its oldest image, which stays the same when younger images join. Images without
    relatives are not stored.
    """

    parents: dict[str, str] = field(default_factory=dict)
    ages: dict[str, tuple[Any, str]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    pairs: list[tuple[str, str, str]] = field(default_factory=list)
    """(image, related image, relation)"""

    def root(self, image_id: str) -> str:
        """Return the oldest image of the family."""
        while (parent := self.parents.get(image_id, image_id)) != image_id:
            # Path halving keeps long chains of near-duplicates cheap.
            self.parents[image_id] = self.parents.get(parent, parent)
            image_id = parent
        return image_id

    def join(self, first: str, second: str, relation: str) -> None:
        """Put two images into one family; unknown images are ignored."""
        if first == second or first not in self.ages or second not in self.ages:
            return
        self.pairs.append((first, second, relation))
        older, younger = sorted((self.root(first), self.root(second)), key=lambda id_: self.ages[id_])
        self.parents[younger] = older

    def split_key(self, image_id: str, sha256: str) -> str:
        """Return the content hash that determines the split of the image's family."""
        return self.hashes.get(self.root(image_id), sha256)


def split_of(key: str, shares: SplitShares) -> Split:
    """Return the split for *key*: its hash with the seed gives a number from 0 to 100, compared with the shares."""
    digest = hashlib.sha256(f"{shares.seed}:{key}".encode()).digest()
    percentile = int.from_bytes(digest[:8], "big") / 2**64 * 100
    if percentile < shares.train:
        return "train"
    return "validation" if percentile < shares.train + shares.validation else "test"


def prevented_leaks(families: Families, shares: SplitShares) -> list[tuple[str, str, str]]:
    """Return the pairs of related images that would be in different splits if each image were assigned alone."""
    if len(shares.names) < 2:
        return []

    def own_split(image_id: str) -> Split:
        return split_of(families.hashes[image_id], shares)

    return [pair for pair in families.pairs if own_split(pair[0]) != own_split(pair[1])]


def load_families(session: Session, project_id: str) -> Families:
    """Return the families of a project's images."""
    families = Families()
    references = _references(session, project_id)
    related = {id_ for generated, used in references for id_ in (generated, *used)}
    near = session.exec(
        select(Images.id, Images.near_duplicate_of).where(
            Images.project_id == project_id,
            col(Images.near_duplicate_of).is_not(None),
            in_library(),
        )
    ).all()
    related.update(id_ for pair in near for id_ in pair if id_)
    variants = session.exec(
        select(Images.id, Images.variant_of).where(
            Images.project_id == project_id, col(Images.variant_of).is_not(None), in_library()
        )
    ).all()
    related.update(id_ for pair in variants for id_ in pair if id_)
    pages = session.exec(
        select(Images.id, Images.source_ref)
        .where(Images.project_id == project_id, Images.source == "pdf", in_library())
        .order_by(col(Images.create_at), col(Images.id))
    ).all()
    related.update(id_ for id_, _ in pages)
    together = session.exec(
        select(ImageDatasets.image_id, EntryImages.image_id)
        .join(EntryImages, col(EntryImages.entry_id) == col(ImageDatasets.id))
        .where(ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None))
        .distinct()
    ).all()
    related.update(id_ for pair in together for id_ in pair)
    _load_keys(session, families, sorted(related))
    for id_, other in near:
        families.join(id_, other or id_, "near-duplicates")
    for id_, original in variants:
        families.join(id_, original or id_, "a variant and its original")
    first_pages: dict[str, str] = {}
    for id_, source_ref in pages:
        families.join(id_, first_pages.setdefault(pdf_of(source_ref), id_), "pages of one PDF")
    for first, further in together:
        families.join(first, further, "images of one entry")
    for generated, used in references:
        for reference in used:
            families.join(generated, reference, "generated from a reference")
    return families


def pdf_of(source_ref: str) -> str:
    """Return the name of the PDF in the source reference of a page."""
    for separator in ("#page=", "#", ", page "):
        if separator in source_ref:
            return source_ref.split(separator, 1)[0]
    return source_ref


def _load_keys(session: Session, families: Families, image_ids: list[str]) -> None:
    for start in range(0, len(image_ids), 500):
        query = select(Images.id, Images.sha256, Images.create_at).where(
            col(Images.id).in_(image_ids[start : start + 500])
        )
        for id_, sha256, create_at in session.exec(query):
            families.ages[id_] = (create_at, id_)
            families.hashes[id_] = sha256


def _references(session: Session, project_id: str) -> list[tuple[str, tuple[str, ...]]]:
    query = select(GeneratedImages.image_id, GeneratedImages.recipe).where(
        GeneratedImages.project_id == project_id, col(GeneratedImages.image_id).is_not(None)
    )
    return [(made, tuple(_image_ids(recipe.get("references", ())))) for made, recipe in session.exec(query) if made]


def _image_ids(references: Any) -> Iterable[str]:
    for reference in references or ():
        image_id = reference.get("image_id") if isinstance(reference, dict) else reference
        if isinstance(image_id, str):
            yield image_id
