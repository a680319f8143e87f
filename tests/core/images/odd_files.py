"""Odd files that programs and cameras write, made here: for the comparison with what a browser shows."""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image, ImageCms

from tests.core.images.hostile import SIGNATURE, chunk
from tests.core.images.pictures import drawn, encoded

GRAY, RGB, INDEXED, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
_CHANNELS = {GRAY: 1, RGB: 3, INDEXED: 1, GRAY_ALPHA: 2, RGB_ALPHA: 4}
# First column, first row, step of columns, step of rows: section 8.2 of the PNG specification.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def samples(seed: int, bits: int, color: int) -> np.ndarray:
    """Return smooth random samples of the color type, height x width x channels."""
    random = np.random.default_rng(seed)
    shape = (int(random.integers(9, 70)), int(random.integers(9, 70)))
    planes = [_plane(random, shape) for _ in range(_CHANNELS[color])]
    return (np.stack(planes, axis=-1) * (2**bits - 1)).round().astype(np.uint16)


def _plane(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    blocks = Image.fromarray(random.random((5, 6), dtype=np.float32))
    plane: np.ndarray = np.asarray(blocks.resize(shape[::-1], Image.Resampling.BILINEAR)).clip(0, 1)
    plane[: shape[0] // 3, : shape[1] // 2], plane[-1] = 0, 1
    return plane


def png(
    pixels: np.ndarray,
    bits: int,
    color: int,
    *,
    extra: bytes = b"",
    late: bytes = b"",
    adam7: bool = False,
    share: float = 1.0,
) -> bytes:
    """Return a PNG of the samples.

    Args:
        extra: chunks before the pixel data.
        late: chunks behind them.
        share: of the pixel data that is written.
    """
    height, width = pixels.shape[:2]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, adam7))
    passes = [pixels[y::dy, x::dx] for x, y, dx, dy in _ADAM7] if adam7 else [pixels]
    rows = b"".join(_rows(part, bits) for part in passes if part.size)
    raw = zlib.compress(rows[: int(len(rows) * share)])
    idat = chunk(b"IDAT", raw[: len(raw) // 2]) + chunk(b"IDAT") + chunk(b"IDAT", raw[len(raw) // 2 :])
    return SIGNATURE + header + extra + idat + late + chunk(b"IEND")


def _rows(pixels: np.ndarray, bits: int) -> bytes:
    rows = pixels.reshape(len(pixels), -1)
    if bits == 16:
        return b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    if bits == 8:
        return b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in rows)
    ones = (rows[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1
    return b"".join(b"\0" + np.packbits(row.astype(np.uint8).ravel()).tobytes() for row in ones)


def plain_png(bits: int, color: int, adam7: bool, seed: int) -> bytes:
    extra = _palette(seed, bits) if color == INDEXED else b""
    return png(samples(seed, bits, color), bits, color, extra=extra, adam7=adam7)


def with_transparent_color(bits: int, color: int, seed: int) -> bytes:
    """Return a PNG whose most common color, or a share of its palette, is transparent."""
    pixels = samples(seed, bits, color)
    if color == INDEXED:
        alphas = np.random.default_rng(seed).integers(0, 256, 2**bits, dtype=np.uint8)
        return png(pixels, bits, color, extra=_palette(seed, bits) + chunk(b"tRNS", alphas.tobytes()))
    colors, counts = np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0, return_counts=True)
    return png(pixels, bits, color, extra=chunk(b"tRNS", colors[counts.argmax()].astype(">u2").tobytes()))


def _palette(seed: int, bits: int) -> bytes:
    colors = np.random.default_rng(seed).integers(0, 256, (2**bits, 3), dtype=np.uint8)
    return chunk(b"PLTE", colors.tobytes())


def with_gamma(color: int, more: bytes, seed: int) -> bytes:
    gamma = (100_000, 45_455, 30_000, 60_000, 22_000)[seed % 5]
    extra = chunk(b"gAMA", struct.pack(">I", gamma)) + more
    bits = 16 if seed % 7 == 0 else 8
    return png(samples(seed, bits, color), bits, color, extra=extra)


def with_coded_colors(seed: int) -> bytes:
    """Return a PNG that states Display P3, or the curve of HDR10, by the code points of ITU-T H.273."""
    codes = (bytes([12, 13, 0, 1]), bytes([9, 16, 0, 1]))[seed % 2]
    return png(samples(seed, 8, RGB), 8, RGB, extra=chunk(b"cICP", codes))


# x and y of white, red, green and blue, in 1/100,000: Adobe RGB and Display P3.
_ADOBE_RGB = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000))
_DISPLAY_P3 = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))


