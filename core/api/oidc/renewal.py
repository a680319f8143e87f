"""Asks the provider again for people who are signed in: in the background, before the session ends.

A session of a provider ends after ``VITRINE_OIDC_SESSION_MINUTES`` unless it is renewed. From half of that time on, a
request of the session has it renewed, also an open page; no request waits for it. When the provider refuses the person,
the session ends at once; when it cannot be reached, the session ends with its time.
"""

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from core.access import SignInService
from core.accounts.oidc_accounts import OidcAccounts
from core.accounts.service import AccountService
from core.api import credentials
from core.api.oidc.provider import OidcProvider
from core.api.oidc.sealing import seal, unseal
from core.caller import Caller, acting
from core.db import Database, SignIns
from core.errors import ForbiddenError, NotFoundError, VitrineError

log = logging.getLogger(__name__)

_THREADS = 2


class Renewals:
    """Renews sessions; there is one such object for each database.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.provider = OidcProvider(database.settings)
        self._threads = ThreadPoolExecutor(_THREADS, "vitrine-sign-in")
        self._last: Future[None] | None = None

    def begin(self, sign_in_id: str) -> "Future[None] | None":
        """Renew a session in the background, unless another process or request is doing so."""
        row = SignInService(self._database).claim_renewal(sign_in_id)
        if row is None:
            return None
        self._last = self._threads.submit(self._renew, row)
        self._last.add_done_callback(_log_bug)
        return self._last

    def wait(self) -> None:
        """Wait until what was begun last is done."""
        if self._last is not None:
            self._last.result()

    def _renew(self, row: SignIns) -> None:
        with acting(Caller(row.name, row.account_id, way="housekeeping")):
            try:
                self._ask(row)
            except (ForbiddenError, NotFoundError) as error:
                log.info("a sign-in was not renewed: %s", error)
                SignInService(self._database).end(row.id)
                credentials.sessions_ended()
            except (VitrineError, SQLAlchemyError) as error:
                log.warning("a sign-in could not be renewed", exc_info=error)

    def _ask(self, row: SignIns) -> None:
        settings = self._database.settings
        account = AccountService(self._database).get_account(str(row.account_id))
        token = unseal(settings, row.refresh_token)
        if token is None or account.oidc_subject is None:
            raise ForbiddenError("It has no refresh token that this server can read.")
        answer = asyncio.run(self.provider.renew(token, account.oidc_subject))
        OidcAccounts(self._database).renew(account.id, answer.identity)
        minutes = settings.oidc_session_minutes
        SignInService(self._database).renew(row.id, seal(settings, answer.refresh_token), minutes)
        credentials.sessions_ended()  # the roles may be others


def _log_bug(renewal: "Future[None]") -> None:
    if not renewal.cancelled() and (error := renewal.exception()) is not None:
        log.error("renewing a sign-in failed", exc_info=error)
