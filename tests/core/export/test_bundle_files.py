"""Bundles are on this disk; where workers make them they are in the bucket, with copies here."""

from pathlib import Path

import pytest

from core.config import Settings, load_settings
from core.db import Exports
from core.errors import NotFoundError
from core.export import parse_recipe
from core.export.bundle_files import BundleFiles, extension_of, size_bytes_of
from tests.fakes.object_storage import FakeObjectStorage

EXPORT = Exports(id="e1", project_id="p", recipe={}, format="llava", path="exports/e1.zip")


@pytest.fixture
def settings(bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    made = load_settings()
    (made.data_dir / "exports").mkdir(parents=True)
    return made


def _elsewhere(settings: Settings, directory: Path) -> BundleFiles:
    (directory / "exports").mkdir(parents=True)
    return BundleFiles(settings.model_copy(update={"data_dir": directory}))


def _bundle(settings: Settings) -> Path:
    bundle = settings.data_dir / "exports" / "e1.zip"
    bundle.write_text("rows")
    return bundle


def test_a_bundle_of_a_worker_moves_into_the_bucket_and_is_fetched_where_it_is_wanted(
    settings: Settings, tmp_path: Path
) -> None:
    bundle, said = _bundle(settings), list[float]()

    BundleFiles(settings).send(bundle, lambda share, step: said.append(share))

    assert (bundle.exists(), said) == (False, [0.97])
    assert _elsewhere(settings, tmp_path / "other").path(EXPORT).read_text() == "rows"
    names = {BundleFiles(settings).new_path("e2", ".zip") for _ in range(2)}
    assert len(names) == 2
    assert all(name.name.startswith("e2-") for name in names)


def test_a_bundle_that_is_only_here_is_sent_once_for_workers(
    settings: Settings, tmp_path: Path, bucket: FakeObjectStorage
) -> None:
    _bundle(settings)
    with pytest.raises(NotFoundError, match="The files of this export were removed"):
        _elsewhere(settings, tmp_path / "one").path(EXPORT)

    for _ in range(2):
        BundleFiles(settings).share(EXPORT)

    assert len(bucket.asked("PUT")) == 1
    assert _elsewhere(settings, tmp_path / "two").path(EXPORT).read_text() == "rows"


def test_without_workers_a_bundle_stays_where_it_is(settings: Settings) -> None:
    alone = BundleFiles(settings.model_copy(update={"task_engine": "embedded"}))
    bundle = _bundle(settings)

    alone.send(bundle, lambda share, step: pytest.fail("nothing is sent"))
    alone.share(EXPORT)

    assert alone.path(EXPORT) == bundle == alone.new_path("e1", ".zip")
    bundle.unlink()
    with pytest.raises(NotFoundError, match="Run it again"):
        alone.path(EXPORT)


@pytest.mark.parametrize(
    ("recipe", "extension"),
    [
        ({"format": "llava"}, ".zip"),
        ({"format": "llava", "container": "directory"}, ""),
        ({"format": "csv", "container": "file", "rows": "csv"}, ".csv"),
    ],
)
def test_a_bundle_is_called_by_what_it_is(recipe: dict[str, str], extension: str) -> None:
    assert extension_of(parse_recipe(recipe)) == extension


def test_the_bytes_of_a_directory_are_those_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "1").write_bytes(b"x" * 5)
    (tmp_path / "a" / "b" / "2").write_bytes(b"x" * 7)

    assert size_bytes_of(tmp_path / "a") == 12
    assert size_bytes_of(tmp_path / "a" / "1") == 5
