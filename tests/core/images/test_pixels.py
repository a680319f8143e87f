"""Broken files are refused, and odd ones are not."""

import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageRejectedError
from core.images.decode import Limits, inspect
from core.images.pixels import eight_bits, upright
from tests.core.images import odd_files
from tests.core.images.hostile import chunk, jpeg_of_scans
from tests.core.images.pictures import drawn, encoded

IMAGE = drawn(3, (105, 40))
_ROW_BYTES = 1 + 3 * IMAGE.width


def outcome(data: bytes, directory: Path) -> str:
    """Return ``accepted`` or the reason of the rejection."""
    (directory / "file").write_bytes(data)
    try:
        inspect(directory / "file", Limits(10**8, 10**8, 320), None, directory / "thumbnail")
    except ImageRejectedError as error:
        return error.reason
    return "accepted"


def parts() -> tuple[bytes, bytes, bytes]:
    """Return a PNG up to its pixel data, these, and what follows them."""
    whole = encoded(IMAGE, "PNG")
    at = whole.index(b"IDAT") - 4
    size = int.from_bytes(whole[at : at + 4], "big")
    return whole[:at], whole[at + 8 : at + 8 + size], whole[at + 12 + size :]


def broken_pngs() -> dict[str, bytes]:
    head, packed, tail = parts()
    raw, half = zlib.decompress(packed), IMAGE.height // 2

    def holding(data: bytes) -> bytes:
        return head + chunk(b"IDAT", data) + tail

    def flipped(data: bytes, at: int) -> bytes:
        return data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :]

    whole = holding(packed)
    made = {f"byte {at} flipped": flipped(whole, len(head) + 8 + at) for at in (10, 200, len(packed) - 6, len(packed))}
    for at in (10, 200, len(packed) // 2):
        made[f"byte {at} flipped before the checksum"] = holding(flipped(packed, at))
    return made | {
        "wrong filter": holding(zlib.compress(raw[: 3 * _ROW_BYTES] + b"\x09" + raw[3 * _ROW_BYTES + 1 :])),
        "half the rows": holding(zlib.compress(raw[: half * _ROW_BYTES])),
        "one row less": holding(zlib.compress(raw[:-_ROW_BYTES])),
        "one byte less": holding(zlib.compress(raw[:-1])),
        "no rows": holding(zlib.compress(b"")),
        "half the data": holding(packed[: len(packed) // 2]),
        "interlaced, half the rows": odd_files.png(odd_files.samples(1, 8, 2), 8, 2, adam7=True, share=0.5),
        "interlaced, a byte less": odd_files.png(odd_files.samples(1, 8, 2), 8, 2, adam7=True, share=0.999),
    }


@pytest.mark.parametrize("name", broken_pngs())
def test_a_png_that_is_not_whole_is_refused(name: str, tmp_path: Path) -> None:
    assert outcome(broken_pngs()[name], tmp_path) == "damaged"


def test_a_png_with_black_rows_at_its_end_is_whole(tmp_path: Path) -> None:
    image = IMAGE.copy()
    image.paste("black", (0, 20, 105, 40))

    assert outcome(encoded(image, "PNG"), tmp_path) == "accepted"


@pytest.mark.parametrize("kind", odd_files.KINDS)
def test_an_odd_file_is_accepted(kind: str, tmp_path: Path) -> None:
    assert outcome(odd_files.KINDS[kind](3), tmp_path) == "accepted"


@pytest.mark.parametrize("filler", [b"\xff\xda\0\x0c", b"\xff\xd9"], ids=["scans", "ends"])
def test_scans_are_counted_behind_application_data(filler: bytes, tmp_path: Path) -> None:
    data = jpeg_of_scans(1000)
    segment = b"\xff\xe2\x10\x02" + (filler * 2048)[:4096]

    assert outcome(data[:2] + segment + data[2:], tmp_path) == "too-many-scans"


@pytest.mark.parametrize(
    ("marker", "bits", "found"),
    [(0xC0, 8, "accepted"), (0xC1, 12, "jpeg-kind"), (0xC3, 16, "jpeg-kind"), (0xF7, 8, "jpeg-kind")],
    ids=["baseline", "12 bits", "lossless", "JPEG-LS"],
)
def test_a_jpeg_that_no_browser_shows_is_not_called_damaged(marker: int, bits: int, found: str, tmp_path: Path) -> None:
    data = encoded(IMAGE)
    at = data.index(b"\xff\xc0")
    kind = data[:at] + bytes([0xFF, marker]) + data[at + 2 : at + 4] + bytes([bits]) + data[at + 5 :]

    assert outcome(kind[:2] + b"\xff\xe1\0\x06\xff\xc3\0\0" + kind[2:], tmp_path) == found


def turned(image: Image.Image, exif: bytes) -> tuple[Image.Image, tuple[int, int]]:
    buffer = BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    return upright(buffer.getvalue(), "JPEG", None, None)


def test_exif_data_turn_an_image_and_damaged_ones_do_not() -> None:
    image = Image.new("RGB", (40, 20))
    image.paste("white", (0, 0, 20, 20))
    head, entry = b"Exif\0\0MM\0*\0\0\0\x08", b"\0\x01\x01\x12\0\x03\0\0\0\x01\0%c\0\0\0\0\0\0"

    found = {}
    for name, exif in {
        "upright": head + entry % 1,
        "mirrored": head + entry % 2,
        "upside down": head + entry % 3,
        "on its side": head + entry % 6,
        "none": b"",
        "no directory": head + b"\xff",
        "no TIFF data": b"Exif\0\0nonsense",
    }.items():
        shown, size_wh = turned(image, exif)
        assert shown.size == size_wh
        found[name] = (size_wh, shown.getpixel((0, 0))[0] > 128)

    assert found == {
        "upright": ((40, 20), True),
        "mirrored": ((40, 20), False),
        "upside down": ((40, 20), False),
        "on its side": ((20, 40), True),
        "none": ((40, 20), True),
        "no directory": ((40, 20), True),
        "no TIFF data": ((40, 20), True),
    }


def test_of_16_bits_only_the_transparent_color_itself_is_transparent() -> None:
    key = (0x0102, 0x0304, 0x0506)
    rows = [[key, (0x0102, 0x0304, 0x0507), (0x0102, 0x0304, 0x0606)], [(0x0103, 0x0304, 0x0506), (0, 0, 0), key]]
    data = odd_files.png(np.array(rows), 16, odd_files.RGB, extra=chunk(b"tRNS", np.array(key, ">u2").tobytes()))

    image = eight_bits(data, "PNG").image

    assert image.mode == "RGBA"
    assert np.asarray(image.getchannel("A")).tolist() == [[0, 255, 255], [255, 255, 0]]
    assert image.getpixel((1, 0)) == (1, 3, 5, 255)


@pytest.mark.parametrize(("bits", "alphas"), [(1, [255, 0]), (2, [255, 0]), (4, [255, 0]), (8, [255, 0])])
def test_a_transparent_gray_is_transparent_at_any_depth(bits: int, alphas: list[int]) -> None:
    pixels = np.array([[[0], [2**bits - 1]]])
    key = (2**bits - 1).to_bytes(2, "big")

    image = eight_bits(odd_files.png(pixels, bits, odd_files.GRAY, extra=chunk(b"tRNS", key)), "PNG").image

    assert np.asarray(image.getchannel("A")).tolist() == [alphas]
