"""Files without their end marker are taken in with one; files that lack more are not."""

import hashlib
from pathlib import Path

import pytest

from core import Projects
from core.errors import ImageRejectedError
from core.images.decode import Limits, derive, inspect
from core.images.end_marker import missing_end
from core.services import Services
from tests.core.images.pictures import drawn, encoded, opened

KINDS: dict[str, dict[str, bool]] = {"JPEG": {}, "progressive JPEG": {"progressive": True}, "gray JPEG": {}, "PNG": {}}


def complete(kind: str) -> bytes:
    image = drawn(3, (101, 67)).convert("L" if "gray" in kind else "RGB")
    return encoded(image, format_of(kind), **KINDS[kind])


def format_of(kind: str) -> str:
    return kind.split()[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_complete_file_needs_no_end_marker(kind: str) -> None:
    for tail in (b"", b"\0\0", b"a video"):
        assert missing_end(complete(kind) + tail, format_of(kind)) == b""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", [1, 2])
def test_only_the_missing_bytes_are_added(kind: str, lost: int) -> None:
    whole = complete(kind)
    lost = lost * 6 if kind == "PNG" else lost
    repaired = whole[:-lost] + missing_end(whole[:-lost], format_of(kind))

    assert opened(repaired).tobytes() == opened(whole).tobytes()
    if kind == "PNG" or lost == 2:
        assert repaired == whole


def test_a_marker_in_application_data_is_not_the_end() -> None:
    whole = complete("JPEG")
    preview = b"\xff\xe1\0\x06\xff\xd8\xff\xd9"

    assert missing_end(whole[:2] + preview + whole[2:-2], "JPEG") == b"\xff\xd9"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", [3, 4, 5, 8, 60, 600])
def test_a_file_that_lacks_more_is_refused(kind: str, lost: int, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(complete(kind)[: -lost - (10 if kind == "PNG" else 0)])

    with pytest.raises(ImageRejectedError) as caught:
        inspect(tmp_path / "cut", Limits(10**6, 10**6, 320), None, tmp_path / "thumbnail")
    assert caught.value.reason == "damaged"


@pytest.mark.parametrize("kind", KINDS)
def test_the_stored_file_opens_everywhere_and_the_outcome_says_so(
    kind: str, services: Services, project: Projects
) -> None:
    whole = complete(kind)
    data, name = whole[: -12 if kind == "PNG" else -2], f"a.{format_of(kind).lower()}"

    (outcome,) = services.intake.add_images(project.id, [(name, data)])
    (again,) = services.intake.add_images(project.id, [(name, data)])

    assert outcome.outcome == "added"
    assert outcome.reason == "The end marker of the file was missing and was added; all other bytes are as they were."
    assert outcome.image is not None
    assert services.images.original_path(outcome.image).read_bytes() == whole
    assert (outcome.image.sha256, outcome.image.size) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert again.outcome == "duplicate"


def test_the_file_of_the_person_is_not_touched(tmp_path: Path) -> None:
    whole = complete("JPEG")
    (tmp_path / "mine").write_bytes(whole[:-2])

    inspect(tmp_path / "mine", Limits(10**6, 10**6, 320), tmp_path / "copy", tmp_path / "thumbnail")
    derive(tmp_path / "mine", tmp_path / "view", "PNG", None)

    assert (tmp_path / "mine").read_bytes() == whole[:-2]
    assert (tmp_path / "copy").read_bytes() == whole
    assert opened((tmp_path / "view").read_bytes()).tobytes() == opened(whole).tobytes()
