"""Malicious files, generated here; none is stored in the repository."""

import io
import struct
import zipfile
import zlib

from PIL import Image

from tests.core.images.pictures import drawn, encoded

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, *, bits: int = 8, color: int = 0, raw: bytes = b"\0" * 64, extra: bytes = b""
) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0))
    return SIGNATURE + header + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND")


def jpeg_claiming(width: int, height: int) -> bytes:
    data = bytearray(encoded())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    """Return an animation of two tiny frames on a canvas of this size."""
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (2, 2), color) for color in ("red", "blue")]
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    data = bytearray(buffer.getvalue())
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def jpeg_of_scans(count: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated."""
    data = encoded(drawn(1, (640, 480)), progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * count + b"\xff\xd9"


def as_format(format_: str) -> bytes:
    return encoded(drawn(1).convert("P") if format_ == "GIF" else drawn(1), format_)


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def overlapping_zip(count: int) -> bytes:
    """Return an archive whose directory names the same bytes many times."""
    whole = zip_of({"0.jpg": b"\0" * 1_000_000})
    end = whole.index(b"PK\x05\x06")
    directory = whole.index(b"PK\x01\x02")
    entry = whole[directory:end]
    entries = b"".join(entry.replace(b"0.jpg", f"{n:05}"[-5:].encode()) for n in range(count))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entries), directory, 0)
    return whole[:directory] + entries + tail


def encrypted_zip() -> bytes:
    data = bytearray(zip_of({"a.jpg": encoded()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at] |= 1
    return bytes(data)


def lying_zip() -> bytes:
    """Return an archive that says its member is small; the bytes say otherwise."""
    data = bytearray(zip_of({"a.jpg": b"\0" * 5_000_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 100)
    return bytes(data)


REJECTED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "pixel bomb PNG": (png(50_000, 50_000, bits=1), "too-many-pixels"),
    "PNG of two thousand million pixels a side": (png(2**31 - 1, 2**31 - 1), "too-many-pixels"),
    "pixel bomb JPEG": (jpeg_claiming(65_500, 65_500), "too-many-pixels"),
    "pixel bomb WebP": (webp_claiming(65_535, 65_535), "too-many-pixels"),
    "JPEG of a thousand scans": (jpeg_of_scans(1000), "too-many-scans"),
    "20,000 text chunks": (png(8, 8, extra=chunk(b"tEXt", b"a\0b") * 20_000, raw=b"\0" * 72), "too-many-chunks"),
    "two million empty chunks": (png(8, 8, extra=chunk(b"teSt") * 400_000, raw=b"\0" * 72), "too-many-chunks"),
    "profile of 80 MB": (
        png(8, 8, extra=chunk(b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 80_000_000)), raw=b"\0" * 72), "metadata"),
    "GIF": (as_format("GIF"), "not-an-image"),
    "BMP": (as_format("BMP"), "not-an-image"),
    "TIFF": (as_format("TIFF"), "not-an-image"),
    "PDF": (as_format("PDF"), "not-an-image"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n", "not-an-image"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not-an-image"),
    "web page": (b"<!DOCTYPE html><script>alert(1)</script>", "not-an-image"),
    "HEIC": (b"\0\0\0\x18ftypheic" + b"\0" * 64, "not-an-image"),
    "PNG signature alone": (SIGNATURE, "damaged"),
    "JPEG start alone": (b"\xff\xd8\xff\xe0", "damaged"),
    "WebP start alone": (b"RIFF\x00\x00\x00\x00WEBP", "damaged"),
    "JPEG cut short": (encoded(drawn(1, (640, 480)))[:-2000], "damaged"),
    "PNG cut short": (encoded(drawn(1, (640, 480)), "PNG")[:-2000], "damaged"),
    "WebP cut short": (encoded(drawn(1, (640, 480)), "WEBP")[:-500], "damaged"),
    "PNG without pixels": (SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)) + chunk(b"IEND"),
                           "damaged"),
    "indexed PNG without a palette": (png(8, 8, color=3, raw=b"\0" * 72), "damaged"),
    "chunk that claims four gigabytes": (SIGNATURE + b"\xff\xff\xff\xffIHDR" + b"\0" * 32, "damaged"),
}  # fmt: skip


def apng_of_many_frames() -> bytes:
    """Return a PNG that announces four thousand million frames; its first one is fine."""
    return png(8, 8, raw=b"\0" * 72, extra=chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0)))
