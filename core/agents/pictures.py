"""Pictures as agents see them: upright, small enough for a model's window."""

import asyncio
import base64
from io import BytesIO
from typing import TYPE_CHECKING

from core.agents.connection import Connection, one

if TYPE_CHECKING:
    from mcp.types import ImageContent

_SIDE_PX = 1024


async def picture(rest: Connection, image_id: str) -> "ImageContent":
    """Return the picture of an image."""
    from mcp.types import ImageContent

    return ImageContent(data=base64.b64encode(await jpeg(rest, image_id)).decode(), mime_type="image/jpeg")


async def jpeg(rest: Connection, image_id: str) -> bytes:
    """Return the view of an image as a JPEG of at most 1024 px."""
    view = await rest.content(f"/api/images/{one(image_id)}/data?size=view")
    return await asyncio.to_thread(_scaled, view)


def _scaled(view: bytes) -> bytes:
    from PIL import Image

    with Image.open(BytesIO(view)) as opened:
        opened.thumbnail((_SIDE_PX, _SIDE_PX))
        buffer = BytesIO()
        opened.convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
