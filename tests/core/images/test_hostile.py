"""Malicious files: each is rejected for its reason, and the next file is accepted."""

import random
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core import Projects
from core.errors import ImageRejectedError
from core.images import worker
from core.images.decode import Limits, derive, inspect
from core.images.sandbox import Sandbox
from core.images.structure import is_clean
from core.services import Services
from tests.core.images import hostile
from tests.core.images.pictures import drawn, encoded

LIMITS = Limits(max_bytes=100_000_000, max_pixels=100_000_000, thumbnail_side_px=320)


@pytest.fixture(scope="module")
def box() -> Sandbox:  # type: ignore[misc]
    made = Sandbox(workers=2, memory_bytes=1_500_000_000, timeout_s=60)
    yield made
    made.close()


def inspected(box: Sandbox, data: bytes, directory: Path) -> str:
    """Return ``accepted`` or the reason of the rejection."""
    source = directory / "file"
    source.write_bytes(data)
    (result,) = box.run_each(inspect, [(source, LIMITS, None, directory / "thumbnail")])
    return result.reason if isinstance(result, ImageRejectedError) else "accepted"


@pytest.mark.parametrize("name", hostile.REJECTED)
def test_a_malicious_file_is_rejected_for_its_reason_with_little_memory(
    name: str, box: Sandbox, tmp_path: Path
) -> None:
    data, reason = hostile.REJECTED[name]
    memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert inspected(box, data, tmp_path) == reason  # and not that it took too long

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_kb < 30_000 + len(data) / 500
    assert inspected(box, encoded(), tmp_path) == "accepted"


@pytest.mark.parametrize(
    "data", [hostile.webp_claiming(9000, 9000), hostile.webp_claiming(16_000, 6000)], ids=["square", "wide"]
)
def test_a_tiny_animation_on_a_huge_canvas_affects_only_its_worker(data: bytes, box: Sandbox, tmp_path: Path) -> None:
    # Each limit is one that ends the worker only; on a busy machine that of time comes before that of memory.
    assert inspected(box, data, tmp_path) in ("accepted", "memory", "damaged", "time")
    assert inspected(box, encoded(), tmp_path) == "accepted"


def test_a_png_that_declares_too_many_frames_is_harmless(box: Sandbox, tmp_path: Path) -> None:
    assert inspected(box, hostile.apng_of_many_frames(), tmp_path) in ("accepted", "damaged")


