"""Exports are published on a Hub and in object storage: nothing is overwritten or made public unintentionally."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from core.bucket_address import BucketAddress
from core.config import load_settings
from core.errors import ConfigurationError, ExportError, InvalidInputError, ObjectStorageError
from core.export import parse_recipe
from core.export.publish import parse_destination, publish_files
from core.object_storage import Bucket, open_bucket
from tests.core.export import hub as fake_hub
from tests.core.export.hostile import HostileProject
from tests.core.export.hub import Hub
from tests.fakes.object_storage import BUCKET, FakeObjectStorage


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)
    # The effect of HF_HUB_DISABLE_XET: large files are uploaded by plain HTTP, which the fake Hub supports.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with fake_hub.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


ADDRESS = f"s3://{BUCKET}/sets"


@pytest.fixture
def sent(bucket: FakeObjectStorage, hostile: HostileProject, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Where exports are sent to, in a bucket."""
    settings = load_settings().model_copy(update={"data_dir": hostile.db.data_dir, "storage_url": None})
    monkeypatch.setattr(hostile.db, "settings", settings)
    return open_bucket(settings, BucketAddress(BUCKET, "sets"))


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


def test_object_storage_gets_every_file_and_the_report_last(
    sent: Bucket, bucket: FakeObjectStorage, hostile: HostileProject
) -> None:
    export_id = _exported(hostile, format="llava", container="directory")

    assert hostile.exports.publish(export_id, parse_destination(f"{ADDRESS}/shelf/")) == f"{ADDRESS}/shelf"

    directory = hostile.exports.export_path(hostile.exports.get_export(export_id))
    files = {file.relative_to(directory).as_posix(): file for file in directory.rglob("*") if file.is_file()}
    assert {one.key.removeprefix("shelf/") for one in sent.list()} == set(files)
    assert bucket.asked("PUT")[-1] == f"/{BUCKET}/sets/shelf/EXPORT_REPORT.json"
    assert all(sent.read(f"shelf/{name}") == file.read_bytes() for name, file in files.items())


def test_object_storage_gets_a_zip_as_one_file(sent: Bucket, hostile: HostileProject) -> None:
    hostile.exports.publish(_exported(hostile), parse_destination(ADDRESS))

    assert [one.key for one in sent.list()] == ["Shelf.zip"]


def test_another_export_in_object_storage_is_not_overwritten(sent: Bucket, hostile: HostileProject) -> None:
    first, second = _exported(hostile), _exported(hostile, splits={"train": 50, "test": 50})
    hostile.exports.publish(first, parse_destination(ADDRESS))
    before = list(sent.list())

    hostile.exports.publish(first, parse_destination(ADDRESS))
    with pytest.raises(ExportError, match="has another export already"):
        hostile.exports.publish(second, parse_destination(ADDRESS))

    assert list(sent.list()) == before


def _send(directory: Path) -> None:
    publish_files(directory, "shelf", parse_destination(ADDRESS), load_settings(), lambda *_: None, lambda: None)


def test_what_was_interrupted_while_the_storage_was_away_is_sent_whole_the_next_time(
    bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("a.json", "EXPORT_REPORT.json"):
        (tmp_path / name).write_text(name)
    bucket.use(monkeypatch, timeout_s=3)
    bucket.fail("slow-down", only="PUT")
    with pytest.raises(ObjectStorageError, match=r"Nothing is lost: wait a little, then continue"):
        _send(tmp_path)

    bucket.fail("")
    bucket.use(monkeypatch)
    _send(tmp_path)
    there = open_bucket(load_settings(), BucketAddress(BUCKET, "sets"))
    assert [one.key for one in there.list()] == ["EXPORT_REPORT.json", "a.json"]


def test_with_a_sign_in_exports_go_to_named_buckets_only(
    bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text("{}")
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "nine green bottles")
    with pytest.raises(InvalidInputError, match="Allowed by VITRINE_ALLOWED_BUCKETS: none yet"):
        _send(tmp_path)
    assert bucket.requests == []
    monkeypatch.setenv("VITRINE_ALLOWED_BUCKETS", "s3://elsewhere, s3://pictures/sets")
    _send(tmp_path)
    assert bucket.asked("PUT") == [f"/{BUCKET}/sets/a.json"]


@pytest.mark.parametrize(
    "address",
    ["", "shelf", "file:///etc", "http://10.0.0.1/x", "memory://x", "s3://", "s3://a/../b", "hf://datasets/no-owner",
     "hf://datasets/a/../b", "hf://models/a/b"],
)  # fmt: skip
def test_other_addresses_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", fake_hub.TOKEN)

    with pytest.raises(InvalidInputError):
        parse_destination(address)
