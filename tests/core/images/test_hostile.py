"""Malicious files: each is rejected for its reason, and the next file is accepted."""

import os
import random
import resource
import signal
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core import Projects
from core.errors import ImageRejectedError, InvalidInputError
from core.images import pdf, worker
from core.images.decode import Limits, derive, inspect
from core.images.import_outcome import label_of, repaired
from core.images.sandbox import Sandbox
from core.images.sources.container import Archive, Folder
from core.images.structure import EXTENSIONS, is_clean
from core.services import Services
from tests.core.images import hostile
from tests.core.images.pictures import drawn, encoded

LIMITS = Limits(max_bytes=100_000_000, max_pixels=100_000_000, thumbnail_side_px=320)


@pytest.fixture(scope="module")
def box() -> Sandbox:  # type: ignore[misc]
    made = Sandbox(workers=2, memory_bytes=1_500_000_000, timeout_s=20)
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
    assert inspected(box, data, tmp_path) in ("accepted", "memory", "damaged")
    assert inspected(box, encoded(), tmp_path) == "accepted"


def test_a_png_that_declares_too_many_frames_is_harmless(box: Sandbox, tmp_path: Path) -> None:
    assert inspected(box, hostile.apng_of_many_frames(), tmp_path) in ("accepted", "damaged")


