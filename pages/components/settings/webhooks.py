"""Webhooks of the project: made and changed here, with what was sent to them."""

import json
from datetime import UTC, datetime

import streamlit as st

from core.webhooks import KINDS
from core.webhooks.service import DeliveryCounts, NewWebhook, WebhookDeliveries, Webhooks, host_of
from pages.components.shared import confirm, moment, numbers, page, run_queue, shown_once, visitor
from pages.components.shared.numbers import pluralize

_REFRESH_S = 2.0
_ROWS, _SHORT_LOG = 20, 6
_MESSAGE = "webhook-message"
_HELP = "Each of these is sent to the address; frequent ones at most once in five seconds, with counts."


def show() -> None:
    """Draw the webhooks of the open project, and the form for a new one."""
    project_id = page.project_id()
    if project_id is None:
        st.caption("Webhooks belong to a project. Open a project first.")
        return
    st.text(f"Project: {page.services().projects.get_project(project_id).name}")
    st.caption("Vitrine posts what happens in this project to an address of yours, signed (Standard Webhooks).")
    _said(project_id)
    known = page.services().webhooks.list_webhooks(project_id)
    for webhook in known:
        _card(project_id, webhook.id)
    _form(project_id, len(known))


def _said(project_id: str) -> None:
    if message := st.session_state.pop(_MESSAGE, None):
        st.text(message)
    shown_once.show(_place(project_id))


def _place(project_id: str) -> str:
    return f"settings/webhooks/{project_id}"


def _keep(made: NewWebhook) -> None:
    webhook = made.row
    sentence = f"Copy the signing secret of {host_of(webhook.url)} now and give it to the receiver."
    shown_once.keep(_place(webhook.project_id), webhook.id, sentence, made.secret)


def _form(project_id: str, place: int) -> None:
    """Draw the form of the webhook at *place*: after it was made the next one is empty."""
    with st.expander("New webhook", icon=":material/add:", key="webhook-new"):
        url = st.text_input("Address", key=f"webhook-url-{place}", placeholder="https://hooks.example.org/vitrine")
        events = _events(f"webhook-events-{place}", list(KINDS))
        if st.button("Create webhook", icon=":material/webhook:", key="webhook-make"):
            with page.show_errors():
                made = page.services().webhooks.make_webhook(project_id, url, events, created_by=visitor.actor().name)
                _keep(made)
                st.rerun()


def _events(key: str, chosen: list[str]) -> list[str]:
    return st.multiselect("Events", list(KINDS), chosen, format_func=lambda kind: kind, key=key, help=_HELP)


def _card(project_id: str, webhook_id: str) -> None:
    services = page.services().webhooks
    busy = services.counts(project_id).get(webhook_id, DeliveryCounts()).waiting > 0

    @st.fragment(run_every=_REFRESH_S if busy else None)
    def live() -> None:
        with run_queue.page_run(), page.show_errors():
            counts = services.counts(project_id).get(webhook_id, DeliveryCounts())
            webhook = next((one for one in services.list_webhooks(project_id) if one.id == webhook_id), None)
            if webhook is None or (busy and not counts.waiting):
                st.rerun()
            with st.container(border=True, key=f"webhook-{webhook_id}"):
                _head(webhook, counts)
                _buttons(webhook, counts)
                _log(webhook)

    live()


def _head(webhook: Webhooks, counts: DeliveryCounts) -> None:
    st.text(webhook.url)
    if not webhook.active:
        reason = webhook.off_reason or "It was turned off by a person."
        st.warning(page.escape(f"Off. {reason}"), icon=":material/pause_circle:")
    elif webhook.failing_since is not None:
        since = moment.text(webhook.failing_since)
        st.warning(f"Nothing has been delivered since {since}. Vitrine keeps trying.", icon=":material/error:")
    told = "everything" if len(webhook.events) == len(KINDS) else ", ".join(webhook.events)
    parts = [f"Events: {told}", f"{numbers.text(counts.delivered)} delivered"]
    parts += [f"{numbers.text(counts.waiting)} waiting"] if counts.waiting else []
    parts += [f"{numbers.text(counts.given_up)} given up"] if counts.given_up else []
    st.caption(page.escape(", ".join(parts)))


