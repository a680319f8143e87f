import io
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import Projects, TaskService
from core.errors import ConflictError, InvalidInputError, NotFoundError, StorageError
from core.importing import upload as upload_module
from core.importing import uploads
from core.importing.received import receive
from core.importing.upload import Upload, stored_name
from core.importing.uploads import UploadService
from core.services import Services

DAY_S = 24 * 3600


def send(services: Services, upload: Upload, data: bytes, checksum: str | None = None) -> Upload:
    """Append *data* to the upload as one chunk."""
    writer = services.uploads.open_chunk(upload.id, upload.received_bytes)
    try:
        writer.write(data)
        return writer.commit(checksum or f"{zlib.crc32(data):08x}")
    finally:
        writer.close()


def file_of(services: Services, upload: Upload) -> Path:
    return services.db.data_dir / "imports" / upload.path


def test_a_file_arrives_in_chunks_under_its_own_name(services: Services, project: Projects) -> None:
    upload = services.uploads.create(project.id, "my photos.zip", 10)
    assert (upload.received_bytes, upload.is_complete) == (0, False)
    upload = send(services, upload, b"01234")
    assert (upload.received_bytes, upload.is_complete) == (5, False)
    upload = send(services, upload, b"56789")

    assert (upload.received_bytes, upload.is_complete) == (10, True)
    assert upload.path == f"{upload.id}/my photos.zip"
    assert file_of(services, upload).read_bytes() == b"0123456789"
    assert services.intake.import_context.resolve(upload.path) == file_of(services, upload).resolve()


def test_the_same_file_is_continued_by_whoever_sends_it_again(services: Services, project: Projects) -> None:
    begun = send(services, services.uploads.create(project.id, "a.zip", 10, 77), b"0123")

    again = UploadService(services.db).create(project.id, "a.zip", 10, 77)

    assert again == begun
    assert again.received_bytes == 4
    other_project = services.projects.create_project("Other").id
    different = [
        services.uploads.create(project.id, "a.zip", 10, 78), services.uploads.create(project.id, "b.zip", 10, 77),
        services.uploads.create(project.id, "a.zip", 11, 77), services.uploads.create(other_project, "a.zip", 10, 77),
    ]  # fmt: skip
    assert len({upload.id for upload in (begun, *different)}) == 5
    assert [upload.received_bytes for upload in different] == [0, 0, 0, 0]


def test_a_chunk_that_was_cut_is_overwritten_by_the_next(services: Services, project: Projects) -> None:
    upload = send(services, services.uploads.create(project.id, "a.zip", 6), b"012")
    writer = services.uploads.open_chunk(upload.id, 3)
    writer.write(b"xx")
    writer.close()

    assert services.uploads.get(upload.id).received_bytes == 3
    assert file_of(services, send(services, upload, b"345")).read_bytes() == b"012345"


def test_a_damaged_chunk_is_not_confirmed(services: Services, project: Projects) -> None:
    upload = services.uploads.create(project.id, "a.zip", 3)
    for wrong in (f"{zlib.crc32(b'other'):08x}", "", "not hexadecimal"):
        with pytest.raises(InvalidInputError, match="damaged on its way"):
            send(services, upload, b"012", wrong or " ")
    assert services.uploads.get(upload.id).received_bytes == 0
    assert file_of(services, send(services, upload, b"012")).read_bytes() == b"012"


def test_a_chunk_at_another_offset_raises_and_says_where_the_upload_continues(
    services: Services, project: Projects
) -> None:
    upload = send(services, services.uploads.create(project.id, "a.zip", 6), b"012")
    for offset in (0, 2, 4, 99, -1):
        with pytest.raises(ConflictError, match="continues at byte 3") as raised:
            services.uploads.open_chunk(upload.id, offset)
        assert raised.value.current == upload


def test_two_writers_do_not_mix(services: Services, project: Projects) -> None:
    upload = services.uploads.create(project.id, "a.zip", 6)
    first = services.uploads.open_chunk(upload.id, 0)
    with pytest.raises(ConflictError, match="Another tab or connection"):
        UploadService(services.db).open_chunk(upload.id, 0)
    first.write(b"012")
    first.commit(f"{zlib.crc32(b'012'):08x}")
    first.close()

    with pytest.raises(ConflictError, match="continues at byte 3"):
        services.uploads.open_chunk(upload.id, 0)
    services.uploads.open_chunk(upload.id, 3).close()


