"""A project with a webhook, whose receiver is on this machine and therefore listed."""

from collections.abc import Callable, Iterator

import pytest

from core.db import Database, Projects, WebhookDeliveries, Webhooks
from core.webhooks import WebhookService
from core.webhooks.outbox import Outbox
from tests.fakes.http_server import Answer, HttpServer, Received

Answers = Callable[[Received], Answer]


@pytest.fixture(autouse=True)
def _this_machine_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ALLOWED_WEBHOOK_HOSTS", "127.0.0.0/8, hooks.lan:9000")


@pytest.fixture
def webhooks(db: Database) -> WebhookService:
    return WebhookService(db)


@pytest.fixture
def outbox(db: Database) -> Outbox:
    return Outbox(db)


@pytest.fixture
def webhook(webhooks: WebhookService, project: Projects) -> Webhooks:
    return webhooks.make_webhook(project.id, "https://hooks.example/a/secret/path").row


@pytest.fixture
def receiver() -> Iterator[HttpServer]:
    """Answer each request with 200; the path says otherwise, such as /503."""

    def answer(request: Received) -> Answer:
        status = request.path.strip("/")
        return Answer(int(status) if status.isdecimal() else 200)

    with HttpServer(answer) as server:
        yield server


def log_of(webhooks: WebhookService, webhook: Webhooks) -> list[WebhookDeliveries]:
    """Return the log, oldest first."""
    return list(reversed(webhooks.deliveries(webhook.project_id, webhook.id, limit=500)))
