import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.checks import DatasetChecks
from core.checks.base import CheckContext, CheckedEntry
from core.checks.worth import Options, choose
from core.dataset import CollaborationService, EntryQueries, ReviewService, parse_search
from core.db import Database
from core.errors import VitrineError
from tests.core.checks.planted import checked
from tests.core.dataset.conftest import add_image

_CLUSTERS = 10
ONLY_DIVERSITY = Options(count=_CLUSTERS, doubt=0, diversity=1, balance=0)


def _entries(count: int, kinds: Sequence[str] = ("",)) -> list[CheckedEntry]:
    return [
        checked(str(number), f"Question {number}?", "yes", family=number, kind=kinds[number % len(kinds)])
        for number in range(count)
    ]


def _clustered(count: int) -> dict[str, np.ndarray]:
    """Return vectors around ten directions; every tenth image belongs to the same."""
    drawn = np.random.default_rng(1)
    centers = np.eye(_CLUSTERS, 16, dtype=np.float32)
    vectors = {}
    for number in range(count):
        vector = centers[number % _CLUSTERS] + drawn.normal(0, 0.05, 16).astype(np.float32)
        vectors[f"image-{number}"] = vector / np.linalg.norm(vector)
    return vectors


def _chosen(
    entries: Sequence[CheckedEntry], options: Options, doubt: Sequence[float] = (), vectors: dict | None = None
) -> list[int]:
    context = CheckContext(entries, lambda share, step: None)
    return choose(context, doubt or [0.0] * len(entries), vectors or {}, options)


def test_diversity_takes_one_image_of_each_group_before_a_second_of_any() -> None:
    chosen = _chosen(_entries(200), ONLY_DIVERSITY, vectors=_clustered(200))
    assert {place % _CLUSTERS for place in chosen} == set(range(_CLUSTERS))


def test_images_of_reviewed_entries_count_as_seen() -> None:
    entries = [replace(entry, is_confirmed=int(entry.id) < 5) for entry in _entries(200)]
    chosen = _chosen(entries, ONLY_DIVERSITY.model_copy(update={"count": 5}), vectors=_clustered(200))
    assert {place % _CLUSTERS for place in chosen} == {5, 6, 7, 8, 9}


def test_without_vectors_each_family_of_images_comes_once_before_any_comes_twice() -> None:
    entries = [replace(entry, family=int(entry.id) // 20) for entry in _entries(200)]
    chosen = _chosen(entries, ONLY_DIVERSITY)
    assert len({entries[place].family for place in chosen}) == 10


def test_doubt_alone_takes_the_most_doubtful_first() -> None:
    doubt = [random.Random(number).random() for number in range(100)]
    chosen = _chosen(_entries(100), Options(count=7, doubt=1, diversity=0, balance=0), doubt)
    assert chosen == sorted(range(100), key=lambda place: -doubt[place])[:7]


def test_balance_alone_evens_out_the_kinds_and_counts_what_was_reviewed() -> None:
    entries = _entries(100, ("color", "color", "color", "count", "text"))
    entries = [replace(entry, is_confirmed=entry.kind == "text" and int(entry.id) < 20) for entry in entries]
    chosen = _chosen(entries, Options(count=20, doubt=0, diversity=0, balance=1))
    assert Counter(entries[place].kind for place in chosen) == {"color": 8, "count": 8, "text": 4}


def test_every_open_entry_is_chosen_once_when_more_are_wanted_than_there_are() -> None:
    entries = [replace(entry, is_confirmed=int(entry.id) % 2 == 0) for entry in _entries(30)]
    assert sorted(_chosen(entries, Options(count=500))) == list(range(1, 30, 2))


@pytest.fixture
def asked(db: Database, project: Projects) -> list[ImageDatasets]:
    dataset = ImageDatasetService(db)
    return [
        dataset.create_dataset_entry(
            project.id, add_image(db, project.id, f"{number}.jpg").id, f"What is on shelf {number}?", "cups",
            model="openai/gpt-4o",
        )
        for number in range(12)
    ]  # fmt: skip


def _queue(db: Database, project: Projects, line: str, limit: int = 100) -> list[str]:
    """Return the ids of the queue of the desk, read page by page."""
    ids: list[str] = []
    after = None
    while True:
        entry_filter = parse_search(line).for_review()
        page = CollaborationService(db).open_entries(project.id, entry_filter, "ada", limit=limit, after=after)
        ids += [entry.id for entry in page.items]
        if (after := page.next_cursor) is None:
            return ids


async def test_the_queue_has_the_chosen_entries_in_their_order_page_by_page(
    db: Database, project: Projects, asked: list[ImageDatasets]
) -> None:
    review, checks = ReviewService(db), DatasetChecks(db)
    for place in (7, 3):
        review.decide(asked[place].id, 1, "flag")
    review.decide(asked[5].id, 1, "confirm")
    result = await checks.run(project.id, "worth", count=6, doubt=5)
    assert (result["chosen"], result["open"], result["doubtful"]) == (6, 11, 2)
    assert result["reasons"] == [{"name": "flagged", "label": "flagged for a second look", "entries": 2}]
    queue = _queue(db, project, "worth:yes")
    assert len(queue) == 6
    assert set(queue[:2]) == {asked[7].id, asked[3].id}
    assert _queue(db, project, "worth:yes", limit=2) == queue
    assert EntryQueries(db).count_entries(project.id, parse_search("worth:yes is:open")) == 6
    assert len(_queue(db, project, "worth:no")) == 5
    review.decide(queue[0], 2, "confirm")
    assert _queue(db, project, "worth:yes") == queue[1:]


async def test_without_an_open_entry_the_check_says_so(
    db: Database, project: Projects, asked: list[ImageDatasets]
) -> None:
    ReviewService(db).bulk(project.id, parse_search(""), "confirm")
    with pytest.raises(VitrineError, match="Every one is decided already"):
        await DatasetChecks(db).run(project.id, "worth")
