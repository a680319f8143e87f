"""Which images a message about new images names: those that were added then, are still there and in the library."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.db import AuditEvents, Database, Images, Projects, TaskItems, Tasks
from core.webhooks.added_images import imported, uploaded

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)


def _image(db: Database, project_id: str, at: datetime, **columns: Any) -> str:
    image = Images(
        project_id=project_id, image_name="a.jpg", path="a.jpg", size=1, width=1, height=1, sha256=f"{at:%H%M%S%f}",
        format="JPEG", create_at=at, **columns,
    )  # fmt: skip
    with db.transaction() as session:
        session.add(image)
    return image.id


def _acts(*times: datetime, project_id: str) -> list[AuditEvents]:
    return [
        AuditEvents(who="ana", act="image.add", kind="image", project_id=project_id, at=at,
                    details={"images": 2, "source": "upload"})
        for at in times
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "columns", "is_named"),
    [
        (AT - MINUTE - MOMENT, {}, False),
        (AT - MINUTE, {}, True),
        (AT + MINUTE, {}, True),
        (AT + MINUTE + MOMENT, {}, False),
        (AT, {"deleted_at": AT}, False),
        (AT, {"visibility": "generated"}, False),
        (AT, {"source": "zip"}, False),
    ],
)
def test_an_upload_names_what_was_stored_in_its_time(
    db: Database, project: Projects, at: datetime, columns: dict[str, Any], is_named: bool
) -> None:
    image = _image(db, project.id, at, **{"source": "upload", **columns})
    with db.reading() as session:
        found = uploaded(session, _acts(AT, AT + MINUTE, project_id=project.id), 100)
    assert found == ([image] if is_named else [])


@pytest.mark.parametrize(("limit", "named"), [(100, 4), (3, 3)])
def test_an_upload_names_no_more_than_it_added_and_than_a_message_has_room_for(
    db: Database, project: Projects, limit: int, named: int
) -> None:
    images = [_image(db, project.id, AT + number * MOMENT, source="upload") for number in range(6)]
    with db.reading() as session:
        found = uploaded(session, _acts(AT, AT + MINUTE, project_id=project.id), limit)
    assert found == images[:1:-1][:named]


def test_an_import_names_the_images_of_its_last_items_that_came_with_it_and_are_still_there(
    db: Database, project: Projects
) -> None:
    task = Tasks(project_id=project.id, task_type="image-import", create_at=AT)
    before, first, second, gone, last = (
        _image(db, project.id, AT + delta, **columns)
        for delta, columns in (
            (-MOMENT, {}), (timedelta(0), {}), (MOMENT, {}), (2 * MOMENT, {"deleted_at": AT}), (3 * MOMENT, {}),
        )
    )  # fmt: skip
    with db.transaction() as session:
        session.add(task)
        session.flush()
        results = [{"refs": {"a": before, "b": first}}, {"refs": {"a": second}}, {}, {"refs": {"a": gone, "b": last}}]
        session.add_all(TaskItems(task_id=task.id, position=n, result=one) for n, one in enumerate(results))
    with db.reading() as session:
        assert imported(session, task, 100) == [last, second, first]
        assert imported(session, task, 2) == [last, second]
        assert imported(session, task, 1) == [last]


def test_an_import_reads_no_further_than_it_names(db: Database, project: Projects) -> None:
    task = Tasks(project_id=project.id, task_type="image-import", create_at=AT)
    image = _image(db, project.id, AT)
    with db.transaction() as session:
        session.add(task)
        session.flush()
        session.add(TaskItems(task_id=task.id, position=0, result={"refs": 0}))  # reading it would fail
        session.add(TaskItems(task_id=task.id, position=1, result={"refs": {"a": image}}))
    with db.reading() as session:
        assert imported(session, task, 1) == [image]
