"""Lists a page at a time, and ids that belong to a project."""

from datetime import timedelta

import pytest

from core import Projects, ProjectService
from core.db import Database, Exports, GeneratedImages, StyleDatasets, Tasks, utc_now
from core.errors import InvalidInputError, NotFoundError
from core.listings import ListingService
from core.ownership import OwnershipService
from core.services import Services
from tests.pictures import png


@pytest.fixture
def listings(db: Database) -> ListingService:
    return ListingService(db)


@pytest.fixture
def other(db: Database) -> Projects:
    return ProjectService(db).create_project("Other")


def _tasks(db: Database, project: Projects, number: int) -> list[str]:
    """Add tasks, oldest first; the first two at the same time."""
    made = [
        Tasks(project_id=project.id, task_type="t", create_at=utc_now() + timedelta(seconds=max(place, 1)))
        for place in range(number)
    ]
    if number > 1:
        made[1].create_at = made[0].create_at
    with db.transaction() as session:
        session.add_all(made)
    return [task.id for task in sorted(made, key=lambda task: (task.create_at, task.id))]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_every_row_is_on_one_page_newest_first(
    limit: int, listings: ListingService, db: Database, project: Projects, other: Projects
) -> None:
    ids = _tasks(db, project, 4)
    _tasks(db, other, 1)
    found: list[str] = []
    cursor = None
    while True:
        page = listings.tasks(project.id, limit, cursor)
        assert page.total == 4
        assert page.items  # the last page is not an empty one
        assert len(page.items) == limit or page.next_cursor is None
        found += [task.id for task in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        assert cursor == found[-1]

    assert found == ids[::-1]


def test_a_cursor_of_another_list_is_refused(listings: ListingService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="This cursor belongs to another list") as raised:
        listings.tasks(project.id, 1, "aaaaaaaaaaaaaaaaaaaaa")
    assert raised.value.field == "cursor"


def test_style_datasets_and_results_are_those_of_existing_projects(
    listings: ListingService, db: Database, project: Projects, other: Projects
) -> None:
    deleted = StyleDatasets(project_id=project.id, name="Gone", deleted_at=utc_now())
    own, foreign = StyleDatasets(project_id=project.id, name="Own"), StyleDatasets(project_id=other.id, name="Foreign")
    with db.transaction() as session:
        session.add_all([deleted, own, foreign])
        session.flush()
        session.add_all(
            GeneratedImages(project_id=owner.id, prompt=prompt, dataset_id=dataset)
            for owner, prompt, dataset in (
                (project, "in", own.id),
                (project, "without", None),
                (other, "foreign", None),
            )
        )

    def names(project_id: str | None) -> set[str]:
        return {row.name for row in listings.style_datasets(project_id, 10, None).items}

    def prompts(project_id: str | None, dataset_id: str | None = None, offset: int = 0) -> list[str]:
        return [row.prompt for row in listings.generated_images(project_id, dataset_id, 10, None, offset).items]

    assert (names(project.id), names(None)) == ({"Own"}, {"Own", "Foreign"})
    assert sorted(prompts(None)) == ["foreign", "in", "without"]
    assert prompts(project.id, own.id) == ["in"]
    assert len(prompts(project.id, offset=1)) == 1
    ProjectService(db).delete_project(other.id)
    assert (names(None), sorted(prompts(None))) == ({"Own"}, ["in", "without"])


def test_questions_are_oldest_first_and_of_one_image_if_asked(
    listings: ListingService, services: Services, project: Projects, other: Projects
) -> None:
    outcomes = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "blue")])
    red, blue = (outcome.image for outcome in outcomes)
    assert red is not None
    assert blue is not None
    first = services.questions.add_manual_question(red.id, "First?")
    services.questions.add_manual_question(blue.id, "Second?")

    assert [row.question for row in listings.questions(project.id, None, 10, None).items] == ["First?", "Second?"]
    assert [row.question for row in listings.questions(project.id, blue.id, 10, None).items] == ["Second?"]
    assert listings.questions(other.id, None, 10, None).total == 0
    listings.check_question(project.id, first.id)
    for project_id, id_ in ((other.id, first.id), (project.id, "none")):
        with pytest.raises(NotFoundError, match="This question is not in the project"):
            listings.check_question(project_id, id_)


def test_exports_are_found_by_their_tasks(listings: ListingService, db: Database, project: Projects) -> None:
    task_id, without = _tasks(db, project, 2)
    export = Exports(project_id=project.id, task_id=task_id, format="llava")
    with db.transaction() as session:
        session.add(export)

    assert listings.export_ids([task_id, without]) == {task_id: export.id}
    assert listings.export_ids([]) == {}
    assert [row.id for row in listings.exports(project.id, 10, None).items] == [export.id]


def test_an_id_belongs_to_an_existing_project_or_to_the_named_one(
    db: Database, project: Projects, other: Projects
) -> None:
    ownership = OwnershipService(db)
    task_id, _ = _tasks(db, project, 2)

    ownership.check("task_id", task_id)
    ownership.check("task_id", task_id, project.id)
    ownership.check("task_id", "no such id")
    with pytest.raises(NotFoundError, match="belongs to another project"):
        ownership.check("task_id", task_id, other.id)
    ProjectService(db).delete_project(project.id)
    with pytest.raises(NotFoundError):
        ownership.check("task_id", task_id)