def test_bytes_beyond_the_announced_size_are_refused(services: Services, project: Projects) -> None:
    upload = services.uploads.create(project.id, "a.zip", 4)
    with pytest.raises(InvalidInputError, match="beyond the size of the file"):
        send(services, upload, b"01234")
    assert services.uploads.get(upload.id).received_bytes == 0


def test_a_chunk_has_a_largest_size(services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_module, "MAX_CHUNK_BYTES", 4)
    upload = services.uploads.create(project.id, "a.zip", 8)
    with pytest.raises(InvalidInputError, match="at most 4 bytes"):
        send(services, upload, b"01234")
    assert send(services, upload, b"0123").received_bytes == 4


def test_a_file_over_the_limit_is_refused_before_it_is_sent(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInputError, match="larger than 2 GB"):
        services.uploads.create(project.id, "a.zip", 2_000_000_001)
    with pytest.raises(InvalidInputError, match="empty"):
        services.uploads.create(project.id, "a.zip", 0)
    assert services.uploads.list_uploads(project.id) == []


def test_the_quota_counts_what_is_still_to_come(services: Services, project: Projects) -> None:
    for number in range(5):
        services.uploads.create(project.id, f"{number}.zip", 2_000_000_000)
    with pytest.raises(StorageError, match="may take 10 GB in all"):
        services.uploads.create(project.id, "6.zip", 1)
    services.uploads.discard(services.uploads.list_uploads(project.id)[0].id)
    assert services.uploads.create(project.id, "6.zip", 1).received_bytes == 0


def test_files_of_a_request_count_in_the_quota_until_their_import_has_ended(
    services: Services, project: Projects
) -> None:
    for number in range(4):
        services.uploads.reserve(project.id, f"{number}.zip", 2_000_000_000)
    files = [("a/1.txt", io.BytesIO(b"one")), ("a/2.txt", io.BytesIO(b"three"))]
    upload_id, path = receive(services.uploads, services.db.settings, project.id, files)
    directory = services.intake.import_context.uploads / path
    assert (directory / "a" / "2.txt").read_bytes() == b"three"
    assert services.uploads.list_uploads(project.id) == []

    with pytest.raises(StorageError, match="may take 10 GB in all"):
        services.uploads.create(project.id, "last.zip", 2_000_000_000 - 7)
    task = TaskService(services.db).create_task(project.id, "image-import", {"source": "path", "path": path})
    with services.db.transaction() as session:
        session.merge(task).status = "completed"
    services.uploads.create(project.id, "last.zip", 2_000_000_000 - 7)
    assert not (services.intake.import_context.uploads / upload_id).exists()


def test_files_of_a_request_that_do_not_fit_are_not_stored(services: Services, project: Projects) -> None:
    for number in range(5):
        services.uploads.create(project.id, f"{number}.zip", 2_000_000_000)
    before = sorted(services.intake.import_context.uploads.iterdir())
    with pytest.raises(StorageError, match="may take 10 GB in all"):
        receive(services.uploads, services.db.settings, project.id, [("a.txt", io.BytesIO(b"1"))])
    assert sorted(services.intake.import_context.uploads.iterdir()) == before


def test_an_upload_that_the_disk_cannot_hold_is_refused(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda _path: SimpleNamespace(free=600_000_000))
    with pytest.raises(StorageError, match=r"0\.6 GB left"):
        services.uploads.create(project.id, "a.zip", 200_000_000)
    with pytest.raises(StorageError, match=r"0\.6 GB left"):
        services.uploads.create(project.id, "a.zip", 100_000_001)
    assert services.uploads.create(project.id, "a.zip", 100_000_000).received_bytes == 0


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("photos.zip", "photos.zip"), ("deep/er/photos.zip", "photos.zip"), ("..\\..\\evil.zip", "evil.zip"),
        ("../../etc/passwd", "passwd"), (".upload.json", "upload.json"), ("a\0b\nc.json", "abc.json"),
        ("..", "image"), ("夏の写真.zip", "夏の写真.zip"), ("図" * 150 + ".zip", "図" * 65 + ".zip"),
    ],
)  # fmt: skip
def test_a_name_cannot_leave_its_directory(services: Services, project: Projects, name: str, stored: str) -> None:
    upload = services.uploads.create(project.id, name, 1)
    assert upload.name == stored
    assert file_of(services, send(services, upload, b"0")).is_file()


