"""Routes of the webhooks of a project."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import Id, RequestBody, ResponseBody
from core.db import WebhookDeliveries, Webhooks
from core.services import Services
from core.webhooks import KINDS, NewWebhook
from core.webhooks.sending import MAX_URL_CHARS
from core.webhooks.service import DeliveryCounts

router = APIRouter(prefix="/api/projects/{project_id}/webhooks", tags=["webhooks"])

_EVENTS = Field(description=f"some of {', '.join(KINDS)}", min_length=1, max_length=len(KINDS))
_URL = Field(min_length=1, max_length=MAX_URL_CHARS, description="https, unless an admin has listed its host")
Events = Annotated[list[Annotated[str, Field(max_length=40)]], _EVENTS]


class WebhookAnswer(ResponseBody):
    """A webhook; *secret* is shown once, when it is made or renewed."""

    id: str
    project_id: str
    url: str
    events: list[str]
    active: bool
    off_reason: str = Field(description="why the server turned it off; empty if a person did")
    failing_since: datetime | None = Field(description="when the first try failed since the last delivery")
    create_at: datetime
    created_by: str
    secret: str | None = None


class WebhookState(WebhookAnswer):
    """A webhook with the messages in its log."""

    waiting: int
    delivered: int
    given_up: int
    last_delivered_at: datetime | None


class DeliveryAnswer(ResponseBody):
    """A message: waiting while *next_try_at* is set, else delivered or given up.

    One that was delivered keeps *delivered_at* while it is sent again.
    """

    id: str = Field(description="the header webhook-id, the same in every try")
    event_type: str
    body: str = Field(description="the JSON that is sent")
    create_at: datetime
    tries: int
    tried_at: datetime | None
    next_try_at: datetime | None
    delivered_at: datetime | None
    status_code: int | None
    answer: str = Field(description="the beginning of the last answer")
    error: str = Field(description="why the last try failed")
    took_ms: int | None


class NewWebhookBody(RequestBody):
    """Where to send, and what."""

    url: Annotated[str, _URL]
    events: Events = Field(default_factory=lambda: list(KINDS))


class WebhookChanges(RequestBody):
    """What changes; what is not sent stays."""

    url: Annotated[str, _URL] | None = None
    events: Events | None = None
    active: bool | None = None


class Resent(RequestBody):
    """The message to send again."""

    delivery_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{21}$")]


@router.get("")
def list_webhooks(project_id: Id, services: ServicesDep) -> list[WebhookState]:
    """List the webhooks of a project, oldest first."""
    services.projects.get_project(project_id)
    return [_state(services, row) for row in services.webhooks.list_webhooks(project_id)]


@router.post("", status_code=201)
def make_webhook(project_id: Id, body: NewWebhookBody, services: ServicesDep, actor: CurrentActor) -> WebhookAnswer:
    """Make a webhook; its *secret* is shown this once. It is told what happens from now on."""
    return _with_secret(services.webhooks.make_webhook(project_id, body.url, body.events, created_by=actor.name))


@router.get("/{webhook_id}")
def get_webhook(project_id: Id, webhook_id: Id, services: ServicesDep) -> WebhookState:
    """Return a webhook."""
    return _state(services, services.webhooks.get_webhook(project_id, webhook_id))


@router.put("/{webhook_id}")
def change_webhook(project_id: Id, webhook_id: Id, body: WebhookChanges, services: ServicesDep) -> WebhookState:
    """Change the address or the events, or turn it on or off. What happens while it is off is not told later."""
    changed = services.webhooks.change_webhook(
        project_id, webhook_id, url=body.url, events=body.events, active=body.active
    )
    return _state(services, changed)


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(project_id: Id, webhook_id: Id, services: ServicesDep) -> None:
    """Delete a webhook with its log; messages that wait are not sent. To turn it off can be undone, this cannot."""
    services.webhooks.delete_webhook(project_id, webhook_id)


@router.post("/{webhook_id}/secret")
def renew_secret(project_id: Id, webhook_id: Id, services: ServicesDep) -> WebhookAnswer:
    """Replace the secret; the new one is shown this once, and signs from now on."""
    return _with_secret(services.webhooks.renew_secret(project_id, webhook_id))


@router.post("/{webhook_id}/ping", status_code=202)
def ping_webhook(project_id: Id, webhook_id: Id, services: ServicesDep) -> DeliveryAnswer:
    """Send a test, ``webhook.ping``; its outcome is in the deliveries within seconds."""
    return DeliveryAnswer.model_validate(services.webhooks.ping(project_id, webhook_id))


@router.get("/{webhook_id}/deliveries")
def list_deliveries(
    project_id: Id,
    webhook_id: Id,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=500, description="maximum number of items")] = 100,
) -> list[DeliveryAnswer]:
    """List the newest messages of a webhook; the log has some 300 at most."""
    found: list[WebhookDeliveries] = services.webhooks.deliveries(project_id, webhook_id, limit=limit)
    return [DeliveryAnswer.model_validate(row) for row in found]


@router.post("/{webhook_id}/resend", status_code=202)
def resend(project_id: Id, webhook_id: Id, body: Resent, services: ServicesDep) -> DeliveryAnswer:
    """Send a message again, with the same id."""
    return DeliveryAnswer.model_validate(services.webhooks.redeliver(project_id, webhook_id, body.delivery_id))


def _with_secret(made: NewWebhook) -> WebhookAnswer:
    return WebhookAnswer.model_validate(made.row).model_copy(update={"secret": made.secret})


def _state(services: Services, row: Webhooks) -> WebhookState:
    counts = services.webhooks.counts(row.project_id).get(row.id, DeliveryCounts())
    return WebhookState.model_validate({**row.model_dump(), **asdict(counts)})
