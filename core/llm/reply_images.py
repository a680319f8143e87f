"""The images of a reply as bytes, in whatever form the model sent them; failures are errors about the reply."""

import asyncio
import base64
import binascii
import re
import time

from core.errors import BadReplyError, VitrineError
from core.fetch import fetch

# An address ends where another image may begin, and nothing is tried twice: the time is linear in the text.
_MARKDOWN = re.compile(r"!\[[^\[\]\n]{0,500}+\]\(\s{0,20}+<?((?:data:image/|https?://)[^\s)>\[\]]++)>?[^)\n]{0,200}+\)")
_BARE = re.compile(r"(?:data:image/\S+|https?://\S+)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")
# The beginnings of PNG, JPEG, GIF and WebP files in base64.
_IMAGE_BEGINS = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR")
MAX_IMAGES = 16


def in_text(text: str) -> tuple[tuple[str, ...], str]:
    """Return the addresses of the images that *text* shows, and the text without them.

    Read are Markdown images and a text that is nothing but an address, a data URL or base64.
    """
    stripped = text.strip().strip("`\"'")
    if _BARE.fullmatch(stripped):
        return (stripped,), ""
    if stripped.startswith(_IMAGE_BEGINS) and _BASE64.fullmatch("".join(stripped.split())):
        return (f"data:image/png;base64,{stripped}",), ""
    found = tuple(match[1] for match in _MARKDOWN.finditer(text))
    return found, _MARKDOWN.sub("", text).strip() if found else text


async def load(
    urls: tuple[str, ...], *, max_bytes: int, timeout_s: float, max_images: int = MAX_IMAGES
) -> tuple[bytes, ...]:
    """Return the last images at *urls* in their order; one that cannot be read is left out when another can.

    Addresses are fetched with :func:`core.fetch.fetch`, which contacts public servers only.

    Args:
        max_bytes: of all images together.
        timeout_s: for all of them together.

    Raises:
        BadReplyError: none of the images can be read; the message says why.
    """
    images: list[bytes] = []
    failure: BadReplyError | None = None
    ends_at = time.monotonic() + timeout_s
    for url in reversed(urls[-MAX_IMAGES:]):
        left_s = ends_at - time.monotonic()
        if len(images) == max_images or left_s <= 0 or max_bytes <= 0:
            break
        try:
            images.append(await _loaded(url, max_bytes, left_s))
            max_bytes -= len(images[-1])
        except BadReplyError as error:
            failure = failure or error
    if failure is not None and not images:
        raise failure
    return tuple(reversed(images))


async def _loaded(url: str, max_bytes: int, timeout_s: float) -> bytes:
    if url.startswith("data:"):
        return await asyncio.to_thread(_decoded, url)  # it may have 96 MB
    try:
        return (await fetch(url, max_bytes=max_bytes, timeout_s=timeout_s)).data
    except VitrineError as error:
        raise BadReplyError(
            f"The model sent the address of an image, which could not be fetched: {error} "
            "Set the model to send images as base64, or use another one.",
            reply_head=url[:300],
        ) from error


def _decoded(url: str) -> bytes:
    """Return the bytes of a data URL; missing padding, line breaks and the URL-safe alphabet are accepted."""
    encoded = url.rpartition(",")[2].replace("-", "+").replace("_", "/").rstrip("=")
    encoded = "".join(encoded.split()).replace("%3D", "").replace("%2B", "+").replace("%2F", "/")
    if len(encoded) % 4 == 1:
        encoded = encoded[:-1]  # a single character holds no byte: the end was lost
    try:
        data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise BadReplyError(
            "The model sent an image in a form that cannot be decoded. Try again, or use another model.",
            reply_head=url[:300],
        )
    return data
