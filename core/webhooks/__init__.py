"""Webhooks of projects: what happened is sent to addresses of the user's own, signed (docs/WEBHOOKS.md).

Nothing is written where it happens: the messages are made from the audit and the events of entries, which every act
leaves in its own transaction.
"""

from core.webhooks.kinds import KINDS
from core.webhooks.service import NewWebhook, WebhookService

__all__ = ["KINDS", "NewWebhook", "WebhookService"]