def test_renditions_of_a_polyglot_have_only_pixels(services: Services, project: Projects) -> None:
    payload = hostile.zip_of({"x.html": b"<script>alert(1)</script>"})
    files = [
        ("zip.jpg", encoded(drawn(1)) + payload),
        ("comment.jpg", encoded(drawn(2), comment=b"<script>alert(1)</script>")),
        ("html.png", encoded(drawn(3), "PNG") + b"<html><script>alert(1)</script>"),
        ("tail.webp", encoded(drawn(4), "WEBP") + payload),
    ]
    outcomes = services.intake.add_images(project.id, files)

    assert [outcome.outcome for outcome in outcomes] == ["added"] * 4
    for outcome in outcomes:
        assert outcome.image is not None
        assert not is_clean(services.images.original_path(outcome.image), outcome.image.format)
        for path in (services.images.view_path(outcome.image), services.images.thumbnail_path(outcome.image)):
            data = path.read_bytes()
            assert b"<script" not in data
            assert b"PK\x03\x04" not in data


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_exif_orientation_becomes_upright(turn: int, tmp_path: Path) -> None:
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 20, 20))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if turn == 1 else upright.transpose(Image.Transpose(undo[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    (tmp_path / "in").write_bytes(encoded(stored, "PNG", exif=exif))

    assert derive(tmp_path / "in", tmp_path / "out", "PNG", None) == (60, 40)
    with Image.open(tmp_path / "out") as result:
        assert result.tobytes() == upright.tobytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    format_=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    mode=st.sampled_from(["RGB", "L", "RGBA", "P"]),
    name=st.sampled_from(["x.jpg", "x.png", "x.webp", "x.gif", "x", "x.pdf", "x.txt"]),
    width=st.integers(1, 60),
    height=st.integers(1, 60),
)
def test_the_format_follows_from_the_content_and_the_bytes_stay(
    format_: str, mode: str, name: str, width: int, height: int, tmp_path: Path
) -> None:
    image = drawn(width, (width, height)).convert("RGB" if format_ == "JPEG" and mode in ("RGBA", "P") else mode)
    data = encoded(image, format_)
    source, copy = tmp_path / name, tmp_path / "copy"
    source.write_bytes(data)

    found = inspect(source, LIMITS, copy, tmp_path / "thumbnail")

    assert (found.format, found.width, found.height) == (format_, width, height)
    assert copy.read_bytes() == data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tail=st.binary(max_size=200),
    head=st.sampled_from([b"", b"\xff\xd8\xff\xe0", hostile.SIGNATURE, b"RIFF\x64\0\0\0WEBPVP8 "]),
)
def test_any_bytes_are_accepted_or_rejected_with_a_sentence(tail: bytes, head: bytes, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(head + tail)
    (result,) = worker.run_group(inspect, [(source, LIMITS, None, tmp_path / "thumbnail")])

    assert not isinstance(result, ImageRejectedError) or str(result).endswith(".")


def damaged_files(count: int) -> list[bytes]:
    """Return damaged copies of good files: flipped, cut, doubled and inserted bytes."""
    chance = random.Random(13)
    seeds = [
        encoded(drawn(n, (90, 70)), format_, **options)
        for n, (format_, options) in enumerate(
            [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True})]
        )
    ]
    made = []
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data))
            what = chance.random()
            if what < 0.7:
                data[at] = chance.randrange(256)
            elif what < 0.8:
                del data[at : at + chance.randint(1, 40)]
            elif what < 0.9:
                data[at:at] = chance.randbytes(chance.randint(1, 40))
            else:
                data[at:at] = data[at : at + 200]
        made.append(bytes(data))
    return made


def all_have_an_outcome(box: Sandbox, files: list[bytes], tmp_path: Path) -> None:
    jobs = []
    for number, data in enumerate(files):
        path = tmp_path / f"{number}"
        path.write_bytes(data)
        jobs.append((path, LIMITS, None, tmp_path / f"{number}.thumbnail"))
    results = box.run_each(inspect, jobs)

    assert len(results) == len(files)
    reasons = {result.reason for result in results if isinstance(result, ImageRejectedError)}
    assert reasons <= {
        "damaged", "not-an-image", "too-many-pixels", "metadata", "memory", "too-many-chunks", "too-many-scans",
        "jpeg-kind", "time", "empty", "crash",
    }  # fmt: skip
    assert inspected(box, encoded(), tmp_path) == "accepted"


def test_500_damaged_files_each_have_an_outcome(box: Sandbox, tmp_path: Path) -> None:
    all_have_an_outcome(box, damaged_files(500), tmp_path)


@pytest.mark.prove
def test_20_000_damaged_files_each_have_an_outcome(box: Sandbox, tmp_path: Path) -> None:
    all_have_an_outcome(box, damaged_files(20_000), tmp_path)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_1_000_malicious_files_each_have_an_outcome(box: Sandbox, tmp_path: Path) -> None:
    """Every kind of attack in 40 variations: another length of its bytes, another byte in them, more behind them."""
    chance = random.Random(17)
    kinds = [data for data, _ in hostile.REJECTED.values() if len(data) < 2_000_000]
    kinds += [hostile.webp_claiming(9000, 9000), hostile.apng_of_many_frames(), hostile.jpeg_of_scans(99)]
    files = []
    for number in range(1000):
        data = bytearray(kinds[number % len(kinds)])
        for _ in range(number // len(kinds) and chance.randint(1, 3)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        files.append(bytes(data) + chance.randbytes(chance.choice([0, 0, 1, 500])))
    all_have_an_outcome(box, files, tmp_path)
