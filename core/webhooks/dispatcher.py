"""Delivers the messages of all webhooks, in the process that runs the tasks of the database."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future

from core import allowed_hosts
from core.background_loop import BackgroundLoop
from core.caller import Caller, act_as
from core.db import Database
from core.errors import VitrineError
from core.webhooks import signing
from core.webhooks.outbox import MAX_ASKED_S, Due, Outbox
from core.webhooks.sending import Reply, post

log = logging.getLogger(__name__)

POLL_S = 1.0
MAX_AT_ONCE = 64
"""Of all webhooks together. Each webhook gets one message at a time, so a slow receiver delays its own only."""
MAX_FAILING_AT_ONCE = 32
"""Of the webhooks whose last try failed: however many receivers hang, there is room for the others."""
NOT_STORED_PAUSE_S = 60.0
"""Before a message is sent again whose outcome could not be stored, on a full disk for example."""
_OTHER_KEY = (
    "Its secret came from another secret key of this server, which was replaced. Make a new secret, give it to the "
    "receiver, and turn the webhook on."
)

Post = Callable[[str, bytes, dict[str, str]], Awaitable[Reply]]


class WebhookDispatcher:
    """Looks once a second for what happened, and sends what is due."""

    def __init__(
        self,
        db_session: Database,
        loop: BackgroundLoop,
        may_deliver: Callable[[], bool],
        *,
        send: Post | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        """Only while *may_deliver* returns true, this process delivers; *send* replaces the POST in tests."""
        self._db = db_session
        self._loop = loop
        self._may_deliver = may_deliver
        self._send = send or self._post
        self._poll_s = poll_s
        self._outbox = Outbox(db_session)
        self._listed = allowed_hosts.parse(db_session.settings.allowed_webhook_hosts)
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._failing = set[str]()
        self._quiet_until_s: dict[str, float] = {}
        self._version: int | None = None
        self._is_held = False
        self._running: Future[None] | None = None

    def start(self) -> None:
        """Start on the background loop."""
        self._running = self._loop.submit(self._run())

    def stop(self) -> None:
        """Stop; messages in flight are sent again by the next process, with the same id."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(CancelledError):
                self._running.result()

    async def _run(self) -> None:
        act_as(Caller("server", way="housekeeping"))  # of this coroutine and what it starts
        try:
            while True:
                try:
                    if await asyncio.to_thread(self._may_deliver):
                        await self._step()
                except VitrineError as error:  # such as a full disk, or a server of the database that restarts
                    log.warning("webhooks wait: %s", error)
                except Exception:
                    log.exception("webhooks stumbled [%s]", secrets.token_hex(4))
                await asyncio.sleep(self._poll_s)
        finally:
            for task in self._sending.values():
                task.cancel()

    async def _step(self) -> None:
        version = await asyncio.to_thread(self._db.data_version)
        if version is None or version != self._version or self._is_held:
            self._version = version
            self._is_held = await asyncio.to_thread(self._outbox.plan)
        now_s = time.monotonic()
        self._quiet_until_s = {id_: until_s for id_, until_s in self._quiet_until_s.items() if until_s > now_s}
        busy = frozenset(self._sending.keys() | self._quiet_until_s.keys())
        for due in await asyncio.to_thread(self._outbox.due, busy):
            if len(self._sending) >= MAX_AT_ONCE or (due.is_failing and len(self._failing) >= MAX_FAILING_AT_ONCE):
                continue
            if due.is_failing:
                self._failing.add(due.webhook_id)
            self._sending[due.webhook_id] = asyncio.create_task(self._deliver(due))

    async def _deliver(self, due: Due) -> None:
        try:
            secret = await asyncio.to_thread(signing.secret_of, self._db.data_dir, due.webhook_id, due.salt)
            if signing.sum_of(secret) != due.secret_sum:
                await asyncio.to_thread(self._outbox.turn_off, due.webhook_id, _OTHER_KEY)
                return
            body = due.body.encode()
            reply = await self._send(due.url, body, signing.headers(secret, due.id, int(time.time()), body))
            if reply.error and reply.wait_s:
                self._quiet_until_s[due.webhook_id] = time.monotonic() + min(reply.wait_s, MAX_ASKED_S)
            await asyncio.to_thread(self._outbox.record, due.id, reply)
        except VitrineError as error:  # it was sent: not again before this can be stored
            log.warning("the outcome of a message to a webhook cannot be stored: %s", error)
            await asyncio.sleep(NOT_STORED_PAUSE_S)
        except Exception:
            log.exception("a message to a webhook stumbled [%s]", secrets.token_hex(4))
            await asyncio.sleep(NOT_STORED_PAUSE_S)
        finally:
            self._sending.pop(due.webhook_id, None)
            self._failing.discard(due.webhook_id)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        return await post(url, body, headers, self._listed)
