"""Webhooks on the page Settings."""

from core import Projects
from core.services import Services
from core.webhooks.outbox import Outbox
from core.webhooks.sending import Reply
from tests.pages.running import open_page, texts


def test_a_webhook_is_made_tested_and_turned_on_again(services: Services, project: Projects) -> None:
    at = open_page("settings", project.id, tab="Webhooks")
    at.text_input(key="webhook-url-0").input("http://10.0.0.1/")
    at.button(key="webhook-make").click().run()
    assert "Webhooks are sent by https on its usual port" in at.error[0].value.replace("\\", "")
    at.text_input(key="webhook-url-0").input("https://hooks.example/vitrine")
    at.multiselect(key="webhook-events-0").set_value(["task.completed", "export.ready"])
    at.button(key="webhook-make").click().run()
    (webhook,) = services.webhooks.list_webhooks(project.id)
    assert webhook.events == ["task.completed", "export.ready"]
    (secret,) = [code.value for code in at.code if code.value.startswith("whsec_")]
    at.button(key=f"webhook-ping-{webhook.id}").click().run()
    assert [code.value for code in at.code if code.value.startswith("whsec_")] == [secret]  # until it is closed
    at.button(key=f"shown-once/settings/webhooks/{project.id}/{webhook.id}-close").click().run()
    assert not [code for code in at.code if secret in code.value]
    assert at.dataframe[0].value["Outcome"].tolist() == ["Waiting to be sent"]
    outbox = Outbox(services.db)
    message = outbox.due()[0].id
    outbox.record(message, Reply(500, error="It answered 500."))
    at.run()
    assert " UTC. Vitrine keeps trying." in at.warning[0].value  # without a time zone of a browser
    assert at.dataframe[0].value["At"][0].endswith(" UTC")
    outbox.record(message, Reply(410, error="It answered 410."))
    at.run()
    assert at.dataframe[0].value["Outcome"].tolist() == ["Given up. It answered 410."]
    assert "The receiver answered 410" in at.warning[0].value
    at.button(key=f"webhook-switch-{webhook.id}").click().run()
    assert services.webhooks.get_webhook(project.id, webhook.id).active
    assert not at.warning
    at.button(key=f"webhook-delete-{webhook.id}").click().run()
    assert any("its log of 1 message. It cannot be undone" in text for text in texts(at))
    assert not at.exception
