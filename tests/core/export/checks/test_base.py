"""What checkers share: counting findings, reading bundles, hashing files."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.export.checks.base import (
    COUNTS_MATCH,
    IMAGES_ORIGINAL,
    IMAGES_UPRIGHT,
    NOTHING_EMPTY,
    SPLITS_DISJOINT,
    Bundle,
    Checker,
    CheckResult,
    Expected,
    Findings,
    open_bundle,
)
from core.export.layout import BundleLayout
from tests.core.export.checks.memory import Files
from tests.pictures import png


class _Empty(Checker):
    checks = (COUNTS_MATCH,)

    def examine(self, bundle: Bundle) -> None:
        pass


def _checker(**layout: str | int) -> _Empty:
    return _Empty(BundleLayout("rows", "jsonl", **layout), Expected({"train": 1}, {"train": 1}, 1))  # type: ignore[arg-type]


def test_findings_count_what_was_examined_and_keep_three_short_examples() -> None:
    findings = Findings()
    findings.count("a")
    findings.count("a", 2)
    findings.count("none", 0)
    for number in range(4):
        findings.fail("b", f"{number}" + "x" * 300)

    assert findings.results() == [
        CheckResult("a", 3, 0),
        CheckResult("none", 0, 0),
        CheckResult("b", 0, 4, tuple(f"{number}" + "x" * 199 for number in range(3))),
    ]
    assert [result.passed for result in findings.results()] == [True, True, False]


def test_an_empty_export_has_the_split_train() -> None:
    assert Expected({}, {}, 0).splits == ("train",)
    assert Expected({}, {"test": 1, "train": 2}, 0).splits == ("test", "train")


def test_a_check_that_examined_nothing_is_listed() -> None:
    assert _checker().run(Files({})) == [CheckResult(COUNTS_MATCH, 0, 0)]


def test_every_file_is_hashed_and_images_are_examined() -> None:
    checker = _checker()

    found = checker.run(Files({"rows.jsonl": b"{}\n", "a.png": png("red"), "b.png": b"no image"}))

    assert checker.hashes == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in {"rows.jsonl": b"{}\n", "a.png": png("red"), "b.png": b"no image"}.items()
    }
    images = {result.name: result for result in found}[IMAGES_UPRIGHT]
    assert (images.examined, images.problems) == (2, 1)
    assert images.examples == ("b.png: does not open (UnidentifiedImageError)",)


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("RGB", (4, 2)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_originals_are_the_uploaded_bytes_and_may_be_turned() -> None:
    same = hashlib.sha256(_turned()).hexdigest()
    files = Files({"a.jpg": _turned()})

    def failed(originals: dict[str, str]) -> tuple[str, ...]:
        found = {result.name: result for result in _checker(image_form="original").run(files, originals)}
        return found[IMAGES_ORIGINAL].examples

    assert failed({"a.jpg": same}) == ()
    assert failed({"a.jpg": "0" * 64}) == ("a.jpg differs from the original",)
    assert failed({}) == ()


def test_what_was_read_is_compared_with_what_was_written() -> None:
    checker = _checker()
    checker.expect("rows", 1, 1)
    checker.expect("rows", 2, 1)
    checker.check_text("the id", "x")
    checker.check_text("the id", "")
    checker.check_split("a.jpg", "train", seen := {})
    checker.check_split("a.jpg", "train", seen)
    checker.check_split("a.jpg", "test", seen)

    assert checker.findings.results() == [
        CheckResult(COUNTS_MATCH, 2, 1, ("rows: 2 written, 1 read back",)),
        CheckResult(NOTHING_EMPTY, 2, 1, ("the id is ''",)),
        CheckResult(SPLITS_DISJOINT, 3, 1, ("a.jpg is in train and test",)),
    ]


@pytest.mark.parametrize("kind", ["directory", "zip"])
def test_a_bundle_has_the_sizes_and_contents_of_its_files(kind: str, tmp_path: Path) -> None:
    directory = tmp_path / "bundle"
    (directory / "images").mkdir(parents=True)
    (directory / "rows.jsonl").write_bytes(b"{}\n")
    (directory / "images" / "a.jpg").write_bytes(b"abc")
    path = directory
    if kind == "zip":
        path = tmp_path / "bundle.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("rows.jsonl", "images/a.jpg"):
                archive.write(directory / name, name)

    with open_bundle(path) as bundle:
        assert dict(bundle.sizes) == {"rows.jsonl": 3, "images/a.jpg": 3}
        with bundle.open("images/a.jpg") as file:
            assert file.read() == b"abc"
