import pytest

from core import Projects
from core.config import Settings
from core.db import Database
from core.images.quota import Quota, quota_of
from core.projects import ProjectService
from core.services import Services
from tests.pictures import striped


def test_what_there_is_no_room_for_is_rejected_by_its_name_and_the_rest_is_added(
    services: Services, project: Projects
) -> None:
    services.projects.set_quota(project.id, max_images=2, max_image_bytes=None)
    files = [(f"{number}.png", striped(number)) for number in range(3)]
    outcomes = services.intake.add_images(project.id, [*files[:1], *files])
    assert [outcome.outcome for outcome in outcomes] == ["added", "duplicate", "added", "rejected"]
    assert (outcomes[3].image_name, outcomes[3].reason) == (
        "2.png", "The project may have 2 images and has them. Delete some, or ask for a larger quota.",
    )  # fmt: skip
    services.library.delete_images([outcomes[0].image.id])  # type: ignore[union-attr]
    assert [outcome.outcome for outcome in services.intake.add_images(project.id, files[2:])] == ["added"]


def test_bytes_are_limited_too(services: Services, project: Projects) -> None:
    first, second = striped(1), striped(2)
    services.projects.set_quota(project.id, max_images=None, max_image_bytes=len(first) + len(second) - 1)
    (added,) = services.intake.add_images(project.id, [("1.png", first)])
    (rejected,) = services.intake.add_images(project.id, [("2.png", second)])
    assert (added.outcome, rejected.outcome) == ("added", "rejected")
    assert str(rejected.reason).startswith("The project may have 0.0 MB of images")


def test_a_quota_says_what_is_used_of_the_limit_that_is_reached_first(services: Services, project: Projects) -> None:
    content = striped(1)
    services.intake.add_images(project.id, [("1.png", content)])
    assert services.library.quota(project.id) == Quota(None, None, 1, len(content))
    assert services.library.quota(project.id).used_share == 0
    services.projects.set_quota(project.id, max_images=4, max_image_bytes=2 * len(content))
    assert services.library.quota(project.id).used_share == 0.5
    services.projects.set_quota(project.id, max_images=0, max_image_bytes=None)
    assert services.library.quota(project.id).used_share == 1


@pytest.mark.parametrize(("limit", "room"), [(None, True), (0, False), (1, True)])
def test_a_limit_of_zero_has_no_room(limit: int | None, room: bool) -> None:
    assert (Quota(limit, None).take(100) == "") is room
    assert (Quota(None, None if limit is None else limit * 100).take(100) == "") is room


def test_a_new_project_has_the_quota_of_the_settings(db: Database) -> None:
    db.settings = Settings(data_dir=db.data_dir, project_max_images=5, project_max_image_bytes=3_000_000_000)
    project = ProjectService(db).create_project("Limited")
    with db.reading() as session:
        assert quota_of(session, project.id) == Quota(5, 3_000_000_000)