def exif_of(turn: int, order: str = ">") -> bytes:
    """Return EXIF data with an orientation; *order* is that of its bytes."""
    head = b"MM\0*" if order == ">" else b"II*\0"
    return head + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, turn, 0, 0)


def turned_png(late: bool, seed: int) -> bytes:
    exif = chunk(b"eXIf", exif_of(seed % 8 + 1, "<>"[seed % 2]))
    return png(samples(seed, 8, RGB), 8, RGB, extra=b"" if late else exif, late=exif if late else b"")


def turned_jpeg(seed: int) -> bytes:
    return encoded(_picture(seed), exif=b"Exif\0\0" + exif_of(seed % 8 + 1, "<>"[seed % 2]), quality=95)


def turned_webp(seed: int) -> bytes:
    return encoded(_picture(seed), "WEBP", exif=exif_of(seed % 7 + 2), lossless=True)


def xmp_of(turn: int) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{turn}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def turned_by_xmp(format_: str, seed: int) -> bytes:
    if format_ == "PNG":
        text = chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp_of(seed % 7 + 2))
        return png(samples(seed, 8, RGB), 8, RGB, extra=text)
    return encoded(_picture(seed), format_, xmp=xmp_of(seed % 7 + 2))


def animated_png(default_image: bool, seed: int) -> bytes:
    frames = [drawn(seed + n, (40, 30)) for n in range(3)]
    options = {"save_all": True, "append_images": frames[1:], "duration": 60_000, "default_image": default_image}
    return encoded(frames[0], "PNG", **options)


def animated_webp(seed: int) -> bytes:
    frames = [drawn(seed + n, (40, 30)) for n in range(3)]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=60_000, lossless=True)


def animated_webp_with_small_frame(seed: int) -> bytes:
    """Return an animated WebP without alpha channel whose first frame is a part of its canvas."""
    width, height = 40, 30
    still = encoded(drawn(seed, (24, 18)), "WEBP", lossless=True)[12:]
    frame = b"".join(n.to_bytes(3, "little") for n in (seed % 8, seed % 6, 23, 17, 60_000)) + b"\x02" + still
    canvas = b"\x02\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    parts = ((b"VP8X", canvas), (b"ANIM", b"\xff\0\xff\0\0\0"), (b"ANMF", frame))
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(part)) + part + bytes(len(part) % 2) for name, part in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def motion_photo(seed: int) -> bytes:
    """Return a photograph with a video behind its end, in which the markers of scans occur by chance."""
    video = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"\xff\xda\0\x0c" * 500 + np.random.default_rng(seed).bytes(9000)
    return encoded(_picture(seed), quality=90, progressive=bool(seed % 2)) + video


def with_large_segments(seed: int) -> bytes:
    """Return a JPEG with 200 KB of application data, in which the markers of scans occur."""
    data = encoded(_picture(seed))
    return data[:2] + (b"\xff\xe2\xff\xff" + b"\xff\xda\0" * 21844 + b"\0") * 3 + data[2:]


def without_end(format_: str, seed: int) -> bytes:
    """Return a complete JPEG or PNG without its end marker."""
    data = encoded(_picture(seed), format_, **({"progressive": True} if format_ == "JPEG" and seed % 2 else {}))
    return data[:-2] if format_ == "JPEG" else data[:-12]


