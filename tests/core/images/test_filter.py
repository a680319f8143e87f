"""Filters of the library: each finds the images that match, and its query uses its index."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event

from core import Projects, measure
from core.db import Database, ImageDatasets, Images, Questions
from core.errors import InvalidInputError
from core.images import ImageFilter, ImageQuery
from core.images import filter as filters
from core.services import Services
from tests import postgresql
from tests.core.images.pictures import drawn, encoded


@pytest.fixture
def shelf(services: Services, db: Database, project: Projects) -> dict[str, str]:
    """Five images; the ids by name."""
    red = Image.new("RGB", (300, 200), "red")
    files = [
        ("red.png", encoded(red, "PNG")),
        ("tall_100%.jpg", encoded(drawn(1, (200, 400)))),
        ("Square.webp", encoded(drawn(2, (300, 300)), "WEBP")),
        ("large.jpg", encoded(drawn(3, (2000, 1000)))),
        ("large-small.jpg", encoded(drawn(3, (2000, 1000)).resize((600, 300)))),
    ]
    outcomes = services.intake.add_images(project.id, files)
    ids = {outcome.image_name: outcome.image.id for outcome in outcomes if outcome.image}
    with db.transaction() as session:
        session.add(Questions(project_id=project.id, image_id=ids["red.png"], question="Color?", question_key="color"))
        session.add(
            ImageDatasets(
                project_id=project.id, image_id=ids["large.jpg"], image_name="large.jpg", question="?", answer="!"
            )
        )
        image = session.get(Images, ids["red.png"])
        assert image is not None
        image.create_at = datetime.now(UTC) - timedelta(days=10)
    services.library.tag_images([ids["red.png"]], ["warm", "plain"])
    return ids


def found(services: Services, project: Projects, **chosen: object) -> list[str]:
    page = services.library.find_images(project.id, ImageFilter(**{"sort": "name", **chosen}))  # type: ignore[arg-type]
    assert page.total == len(page.items)
    return [image.image_name for image in page.items]


ALL = ["Square.webp", "large-small.jpg", "large.jpg", "red.png", "tall_100%.jpg"]
# Some days before these tests were collected, so that no midnight falls in between; one image is older.
LATELY = f"{datetime.now(UTC) - timedelta(days=5):%Y-%m-%d}"


def test_sides_within_two_percent_are_square(services: Services, db: Database, project: Projects) -> None:
    sides = {"square": [(100, 98), (98, 100), (100, 100)], "landscape": [(100, 97)], "portrait": [(97, 100)]}
    with db.transaction() as session:
        for orientation, sizes in sides.items():
            for width, height in sizes:
                name = f"{orientation} {width} {height}"
                image = Images(project_id=project.id, image_name=name, path="", size=1, sha256=name, format="PNG")
                image.width, image.height = width, height
                session.add(image)

    for orientation, sizes in sides.items():
        names = sorted(f"{orientation} {width} {height}" for width, height in sizes)
        assert found(services, project, orientation=orientation) == names
        assert {measure.orientation(size) for size in sizes} == {orientation}


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, ALL),
        ({"name": "LARGE"}, ["large-small.jpg", "large.jpg"]),
        ({"name": "100%"}, ["tall_100%.jpg"]),
        ({"name": "_"}, ["tall_100%.jpg"]),
        ({"name": "/"}, []),
        ({"tag": "warm"}, ["red.png"]),
        ({"tag": "war"}, []),
        ({"color": "red", "format": "PNG"}, ["red.png"]),
        ({"format": "WEBP"}, ["Square.webp"]),
        ({"orientation": "portrait"}, ["tall_100%.jpg"]),
        ({"orientation": "square"}, ["Square.webp"]),
        ({"orientation": "landscape"}, ["large-small.jpg", "large.jpg", "red.png"]),
        ({"has": "questions"}, ["large.jpg", "red.png"]),
        ({"has": "no-questions"}, ["Square.webp", "large-small.jpg", "tall_100%.jpg"]),
        ({"has": "entries"}, ["large.jpg"]),
        ({"near_duplicates": True}, ["large-small.jpg", "large.jpg"]),
        ({"min_side_px": 1000}, ["large.jpg"]),
        ({"max_side_px": 300}, ["Square.webp", "red.png"]),
        ({"added_from": LATELY}, ["Square.webp", "large-small.jpg", "large.jpg", "tall_100%.jpg"]),
        ({"added_to": "2020-01-01"}, []),
        ({"source": "upload"}, ALL),
        ({"source": "zip"}, []),
        ({"sort": "oldest", "max_side_px": 300}, ["red.png", "Square.webp"]),
    ],
)
def test_a_filter_finds_the_images_that_match(
    chosen: dict[str, object], names: list[str], services: Services, project: Projects
) -> None:
    assert found(services, project, **chosen) == names


@pytest.mark.parametrize(
    "chosen",
    [{"orientation": "round"}, {"has": "secrets"}, {"sort": "random"}, {"added_from": "tomorrow"}],
)
def test_an_unknown_value_raises(chosen: dict[str, str], services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError):
        found(services, project, **chosen)


@pytest.mark.parametrize("sort", ["newest", "oldest", "name", "largest", "blurred"])
def test_each_sort_order_pages_without_gaps_by_its_index(
    sort: str, services: Services, db: Database, project: Projects
) -> None:
    services.intake.add_images(project.id, [(f"{n % 3}.jpg", encoded(drawn(n))) for n in range(8)])
    whole = services.library.find_images(project.id, ImageFilter(sort=sort), limit=100).items
    paged: list[Images] = []
    after: str | None = None
    while after is not None or not paged:
        page = services.library.find_images(project.id, ImageFilter(sort=sort), limit=3, after=after)
        paged += page.items
        after = page.next_cursor
        if after is None:
            break

    assert [image.id for image in paged] == [image.id for image in whole]
    if postgresql.WANTED:
        return  # of so few rows it reads the whole table
    index = {"oldest": "newest", "largest": "size", "blurred": "sharpness"}.get(sort, sort)
    plan = plans_of(db, lambda: services.library.find_images(project.id, ImageFilter(sort=sort), limit=3))[0]
    assert f"USING INDEX ix_images_{index} " in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.sqlite  # the plan of PostgreSQL follows from the number of rows
def test_counting_uses_a_covering_index(services: Services, db: Database, project: Projects) -> None:
    services.intake.add_images(project.id, [(f"a{n}.png", encoded(drawn(n), "PNG")) for n in range(3)])
    chosen = ImageFilter(name="a", orientation="landscape", format="PNG")
    _, counting = plans_of(db, lambda: services.library.find_images(project.id, chosen, limit=1))

    assert "USING COVERING INDEX ix_images_newest " in counting


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        ({"has": "questions"}, "ix_questions_held"),
        ({"has": "no-questions"}, "ix_questions_held"),
        ({"has": "entries"}, "ix_entries_held"),
        ({"has": "no-entries"}, "ix_entries_held"),
        ({"near_duplicates": True}, "ix_images_groups"),
        ({"tag": "warm", "sort": "largest"}, "ix_images_newest"),
    ],
)
@pytest.mark.sqlite  # as above
def test_a_selective_filter_starts_with_its_own_index(
    chosen: dict[str, object], index: str, services: Services, db: Database, project: Projects
) -> None:
    plans = plans_of(db, lambda: services.library.find_images(project.id, ImageFilter(**chosen), limit=1))  # type: ignore[arg-type]

    assert f"USING COVERING INDEX {index} " in plans[0]


@pytest.mark.sqlite  # as above
def test_entries_without_a_row_of_a_question_are_looked_up_by_their_image(
    services: Services, db: Database, project: Projects
) -> None:
    """By the index of questions each image would read all such entries of the database."""
    whole = plans_of(db, lambda: services.image_queries.facets(project.id, ImageQuery()))[0]

    assert "image_datasets USING INDEX ix_entries_image (image_id=? AND deleted_at=?)" in whole
    assert "ix_entries_question" not in whole


@pytest.mark.parametrize("max_sorted_rows", [0, 1, 4000], ids=["scan", "more than are sorted", "sort"])
@pytest.mark.parametrize(
    "chosen",
    [
        {"has": "questions"}, {"has": "no-questions"}, {"near_duplicates": True}, {"name": "large"},
        {"has": "no-entries", "orientation": "landscape"}, {"near_duplicates": True, "has": "entries"},
    ],
    ids=str,
)  # fmt: skip
def test_the_pages_are_the_same_by_scan_and_by_sort(
    chosen: dict[str, object], max_sorted_rows: int, services: Services, project: Projects, shelf: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = services.library.find_images(project.id, ImageFilter(sort="largest", **chosen))  # type: ignore[arg-type]
    monkeypatch.setattr(filters, "MAX_SORTED_ROWS", max_sorted_rows)
    paged: list[str] = []
    after = None
    for _ in shelf:
        page = services.library.find_images(
            project.id,
            ImageFilter(sort="largest", **chosen),  # type: ignore[arg-type]
            limit=1,
            after=after,
        )
        paged += [image.image_name for image in page.items]
        assert page.total == whole.total
        after = page.next_cursor
        if after is None:
            break

    assert paged == [image.image_name for image in whole.items]
    assert len(paged) == whole.total >= 1


def plans_of(db: Database, work: Callable[[], object]) -> list[str]:
    """Return the query plan of each SELECT that *work* executes."""
    seen: list[tuple[str, Any]] = []

    def remember(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", remember)
    work()
    event.remove(db.engine, "before_cursor_execute", remember)
    with db.engine.connect() as connection:
        return [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
            for statement, parameters in seen
            if statement.startswith("SELECT")
        ]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"added_from": "2026-05-02"}, ["begin", "end"]),
        ({"added_to": "2026-05-02"}, ["before", "begin", "end"]),
        ({"added_to": "2026-05-01"}, ["before"]),
        ({"added_from": "2026-05-03"}, []),
    ],
)
def test_a_day_is_from_its_first_moment_to_its_last(
    chosen: dict[str, str], names: list[str], services: Services, db: Database, project: Projects
) -> None:
    begin = datetime(2026, 5, 2, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    with db.transaction() as session:
        for name, at in (("before", begin - moment), ("begin", begin), ("end", begin + timedelta(days=1) - moment)):
            session.add(
                Images(
                    project_id=project.id, image_name=name, path="", size=1, sha256=name, format="PNG", create_at=at,
                )
            )  # fmt: skip

    assert found(services, project, **chosen) == names
