"""A project is exported to an archive and imported again: the copy equals the original."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from core.dataset.filters import parse_search
from core.db import Database, Images, LlmCalls, ModelProfiles, TaskItems, Tasks
from core.errors import InvalidInputError, NotFoundError
from core.llm import DatabaseLedger
from core.moving import service
from core.moving.contents import RESUMABLE, TABLES, MovedTable
from core.moving.manifest import opened_archive
from core.services import Services
from core.tasks.kinds import TASK_TYPES
from tests.core.images.pictures import drawn, encoded
from tests.core.moving import projects


def _files(db: Database, project_id: str) -> dict[str, str | None]:
    """Return the sha256 of each original by its path, None where the file is missing."""
    with db.reading() as session:
        paths = session.exec(select(Images.path).where(Images.project_id == project_id)).all()
    files = {path: db.settings.images_dir / path for path in paths}
    return {
        path: hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None for path, file in files.items()
    }


def test_the_test_project_has_a_value_in_every_column_that_moves(services: Services, project_id: str) -> None:
    rows = projects.rows_of(services.db, project_id)
    empty = {
        f"{table.name}.{name}"
        for table in TABLES
        for name in table.carried
        if not any(row[name] not in (None, "", 0, False, {}, []) for row in rows[table.name])
    }
    assert empty == set()
    assert all(rows.values())


def test_a_copy_in_another_data_directory_equals_the_original_with_its_ids(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    archive = services.projects.export_project(project_id, tmp_path / "shelves.zip")

    copy = elsewhere.projects.import_project(archive)

    assert (copy.id, copy.name) == (project_id, "Kitchen: shelves / 2026")
    before, after = projects.rows_of(services.db, project_id), projects.rows_of(elsewhere.db, copy.id)
    for table in TABLES:
        if table.row is not ModelProfiles:
            assert _without_numbers(table, before) == _without_numbers(table, after)
    assert projects.comparable(after) == projects.comparable(before)
    assert _files(elsewhere.db, copy.id) == _files(services.db, project_id)


def test_a_copy_in_the_same_data_directory_has_new_ids_everywhere_and_equals_the_original(
    services: Services, project_id: str, tmp_path: Path
) -> None:
    before = projects.rows_of(services.db, project_id)
    ids = {row["id"] for table in TABLES if table.ids.get("id") for row in before[table.name]}
    archive = services.projects.export_project(project_id, tmp_path)
    assert archive == tmp_path / "2026.zip"

    copy = services.projects.import_project(archive)
    again = services.projects.import_project(archive)

    assert [copy.name, again.name] == ["Kitchen: shelves / 2026 (2)", "Kitchen: shelves / 2026 (3)"]
    after = projects.rows_of(services.db, copy.id)
    text = repr({name: rows for name, rows in after.items() if name != "model_profiles"})
    assert [id_ for id_ in ids if id_ in text] == []
    after["projects"][0]["name"] = before["projects"][0]["name"]
    assert projects.comparable(after) == projects.comparable(before)
    assert projects.rows_of(services.db, project_id) == before
    assert _files(services.db, copy.id) == _files(services.db, project_id)


def test_a_copy_is_found_counted_and_undone_as_the_original(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    copy = elsewhere.projects.import_project(services.projects.export_project(project_id, tmp_path / "a.zip"))

    assert elsewhere.projects.counts(copy.id) == services.projects.counts(project_id)
    assert elsewhere.dataset.get_dataset_stats(copy.id) == services.dataset.get_dataset_stats(project_id)
    for query in ("blue cup", "check:disputed", "tag:red", "images:3"):
        terms = parse_search(query)
        found = [
            [entry.id for entry in made.entries.find_entries(copy.id, terms).items] for made in (services, elsewhere)
        ]
        assert found[0] == found[1] != [], query
    similar = elsewhere.intake.add_images(copy.id, [("near.jpg", encoded(drawn(0), quality=60))])
    assert [outcome.outcome for outcome in similar] == ["near-duplicate"]


def test_work_that_was_open_is_paused_in_the_copy(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    with services.db.transaction() as session:
        task = session.exec(select(Tasks)).one()
        task.status = "running"
        session.exec(select(TaskItems).where(TaskItems.position == 0)).one().state = "running"
        session.exec(select(LlmCalls).where(LlmCalls.request_hash == "a" * 64)).one().state = "started"

    copy = elsewhere.projects.import_project(services.projects.export_project(project_id, tmp_path / "a.zip"))

    (moved,) = elsewhere.tasks.list_tasks(copy.id)
    assert (moved.id, moved.status) == (task.id, "paused")
    assert [item.state for item in elsewhere.tasks.items(moved.id)] == ["queued", "done"]
    with elsewhere.db.reading() as session:
        assert sorted(call.state for call in session.exec(select(LlmCalls))) == ["failed", "unknown"]


async def test_no_request_is_answered_with_the_reply_of_an_imported_call(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    archive = services.projects.export_project(project_id, tmp_path / "a.zip")
    copy = elsewhere.projects.import_project(archive)

    rows = projects.rows_of(elsewhere.db, copy.id)["llm_calls"]
    assert {(row["request_hash"], row["reply"]) for row in rows} == {("", "A cup."), ("", "")}
    assert await DatabaseLedger(elsewhere.db).find_paid("a" * 64) is None
    assert (await DatabaseLedger(services.db).find_paid("a" * 64)) is not None


@pytest.mark.parametrize("status", ["running", "paused", "completed with failures"])
def test_a_task_that_reads_files_stays_as_history_and_never_runs_in_the_copy(
    status: str, services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    with services.db.transaction() as session:
        task = session.exec(select(Tasks)).one()
        task.task_type, task.status, task.config = "image-import", status, {"source": "path", "path": "/etc"}
        session.exec(select(TaskItems).where(TaskItems.position == 0)).one().payload = {
            "do": "pages", "file": "/etc/secret.pdf", "pages": [0],
        }  # fmt: skip

    copy = elsewhere.projects.import_project(services.projects.export_project(project_id, tmp_path / "a.zip"))

    (moved,) = elsewhere.tasks.list_tasks(copy.id)
    assert moved.status == ("completed with failures" if "failures" in status else "cancelled")
    runs: tuple[Callable[[str], object], ...] = (elsewhere.tasks.resume, elsewhere.tasks.retry_failed)
    for run in runs:
        with pytest.raises(InvalidInputError, match=r"without the files it reads|cannot become queued"):
            run(moved.id)
    assert [item.state for item in elsewhere.tasks.items(moved.id)] == ["failed", "done"]


def test_every_kind_of_task_that_goes_on_in_a_copy_needs_rows_only(services: Services) -> None:
    others = {
        "image-import", "image-variants", "dataset-export", "dataset-send", "dataset-return", "project-export",
        "project-import", "overlap-search",
    }  # fmt: skip
    assert {*services.kinds} == {*RESUMABLE, *others} == {*TASK_TYPES}


def test_a_profile_that_is_here_stays_and_another_one_of_its_name_gets_a_number(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    elsewhere.profiles.save_profile("Local", {"model": "openai/gpt-4o"})
    archive = services.projects.export_project(project_id, tmp_path / "a.zip")

    elsewhere.projects.import_project(archive)
    elsewhere.projects.import_project(archive)

    found = {profile.name: profile.config["model"] for profile in elsewhere.profiles.list_profiles()}
    assert found == {"Local": "openai/gpt-4o", "Local (2)": "offline/measure"}


def test_the_same_project_makes_the_same_archive(services: Services, project_id: str, tmp_path: Path) -> None:
    first = services.projects.export_project(project_id, tmp_path / "first.zip").read_bytes()
    assert services.projects.export_project(project_id, tmp_path / "second").read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["first.zip", "second.zip"]


def test_an_image_whose_bytes_have_changed_is_left_out_and_said_to_be_missing(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    with services.db.reading() as session:
        image = session.exec(select(Images).where(Images.image_name == "0.jpg")).one()
    (services.db.settings.images_dir / image.path).write_bytes(b"rotten")

    report = services.mover.export_project(project_id, tmp_path / "a.zip")

    assert (report.images, report.missing_images) == (3, 2)
    copy = elsewhere.projects.import_project(tmp_path / "a.zip")
    assert _files(elsewhere.db, copy.id)[image.path] is None


def test_a_project_that_does_not_exist_leaves_no_archive(services: Services, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist any more"):
        services.projects.export_project("no-such-project", tmp_path / "out" / "a.zip")
    assert [path.name for path in (tmp_path / "out").iterdir()] == []


def _without_numbers(table: MovedTable, rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the rows of a table without its integer ids, which are always new, and the hashes of calls."""
    left_out = {*table.numbers, "new", "request_hash"}
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows[table.name]]


def test_progress_ends_at_one_also_when_a_part_is_stored_twice(
    services: Services, project_id: str, tmp_path: Path
) -> None:
    with opened_archive(services.projects.export_project(project_id, tmp_path)) as archive:
        rows = sum(table.rows for table in archive.manifest.tables.values())
        said: list[tuple[float, str]] = []
        steps = service._Steps(archive, lambda *step: said.append(step), lambda: None)
        for add in (steps.checked, steps.stored):
            for number in (0, rows, rows):
                add(number)

    assert [share for share, _ in said] == [0.0, 0.25, 0.25, 0.25, 1.0, 1.0]
    assert said[-2][1] == f"Storing rows, {rows:,} of {rows:,}"
