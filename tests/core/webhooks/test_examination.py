"""What ``vitrine doctor`` says of webhooks."""

from core.db import Database
from core.services import Services
from core.webhooks import WebhookService
from core.webhooks.examination import examine_webhooks
from core.webhooks.outbox import Outbox


def test_webhooks_that_are_off_are_said_with_their_reason(
    services: Services, db: Database, webhooks: WebhookService, outbox: Outbox
) -> None:
    assert list(examine_webhooks(db.settings)) == []
    project = services.projects.create_project("Kitchen")
    ids = [webhooks.make_webhook(project.id, f"https://hooks.example/{number}").row.id for number in range(3)]
    assert list(examine_webhooks(db.settings)) == [("ok", "Webhooks", "3 on")]
    webhooks.change_webhook(project.id, ids[0], active=False)
    assert list(examine_webhooks(db.settings)) == [("ok", "Webhooks", "2 on, 1 turned off by people")]
    outbox.turn_off(ids[1], "The receiver answered 410: it wants no more messages.")
    (said,) = examine_webhooks(db.settings)
    assert said == (
        "warning", "Webhooks",
        "the server turned off 1 webhook, one of Kitchen: The receiver answered 410: it wants no more messages. "
        "What happens meanwhile is not told later: turn them on under Settings, Webhooks",
    )  # fmt: skip
    outbox.turn_off(ids[2], "Nothing was delivered for 3 days.")
    ((_, _, both),) = examine_webhooks(db.settings)
    assert both.startswith(
        "the server turned off 2 webhooks, one of Kitchen: The receiver answered 410: it wants no more messages and "
        "1 more. What happens"
    )
