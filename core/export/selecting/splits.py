"""Assigning splits: by hash, so that new images move nothing, or as a person put images into them; by family, so that
related images do not leak.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core.db import EntryImages, Exports, GeneratedImages, ImageDatasets, Images, in_library
from core.errors import InvalidInputError
from core.export.recipe import SPLITS, ExportRecipe, Split, SplitShares

_Relation = tuple[str, str, str]
"""Two images, and why they belong together."""
_ROBOFLOW_COPY = re.compile(r"(?:.*/)?([^/]+)\.rf\.[0-9A-Za-z]{16,64}\.\w+")
"""Name of an image in an export of Roboflow: each augmented copy has the name of its original and a hash of its own."""


@dataclass
class Families:
    """Related images, as a union-find: near-duplicates, images with near vectors, variants of an image, pages of one
    PDF, copies that Roboflow augmented of one image, images of one entry, a generated image and its references.

    The root of a family is its oldest image, which stays the same when younger images join. Images without
    relatives are not stored.
    """

    parents: dict[str, str] = field(default_factory=dict)
    ages: dict[str, tuple[Any, str]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    pairs: list[tuple[str, str, str]] = field(default_factory=list)
    """(image, related image, relation)"""
    joined: Counter[str] = field(default_factory=Counter)
    """How often two families became one, by the relation that joined them."""

    own_pins: dict[str, Split] = field(default_factory=dict)
    """Splits that images were put into by a person, by image."""
    pins: dict[str, Split] = field(default_factory=dict)
    """The same by the root of the family; of several in a family the newest counts."""

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
        if older != younger:
            self.parents[younger] = older
            self.joined[relation] += 1

    def split_of(self, image_id: str, sha256: str, shares: SplitShares) -> Split:
        """Return the split that the family of an image was put into, else the one by hash."""
        return self.pins.get(self.root(image_id)) or split_of(self.split_key(image_id, sha256), shares)

    def with_relatives(self, image_ids: Iterable[str]) -> set[str]:
        """Return the images and all others of their families, also deleted ones."""
        given = set(image_ids)
        roots = {self.root(id_) for id_ in given}
        return given | {id_ for id_ in self.ages if self.root(id_) in roots}

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
    if len(shares.names) < 2 and not families.own_pins:
        return []

    def own_split(image_id: str) -> Split:
        return families.own_pins.get(image_id) or split_of(families.hashes[image_id], shares)

    return [pair for pair in families.pairs if own_split(pair[0]) != own_split(pair[1])]


def load_families(session: Session, project_id: str, near_by_vectors: Sequence[tuple[str, str]] = ()) -> Families:
    """Return the families of a project's images.

    Args:
        near_by_vectors: ids of images whose vectors are near.
    """
    families = Families()
    relations: list[_Relation] = [
        *_near_duplicates_and_variants(session, project_id),
        *((id_, other, "near vectors") for id_, other in near_by_vectors),
        *_pages_and_copies(session, project_id),
        *_of_one_entry(session, project_id),
        *(
            (generated, reference, "generated from a reference")
            for generated, used in _references(session, project_id)
            for reference in used
        ),
    ]
    _load_keys(session, families, sorted({id_ for id_, other, _ in relations for id_ in (id_, other)}))
    for id_, other, reason in relations:
        families.join(id_, other, reason)
    families.own_pins = _pins(session, project_id)
    families.pins = {families.root(id_): split for id_, split in families.own_pins.items()}
    return families


def _near_duplicates_and_variants(session: Session, project_id: str) -> Iterator[_Relation]:
    for column, reason in (
        (Images.near_duplicate_of, "near-duplicates"), (Images.variant_of, "a variant and its original"),
    ):  # fmt: skip
        query = select(Images.id, column).where(Images.project_id == project_id, col(column).is_not(None), in_library())
        for id_, other in session.exec(query):
            yield id_, other or id_, reason


def _pages_and_copies(session: Session, project_id: str) -> Iterator[_Relation]:
    """Yield each page of a PDF, and each copy that Roboflow augmented, with the first one."""
    oldest_first = (col(Images.create_at), col(Images.id))
    of_project = select(Images.id, Images.source_ref, Images.image_name).where(
        Images.project_id == project_id, in_library()
    )
    first_pages: dict[str, str] = {}
    for id_, source_ref, _ in session.exec(of_project.where(Images.source == "pdf").order_by(*oldest_first)):
        yield id_, first_pages.setdefault(pdf_of(source_ref), id_), "pages of one PDF"
    first_copies: dict[str, str] = {}
    named = of_project.where(col(Images.image_name).contains(".rf."))
    for id_, _, name in session.exec(named.order_by(*oldest_first)):
        if copy := _ROBOFLOW_COPY.fullmatch(name):
            yield id_, first_copies.setdefault(copy[1], id_), "augmented copies of one image"


def _of_one_entry(session: Session, project_id: str) -> Iterator[_Relation]:
    together = (
        select(ImageDatasets.image_id, EntryImages.image_id)
        .join(EntryImages, col(EntryImages.entry_id) == col(ImageDatasets.id))
        .where(ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None))
        .distinct()
    )
    for first, further in session.exec(together):
        yield first, further, "images of one entry"


def splits_with_pins(session: Session, project_id: str, shares: SplitShares) -> tuple[Split, ...]:
    """Return the splits with a share, and those that images of the project were put into."""
    pinned = set(_pins(session, project_id).values())
    return tuple(split for split in SPLITS if split in shares.names or split in pinned)


def splits_of_bundle(session: Session, project_id: str, recipe: ExportRecipe) -> tuple[Split, ...]:
    """Return the splits of an export by *recipe*.

    Raises:
        InvalidInputError: the recipe asks for one file, and images were put into several splits.
    """
    splits = splits_with_pins(session, project_id, recipe.splits)
    if recipe.container == "file" and len(splits) > 1:
        raise InvalidInputError(
            f"Images were put into {' and '.join(splits)}, so this export is more than one file. Choose a ZIP or a "
            "directory.",
            field="container",
        )
    return splits


def splits_of_images(
    session: Session, project_id: str, near_by_vectors: Sequence[tuple[str, str]] = ()
) -> dict[str, Split]:
    """Return the split of each image, by the shares of the newest export with several splits.

    Without such an export images are in train but for those that were put elsewhere; nothing when there is neither.
    """
    shares = newest_shares(session, project_id)
    if shares is None and len(splits_with_pins(session, project_id, SplitShares())) < 2:
        return {}
    families = load_families(session, project_id, near_by_vectors)
    images = select(Images.id, Images.sha256).where(Images.project_id == project_id, in_library())
    return {id_: families.split_of(id_, sha256, shares or SplitShares()) for id_, sha256 in session.exec(images)}


def newest_shares(session: Session, project_id: str) -> SplitShares | None:
    """Return the shares of the newest export with several splits; None before there is one."""
    recipes = select(Exports.recipe).where(Exports.project_id == project_id).order_by(col(Exports.create_at).desc())
    all_shares = (SplitShares.model_validate(recipe.get("splits", {})) for recipe in session.exec(recipes.limit(50)))
    return next((shares for shares in all_shares if len(shares.names) > 1), None)


def pdf_of(source_ref: str) -> str:
    """Return the name of the PDF in the source reference of a page."""
    for separator in ("#page=", "#", ", page "):
        if separator in source_ref:
            return source_ref.partition(separator)[0]
    return source_ref


def _pins(session: Session, project_id: str) -> dict[str, Split]:
    """Return the split that each image was put into, the newest last.

    Of deleted images those count that a version or variant in the library comes from.
    """
    originals = select(Images.variant_of).where(
        Images.project_id == project_id, col(Images.variant_of).is_not(None), in_library()
    )
    query = (
        select(Images.id, Images.pinned_split)
        .where(
            Images.project_id == project_id, col(Images.pinned_split).is_not(None),
            or_(in_library(), col(Images.id).in_(originals)),
        )
        .order_by(col(Images.pinned_at), col(Images.id))
    )  # fmt: skip
    return {id_: cast("Split", split) for id_, split in session.exec(query)}


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
