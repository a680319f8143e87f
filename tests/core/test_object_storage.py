"""Buckets: what is stored once, listed, read in parts and linked to, and what is said when the storage fails."""

import logging
from pathlib import Path

import httpx
import pytest

from core.bucket_address import BucketAddress, parse_address, require_allowed
from core.config import load_settings
from core.errors import InvalidInputError, MissingFileError, ObjectStorageError
from core.object_storage import Bucket, open_bucket
from tests.fakes.object_storage import BUCKET, KEY, SECRET, FakeObjectStorage


def opened(prefix: str = "shelf") -> Bucket:
    return open_bucket(load_settings(), BucketAddress(BUCKET, prefix))


def test_an_address_is_a_bucket_and_a_prefix() -> None:
    assert parse_address("s3://pictures/2026/shelves/") == BucketAddress("pictures", "2026/shelves")
    assert str(BucketAddress("pictures")) == "s3://pictures"
    for wrong in (
        "s3://",
        "s3://a/../b",
        "gs://pictures",
        "s3://key:secret@pictures/x",
        "/pictures",
        "s3://pictures//x",
    ):
        with pytest.raises(InvalidInputError, match="Write it as s3://bucket/prefix"):
            parse_address(wrong)


def test_a_prefix_contains_what_is_below_it_and_no_name_that_begins_alike() -> None:
    allowed = BucketAddress("pictures", "shelves")
    assert allowed.contains(BucketAddress("pictures", "shelves/2026"))
    assert not allowed.contains(BucketAddress("pictures", "shelves-private"))
    assert not allowed.contains(BucketAddress("pictures"))
    assert not allowed.contains(BucketAddress("other", "shelves"))


def test_what_is_stored_is_stored_once_listed_read_in_parts_linked_to_and_deleted(
    bucket: FakeObjectStorage, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"second")
    shelf = opened()
    assert shelf.put_new("a/one", b"0123456789")
    assert not shelf.put_new("a/one", b"others")
    assert shelf.put_new("b/two", tmp_path / "file")
    with shelf.writer("c/large") as file:
        for _ in range(9):
            file.write(b"x" * 1_000_000)

    assert [(one.key, one.size_bytes) for one in shelf.list()] == [("a/one", 10), ("b/two", 6), ("c/large", 9_000_000)]
    assert [one.key for one in shelf.list("b")] == ["b/two"]
    assert shelf.read_range("a/one", 3, 4) == b"3456"
    found = shelf.find("a/one")
    assert found is not None
    assert shelf.read("a/one", etag=found.etag) == b"0123456789"
    assert httpx.get(shelf.link("a/one", 60)).content == b"0123456789"
    shelf.put("a/one", b"changed")
    with pytest.raises(MissingFileError, match="s3://pictures/shelf/a/one has changed"):
        shelf.read("a/one", etag=found.etag)
    shelf.delete("a/one")
    shelf.delete("a/one")
    assert shelf.find("a/one") is None
    with pytest.raises(MissingFileError, match="s3://pictures/shelf/a/one is missing"):
        shelf.read("a/one")


def test_a_writer_that_fails_leaves_neither_an_object_nor_parts_of_one(bucket: FakeObjectStorage) -> None:
    with pytest.raises(RuntimeError), opened().writer("half") as file:
        file.write(b"x" * 20_000_000)
        raise RuntimeError
    assert list(opened().list()) == []
    assert bucket.unfinished() == []


@pytest.mark.parametrize("fault", ["slow-down", "cut"])
def test_a_storage_that_fails_for_a_moment_is_asked_again(bucket: FakeObjectStorage, fault: str) -> None:
    opened().put("one", b"0123456789")
    bucket.fail(fault, times=2)
    assert opened().read("one") == b"0123456789"
    assert bucket.faults_left == 0


@pytest.mark.parametrize("fault", ["silent", "stalled"])
def test_a_storage_that_is_too_slow_is_asked_again_and_then_said(
    bucket: FakeObjectStorage, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().put("one", b"0123456789")
    bucket.use(monkeypatch, timeout_s=2)
    bucket.fail(fault, times=1)
    assert opened().read("one") == b"0123456789"
    bucket.fail(fault)
    with pytest.raises(ObjectStorageError, match=r"The object storage does not answer\. Check the network"):
        opened().read("one")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("slow-down", r"asks to slow down or is not available \(503\). Nothing is lost: wait a little"),
        ("cut", r"does not answer\. Check the network"),
        ("clock", "The clock of this machine differs too much"),
        ("expired", r"The credentials for the object storage have expired\. Set new ones"),
        ("wrong-key", r"does not accept the key\. Check VITRINE_STORAGE_ACCESS_KEY_ID"),
        ("denied", r"refuses access to pictures \(403\). Allow the key to read, write, list and delete"),
    ],
)
def test_a_storage_that_goes_on_failing_is_one_sentence_without_a_key(
    bucket: FakeObjectStorage,
    fault: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bucket.use(monkeypatch)
    opened().put("one", b"0123456789")
    if fault in ("slow-down", "cut"):  # asked again until the time is over
        bucket.use(monkeypatch, timeout_s=2)
    bucket.fail(fault)
    with caplog.at_level(logging.DEBUG), pytest.raises(ObjectStorageError, match=said) as raised:
        opened().read("one")
    logging.getLogger("core").exception("it failed", exc_info=raised.value)
    for text in (str(raised.value), caplog.text):
        assert KEY not in text
        assert SECRET not in text


def test_a_bucket_that_is_not_there_and_a_server_that_is_not_there_are_said(
    bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ObjectStorageError, match=r"There is no bucket elsewhere\. Create it"):
        open_bucket(load_settings(), BucketAddress("elsewhere")).read("one")
    bucket.use(monkeypatch, timeout_s=0.5)
    monkeypatch.setenv("VITRINE_STORAGE_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ObjectStorageError, match="Check the network and VITRINE_STORAGE_ENDPOINT"):
        opened().read("one")


def test_without_a_sign_in_every_bucket_is_allowed_until_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, other = BucketAddress("pictures", "2026"), BucketAddress("other")

    def refused(address: BucketAddress, *, in_list: bool = False) -> str:
        try:
            require_allowed(load_settings(), address, in_list=in_list)
        except InvalidInputError as error:
            return str(error)
        return ""

    sentence = "This bucket may not be used. Allowed by VITRINE_ALLOWED_BUCKETS: {}."
    assert refused(pictures) == refused(other) == ""
    assert refused(pictures, in_list=True) == sentence.format("none yet")
    monkeypatch.setenv("VITRINE_ALLOWED_BUCKETS", "s3://pictures,s3://more/of/it")
    assert refused(pictures) == refused(pictures, in_list=True) == ""
    assert refused(other) == sentence.format("s3://pictures, s3://more/of/it")
    monkeypatch.delenv("VITRINE_ALLOWED_BUCKETS")
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "a long one")
    assert refused(pictures) == sentence.format("none yet")