def crash(_path: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def spin(_path: str) -> None:
    while True:
        pass


def eat(_path: str) -> int:
    return len(bytearray(4_000_000_000))


def greet(path: str) -> str:
    if path == "crash":
        crash(path)
    return f"hello {path}"


@pytest.mark.parametrize(("work", "reason"), [(crash, "crash"), (eat, "memory")])
def test_a_worker_that_dies_rejects_its_file_and_is_replaced(work: object, reason: str, box: Sandbox) -> None:
    with pytest.raises(ImageRejectedError) as caught:
        box.run(work, "x")  # type: ignore[arg-type]

    assert caught.value.reason == reason
    assert box.run(greet, "again") == "hello again"


def test_a_worker_that_never_returns_is_killed() -> None:
    short = Sandbox(workers=1, memory_bytes=1_500_000_000, timeout_s=1)
    try:
        with pytest.raises(ImageRejectedError) as caught:
            short.run(spin, "x")
        assert caught.value.reason in ("time", "crash")
        assert short.run(greet, "again") == "hello again"
    finally:
        short.close()


def test_one_crash_in_a_group_rejects_only_its_own_file(box: Sandbox) -> None:
    results = box.run_each(greet, [("a",), ("crash",), ("b",)])

    assert [r.reason if isinstance(r, ImageRejectedError) else r for r in results] == ["hello a", "crash", "hello b"]


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


# --- names ---------------------------------------------------------------------------------------------------

HOSTILE_NAMES = [
    "../../etc/passwd", "/etc/passwd", "..\\..\\boot.ini", "C:\\Windows\\x.png", "\\\\host\\share\\x.png", "CON",
    "NUL.png",
    "a\0b.png", "a\nb.png", "\u202egnp.exe", "x" * 300 + ".png", "-rf.png", "=1+1.png", "", ".", "..", "   ",
    "e\u0301.png", "\ud800.png", "\u200b.png", "<img src=x onerror=alert(1)>.png", "a/b/", "💾.png",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_a_label_and_never_a_path(name: str, services: Services, project: Projects) -> None:
    before = {path for path in services.db.data_dir.parent.rglob("*") if "data" not in path.parts}
    (outcome,) = services.intake.add_images(project.id, [(name, encoded(format_="PNG"))])

    assert outcome.image is not None
    label = outcome.image.image_name
    assert 0 < len(label) <= 200
    assert not any(character in label for character in "/\\\0\n\r\u202e\u200b")
    assert label.endswith(".png")
    root = services.db.data_dir / "uploads" / "images"
    assert [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()] == [outcome.image.path]
    assert {path for path in services.db.data_dir.parent.rglob("*") if "data" not in path.parts} == before


@given(st.text())
def test_any_text_becomes_a_label_that_can_be_stored(name: str) -> None:
    label = label_of(name)

    assert 0 < len(label) <= 200
    assert "/" not in label
    assert label.encode("utf-8")
    assert label_of(label) == label
    assert repaired(name, "PNG")[0].lower().endswith(EXTENSIONS["PNG"])


# --- archives ------------------------------------------------------------------------------------------------


def archived(tmp_path: Path, data: bytes) -> Archive:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    return Archive(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no archive", "not a ZIP archive"),
        (hostile.overlapping_zip(500), "which is too much|overlap"),
        (hostile.zip_of({"zeros": b"\0" * 30_000_000}), "which is too much"),
        (hostile.zip_of({f"{n}": b"" for n in range(10_001)}), "10,001 files"),
    ],
    ids=["no archive", "overlap", "ratio", "entries"],
)
def test_a_zip_bomb_is_rejected_before_it_is_unpacked(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=words):
        archived(tmp_path, data)


def test_two_overlapping_members_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        archived(tmp_path, hostile.overlapping_zip(2))


@pytest.mark.parametrize(
    ("data", "reason"), [(hostile.encrypted_zip(), "encrypted"), (hostile.lying_zip(), "damaged")], ids=["lock", "lie"]
)
def test_a_member_that_cannot_be_read_is_rejected_alone(data: bytes, reason: str, tmp_path: Path) -> None:
    archive = archived(tmp_path, data)
    with pytest.raises(ImageRejectedError) as caught:
        archive.extract("a.jpg", tmp_path / "out", 10_000_000)

    assert caught.value.reason == reason


def test_a_member_is_unpacked_up_to_its_size_limit(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(3_000_000)
    archive = archived(tmp_path, hostile.zip_of({"a.jpg": noise}))
    with pytest.raises(ImageRejectedError, match="larger than 1 MB"):
        archive.extract("a.jpg", tmp_path / "out", 1_000_000)

    assert (tmp_path / "out").stat().st_size <= 1_000_001


def test_a_file_replaced_by_a_symbolic_link_after_listing_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(encoded())
    folder = Folder(tmp_path / "in")
    assert folder.names() == ["a.jpg"]
    (tmp_path / "in" / "a.jpg").unlink()
    (tmp_path / "in" / "a.jpg").symlink_to("/etc/passwd")

    with pytest.raises(ImageRejectedError):
        folder.path("a.jpg")


# --- documents -----------------------------------------------------------------------------------------------


def test_a_damaged_pdf_is_rejected(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7\n" + b"\0" * 1000)
    with pytest.raises(ImageRejectedError) as caught:
        box.run(pdf.page_count, tmp_path / "x.pdf")

    assert caught.value.reason == "damaged"


def test_a_huge_pdf_page_is_rendered_within_the_pixel_limit(box: Sandbox, tmp_path: Path) -> None:
    buffer = BytesIO()
    drawn(1).save(buffer, "PDF", resolution=0.06)
    (tmp_path / "x.pdf").write_bytes(buffer.getvalue())

    made = box.run(pdf.render_pages, tmp_path / "x.pdf", [0], tmp_path)

    with Image.open(tmp_path / made[0][0]) as page:
        assert page.width * page.height <= 25_100_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(seeds=st.lists(st.integers(0, 10_000), min_size=1, max_size=4, unique=True), gray=st.booleans())
def test_embedded_images_come_out_pixel_equal_and_in_page_order(seeds: list[int], gray: bool, tmp_path: Path) -> None:
    import pypdfium2

    images = [drawn(seed, (40, 30)).convert("L" if gray else "RGB") for seed in seeds]
    document = pypdfium2.PdfDocument.new()
    for image in images:
        page = document.new_page(200, 200)
        embedded = pypdfium2.PdfImage.new(document)
        embedded.set_bitmap(pypdfium2.PdfBitmap.from_pil(image))
        embedded.set_matrix(pypdfium2.PdfMatrix().scale(100, 100))
        page.insert_obj(embedded)
        page.gen_content()
    document.save(tmp_path / "x.pdf")

    made = pdf.extract_images(tmp_path / "x.pdf", list(range(len(images))), tmp_path)

    assert len(made) == len(images)
    for (name, _), image in zip(made, images, strict=True):
        with Image.open(tmp_path / name) as found:
            assert found.convert("RGB").tobytes() == image.convert("RGB").tobytes()


# --- anything at all -----------------------------------------------------------------------------------------


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
    """Return damaged copies of good files: flipped, cut, doubled and inserted bytes; PNG checksums are repaired."""
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
        "time", "empty", "crash",
    }  # fmt: skip
    assert box.run(greet, "still here") == "hello still here"


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
