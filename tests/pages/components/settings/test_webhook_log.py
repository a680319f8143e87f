"""The webhooks of a project: their state in words, and the log of what was sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit as st

from core import Projects
from core.db import WebhookDeliveries, utc_now
from core.webhooks import KINDS
from core.webhooks.service import DeliveryCounts, Webhooks
from pages.components.settings import webhooks
from pages.components.shared import page
from tests.pages.reading import draw, read
from tests.pages.running import services

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
SAID = "2026-05-01 09:00 UTC"


def delivery(**changed: Any) -> WebhookDeliveries:
    given = {"webhook_id": "w", "event_type": "export.ready", "body": '{"name": "é"}', "create_at": AT, **changed}
    return WebhookDeliveries(**given)


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        ({"next_try_at": AT}, "Waiting to be sent"),
        ({"next_try_at": AT, "tries": 1, "error": "It answered 500."}, "It answered 500. Tried again now"),
        ({"tries": 10, "error": "It answered 500."}, "Given up. It answered 500."),
        ({"delivered_at": AT, "tries": 1, "status_code": 204, "took_ms": 1_200},
         "Delivered, answered 204 in 1,200 ms"),
        ({"delivered_at": AT, "tries": 2, "error": "It answered 500."},
         f"Delivered {SAID}; sent again, given up. It answered 500."),
        ({"delivered_at": AT, "next_try_at": AT, "tries": 1}, "Delivered, and waiting to be sent again."),
        ({"delivered_at": AT, "next_try_at": AT, "tries": 2, "error": "It answered 500."},
         "Delivered, and waiting to be sent again. It answered 500."),
    ],
)  # fmt: skip
def test_what_became_of_a_message_is_said_in_words(row: dict[str, Any], outcome: str) -> None:
    assert webhooks._outcome(delivery(**row)) == outcome


def test_a_later_try_is_said_with_its_time() -> None:
    later = utc_now() + timedelta(hours=1)
    said = webhooks._outcome(delivery(next_try_at=later, tries=1, error="It answered 500."))
    assert said.startswith("It answered 500. Tried again at ")


@pytest.mark.parametrize(
    ("changed", "counts", "lines"),
    [
        ({}, DeliveryCounts(), ["Events: export.ready, 0 delivered"]),
        ({"events": list(KINDS)}, DeliveryCounts(delivered=1_200, waiting=2, given_up=3),
         ["Events: everything, 1,200 delivered, 2 waiting, 3 given up"]),
        ({"active": False}, DeliveryCounts(),
         ["warning: Off. It was turned off by a person.", "Events: export.ready, 0 delivered"]),
        ({"active": False, "off_reason": "It answered 410.", "failing_since": AT}, DeliveryCounts(),
         ["warning: Off. It answered 410.", "Events: export.ready, 0 delivered"]),
        ({"failing_since": AT}, DeliveryCounts(),
         [f"warning: Nothing has been delivered since {SAID}. Vitrine keeps trying.",
          "Events: export.ready, 0 delivered"]),
    ],
    ids=["new", "busy", "off", "off by itself", "failing"],
)  # fmt: skip
def test_a_webhook_says_its_state_and_what_it_has_sent(
    changed: dict[str, Any], counts: DeliveryCounts, lines: list[str]
) -> None:
    webhook = Webhooks(**{"project_id": "p", "url": "https://a.example/", "events": ["export.ready"], **changed})
    assert read(draw(webhooks._head, webhook, counts)) == ["https://a.example/", *lines]


@pytest.fixture
def webhook(project: Projects) -> Webhooks:
    made = services().webhooks.make_webhook(project.id, "https://a.example/", ["export.ready"])
    return services().webhooks.list_webhooks(project.id)[0] if made else None


@pytest.mark.parametrize(("rows", "height"), [(6, "content"), (7, 260)])
def test_a_message_of_the_log_is_opened_and_sent_again(
    rows: int, height: object, webhook: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(draw(webhooks._log, webhook)) == ["Nothing was sent yet. A test shows whether the address answers."]
    found = [delivery(id=f"d{n}", tries=1, answer="Sorry.", error="It answered 500.") for n in range(rows)]
    monkeypatch.setattr(services().webhooks, "deliveries", lambda *_of, limit: found[:limit])
    heights: list[object] = []
    chosen = [1]

    class _Event:
        @property
        def selection(self) -> dict[str, list[int]]:
            return {"rows": chosen}

    def table(_rows: object, *, height: object, **_more: object) -> _Event:
        heights.append(height)
        return _Event()

    monkeypatch.setattr(st, "dataframe", table)
    at = draw(webhooks._log, webhook)
    assert read(at) == [
        "export.ready, id d1", "It answered 500. Answer: Sorry.", '{\n  "name": "é"\n}', "[Send again]",
    ]  # fmt: skip
    assert heights == [height]
    for chosen[:] in ([rows], []):  # the log has become shorter meanwhile, or nothing is chosen
        assert read(draw(webhooks._log, webhook)) == []
    webhook.active = False
    chosen[:] = [0]
    found[0].answer = found[0].error = ""
    assert read(draw(webhooks._log, webhook)) == ["export.ready, id d0", '{\n  "name": "é"\n}', "[Send again] off"]


def test_deleting_names_what_is_lost(webhook: Webhooks) -> None:
    said = (
        "This deletes the webhook to a.example, its secret and its log of {}. It cannot be undone. To pause it, turn "
        "it off."
    )
    counts = DeliveryCounts(total=3, waiting=2)
    assert read(draw(webhooks._delete, webhook, DeliveryCounts()))[0] == said.format("0 messages")
    assert read(draw(webhooks._delete, webhook, counts))[0] == said.format(
        "3 messages, 2 of which wait and are not sent"
    )


def test_without_a_project_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "project_id", lambda: None)
    assert read(draw(webhooks.show)) == ["Webhooks belong to a project. Open a project first."]