@pytest.mark.parametrize("upload_id", ["", "..", "../imports", "a/b", "nobody", "x" * 60, "a\0b"])
def test_an_unknown_id_is_not_found(services: Services, upload_id: str) -> None:
    with pytest.raises(NotFoundError):
        services.uploads.get(upload_id)
    services.uploads.discard(upload_id)


def test_only_a_complete_upload_is_imported_and_then_it_is_not_offered_again(
    services: Services, project: Projects
) -> None:
    upload = services.uploads.create(project.id, "a.zip", 3)
    with pytest.raises(InvalidInputError, match="not complete"):
        services.uploads.start(upload.id)
    send(services, upload, b"012")
    services.uploads.start(upload.id)

    assert services.uploads.list_uploads(project.id) == []
    services.uploads.discard(upload.id)
    assert file_of(services, upload).read_bytes() == b"012"
    assert services.uploads.create(project.id, "a.zip", 3).id != upload.id


def unfinished(services: Services, project_id: str) -> Upload:
    return send(services, services.uploads.create(project_id, "a.zip", 6), b"012")


def complete(services: Services, project_id: str) -> Upload:
    return send(services, services.uploads.create(project_id, "a.zip", 3), b"012")


def imported(status: str) -> Callable[[Services, str], Upload]:
    def make(services: Services, project_id: str) -> Upload:
        upload = services.uploads.start(complete(services, project_id).id)
        task = TaskService(services.db).create_task(project_id, "image-import", {"path": upload.path})
        with services.db.transaction() as session:
            session.merge(task).status = status
        return upload

    return make


@pytest.mark.parametrize(
    ("make", "stays_s", "goes_s"),
    [
        pytest.param(unfinished, DAY_S - 60, DAY_S + 60, id="unfinished"),
        pytest.param(complete, 7 * DAY_S - 60, 7 * DAY_S + 60, id="complete, not imported"),
        pytest.param(imported("running"), 99 * DAY_S, None, id="import running"),
        pytest.param(imported("paused"), 99 * DAY_S, None, id="import paused"),
        pytest.param(imported("completed"), None, 0, id="import completed"),
        pytest.param(imported("completed with failures"), 6 * DAY_S, 8 * DAY_S, id="import completed with failures"),
        pytest.param(imported("cancelled"), 6 * DAY_S, 8 * DAY_S, id="import cancelled"),
    ],
)
def test_what_nothing_needs_is_removed(
    services: Services,
    project: Projects,
    make: Callable[[Services, str], Upload],
    stays_s: int | None,
    goes_s: int | None,
) -> None:
    upload = make(services, project.id)
    if stays_s is not None:
        assert services.uploads.remove_abandoned(time.time() + stays_s) == 0
        assert file_of(services, upload).exists()
    if goes_s is not None:
        assert services.uploads.remove_abandoned(time.time() + goes_s) == 1
        assert not file_of(services, upload).parent.exists()


def test_a_new_upload_sweeps_what_was_abandoned(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = unfinished(services, project.id)
    now_s = time.time() + 2 * DAY_S
    monkeypatch.setattr(uploads.time, "time", lambda: now_s)
    new = services.uploads.create(project.id, "b.zip", 3)

    assert [upload.id for upload in services.uploads.list_uploads(project.id)] == [new.id]
    assert not file_of(services, old).exists()


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("shelf.zip", "shelf.zip"),
        ("..hidden.zip", "hidden.zip"),
        ("shelf", "shelf"),
        ("a" * 196 + ".zip", "a" * 196 + ".zip"),
        ("a" * 201, "a" * 200),
        ("ü" * 98 + "a.zip", "ü" * 98 + ".zip"),
        ("a" + "ü" * 98 + ".zip", "a" + "ü" * 97 + ".zip"),
        ("ab." + "ü" * 99, "a." + "ü" * 99),
        ("ab.z" + "ü" * 99, "file"),
    ],
)
def test_a_name_is_cut_to_200_bytes_before_its_ending(name: str, stored: str) -> None:
    assert stored_name(name) == stored
