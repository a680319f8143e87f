"""Projects: create, rename, soft delete, restore, and count their contents."""

from datetime import timedelta

import pytest

from core import Projects, ProjectService
from core.audit import AuditFilter, AuditService
from core.db import Database, GeneratedImages, ImageDatasets, Images, Questions, utc_now
from core.errors import InvalidInputError, NotFoundError
from core.images import ImageFilter
from core.projects import ProjectCounts, numbered_name
from core.services import Services
from core.tasks import TaskService
from tests.pictures import striped


@pytest.fixture
def projects(db: Database) -> ProjectService:
    return ProjectService(db)


def test_a_project_has_the_documented_columns(projects: ProjectService) -> None:
    project = projects.create_project("  Shelf   and board ", " of oak ")
    assert (project.name, project.description) == ("Shelf and board", "of oak")
    assert len(project.id) == 21
    assert utc_now() - project.create_at < timedelta(minutes=1)
    assert projects.get_project(project.id) == project


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Give the project a name."),
        (" \t", "Give the project a name."),
        ("x" * 201, "Shorten the name to at most 200 characters."),
        ("Shelf", "There is a project called Shelf already. Choose another name."),
    ],
)
def test_an_invalid_or_taken_name_is_refused_with_a_message(name: str, message: str, projects: ProjectService) -> None:
    projects.create_project("Shelf")
    with pytest.raises(InvalidInputError) as refused:
        projects.create_project(name)
    assert str(refused.value) == message
    assert refused.value.field == "name"


def test_a_project_can_be_renamed_to_its_own_name_but_not_to_a_taken_one(projects: ProjectService) -> None:
    project, other = projects.create_project("Shelf"), projects.create_project("Board")
    assert projects.rename_project(project.id, "Shelf", "oak").description == "oak"
    assert projects.rename_project(project.id, "Rack").name == "Rack"
    assert projects.get_project(project.id).description == "oak"
    with pytest.raises(InvalidInputError, match="called Board already"):
        projects.rename_project(project.id, "Board")
    assert projects.get_project(other.id).name == "Board"


def test_the_most_recently_updated_project_is_listed_first(projects: ProjectService) -> None:
    first, second = projects.create_project("First"), projects.create_project("Second")
    assert [project.id for project in projects.list_projects()] == [second.id, first.id]
    projects.rename_project(first.id, "First again")
    assert [project.id for project in projects.list_projects()] == [first.id, second.id]


def test_a_deleted_project_is_hidden_and_can_be_restored(projects: ProjectService) -> None:
    project = projects.create_project("Shelf", "oak")
    assert projects.delete_project(project.id) is True
    assert projects.delete_project(project.id) is False
    assert projects.list_projects() == []
    assert projects.summaries() == []
    with pytest.raises(NotFoundError, match=r"does not exist any more\. Choose another one"):
        projects.get_project(project.id)
    assert projects.restore_project(project.id).description == "oak"
    assert [project.name for project in projects.list_projects()] == ["Shelf"]


def test_tasks_of_a_deleted_project_are_paused(db: Database, projects: ProjectService) -> None:
    tasks = TaskService(db)
    deleted, other = (projects.create_project(name).id for name in ("Shelf", "Board"))
    active, ended, elsewhere = (tasks.create_task(project_id).id for project_id in (deleted, deleted, other))
    tasks.cancel(ended)
    projects.delete_project(deleted)
    assert [tasks.get_task(id_).status for id_ in (active, ended, elsewhere)] == ["paused", "cancelled", "queued"]
    projects.restore_project(deleted)
    assert tasks.get_task(active).note == "Paused because its project was deleted."


def test_a_restored_project_whose_name_is_taken_gets_a_number(projects: ProjectService) -> None:
    deleted = projects.create_project("Shelf")
    projects.delete_project(deleted.id)
    projects.create_project("Shelf")
    assert projects.restore_project(deleted.id).name == "Shelf (2)"


def test_an_unknown_project_id_is_an_error_except_for_delete(projects: ProjectService) -> None:
    assert projects.delete_project("nowhere") is False
    for call in (projects.get_project, projects.restore_project):
        with pytest.raises(NotFoundError, match="does not exist any more"):
            call("nowhere")
    with pytest.raises(NotFoundError):
        projects.rename_project("nowhere", "Shelf")


def _image(project: Projects, number: int, **more: object) -> Images:
    return Images(
        project_id=project.id, image_name=f"{number}.png", path=f"{number}.png", size=1, sha256=f"{number:064}",
        format="PNG", **more,
    )  # fmt: skip


def _question(image: Images, text: str) -> Questions:
    return Questions(project_id=image.project_id, image_id=image.id, question=text, question_key=text)


def _entry(question: Questions, **more: object) -> ImageDatasets:
    return ImageDatasets(
        project_id=question.project_id, image_id=question.image_id, image_name="", question_id=question.id,
        question=question.question, answer="yes", **more,
    )  # fmt: skip


