"""Parts of the Settings page: accounts, workers, new images, free space and backups."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.db import utc_now
from core.runtime import runtime
from pages.components.settings import accounts, new_images, storage, workers
from pages.components.shared import page
from pages.components.team import invitations
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "said", "buttons"),
    [
        ({}, "ana: never signed in", ["[Make admin]", "[Disable]"]),
        ({"display_name": "Ana Lima", "is_admin": True}, "ana (Ana Lima): admin, never signed in",
         ["[No longer admin]", "[Disable]"]),
        ({"disabled_at": AT, "oidc_subject": "s"}, "ana: disabled, signs in by the provider, never signed in",
         ["[Make admin]", "[Enable]"]),
        ({"last_sign_in_at": AT}, "ana: last signed in 2026-05-01 09:00 UTC",
         ["[Make admin]", "[Disable]"]),
    ],
    ids=["new", "an admin", "disabled", "active"],
)  # fmt: skip
def test_an_account_is_shown_with_its_state_and_what_changes_it(
    changed: dict[str, Any], said: str, buttons: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "id": "a", "name": "ana", "display_name": "", "is_admin": False, "disabled_at": None, "oidc_subject": None,
        "last_sign_in_at": None, **changed,
    }  # fmt: skip
    monkeypatch.setattr(runtime.services.accounts, "list_accounts", lambda: [SimpleNamespace(**given)])
    monkeypatch.setattr(invitations, "show", lambda _project_id: None)
    lines = read(draw(accounts.show))
    assert lines[0] == said
    assert [line for line in lines if line in ("[Make admin]", "[No longer admin]", "[Enable]", "[Disable]")] == buttons


@pytest.mark.parametrize(
    ("what", "done"),
    [("admin", ("set_admin", "a", True)), ("no-admin", ("set_admin", "a", False)),
     ("disable", ("disable_account", "a")), ("enable", ("enable_account", "a"))],
)  # fmt: skip
def test_each_button_of_an_account_does_what_it_says(
    what: str, done: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[Any, ...]] = []
    for name in ("set_admin", "disable_account", "enable_account"):
        monkeypatch.setattr(
            runtime.services.accounts, name, lambda *given, name=name: called.append((name, *given))
        )  # fmt: skip
    draw(accounts._change, what, "a")
    assert called == [done]


@pytest.mark.parametrize(
    ("changed", "shown"),
    [({}, {"Kinds": "all", "Lanes": "all", "State": "running"}),
     ({"kinds": ("import", "export"), "lanes": ("slow",), "is_draining": True},
      {"Kinds": "import, export", "Lanes": "slow", "State": "stopping"})],
)  # fmt: skip
def test_a_worker_says_what_it_takes_and_whether_it_stops(changed: dict[str, Any], shown: dict[str, str]) -> None:
    given = {
        "name": "w", "kinds": (), "lanes": (), "concurrency": 4, "chunks": 1, "is_draining": False, "version": "1",
        "beat_at": utc_now(), **changed,
    }  # fmt: skip
    row = workers._row(SimpleNamespace(**given))  # type: ignore[arg-type]
    assert {name: row[name] for name in shown} == shown
    assert row["Items at a time"] == 4


def test_workers_are_listed_where_they_run_the_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(draw(workers.show)) == []
    elsewhere = runtime.database.settings.model_copy(update={"task_engine": "dbos"})
    monkeypatch.setattr(runtime.database, "settings", elsewhere)
    monkeypatch.setattr(services().tasks, "list_workers", list)
    none = "None is running. The command vitrine worker starts one, on any machine."
    assert read(draw(workers.show)) == ["Workers", none]


def test_a_switch_of_new_images_is_stored_and_begins_with_the_images_that_are_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page, "project_id", lambda: None)
    assert read(draw(new_images.show)) == ["The switch belongs to a project. Open a project first."]
    project = services().projects.create_project("Shelf")
    monkeypatch.setattr(page, "project_id", lambda: project.id)
    begun: list[str] = []
    monkeypatch.setattr(services(), "analyze_new_images", begun.append)
    at = draw(new_images.show)
    key = f"new-images-{project.id}-embedding"
    assert (begun, at.toggle(key=key).value) == ([], False)
    assert f"new-images-{project.id}-caption" not in controls(at)  # it asks a model
    at.toggle(key=key).set_value(True).run()
    assert (begun, services().projects.get_project(project.id).analyzers) == ([project.id], "embedding")
    assert draw(new_images.show).toggle(key=key).value is True
    assert begun == [project.id]


def test_free_space_and_the_last_backup_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "free_bytes", lambda _directory: 12_340_000_000)
    limit = runtime.database.settings.min_free_bytes / 1e9
    monkeypatch.setattr(storage, "backup_status", lambda _settings: None)
    lines = read(draw(storage.show))
    assert lines[:3] == ["Disk", "12.3 GB free", f"Uploads, tasks and exports stop below {limit:.1f} GB."]
    assert "The server makes none." in lines
    made = SimpleNamespace(manifest=SimpleNamespace(made_at=AT, images=1_200, size_bytes=2_000_000))
    for last, said in (
        (None, "None yet. The server makes the first one after its start."),
        (made, "Last: 2026-05-01 09:00 UTC, 1,200 images, 2.0 MB"),
    ):
        status = SimpleNamespace(last=last, next_at=AT, backups=3, target=Path("/backups"), problem="It is full.")
        monkeypatch.setattr(storage, "backup_status", lambda _settings, status=status: status)
        assert read(draw(storage.show))[4:] == [
            said, "Next: 2026-05-01 09:00 UTC", "3 in /backups. `vitrine restore` brings one back.",
            "warning: It is full.",
        ]  # fmt: skip