def _buttons(webhook: Webhooks, counts: DeliveryCounts) -> None:
    ids = (webhook.project_id, webhook.id)
    with st.container(horizontal=True):
        if st.button(
            "Send a test", icon=":material/send:", key=f"webhook-ping-{webhook.id}", disabled=not webhook.active
        ):
            page.services().webhooks.ping(*ids)
            st.rerun()  # the whole page, so that the card refreshes until it is sent
        label, icon = ("Turn off", ":material/pause:") if webhook.active else ("Turn on", ":material/play_arrow:")
        if st.button(label, icon=icon, key=f"webhook-switch-{webhook.id}"):
            page.services().webhooks.change_webhook(*ids, active=not webhook.active)
            st.rerun()
        if st.button("Change", icon=":material/edit:", key=f"webhook-change-{webhook.id}"):
            _change(webhook)
        if st.button("New secret", icon=":material/key:", key=f"webhook-renew-{webhook.id}"):
            _renew(webhook)
        if st.button("Delete", icon=":material/delete:", key=f"webhook-delete-{webhook.id}"):
            _delete(webhook, counts)


@st.dialog("Change webhook")
def _change(webhook: Webhooks) -> None:
    url = st.text_input("Address", webhook.url, key="webhook-edit-url")
    events = _events("webhook-edit-events", webhook.events)
    if st.button("Save", type="primary", key="webhook-edit-save"):
        with page.show_errors():
            page.services().webhooks.change_webhook(webhook.project_id, webhook.id, url=url, events=events)
            st.rerun()


@st.dialog("New secret")
def _renew(webhook: Webhooks) -> None:
    host = host_of(webhook.url)
    st.text(f"Messages to {host} are signed with the new secret at once. Receivers that have the old one refuse them.")
    if confirm.confirmed("Make a new secret", key="webhook-renew-confirm"):
        with page.show_errors():
            made = page.services().webhooks.renew_secret(webhook.project_id, webhook.id)
            _keep(made)
            st.rerun()


@st.dialog("Delete webhook")
def _delete(webhook: Webhooks, counts: DeliveryCounts) -> None:
    host = host_of(webhook.url)
    unsent = f", {numbers.text(counts.waiting)} of which wait and are not sent" if counts.waiting else ""
    st.text(
        f"This deletes the webhook to {host}, its secret and its log of {pluralize(counts.total, 'message')}{unsent}. "
        "It cannot be undone. To pause it, turn it off."
    )
    if confirm.confirmed("Delete webhook", key="webhook-delete-confirm"):
        with page.show_errors():
            page.services().webhooks.delete_webhook(webhook.project_id, webhook.id)
            shown_once.close(_place(webhook.project_id), webhook.id)
            st.session_state[_MESSAGE] = f"The webhook to {host} was deleted."
            st.rerun()


def _log(webhook: Webhooks) -> None:
    found = list(page.services().webhooks.deliveries(webhook.project_id, webhook.id, limit=_ROWS))
    if not found:
        st.caption("Nothing was sent yet. A test shows whether the address answers.")
        return
    rows = [
        {"At": moment.text(row.create_at), "Event": row.event_type, "Outcome": _outcome(row), "Tries": row.tries}
        for row in found
    ]
    chosen = st.dataframe(
        rows, hide_index=True, key=f"webhook-log-{webhook.id}", on_select="rerun", selection_mode="single-row",
        height="content" if len(rows) <= _SHORT_LOG else 260,
        column_config={"Outcome": st.column_config.TextColumn(width="large"), **numbers.counts("Tries")},
    ).selection["rows"]  # fmt: skip
    if chosen and chosen[0] < len(found):
        _message(webhook, found[chosen[0]])


def _message(webhook: Webhooks, row: WebhookDeliveries) -> None:
    with st.container(border=True, key=f"webhook-row-{row.id}"):
        st.text(f"{row.event_type}, id {row.id}")
        if row.answer or row.error:
            st.text(" ".join(filter(None, (row.error, f"Answer: {row.answer}" if row.answer else ""))))
        st.code(json.dumps(json.loads(row.body), indent=2, ensure_ascii=False), language="json")
        if st.button(
            "Send again", icon=":material/replay:", key=f"webhook-again-{row.id}", disabled=not webhook.active
        ):
            page.services().webhooks.redeliver(webhook.project_id, webhook.id, row.id)
            st.rerun()


def _outcome(row: WebhookDeliveries) -> str:
    """Return what became of a message, in words."""
    if row.delivered_at is not None and row.next_try_at is not None:
        return f"Delivered, and waiting to be sent again. {row.error}".strip()
    if row.delivered_at is not None and row.error:
        return f"Delivered {moment.text(row.delivered_at)}; sent again, given up. {row.error}"
    if row.delivered_at is not None:
        return f"Delivered, answered {row.status_code} in {numbers.text(row.took_ms)} ms"
    if row.next_try_at is None:
        return f"Given up. {row.error}"
    if not row.tries:
        return "Waiting to be sent"
    if row.next_try_at <= datetime.now(UTC):
        return f"{row.error} Tried again now"
    return f"{row.error} Tried again at {moment.text(row.next_try_at)}"
