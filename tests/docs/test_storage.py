"""The commands of docs/STORAGE.md, run against an object storage in this process."""

import shlex

import pytest
from typer.testing import CliRunner

from core.bucket_address import BucketAddress
from core.cli import app
from core.config import load_settings
from core.object_storage import open_bucket
from tests.core.images.pictures import drawn, encoded
from tests.docs.blocks import to_run
from tests.fakes.object_storage import object_storage


def test_the_settings_put_the_originals_into_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    box, imports = to_run("docs/STORAGE.md", "sh")
    with object_storage() as storage:
        for line in box.splitlines():
            word, *rest = shlex.split(line)
            for name, _, value in (part.partition("=") for part in rest if word == "export"):
                monkeypatch.setenv(name, storage.address if name.endswith("ENDPOINT") else value)
        ran = CliRunner().invoke(app, shlex.split(box.splitlines()[-1])[1:])
        assert "the originals are in s3://pictures/vitrine" in " ".join(ran.output.split())
        theirs = open_bucket(load_settings(), BucketAddress("pictures", "shelves"))
        for seed in range(3):
            theirs.put(f"{seed}.jpg", encoded(drawn(seed)))
        for line in imports.splitlines():
            ran = CliRunner().invoke(app, shlex.split(line)[1:])
            assert "3 images" in ran.output, ran.output
        kept = [one.key for one in open_bucket(load_settings(), BucketAddress("pictures", "vitrine")).list()]
        assert len(kept) == 3
