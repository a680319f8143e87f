"""One Chromium for all tests of a process, and one profile of it whose cache keeps what the pages load."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, sync_playwright

from tests.browser.driving import CHROMIUM_ARGS, find_chromium

_shared: "Chromium | None" = None


class Chromium:
    """A running Chromium, and the profile in which the first window of each test opens.

    A window in a new profile loads and compiles the scripts of the pages again, which is a third of the time that
    Chromium needs for it.
    """

    def __init__(self, executable: str) -> None:
        self._playwright = sync_playwright().start()
        self._loop = asyncio.get_running_loop()
        self._browser = self._playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        self._profile: BrowserContext | None = None
        self._origins: set[str] = set()

    @contextmanager
    def in_use(self) -> Iterator[Browser]:
        """Yield the browser. Playwright's event loop counts as running meanwhile, and no other can run then."""
        asyncio._set_running_loop(self._loop)
        try:
            yield self._browser
        finally:
            asyncio._set_running_loop(None)

    @contextmanager
    def profile(self) -> Iterator[BrowserContext]:
        """Yield the profile; close its windows at the end, and delete what they stored, but not the cache."""
        if self._profile is None:
            self._profile = self._browser.new_context(accept_downloads=True)
            self._profile.on("page", lambda page: page.on("framenavigated", self._note_origin))
        yield self._profile
        self._delete_stored(self._profile)

    def _note_origin(self, frame: Frame) -> None:
        address = urlsplit(frame.url)
        if address.scheme in ("http", "https"):
            self._origins.add(f"{address.scheme}://{address.netloc}")

    def _delete_stored(self, profile: BrowserContext) -> None:
        profile.clear_cookies()
        if not profile.pages:
            return
        last, *others = profile.pages
        for page in others:
            page.close()
        last.goto("about:blank")  # no script stores anything after it
        session = profile.new_cdp_session(last)
        for origin in self._origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        self._origins.clear()
        last.close()

    def close(self) -> None:
        with self.in_use():
            self._browser.close()
            self._playwright.stop()


@contextmanager
def shared() -> Iterator[Chromium]:
    """Yield the Chromium of this process; without one, skip the test, or fail it in CI."""
    global _shared
    executable = find_chromium()
    if executable is None:
        missing = "NO BROWSER: install Chromium (apt install chromium) or name one in VITRINE_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    if _shared is None:
        _shared = Chromium(executable)
    with _shared.in_use():
        yield _shared


def close_shared() -> None:
    global _shared
    if _shared is not None:
        _shared.close()
        _shared = None