def test_the_counts_of_a_project_include_what_is_missing(
    db: Database, projects: ProjectService, project: Projects
) -> None:
    other = projects.create_project("Board")
    with db.transaction() as session:
        with_questions, without_questions = _image(project, 1), _image(project, 2)
        generated = _image(project, 3, source="generated")
        deleted, of_other_project = _image(project, 4, deleted_at=utc_now()), _image(other, 5)
        first, second, third = (_question(with_questions, text) for text in ("a", "b", "c"))
        session.add_all([with_questions, without_questions, generated, deleted, of_other_project])
        session.add_all([first, second, third, _question(generated, "d")])
        session.add_all(
            [
                GeneratedImages(project_id=project.id, prompt="kept", kept=True),
                GeneratedImages(project_id=project.id, prompt="not kept"),
                GeneratedImages(project_id=project.id, prompt="discarded", deleted_at=utc_now()),
                GeneratedImages(project_id=other.id, prompt="of another project"),
            ]
        )
        session.flush()
        session.add_all(
            [
                _entry(first, confirmed=True),
                _entry(first, rejected=True),
                _entry(second),
                _entry(third, deleted_at=utc_now()),
            ]
        )
    counts = projects.counts(project.id)
    assert counts == ProjectCounts(
        images=3, images_without_questions=1, questions=4, questions_without_answer=2, images_with_open_questions=2,
        entries=3, confirmed=1, rejected=1, generated=2,
    )  # fmt: skip
    assert counts.open == 1
    summary = next(row for row in projects.summaries() if row.project.id == project.id)
    assert (summary.images, summary.entries, summary.confirmed) == (3, 3, 1)
    assert summary.cover is not None
    assert summary.cover.image_name == "1.png"


def test_an_image_that_only_shares_a_question_is_not_without_questions(
    db: Database, projects: ProjectService, project: Projects
) -> None:
    with db.transaction() as session:
        first, further, bare = (_image(project, number) for number in (1, 2, 3))
        session.add_all([first, further, bare])
        session.flush()
        pair = _question(first, "What differs?")
        pair.more_image_ids = further.id
        session.add(pair)

    assert projects.counts(project.id).images_without_questions == 1


def test_questions_that_are_only_in_entries_count_as_questions(services: Services, project: Projects) -> None:
    added = services.intake.add_images(project.id, [(f"{number}.png", striped(number)) for number in range(4)])
    first, second, third, fourth = (outcome.image.id for outcome in added if outcome.image)
    create = services.dataset.create_dataset_entry
    create(project.id, first, "Is it red?", "yes", "m")
    create(project.id, first, "Is it red?", "no", "n")
    services.dataset.delete_dataset_entry(create(project.id, second, "Deleted?", "yes", "m").id)
    services.questions.add_manual_question(third, "How many?")
    create(project.id, third, "Which?", "this", "m", language="tr")

    counts = services.projects.counts(project.id)
    assert (counts.questions, counts.questions_without_answer, counts.images_without_questions) == (3, 1, 2)
    assert services.images.get_project_image_stats(project.id)["with_questions"] == 2
    assert services.image_queries.find_ids(project.id, "questions:no") == [second, fourth]
    assert services.library.find_image_ids(project.id, ImageFilter(has="questions")) == [first, third]
    targets = services.questions.target_counts(project.id, "en", 2)
    assert (targets.without_questions, targets.below) == (2, 3)
    assert services.questions.target_counts(project.id, "tr", 2).without_questions == 3
    asked = services.preview.request(project.id, {"image_ids": [first], "num_questions": 1})
    assert "Is it red?" in asked.prompt


def test_a_quota_is_a_number_from_0_on_or_none(projects: ProjectService) -> None:
    project = projects.create_project("Shelf")
    for name in ("max_images", "max_image_bytes"):
        limits = {"max_images": None, "max_image_bytes": None}
        with pytest.raises(InvalidInputError) as refused:
            projects.set_quota(project.id, **limits | {name: -1})
        assert refused.value.field == name
        found = projects.set_quota(project.id, **limits | {name: 0})
        assert (found.max_images, found.max_image_bytes) == ((0, None) if name == "max_images" else (None, 0))
    found = projects.set_quota(project.id, max_images=None, max_image_bytes=None)
    assert (found.max_images, found.max_image_bytes) == (None, None)


def test_the_analyzers_of_new_images_are_stored_once_each_and_named_in_the_audit(
    db: Database, projects: ProjectService
) -> None:
    project = projects.create_project("Shelf")
    assert projects.set_analyzers(project.id, ["text", "text"]).analyzers == "text"
    assert projects.set_analyzers(project.id, []).analyzers == ""
    acts = AuditService(db).find(AuditFilter(act="project.change")).items
    assert [act.details["analyzers"] for act in acts] == ["none", "text"]


def test_an_empty_project_counts_nothing(projects: ProjectService, project: Projects) -> None:
    counts = projects.counts(project.id)
    assert counts == ProjectCounts(
        images=0, images_without_questions=0, questions=0, questions_without_answer=0, images_with_open_questions=0,
        entries=0, confirmed=0, rejected=0, generated=0,
    )  # fmt: skip
    summary = next(row for row in projects.summaries() if row.project.id == project.id)
    assert (summary.images, summary.entries, summary.confirmed, summary.cover) == (0, 0, 0, None)


def test_the_number_of_a_name_is_the_first_that_is_free(db: Database, projects: ProjectService) -> None:
    for name in ("Shelf", "Shelf (2)", "Shelf (4)"):
        projects.create_project(name)
    with db.reading() as session:
        assert [numbered_name(session, name) for name in ("Shelf", "Other")] == ["Shelf (3)", "Other"]
