"""The file field for the archive of a project."""

from pages.components.overview import archive_file
from tests.pages.components.recording import RecordedComponents


def test_the_id_of_the_upload_is_returned_once_it_is_complete(components: RecordedComponents) -> None:
    assert archive_file.show() is None
    assert components.data["vitrine_archive"]["uploadsUrl"] == "/uploads"
    components.reports = {"uploaded": "u1"}
    assert archive_file.show() == "u1"
    assert "crc" in archive_file._script()
