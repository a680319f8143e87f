import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core import Projects
from core.audit.acts import ACTS
from core.backup import make_backup
from core.db import Database, connect
from core.db.migrate import NEWER_DATABASE
from core.services import Services
from core.tasks.engines.membership import OwnMembership
from pages.components.settings import api_tokens
from tests.pages.reading import draw
from tests.pages.running import open_page, texts


def test_every_setting_has_its_value_and_its_source() -> None:
    at = open_page("settings", tab="Limits and storage")

    rows = at.dataframe[0].value.set_index("Setting")
    assert rows.loc["VITRINE_DATA_DIR", "Source"] == "environment"
    assert rows.loc["VITRINE_MODEL_SIDE_PX", ["Value", "Source"]].tolist() == ["1024", "default"]
    assert rows.loc["VITRINE_ACCESS_PASSWORD", "Value"] == "not set"


def test_a_prompt_is_shown_with_its_variables() -> None:
    at = open_page("settings", tab="Prompts")

    at.selectbox(key="settings-prompt").select("answers").run()
    at.selectbox(key="settings-language").select("tr").run()

    assert "Variables: $count, $questions" in [text.replace("\\", "") for text in texts(at)]
    assert any(text.startswith("Görsele bak ve şu $count soruyu") for text in texts(at))


def test_an_analyzer_is_switched_on_for_the_new_images_of_a_project(services: Services, project: Projects) -> None:
    at = open_page("settings", project.id, tab="New images")
    shown = [text.replace("\\", "") for text in texts(at)]
    assert "Finding objects needs a model. Run: vitrine models add objects" in shown

    at.toggle(key=f"new-images-{project.id}-text").set_value(True).run()
    assert not at.exception
    assert services.projects.get_project(project.id).analyzers == "text"


def test_a_database_of_a_newer_version_is_said_on_the_page() -> None:
    with connect() as db, db.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    at = AppTest.from_file("../../Home.py", default_timeout=120).run()
    assert not at.exception
    assert [error.value.replace("\\", "") for error in at.error] == [NEWER_DATABASE]


def test_the_last_backup_and_the_free_space_are_shown(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backup(db.settings, tmp_path / "backups")
    monkeypatch.setenv("VITRINE_BACKUP_DIR", str(tmp_path / "backups"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_500_000_000))
    at = open_page("settings", tab="Limits and storage")
    shown = " ".join(texts(at))
    assert "1.5 GB free" in shown
    assert "0 images" in shown
    assert "Next: " in shown


def test_the_workers_are_listed_where_they_run_the_tasks(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    shown = " ".join(texts(open_page("settings", tab="Limits and storage")))
    assert "None is running. The command vitrine worker starts one" in shown
    OwnMembership(services.db, version="0.1.0", kinds=["image-analysis"], lanes=[], concurrency=16).take()
    (row,) = open_page("settings", tab="Limits and storage").dataframe[0].value.to_dict("records")
    assert (row["Kinds"], row["Lanes"], row["Items at a time"]) == ("image-analysis", "all", 16)


def test_the_audit_shows_who_did_what_and_its_filters_choose(services: Services, project: Projects) -> None:
    services.tokens.make_token("script")
    at = open_page("settings", project.id, tab="Audit")
    assert at.dataframe[0].value["What"].tolist() == ["made a token", "created a project"]
    assert len(at.selectbox(key="audit-act-Everything").options) == 1 + len(ACTS)
    at.selectbox(key="audit-kind").select("project").run()
    of_projects = [act for act in ACTS if act.startswith("project.")]
    assert len(at.selectbox(key="audit-act-project").options) == 1 + len(of_projects) > 2
    assert at.dataframe[0].value["On"].tolist() == [project.name]
    at.selectbox(key="audit-who").select("local").run()
    assert not at.exception


def test_what_a_page_does_is_recorded_as_done_there(services: Services, project: Projects) -> None:
    at = open_page("settings", project.id, tab="API tokens")
    token = services.tokens.make_token("script", project_id=project.id, role="editor").row
    at.run()
    assert f"script: read and write, at most as editor, only in {project.name}, never used" in texts(at)
    draw(api_tokens._revoke, token).button(key="token-revoke-confirm").click().run()
    (act, *_) = services.audit.find().items
    assert (act.act, act.way) == ("token.revoke", "page")


def test_the_bin_restores_and_names_what_it_deletes_for_good(services: Services, project: Projects) -> None:
    other = services.projects.create_project("Other")
    for one in (project, other):
        services.projects.delete_project(one.id)
    at = open_page("settings", tab="Bin")
    at.button(key=f"bin-restore-{project.id}").click().run()
    assert f"{project.name} is back." in texts(at)
    at.button(key=f"bin-delete-{other.id}").click().run()
    assert any(text.startswith("This deletes Other with all of its images") for text in texts(at))
    assert services.bin.counts()["project"] == 1
    assert [one.name for one in services.projects.list_projects()] == [project.name]
