"""Pixel files: all pixels of an image, decoded and not compressed, from which tiles are cut without decoding it again.

The pixels are turned upright, and their colors converted, for each tile: on a whole image both take as long as decoding
it. Written and read only in the worker processes of the sandbox.
"""

import json
import math
import os
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from core.images.color import profile_of, to_srgb
from core.images.pixels import EightBits

# The view of the stored rows and columns that is upright, for each EXIF orientation; nothing is copied.
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
_CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
_BAND_ROWS = 256
_LENGTH = struct.Struct(">I")


def write(decoded: EightBits, destination: Path) -> None:
    """Write the pixels behind a header of JSON, which has its length in front."""
    image = _plain(decoded.image)
    profile = profile_of(decoded.info) or b""
    header = {"mode": image.mode, "size_wh": image.size, "turn": decoded.turn, "profile": b64encode(profile).decode()}
    encoded = json.dumps(header).encode()
    width, height = image.size
    with destination.open("wb") as file:
        file.write(_LENGTH.pack(len(encoded)) + encoded)
        for top in range(0, height, _BAND_ROWS):
            file.write(image.crop((0, top, width, min(top + _BAND_ROWS, height))).tobytes())


def cut(path: Path, box: tuple[int, int, int, int], reduce_by: int) -> Image.Image | None:
    """Return a part of the image upright, in sRGB on white.

    None when there is no pixel file with all its bytes: it is removed when others need its place, and after a power
    failure some bytes may be missing.

    Args:
        path: a pixel file.
        box: left, top, right, bottom in px of the upright image; what lies outside of it is left out.
        reduce_by: how many px become one, in both directions.
    """
    try:
        with path.open("rb") as file:
            return _cut(file, box, reduce_by)
    except (FileNotFoundError, ValueError, struct.error):
        return None


def _cut(file: BinaryIO, box: tuple[int, int, int, int], reduce_by: int) -> Image.Image:
    """Return a part of an open pixel file, which stays readable when its name is removed.

    Raises:
        ValueError, struct.error: bytes are missing.
    """
    (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
    header: dict[str, Any] = json.loads(file.read(length))
    width, height = header["size_wh"]
    shape = (height, width, _CHANNELS[header["mode"]])
    start = _LENGTH.size + length
    if os.fstat(file.fileno()).st_size != start + math.prod(shape):
        raise ValueError("bytes are missing")
    pixels: np.ndarray = np.memmap(file, np.uint8, "r", start, shape)
    left, top, right, bottom = box
    part = _turned(pixels, header["turn"])[top:bottom, left:right]
    return _finished(part, header["mode"], reduce_by, b64decode(header["profile"]))


def cut_decoded(decoded: EightBits, box: tuple[int, int, int, int], reduce_by: int) -> Image.Image:
    """Like :func:`cut`, without a pixel file."""
    image = _plain(decoded.image)
    left, top, right, bottom = box
    # Where the corners are in the file.
    rows, columns = np.ogrid[: image.height, : image.width]
    places = [np.broadcast_to(indexes, (image.height, image.width)) for indexes in (columns, rows)]
    corners = [_turned(indexes, decoded.turn)[[top, bottom - 1], [left, right - 1]] for indexes in places]
    (x_from, x_to), (y_from, y_to) = (sorted(map(int, ends)) for ends in corners)
    part = _turned(np.asarray(image.crop((x_from, y_from, x_to + 1, y_to + 1))), decoded.turn)
    return _finished(part, image.mode, reduce_by, profile_of(decoded.info))


def _turned(pixels: np.ndarray, turn: int) -> np.ndarray:
    upright = _UPRIGHT.get(turn)
    return upright(pixels) if upright else pixels


def _plain(image: Image.Image) -> Image.Image:
    return image if image.mode in _CHANNELS else image.convert("RGB")


def _finished(part: np.ndarray, mode: str, reduce_by: int, profile: bytes | None) -> Image.Image:
    image = Image.frombytes(mode, (part.shape[1], part.shape[0]), part.tobytes())
    if reduce_by > 1:
        image = image.reduce(reduce_by)
    return to_srgb(image, {"icc_profile": profile} if profile else {})
