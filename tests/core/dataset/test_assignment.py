"""Shares of the images, leases, and second reviews, at their limits."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from core import ImageDatasets, Images, Projects
from core.dataset import CollaborationService, EntryQueries, ReviewService, assignment, parse_search
from core.db import Database, EntryLeases
from core.db.base import ID_ALPHABET
from core.errors import InvalidInputError

Make = Callable[..., ImageDatasets]


def _image_with(db: Database, project_id: str, place: int, number: int) -> Images:
    """Add an image whose id has *number* of 4,096 at *place*."""
    first, second = divmod(number, 64)
    id_ = "A" * (place - 1) + ID_ALPHABET[first] + ID_ALPHABET[second] + "A" * (20 - place)
    image = Images(
        id=id_, project_id=project_id, image_name=f"{place} {number}.jpg", path="", size=1, sha256=id_, format="JPEG"
    )
    with db.transaction() as session:
        session.add(image)
    return image


def _in_share(db: Database, share: str) -> set[int]:
    with db.reading() as session:
        names = session.exec(select(ImageDatasets.image_name).where(assignment.in_share(share))).all()
    return {int(name.split()[1].removesuffix(".jpg")) for name in names}


def test_shares_have_no_gap_and_no_overlap(db: Database, project: Projects, make: Make) -> None:
    numbers = {0, 1365, 1366, 2730, 2731, 4095}
    for number in numbers:
        make(image_id=_image_with(db, project.id, 3, number).id)

    shares = [_in_share(db, f"{share}/3") for share in (1, 2, 3)]

    assert shares == [{0, 1365}, {1366, 2730}, {2731, 4095}]
    assert _in_share(db, "1/1") == numbers


@pytest.mark.parametrize("value", ["0/3", "4/3", "1", "1/", "a/b", "1/1000", "1/2/3", ""])
def test_a_share_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(InvalidInputError, match="share: takes a part such as 1/3"):
        assignment.in_share(value)


def test_the_percentage_of_second_reviews_is_that_of_the_images(
    db: Database, project: Projects, make: Make, review: ReviewService, collaboration: CollaborationService,
    entries: EntryQueries,
) -> None:  # fmt: skip
    # 25 % of 4,096 are 1,024: the last number below it is in, the next one is not.
    for number in (1023, 1024):
        entry = make(str(number), image_id=_image_with(db, project.id, 7, number).id)
        review.decide(entry.id, 1, "confirm", actor="Anna")
    of_ben = make("Ben's", image_id=_image_with(db, project.id, 7, 0).id)
    review.decide(of_ben.id, 1, "reject", actor="Ben")

    def wanted(percent: int, actor: str) -> list[str]:
        collaboration.set_review_plan(project.id, "all", second_percent=percent)
        found = entries.find_entries(project.id, parse_search(f"second:{actor}")).items
        return sorted(entry.question for entry in found)

    assert wanted(25, "Ben") == ["1023"]
    assert wanted(100, "Ben") == ["1023", "1024"]
    assert wanted(0, "Ben") == []
    assert wanted(100, "Anna") == wanted(1, "Anna") == ["Ben's"]


def test_a_lease_keeps_an_entry_from_others_until_it_ends(
    db: Database, project: Projects, make: Make, entries: EntryQueries
) -> None:
    entry = make()

    def is_free(actor: str, *, ends_in_s: float) -> bool:
        with db.transaction() as session:
            for lease in session.exec(select(EntryLeases).where(col(EntryLeases.entry_id) == entry.id)):
                session.delete(lease)
            session.flush()
            session.add(
                EntryLeases(
                    entry_id=entry.id, project_id=project.id, holder="Anna",
                    until=assignment.utc_now() + timedelta(seconds=ends_in_s),
                )
            )  # fmt: skip
        return entries.count_entries(project.id, parse_search(f"free:{actor}")) == 1

    assert not is_free("Ben", ends_in_s=assignment.LEASE_S / 2)
    assert is_free("Anna", ends_in_s=assignment.LEASE_S / 2)
    assert is_free("Ben", ends_in_s=-1)
    assert is_free("Ben", ends_in_s=assignment.LEASE_S + 3600)  # made before the clock was set back
