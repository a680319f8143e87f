"""XSS: markup in texts of users, files and models runs no script and loads nothing from other servers."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import cycle

import httpx
import pytest
from playwright.sync_api import Page, Request

from core import connect
from core.db import Database
from core.services import Services
from pages import PAGES, PageEntry
from tests.browser.conftest import _chromium, browser, open_page, page
from tests.browser.driving import AppServer, settle
from tests.pictures import striped

__all__ = ["_chromium", "browser", "open_page", "page"]

pytestmark = pytest.mark.browser

FOREIGN_HOST = "evil.example"
PAYLOADS = [
    f"<script src=//{FOREIGN_HOST}/a.js></script>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    f"<img src=http://{FOREIGN_HOST}/b.png>",
    "<svg onload=alert(1)>",
    f"<iframe src=//{FOREIGN_HOST}></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    f"![beacon](http://{FOREIGN_HOST}/c.png)",
    "[link](javascript:alert(1))",
    f"<link rel=stylesheet href=//{FOREIGN_HOST}/d.css>",
    f"<style>@import '//{FOREIGN_HOST}/e.css';</style>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    f"<video poster=//{FOREIGN_HOST}/f.png><source onerror=alert(1)>",
    f"<object data=//{FOREIGN_HOST}/g.swf></object>",
    f"<embed src=//{FOREIGN_HOST}/h.swf>",
    f"<meta http-equiv=refresh content='0;url=//{FOREIGN_HOST}'>",
    f"<base href=//{FOREIGN_HOST}/>",
    f"<form action=//{FOREIGN_HOST}><button>Send</button></form>",
    '"><script>alert(1)</script>',
    "'-alert(1)-'",
    "</textarea><script>alert(1)</script>",
    "${alert(1)}",
    "{{alert(1)}}",
    "`${alert(1)}`",
    "</script><script>alert(1)</script>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    f":material/home: <a href='//{FOREIGN_HOST}' ping='//{FOREIGN_HOST}/ping'>x</a>",
    "$\\href{javascript:alert(1)}{x}$",
]
PAGES_WITH_PAYLOAD = ("overview", "curate", "explore")
"""Pages that show a payload as text without further clicks."""


# Every column with text of users, files or models.
TEXT_COLUMNS = {
    "projects": ("description",),
    "images": ("image_name", "tags", "source_ref"),
    "questions": ("question", "model"),
    "image_datasets": (
        "image_name", "question", "answer", "model", "note", "tags", "reject_reason", "needs_review",
        "generated_question", "generated_answer",
    ),
    "question_templates": ("question",),
    "saved_views": ("name", "created_by"),
    "model_profiles": ("name",),
    "events": ("actor",),
    "style_datasets": ("name", "master_prompt"),
    "style_versions": ("name", "master_prompt", "change"),
    "style_dataset_images": ("analysis_model",),
    "generated_images": ("prompt", "full_prompt", "caption", "style"),
    "tasks": ("note",),
    "task_items": ("error",),
    "llm_calls": ("prompt", "reply"),
    "business_profiles": ("business_name", "vibes", "theme"),
}  # fmt: skip
# JSON with texts of models: the analysis of an image, and the verdicts of a judge.
TEXT_IN_JSON: tuple[tuple[str, str, Callable[[str], dict[str, object]]], ...] = (
    ("style_dataset_images", "analysis_result", lambda text: dict.fromkeys(("description", "vibe", "style"), text)),
    (
        "generated_images", "match",
        lambda text: {
            "judge": {"model": text, "verdicts": [{"question": "mood", "answer": "yes", "evidence": text}]},
        },
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def server_with_payloads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AppServer, str]]:
    """Serve a project in which every text is a payload; each payload occurs several times."""
    with AppServer.running(tmp_path_factory.mktemp("server")) as server:
        with httpx.Client(base_url=server.url, timeout=60) as http:
            project_id = _fill(http)
        with connect(server.data_dir) as db:
            _fill_by_services(db, project_id)
        _insert_payloads(server)
        yield server, project_id
        assert "Traceback" not in server.log_text(), server.log_text()[-4000:]


def _fill(http: httpx.Client) -> str:
    project_id = str(http.post("/api/projects", json={"name": PAYLOADS[1]}).json()["id"])
    address = f"/api/projects/{project_id}"
    files = [("files", (f"{number}.png", striped(number))) for number in range(5)]
    images = [result["image"]["id"] for result in http.post(f"{address}/images", files=files).json()["results"]]
    for number in range(len(PAYLOADS)):
        body = {"image_id": images[number % 5], "question": f"Question {number}?", "answer": "x", "model": "m"}
        http.post(f"{address}/image-datasets", json=body).raise_for_status()
    for number in range(3):
        template = {"question": f"Fixed question {number}?"}
        http.post(f"{address}/question-templates", json=template).raise_for_status()
    asked = http.post(f"{address}/image-questions", json={"num_questions": 2}).json()
    http.get(f"{asked['url']}/events")
    style = http.post("/ai/datasets", json={"name": "Warm", "project_id": project_id}).json()
    http.post(f"/ai/datasets/{style['id']}/images", json={"image_ids": images}).raise_for_status()
    http.post("/ai/generate", json={"prompt": "A lamp.", "dataset_id": style["id"]}).raise_for_status()
    return project_id


def _fill_by_services(db: Database, project_id: str) -> None:
    """Add what has no REST route: tokens, saved views, model profiles and reviewer names."""
    services = Services(db)
    for number, payload in enumerate(PAYLOADS[:5]):
        services.tokens.make_token(payload)
        services.collaboration.save_view(project_id, f"View {number}", "kind:count")
        services.profiles.save_profile(f"Profile {number}", {"provider": "offline", "model": "measure"})
    names = [payload for payload in PAYLOADS if len(payload) <= 60][:20]
    services.collaboration.set_review_plan(project_id, "divided", names, 20)
    for name, entry in zip(names, services.dataset.list_dataset_entries(project_id), strict=False):
        services.review.decide(entry.id, entry.version, "confirm", actor=name)


def _insert_payloads(server: AppServer) -> None:
    payloads = cycle(PAYLOADS)
    with closing(sqlite3.connect(server.data_dir / "vitrine.db", timeout=30)) as connection, connection:
        for table, columns in TEXT_COLUMNS.items():
            for (row_id,) in connection.execute(f"SELECT rowid FROM {table}").fetchall():  # noqa: S608
                values = [next(payloads) for _ in columns]
                # The row id keeps questions and names unique.
                assignments = ", ".join(f"{column} = ? || ' {row_id}'" for column in columns)
                connection.execute(f"UPDATE {table} SET {assignments} WHERE rowid = ?", (*values, row_id))  # noqa: S608
        for table, column, make_json in TEXT_IN_JSON:
            text = json.dumps(make_json(next(payloads)))
            connection.execute(f"UPDATE {table} SET {column} = json_patch({column}, ?)", (text,))  # noqa: S608


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.name)
def test_no_script_runs_and_no_other_server_is_requested(
    server_with_payloads: tuple[AppServer, str], page: Page, entry: PageEntry
) -> None:
    server, project_id = server_with_payloads
    dialogs: list[str] = []
    foreign_urls: list[str] = []

    def record_foreign(request: Request) -> None:
        if not request.url.startswith((server.url, "data:", "blob:", server.url.replace("http", "ws"))):
            foreign_urls.append(request.url)

    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", record_foreign)
    page.goto(f"{server.url}/{entry.url_path}?project={project_id}")
    settle(page)
    if page.locator(".st-key-tabs").count():
        page.get_by_role("tab").first.wait_for()
    for tab in page.get_by_role("tab").all():
        tab.click()
        settle(page)
    page.wait_for_load_state("networkidle")
    assert (dialogs, foreign_urls) == ([], [])
    if entry.name in PAGES_WITH_PAYLOAD:
        page.get_by_text("alert(1)").first.wait_for(state="attached")
