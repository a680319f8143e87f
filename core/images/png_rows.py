"""Whether the compressed data of a PNG has all rows; Pillow leaves missing ones black without an error."""

import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from core.images.structure import png_chunks

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# First column, first row, step of columns, step of rows: section 8.2 of the PNG specification.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_STEP_BYTES = 1 << 20


def check_rows(image: Image.Image, data: bytes) -> None:
    """Raise when the compressed data of the PNG *data* ends before its last row.

    Args:
        image: the loaded image. When its last row is not black, all rows are there, and nothing is unpacked again.

    Raises:
        ValueError: rows are missing.
        zlib.error: the data is damaged.
    """
    width, height = image.size
    is_interlaced = data[28] == 1
    if not is_interlaced and np.asarray(image.crop((0, height - 1, width, height))).any():
        return
    bits = data[24] * _CHANNELS.get(data[25], 1)
    passes = _ADAM7 if is_interlaced else ((0, 0, 1, 1),)
    sizes_wh = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes]
    wanted = sum((1 + (columns * bits + 7) // 8) * rows for columns, rows in sizes_wh if columns > 0 and rows > 0)
    for unpacked in _unpacked_bytes(data):
        wanted -= unpacked
        if wanted <= 0:
            return
    raise ValueError("rows of the PNG are missing")


def _unpacked_bytes(data: bytes) -> Iterator[int]:
    """Yield how many bytes each step of unpacking gives, so that none is kept."""
    stream, start = zlib.decompressobj(), 8
    for type_, end in png_chunks(data):
        packed = data[start + 8 : end - 4] if type_ == b"IDAT" else b""
        while packed and not stream.eof:
            yield len(stream.decompress(packed, _STEP_BYTES))
            packed = stream.unconsumed_tail
        start = end
    yield len(stream.flush()) if not stream.eof else 0
