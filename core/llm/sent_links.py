"""Images that a model server fetches from the bucket itself, by addresses that are signed for one attempt.

What is sent is a copy in the size for models. It is an object below ``derived/``, named after the sha256 of its bytes,
unless it is the original itself; copies are stored again when they are needed again. An address stands in the request
alone: what identifies a call is the sha256 of its images, and neither ledger nor log nor batch has the request.
"""

import asyncio
import contextlib
import logging
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from functools import cached_property

from core.bucket_address import parse_address
from core.config import Settings
from core.errors import ObjectStorageError
from core.llm import keys, providers
from core.llm.batches.deferring import deferred_calls
from core.llm.lanes import lane_of
from core.llm.types import ImagePart, ModelConfig
from core.object_storage import Bucket, open_bucket

log = logging.getLogger(__name__)

DERIVED = "derived"
KEPT_S = 24 * 3600.0
"""So long a copy stays in the bucket, at least; a link to an older one is never given."""

NOT_FETCHED = re.compile(r"download|fetch|retriev|\burls?\b|image_url", re.IGNORECASE)
"""What a server says that refuses a request because it could not read an address in it."""

# Beside the time limit of the attempt, for clocks that differ.
_MORE_S = 300
# A copy is looked for again after this time, and stored again in the second half of its life.
_KNOWN_S = 3600.0
_FRESH_S = KEPT_S / 2
_MAX_KNOWN = 50_000
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}

_lock = threading.Lock()
_known: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
# Learned by this process: where links are sent no more, or cannot be, so that it is said once.
_without: set[str] = set()


class ImageLinks:
    """Makes the links of one bucket, for the servers that ``VITRINE_STORAGE_SEND_URLS`` names."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def links_for(self, config: ModelConfig, images: Sequence[ImagePart]) -> tuple[str | None, ...]:
        """Return an address for each image, valid for one attempt with *config*; None or none: it is sent as base64."""
        if not images or not self._wanted(config):
            return ()
        seconds = math.ceil(config.timeout_s or self._settings.llm_timeout_s) + _MORE_S
        try:
            links = await asyncio.gather(*(asyncio.to_thread(self._link, image, seconds) for image in images))
        except ObjectStorageError as error:
            log.warning("images are sent as base64 for now: %s", error)
            return ()
        if providers.find(keys.provider_of(config)).image_links == "https" and any(map(_is_open, links)):
            _send_no_more(lane_of(config).name, f"of images {lane_of(config).name} takes https addresses alone")
            return ()
        return tuple(links)

    @cached_property
    def _bucket(self) -> Bucket:
        return open_bucket(self._settings, parse_address(self._settings.storage_url or ""))

    def _wanted(self, config: ModelConfig) -> bool:
        lane = lane_of(config).name
        if self._settings.storage_url is None or lane not in self._settings.storage_send_urls or lane in _without:
            return False
        if config.is_offline or deferred_calls.get() is not None:  # a batch stores its requests
            return False
        if not providers.find(keys.provider_of(config)).image_links:
            _send_no_more(lane, f"of images {lane} takes no addresses")
            return False
        return True

    def _link(self, image: ImagePart, seconds: int) -> str | None:
        ending = _ENDINGS.get(image.mime_type)
        return None if ending is None else self._bucket.link(self._key(image, ending), seconds)

    def _key(self, image: ImagePart, ending: str) -> str:
        """Return the key of an object with the bytes of *image*, which is stored when there is none."""
        sha256, now_s = image.sha256.hex(), time.monotonic()
        place = str(self._bucket.address), sha256
        with _lock:
            key, until_s = _known.get(place, ("", 0.0))
        if now_s < until_s:
            return key
        key = f"{sha256[:2]}/{sha256}{ending}"
        if self._bucket.find(key) is None:  # it is no original
            key = f"{DERIVED}/{key}"
            self._store(key, image.data)
        with _lock:
            _known[place] = key, now_s + _KNOWN_S
            _known.move_to_end(place)
            while len(_known) > _MAX_KNOWN:
                _known.popitem(last=False)
        return key

    def _store(self, key: str, data: bytes) -> None:
        if self._bucket.put_new(key, data):
            return
        stored = self._bucket.find(key)
        if stored is None or stored.size_bytes != len(data) or time.time() - stored.modified_s > _FRESH_S:
            self._bucket.put(key, data)


current_links: ContextVar[ImageLinks | None] = ContextVar("current_links", default=None)
"""Makes the links of the calls of this context; None: images are sent as base64."""


@contextlib.contextmanager
def linking(settings: Settings) -> Iterator[None]:
    """Let the calls of this context send links where *settings* want it."""
    token = current_links.set(ImageLinks(settings))
    try:
        yield
    finally:
        current_links.reset(token)


async def links_for(config: ModelConfig, images: Sequence[ImagePart]) -> tuple[str | None, ...]:
    """Return the links of *images* in this context; see :meth:`ImageLinks.links_for`."""
    links = current_links.get()
    return () if links is None else await links.links_for(config, images)


def give_up(config: ModelConfig) -> None:
    """Send no more links to the server of *config*: it refused a request because it could not fetch an image."""
    _send_no_more(lane_of(config).name, f"{lane_of(config).name} could not fetch an image from the bucket")


def remove_old(settings: Settings, now_s: float) -> int:
    """Remove the copies in the bucket that no link leads to any more, and return how many.

    Args:
        now_s: the current time in seconds since 1970.

    Raises:
        ObjectStorageError: the storage fails.
    """
    if settings.storage_url is None or not settings.storage_send_urls:
        return 0
    bucket, removed = open_bucket(settings, parse_address(settings.storage_url)), 0
    for stored in bucket.list(DERIVED):
        if now_s - stored.modified_s >= KEPT_S:
            bucket.delete(stored.key)
            removed += 1
    return removed


def _is_open(link: str | None) -> bool:
    return link is not None and link.startswith("http://")


def _send_no_more(lane: str, why: str) -> None:
    if lane not in _without:
        _without.add(lane)
        log.warning("%s: images are sent to it as base64. VITRINE_STORAGE_SEND_URLS names it.", why)