def with_profile(format_: str, seed: int) -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    damaged = (profile, profile[: len(profile) // 2], b"no profile")[seed % 3]
    return encoded(_picture(seed), format_, icc_profile=damaged)


def jpeg(seed: int, mode: str = "RGB", **options: object) -> bytes:
    image = _picture(seed)
    return encoded(image.convert(mode), **{"quality": (5, 50, 75, 95, 100)[seed % 5]} | options)


def webp(seed: int, mode: str = "RGB", **options: object) -> bytes:
    image = _picture(seed)
    if mode == "RGBA":
        image.putalpha(_picture(seed + 1).convert("L").resize(image.size))
    return encoded(image, "WEBP", **options)


def _picture(seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    return drawn(seed, (int(random.integers(1, 130)), int(random.integers(1, 130))))


def _png_kinds() -> dict[str, Callable[[int], bytes]]:
    depths = {GRAY: (1, 2, 4, 8, 16), RGB: (8, 16), INDEXED: (1, 2, 4, 8), GRAY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
    names = {GRAY: "gray", RGB: "RGB", INDEXED: "indexed", GRAY_ALPHA: "gray with alpha", RGB_ALPHA: "RGB with alpha"}
    made: dict[str, Callable[[int], bytes]] = {}
    for color, name in names.items():
        for bits in depths[color]:
            made[f"PNG, {bits}-bit {name}"] = partial(plain_png, bits, color, False)
            made[f"PNG, interlaced {bits}-bit {name}"] = partial(plain_png, bits, color, True)
            if color in (GRAY, RGB, INDEXED):
                made[f"PNG, {bits}-bit {name} with transparent color"] = partial(with_transparent_color, bits, color)
    return made


KINDS: dict[str, Callable[[int], bytes]] = _png_kinds() | {
    "PNG with gAMA": partial(with_gamma, RGB, b""),
    "gray PNG with gAMA": partial(with_gamma, GRAY, b""),
    "PNG with gAMA and alpha": partial(with_gamma, RGB_ALPHA, b""),
    "PNG with gAMA and sRGB": partial(with_gamma, RGB, chunk(b"sRGB", b"\0")),
    "PNG with gAMA and the primaries of Adobe RGB": partial(with_gamma, RGB, _ADOBE_RGB),
    "PNG with gAMA and the primaries of Display P3": partial(with_gamma, RGB, _DISPLAY_P3),
    "PNG with cICP": with_coded_colors,
    "PNG with eXIf": partial(turned_png, False),
    "PNG with eXIf behind the pixels": partial(turned_png, True),
    "PNG with orientation in XMP": partial(turned_by_xmp, "PNG"),
    "PNG with a color profile": partial(with_profile, "PNG"),
    "PNG without IEND": partial(without_end, "PNG"),
    "APNG": partial(animated_png, False),
    "APNG with a default image": partial(animated_png, True),
    "JPEG": jpeg,
    "gray JPEG": partial(jpeg, mode="L"),
    "CMYK JPEG": partial(jpeg, mode="CMYK"),
    "JPEG of RGB": partial(jpeg, keep_rgb=True),
    "progressive JPEG": partial(jpeg, progressive=True),
    "JPEG with 4:2:0": partial(jpeg, subsampling="4:2:0"),
    "JPEG with 4:2:2": partial(jpeg, subsampling="4:2:2"),
    "JPEG with 4:4:4": partial(jpeg, subsampling="4:4:4"),
    "JPEG with restart markers": partial(jpeg, restart_marker_blocks=1),
    "JPEG with EXIF": turned_jpeg,
    "JPEG with orientation in XMP": partial(turned_by_xmp, "JPEG"),
    "JPEG with a color profile": partial(with_profile, "JPEG"),
    "motion photo": motion_photo,
    "JPEG with large application segments": with_large_segments,
    "JPEG without end marker": partial(without_end, "JPEG"),
    "WebP": webp,
    "lossless WebP": partial(webp, lossless=True),
    "WebP with alpha": partial(webp, mode="RGBA"),
    "lossless WebP with alpha": partial(webp, mode="RGBA", lossless=True),
    "animated WebP": animated_webp,
    "animated WebP with a small first frame": animated_webp_with_small_frame,
    "WebP with EXIF": turned_webp,
    "WebP with orientation in XMP": partial(turned_by_xmp, "WEBP"),
    "WebP with a color profile": partial(with_profile, "WEBP"),
}


def odd_files(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield the kind and the bytes of *count* files, of each kind about as many; the kinds are mixed."""
    names = list(KINDS)
    for number in range(count):
        # A step without a common divisor with the number of kinds takes each of them as often.
        name = names[number * 31 % len(names)]
        yield name, KINDS[name](number)
