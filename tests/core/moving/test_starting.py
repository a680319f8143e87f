"""Starting the import of a project."""

import zlib
from pathlib import Path

import pytest

from core.errors import InvalidInputError, NotFoundError
from core.moving import IMPORT_TASK
from core.services import Services


def send(services: Services, upload_id: str, offset: int, content: bytes) -> None:
    chunk = services.uploads.open_chunk(upload_id, offset)
    chunk.write(content)
    chunk.commit(f"{zlib.crc32(content):08x}")
    chunk.close()


def test_an_upload_is_imported_once_it_is_complete(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    content = services.projects.export_project(project_id, tmp_path / "shelf.zip").read_bytes()
    upload = elsewhere.uploads.create("", "shelf.zip", len(content))
    send(elsewhere, upload.id, 0, content[:-1])
    with pytest.raises(InvalidInputError, match=r"shelf\.zip is not complete\. Send the rest first\."):
        elsewhere.project_imports.from_upload(upload.id)

    send(elsewhere, upload.id, len(content) - 1, content[-1:])
    task = elsewhere.project_imports.from_upload(upload.id, started_by="ana")

    assert (task.task_type, task.started_by, task.config["name"]) == (IMPORT_TASK, "ana", "shelf.zip")
    assert elsewhere.uploads.list_uploads("") == []


def test_what_was_uploaded_into_a_project_is_imported_as_no_other_one(services: Services, project_id: str) -> None:
    upload = services.uploads.create(project_id, "secret name.zip", 1)
    with pytest.raises(NotFoundError) as raised:
        services.project_imports.from_upload(upload.id)
    assert "secret name" not in str(raised.value)


def test_a_path_is_imported_from_anywhere_by_a_program_and_from_the_roots_by_others(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    archive = services.projects.export_project(project_id, tmp_path / "shelf.zip")
    with pytest.raises(InvalidInputError, match="Nothing may be imported from there"):
        elsewhere.project_imports.from_path(str(archive), in_roots=True)
    task = elsewhere.project_imports.from_path(str(archive))
    assert (task.task_type, task.started_by) == (IMPORT_TASK, "local")
    assert task.config == {"path": str(archive), "name": "shelf.zip"}
