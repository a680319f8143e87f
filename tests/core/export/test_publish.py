"""Exports are published on a Hub and in object storage: nothing is overwritten or made public unintentionally."""

import io
import sys
from collections.abc import Iterator

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from huggingface_hub import constants

from core.errors import ConfigurationError, ExportError, InvalidInputError
from core.export import parse_recipe
from core.export.publish import parse_destination
from tests.core.export import hub as fake_hub
from tests.core.export.hostile import HostileProject
from tests.core.export.hub import Hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)
    # The effect of HF_HUB_DISABLE_XET: large files are uploaded by plain HTTP, which the fake Hub supports.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with fake_hub.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryFileSystem]:
    """Object storage in memory, registered as S3."""
    monkeypatch.setitem(sys.modules["fsspec.registry"]._registry, "s3", MemoryFileSystem)
    yield MemoryFileSystem()
    MemoryFileSystem.store.clear()


def _exported(hostile: HostileProject, **values: object) -> str:
    """Make an export, store it as its task does, and return its id."""
    from core.db import Exports, new_id

    recipe = parse_recipe({"format": "parquet", "title": "Shelf", **values})
    made = hostile.exports.export(hostile.project_id, recipe, id_ := new_id())
    with hostile.db.transaction() as session:
        session.add(
            Exports(
                id=id_, project_id=hostile.project_id, format=recipe.format, recipe=recipe.as_dict(),
                report=made.report, path=made.path, size_bytes=made.size_bytes,
            )
        )  # fmt: skip
    return id_


@pytest.mark.parametrize("container", ["zip", "directory"])
def test_the_hub_gets_every_file_and_the_dataset_is_private(container: str, hostile: HostileProject, hub: Hub) -> None:
    export_id = _exported(hostile, container=container)

    address = hostile.exports.publish(export_id, parse_destination("hf://datasets/ada/shelf"))

    assert address == f"{hub.url}/datasets/ada/shelf"
    assert hub.private == {"ada/shelf": True}
    sent = hub.files["ada/shelf"]
    assert set(sent) == {
        "README.md", "EXPORT_REPORT.json", "EXPORT_REPORT.md", "croissant.json", "data/train-00000-of-00001.parquet",
    }  # fmt: skip
    assert sent["README.md"].startswith(b"---\n")
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(sent["data/train-00000-of-00001.parquet"]))
    assert table.num_rows == hostile.exports.get_export(export_id).report["entries"]


def test_a_second_export_replaces_the_files_of_the_first(hostile: HostileProject, hub: Hub) -> None:
    splits = {"train": 50, "validation": 50}
    hostile.exports.publish(_exported(hostile, splits=splits), parse_destination("hf://datasets/ada/shelf"))
    hostile.exports.publish(_exported(hostile), parse_destination("hf://datasets/ada/shelf"))

    parquet = [name for name in hub.files["ada/shelf"] if name.endswith(".parquet")]
    assert parquet == ["data/train-00000-of-00001.parquet"]


def test_a_dataset_is_public_on_request(hostile: HostileProject, hub: Hub) -> None:
    hostile.exports.publish(_exported(hostile), parse_destination("hf://datasets/ada/open", public=True))

    assert hub.private == {"ada/open": False}


def test_an_existing_public_dataset_gets_nothing_without_permission(hostile: HostileProject, hub: Hub) -> None:
    hub.create("ada/open", private=False)

    with pytest.raises(ExportError, match="is public on the Hub"):
        hostile.exports.publish(_exported(hostile), parse_destination("hf://datasets/ada/open"))

    assert hub.files["ada/open"] == {}


def test_a_dataset_with_other_files_is_not_changed(hostile: HostileProject, hub: Hub) -> None:
    hub.create("ada/letters", private=True, files={"letters.txt": b"Dear"})

    with pytest.raises(ExportError, match="has other files already"):
        hostile.exports.publish(_exported(hostile), parse_destination("hf://datasets/ada/letters"))

    assert hub.files["ada/letters"] == {"letters.txt": b"Dear"}


def test_a_wrong_token_is_explained(hostile: HostileProject, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")

    with pytest.raises(ExportError, match="refused HF_TOKEN"):
        hostile.exports.publish(_exported(hostile), parse_destination("hf://datasets/ada/shelf"))


def test_an_unreachable_hub_is_explained(hostile: HostileProject, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_hub.running() as stopped:
        pass
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)
    monkeypatch.setenv("HF_ENDPOINT", stopped.url)

    with pytest.raises(ExportError, match="could not be reached"):
        hostile.exports.publish(_exported(hostile), parse_destination("hf://datasets/ada/shelf"))


def test_a_missing_token_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)

    with pytest.raises(ConfigurationError, match="Set HF_TOKEN"):
        parse_destination("hf://datasets/ada/shelf")


def test_object_storage_gets_every_file_and_the_report_last(hostile: HostileProject, storage: MemoryFileSystem) -> None:
    export_id = _exported(hostile, format="llava", container="directory")

    assert hostile.exports.publish(export_id, parse_destination("s3://bucket/sets/shelf/")) == "s3://bucket/sets/shelf"

    directory = hostile.exports.export_path(hostile.exports.get_export(export_id))
    files = {file.relative_to(directory).as_posix(): file for file in directory.rglob("*") if file.is_file()}
    sent = [path.removeprefix("/bucket/sets/shelf/") for path in MemoryFileSystem.store]
    assert set(sent) == set(files)
    assert sent[-1] == "EXPORT_REPORT.json"
    assert all(storage.cat_file(f"bucket/sets/shelf/{name}") == file.read_bytes() for name, file in files.items())


def test_object_storage_gets_a_zip_as_one_file(hostile: HostileProject, storage: MemoryFileSystem) -> None:
    hostile.exports.publish(_exported(hostile), parse_destination("s3://bucket/sets"))

    assert list(MemoryFileSystem.store) == ["/bucket/sets/Shelf.zip"]


def test_another_export_in_object_storage_is_not_overwritten(
    hostile: HostileProject, storage: MemoryFileSystem
) -> None:
    first, second = _exported(hostile), _exported(hostile, splits={"train": 50, "test": 50})
    hostile.exports.publish(first, parse_destination("s3://bucket/sets"))
    before = dict(MemoryFileSystem.store)

    hostile.exports.publish(first, parse_destination("s3://bucket/sets"))
    with pytest.raises(ExportError, match="has another export already"):
        hostile.exports.publish(second, parse_destination("s3://bucket/sets"))

    assert MemoryFileSystem.store == before


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(ConfigurationError, match="needs the package adlfs"):
        parse_destination("az://container/shelf")


@pytest.mark.parametrize(
    "address",
    ["", "shelf", "file:///etc", "http://10.0.0.1/x", "memory://x", "s3://", "s3://a/../b", "hf://datasets/no-owner",
     "hf://datasets/a/../b", "hf://models/a/b"],
)  # fmt: skip
def test_other_addresses_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)

    with pytest.raises(InvalidInputError):
        parse_destination(address)
