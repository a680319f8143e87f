import os
from pathlib import Path

import pytest

from core.config import Settings, load_settings
from core.errors import InvalidInputError, ItemInterrupted, MissingFileError
from core.shared_files import SharedFiles
from tests.fakes.object_storage import FakeObjectStorage


@pytest.fixture
def settings(bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    return load_settings()


@pytest.fixture
def here(settings: Settings, tmp_path: Path) -> SharedFiles:
    (tmp_path / "here").mkdir()
    return SharedFiles(settings, "staging/task", tmp_path / "here")


@pytest.fixture
def there(settings: Settings, tmp_path: Path) -> SharedFiles:
    return SharedFiles(settings, "staging/task", tmp_path / "there")


def test_a_directory_arrives_as_it_is_with_names_that_no_key_can_have_and_links_that_are_not_followed(
    here: SharedFiles, there: SharedFiles, tmp_path: Path
) -> None:
    source = here.path_here("shelf")
    (source / "deep" / "er").mkdir(parents=True)
    (source / "empty").mkdir()
    names = [b"a.txt", b"deep/er/\xff#%.txt", b"deep/two\nlines"]
    for name in names:
        (source / os.fsdecode(name)).write_bytes(name)
    (source / "link").symlink_to("/etc/passwd")
    here.put("shelf")

    copy = there.path("shelf")
    assert copy == tmp_path / "there" / "shelf"
    for name in names:
        assert (copy / os.fsdecode(name)).read_bytes() == name
    assert ((copy / "link").is_symlink(), (copy / "empty").is_dir()) == (True, True)
    assert there.names() == {"shelf"}


def test_a_copy_is_fetched_once_and_again_when_it_was_written_halfway_or_sent_anew(
    here: SharedFiles, there: SharedFiles, bucket: FakeObjectStorage
) -> None:
    here.path_here("spool").write_text("first")
    here.put("spool")
    for _ in range(2):
        assert there.path("spool").read_text() == "first"
    assert len(bucket.asked("GET")) == 1
    assert here.path("spool").read_text() == "first"
    assert len(bucket.asked("GET")) == 1
    here.path_here("spool").write_text("second")
    here.put("spool")
    assert there.path("spool").read_text() == "second"
    half = SharedFiles(there._settings, "staging/task", there.path_here("other"))
    half.path_here("").mkdir()
    half.path_here("spool").write_text("sec")  # by a process that was killed
    assert half.path("spool").read_text() == "second"
    half.path_here("spool").write_text("final")
    assert half.final_path("spool").read_text() == "final"


def test_what_is_in_the_bucket_is_removed_by_its_name_or_altogether(here: SharedFiles, there: SharedFiles) -> None:
    for name in ("one", "two", "three"):
        here.path_here(name).write_text(name)
        here.put(name)
    here.remove("two")
    here.remove("two")
    assert (here.has("one"), here.has("two"), here.names()) == (True, False, {"one", "three"})
    assert here.names(older_than_s=3600) == set()
    with pytest.raises(MissingFileError, match="two is not in the object storage any more"):
        there.path("two")
    here.remove_all()
    assert here.names() == set()
    assert here.path("one").read_text() == "one"  # what is only here is there for whoever is here


def test_what_is_stopped_or_cannot_be_read_leaves_no_object(here: SharedFiles, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(bytes(3 << 20))

    def stop(size_bytes: int) -> None:
        raise ItemInterrupted

    with pytest.raises(ItemInterrupted):
        here.put("big", big, stop)
    with pytest.raises(InvalidInputError, match="gone cannot be read"):
        here.put("gone", tmp_path / "gone")
    assert here.names() == set()


@pytest.mark.parametrize(("engine", "url"), [("embedded", "s3://pictures/vitrine"), ("dbos", "")])
def test_without_workers_or_a_bucket_files_are_where_they_are(
    engine: str, url: str, bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VITRINE_TASK_ENGINE", engine)
    monkeypatch.setenv("VITRINE_STORAGE_URL", url)
    files = SharedFiles(load_settings(), "exports", tmp_path)
    (tmp_path / "one").write_text("1")
    files.put("one")
    files.remove("one")
    files.remove_all()
    assert (files.path("one"), files.has("one"), files.names()) == (tmp_path / "one", False, set())
    assert bucket.requests == []
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == ["one"]
