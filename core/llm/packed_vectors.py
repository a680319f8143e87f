"""Vectors as text, which is what the ledger keeps of a reply."""

import base64
import binascii
import math
from array import array
from collections.abc import Sequence

MAX_DIMENSIONS = 16_384


def packed(vector: Sequence[float]) -> str:
    """Return a vector as text, float32 in base64: what the ledger keeps of a reply."""
    return base64.b64encode(array("f", vector).tobytes()).decode()


def unpacked(text: str) -> list[float] | None:
    """Return the vector in a text; None when it is none, is zero, or has numbers that are not finite."""
    try:
        values = array("f", base64.b64decode(text, validate=True)).tolist()
    except (binascii.Error, ValueError):
        return None
    is_usable = 0 < len(values) <= MAX_DIMENSIONS and any(values) and all(map(math.isfinite, values))
    return values if is_usable else None
