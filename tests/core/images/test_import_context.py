from pathlib import Path

import pytest

from core.config import Settings
from core.errors import InvalidInputError
from core.images.import_context import ImportContext


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    made = tmp_path / "shelf"
    made.mkdir()
    return made


def context(tmp_path: Path, **settings: object) -> ImportContext:
    data_dir = tmp_path / "data"
    (data_dir / "imports").mkdir(parents=True)
    return ImportContext(Settings(data_dir=data_dir, **settings))  # type: ignore[arg-type]


def test_in_local_mode_every_absolute_path_is_allowed(tmp_path: Path, shelf: Path) -> None:
    local = context(tmp_path)
    assert local.allows_every_path
    assert local.resolve(str(shelf)) == shelf.resolve()


def test_a_relative_name_stays_among_the_uploads_even_in_local_mode(tmp_path: Path, shelf: Path) -> None:
    local = context(tmp_path)
    (local.uploads / "a.zip").touch()
    assert local.resolve("a.zip") == (local.uploads / "a.zip").resolve()
    for name in ("../vitrine.db", "..", "../../shelf"):
        with pytest.raises(InvalidInputError, match="Nothing may be imported from there"):
            local.resolve(name)


def test_whoever_names_a_path_reaches_no_upload_of_others(tmp_path: Path, shelf: Path) -> None:
    server = context(tmp_path, import_roots=[shelf, tmp_path], access_password="open sesame")
    (server.uploads / "a.zip").touch()
    for name in (".", "a.zip", "../imports", str(server.uploads), str(server.uploads / "a.zip")):
        with pytest.raises(InvalidInputError, match="This directory has the data of Vitrine"):
            server.resolve(name, in_roots=True)
    assert server.resolve("a.zip") == (server.uploads / "a.zip").resolve()
    assert server.resolve(str(shelf), in_roots=True) == shelf.resolve()


def test_a_root_around_the_data_directory_opens_only_what_is_beside_it(tmp_path: Path, shelf: Path) -> None:
    server = context(tmp_path, import_roots=[tmp_path], access_password="open sesame")
    for path in (tmp_path, tmp_path / "data", tmp_path / "data" / "images"):
        with pytest.raises(InvalidInputError, match="This directory has the data of Vitrine"):
            server.resolve(str(path))
    assert server.resolve(str(shelf)) == shelf.resolve()


def test_the_roots_of_the_settings_hold_in_local_mode_too(tmp_path: Path, shelf: Path) -> None:
    local = context(tmp_path, import_roots=[shelf])
    assert not local.allows_every_path
    assert local.resolve(str(shelf)) == shelf.resolve()
    with pytest.raises(InvalidInputError, match=r"VITRINE_IMPORT_ROOTS: .*shelf"):
        local.resolve(str(tmp_path))


def test_with_a_password_nothing_is_allowed_without_roots(tmp_path: Path, shelf: Path) -> None:
    server = context(tmp_path, access_password="open sesame")
    assert not server.allows_every_path
    with pytest.raises(InvalidInputError, match="none yet"):
        server.resolve(str(shelf))


def test_a_path_that_does_not_exist_is_named(tmp_path: Path, shelf: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"There is no gone\.zip"):
        context(tmp_path).resolve(str(shelf / "gone.zip"))


def test_a_relative_path_that_does_not_exist_is_answered_with_what_to_enter(tmp_path: Path, shelf: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"There is no shelf on the server\. Enter the whole path"):
        context(tmp_path, import_roots=[shelf]).resolve("shelf")


def test_an_upload_of_a_server_with_another_data_directory_is_missed_by_what_to_share(tmp_path: Path) -> None:
    server = context(tmp_path)
    for path in ("K4ZV6sjrUffHAzB905bAP", "K4ZV6sjrUffHAzB905bAP/shelf.zip"):
        with pytest.raises(InvalidInputError, match="is not in the data directory of the server that runs the tasks"):
            server.resolve(path)
