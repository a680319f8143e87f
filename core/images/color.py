"""Colors as sRGB: by a profile inside the file, or by what a PNG says of its gamma and its primaries."""

import struct
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from core.flatten import flatten
from core.images.decoding_errors import DECODING_ERRORS

# x and y of white, red, green and blue: ITU-R BT.709, those of sRGB.
_SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
_D50_XYZ = (0.9642, 1.0, 0.8249)
# Cone responses of Bradford, by which profiles adapt their white to D50 (ICC.1:2022, annex E).
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
# The largest that ``s15Fixed16`` holds.
_MAX_EXPONENT = 32_767
# Chromium ignores a gamma so close to that of sRGB.
_SRGB_GAMMA, _SAME_GAMMA = 1 / 2.2, 0.01


def to_srgb(image: Image.Image, info: dict[Any, Any]) -> Image.Image:
    """Return *image* as RGB in sRGB on white.

    Args:
        info: ``icc_profile`` or, of a PNG, ``gamma`` and ``chromaticity``; without a valid one, values are sRGB.
    """
    profile = profile_of(info)
    converted = _converted(image, profile) if profile else None
    plain = flatten(image) if converted is None else converted
    plain.info = {}
    return plain


def profile_of(info: dict[Any, Any]) -> bytes | None:
    """Return the profile by which :func:`to_srgb` converts; None when the values are sRGB."""
    return info.get("icc_profile") or _stated_profile(info)


def _converted(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return *image* converted by the profile; None when the profile is damaged or is not for its channels."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colors = image.convert(image.mode[:-1]) if alpha else image
    if colors.mode not in ("RGB", "CMYK", "L"):
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if colors.mode == "L" and source.profile.xcolor_space.strip() == "RGB":
            colors = colors.convert("RGB")
        converted = ImageCms.profileToProfile(colors, source, _srgb(), outputMode="RGB")
    except (ImageCms.PyCMSError, *DECODING_ERRORS):
        return None
    if converted is not None and alpha is not None:
        converted.putalpha(alpha)
        return flatten(converted)
    return converted


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    """Return sRGB as a profile of version 2: into one of version 4, littleCMS makes the darkest ink of CMYK black.

    Browsers do not, and show print photographs lighter.
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[8:12] = b"\x02\x40\0\0"
    return ImageCms.ImageCmsProfile(BytesIO(profile))


def _stated_profile(info: dict[Any, Any]) -> bytes | None:
    """Return a profile of the gamma and the primaries that a PNG states; None when it states sRGB or nothing."""
    gamma, primaries = info.get("gamma"), info.get("chromaticity", _SRGB_PRIMARIES)
    if not gamma or "srgb" in info:
        return None
    if abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA and np.allclose(primaries, _SRGB_PRIMARIES, atol=0.001):
        return None
    try:
        return matrix_profile(gamma, primaries)
    except (np.linalg.LinAlgError, struct.error, ZeroDivisionError):
        return None


def matrix_profile(gamma: float, primaries: tuple[float, ...]) -> bytes:
    """Return an ICC profile (version 4.3) of RGB values that are *gamma* powers of light.

    Args:
        gamma: of the PNG, as 0.45455; the display's is its inverse.
        primaries: x and y of white, red, green and blue.

    Raises:
        numpy.linalg.LinAlgError: the primaries lie on a line.
        ZeroDivisionError: a y is 0.
        struct.error: a value is outside of what a profile can hold.
    """
    curve = b"para" + bytes(8) + _fixed(min(1 / gamma, _MAX_EXPONENT))
    tags = {b"wtpt": _xyz(_D50_XYZ)}
    for name, column in zip((b"r", b"g", b"b"), _to_d50(primaries).T, strict=True):
        tags |= {name + b"XYZ": _xyz(column), name + b"TRC": curve}
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data
    header = struct.pack(">I4xI12s", start + len(body), 0x04300000, b"mntrRGB XYZ ").ljust(36, b"\0") + b"acsp"
    return header.ljust(68, b"\0") + b"".join(map(_fixed, _D50_XYZ)).ljust(60, b"\0") + table + body


def _to_d50(primaries: tuple[float, ...]) -> Any:
    """Return the matrix from linear RGB to XYZ with the white D50; its columns are red, green and blue."""
    white, *colors = ((x / y, 1.0, (1 - x - y) / y) for x, y in zip(primaries[::2], primaries[1::2], strict=True))
    columns = np.array(colors).T
    to_xyz = columns * np.linalg.solve(columns, np.array(white))
    cones = _BRADFORD @ np.array(_D50_XYZ) / (_BRADFORD @ np.array(white))
    return np.linalg.solve(_BRADFORD, cones[:, None] * (_BRADFORD @ to_xyz))


def _xyz(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(float(value)) for value in values)


def _fixed(value: float) -> bytes:
    """Return the number as ``s15Fixed16``."""
    return struct.pack(">i", round(value * 65536))
