"""Which server a model call may reach, and with which credentials: checked where a request leaves the process.

litellm looks for credentials by itself, in places that differ between providers and releases: variables of the
environment, files, services that exchange them for tokens. A call to an address of the user's own must carry none of
them, so it may carry only the key that Vitrine chose (see :mod:`core.llm.keys`).
"""

import base64
import binascii
import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core import fetch
from core.allowed_hosts import AllowedHosts

if TYPE_CHECKING:
    import httpx

    from core.llm.types import ModelConfig

# Headers and parameters that can carry a credential.
_CREDENTIAL = re.compile(r"auth|key|token|secret|cookie|credential|signature|passw", re.IGNORECASE)
_NO_CREDENTIAL = re.compile(r"-type$|^idempotency-key$", re.IGNORECASE)
# OpenAI's client adds them from the environment; they belong to OpenAI only.
_OPENAI_ACCOUNT = ("openai-organization", "openai-project")
_MIN_SECRET_CHARS = 12

allowed_hosts: ContextVar[AllowedHosts | None] = ContextVar("allowed_hosts", default=None)
"""The servers beside public ones that an address of the user's own may lead to; None: any server."""


class ForbiddenDestinationError(Exception):
    """Raised before a request is sent that must not be; *problem* is that of an exchange, *detail* a name or host."""

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True)
class Destination:
    """Where one call may go.

    *key* is the only credential of a call to an own address; *model* is as the user named it. *links* are the signed
    addresses of images in the request, each with the credential that opens one object.
    """

    own_address: bool = False
    key: str = field(default="", repr=False)
    model: str = ""
    allowed: AllowedHosts | None = None
    links: tuple[str, ...] = field(default=(), repr=False)

    async def prepare(self, request: "httpx.Request") -> None:
        """Check *request*, and make its URL lead to the address that was checked.

        Raises:
            ForbiddenDestinationError: it carries a credential of the environment, or leads to another server than
                allowed.
        """
        if not self.own_address:
            if _is_named_by(self.model, request.url.host):
                raise ForbiddenDestinationError("not allowed", request.url.host)
            return
        await request.aread()
        for name in _OPENAI_ACCOUNT:
            request.headers.pop(name, None)
        name = self._foreign_credential(request)
        if name:
            raise ForbiddenDestinationError("foreign key", name)
        if self.allowed is not None:
            await _pin(request, self.allowed)

    def _foreign_credential(self, request: "httpx.Request") -> str:
        """Return the name of the header, parameter or variable with a credential that is not the key, or ""."""
        for name, value in [*request.headers.multi_items(), *request.url.params.multi_items()]:
            is_credential = _CREDENTIAL.search(name) and not _NO_CREDENTIAL.search(name)
            if is_credential and not self._is_key(value):
                return name
        content = request.content
        for link in self.links:
            content = content.replace(link.encode(), b"")
        texts = (str(request.url).encode(), *(value for _, value in request.headers.raw), content)
        for name, value in os.environ.items():
            is_secret = len(value) >= _MIN_SECRET_CHARS and value not in self.key and _CREDENTIAL.search(name)
            if is_secret and any(value.encode(errors="replace") in text for text in texts):
                return name
        return ""

    def _is_key(self, value: str) -> bool:
        """Return whether *value* is the key, alone or behind a word such as Bearer, or the password of Basic."""
        return any(
            text == self.key or text.endswith((f" {self.key}", f":{self.key}", f"={self.key}"))
            for text in (value, _basic_credentials(value))
        )


def of_call(config: "ModelConfig", key: str | None, links: Sequence[str | None] = ()) -> Destination:
    """Return where a call with *config* and *key*, which brings *links* along, may go in this context."""
    own = bool(config.api_base)
    signed = tuple(filter(None, links))
    return Destination(own, key or "", config.litellm_model, allowed_hosts.get() if own else None, signed)


@contextlib.contextmanager
def limited_to(hosts: AllowedHosts | None) -> Iterator[None]:
    """Limit the calls of this context to public servers and *hosts*; None: no limit."""
    token = allowed_hosts.set(hosts)
    try:
        yield
    finally:
        allowed_hosts.reset(token)


async def _pin(request: "httpx.Request", allowed: AllowedHosts) -> None:
    """Resolve the host once, check its addresses, and put the first into the URL: nothing resolves it again."""
    host, scheme = request.url.host, request.url.scheme
    port = request.url.port or fetch.PORTS.get(scheme, 0)
    try:
        addresses = await fetch.resolve_host(host, port)
    except (OSError, UnicodeError):
        addresses = []
    by_name = allowed.has_name(host, port)
    # One answer for unknown, closed and private: it tells nothing about the network of the server.
    if not addresses or not all(by_name or fetch.is_public(ip) or allowed.has_address(ip) for ip in addresses):
        raise ForbiddenDestinationError("not allowed", host)
    if scheme == "https":
        request.extensions = {**request.extensions, "sni_hostname": host}
    # The header Host was set when the request was made and stays.
    request.url = request.url.copy_with(host=addresses[0].partition("%")[0])


def _is_named_by(model: str, host: str) -> bool:
    """Return whether a model's name contains its host: litellm takes the address of some providers from there."""
    return "." in host and host.lower() in model.lower()


def _basic_credentials(value: str) -> str:
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""
