"""What each page says of a messy project is what its database has, counted here by SQL of its own."""

from typing import Any

import pytest
from sqlalchemy import text
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.accounts.roles import Role
from core.api import credentials
from core.images import ImageFilter
from core.pluralize import pluralize
from pages.components.shared import asked_grid, facet_bars, grid
from tests.pages.messy import MODEL, Messy, make_messy
from tests.pages.running import open_page, services, texts

_ALIVE = "project_id = :p AND deleted_at IS NULL"
_ENTRY = f"FROM image_datasets WHERE {_ALIVE}"
_IMAGE = f"FROM images WHERE {_ALIVE}"


@pytest.fixture
def messy() -> Messy:
    return make_messy(services())


def number(messy: Messy, query: str) -> int:
    with services().db.reading() as session:
        return int(session.execute(text(query), {"p": messy.project_id}).scalar_one() or 0)


def counts(messy: Messy, column: str) -> dict[str, int]:
    """Count the entries by a column."""
    with services().db.reading() as session:
        rows = session.execute(text(f"SELECT {column}, count(*) {_ENTRY} GROUP BY 1"), {"p": messy.project_id})
        return {str(value): count for value, count in rows}


def plain(at: AppTest) -> list[str]:
    """Return the texts of the page without escapes."""
    return [one.replace("\\", "") for one in texts(at)]


def labels(at: AppTest, kind: str = "button") -> list[str]:
    return [element.label.replace("\\", "") for element in at.get(kind)]


def asked(messy: Messy) -> tuple[int, int]:
    """Return how many questions there are, with a row of their own or in entries only, and images without any."""
    of_rows = f"SELECT image_id, id FROM questions WHERE {_ALIVE}"  # noqa: S608
    of_entries = f"SELECT image_id, question {_ENTRY} AND question_id IS NULL"
    questions = number(messy, f"SELECT count(*) FROM ({of_rows} UNION {of_entries}) AS q")  # noqa: S608
    about = f"SELECT image_id FROM ({of_rows} UNION {of_entries}) AS q"  # noqa: S608
    return questions, number(messy, f"SELECT count(*) {_IMAGE} AND id NOT IN ({about})")


def waiting(messy: Messy, more: str = "") -> int:
    """Count the entries that wait for the visitor, who has skipped some."""
    skipped = "SELECT entity_id FROM events WHERE action = 'skip' AND actor = 'local' AND undone_by IS NULL"
    return number(
        messy, f"SELECT count(*) {_ENTRY} AND NOT confirmed AND NOT rejected AND id NOT IN ({skipped}) {more}"
    )


def test_overview(messy: Messy) -> None:
    images, entries = number(messy, f"SELECT count(*) {_IMAGE}"), number(messy, f"SELECT count(*) {_ENTRY}")
    confirmed = number(messy, f"SELECT count(*) {_ENTRY} AND confirmed")
    questions, without = asked(messy)
    decisions = number(
        messy,
        "SELECT count(DISTINCT entity_id) FROM events WHERE project_id = :p AND action IN ('confirm', 'reject')"
        " AND undone_by IS NULL",
    )
    at = open_page("overview", messy.project_id)

    assert f"{images} images, {questions} questions, {confirmed} of {entries} entries confirmed" in plain(at)
    figures = {metric.label: metric.value for metric in at.metric}
    assert {name: figures[name] for name in ("Upload", "Generate", "Curate", "Style", "Export")} == {
        "Upload": str(images), "Generate": str(questions), "Curate": str(confirmed), "Style": "0",
        "Export": str(confirmed),
    }  # fmt: skip
    assert figures["Decisions in the last 30 days"] == str(decisions)
    assert f"Review {waiting(messy)} entries" in labels(at, "page_link")
    assert f"Ask about {pluralize(without, 'image')}" in labels(at, "page_link")


def test_upload(messy: Messy) -> None:
    images, size = number(messy, f"SELECT count(*) {_IMAGE}"), number(messy, f"SELECT sum(size) {_IMAGE}")
    similar = number(messy, f"SELECT count(*) {_IMAGE} AND near_duplicate_of IS NOT NULL")
    at = open_page("upload", messy.project_id, task=messy.tasks["import"])

    (state,) = (line for line in plain(at) if line.startswith(f"{images} images, "))
    assert state == (
        f"{images} images, {size / 1000:.1f} kB, {images - asked(messy)[1]} with questions, "
        f"{similar} similar to another image"
    )
    report = "\n".join(plain(at))
    assert "5 images added, 1 already in this project, 1 rejected." in report
    assert "9 questions found, 8 stored, 1 names an image that is not here" in report
    assert "2 need a look" in labels(at, "expander")


def test_images(messy: Messy) -> None:
    at = open_page("images", messy.project_id)
    images = number(messy, f"SELECT count(*) {_IMAGE}")
    assert f"{images} images, objects not looked for yet" in plain(at)
    assert len(services().library.find_image_ids(messy.project_id, ImageFilter(has="no-questions"))) == asked(messy)[1]


def test_generate(messy: Messy) -> None:
    at = open_page("generate", messy.project_id)
    images, without = number(messy, f"SELECT count(*) {_IMAGE}"), asked(messy)[1]
    assert f"{images} images, {without} without questions" in plain(at)
    of_english = f"SELECT image_id FROM questions WHERE {_ALIVE} AND language = 'en'"  # noqa: S608
    by_entries = f"SELECT image_id {_ENTRY} AND language = 'en' AND question_id IS NULL AND more_image_ids = ''"
    in_english = number(messy, f"SELECT count(*) {_IMAGE} AND id NOT IN ({of_english} UNION {by_entries})")
    offered = at.radio(key="generate-target").options
    assert f"All images ({images})" in offered
    assert f"Images without a question of their own ({in_english})" == offered[0]
    assert f"Generate for {pluralize(in_english, 'image')}" in labels(at)


def test_curate(messy: Messy) -> None:
    table = open_page("curate", messy.project_id, view="Table")
    entries = number(messy, f"SELECT count(*) {_ENTRY}")
    opened = number(messy, f"SELECT count(*) {_ENTRY} AND NOT confirmed AND NOT rejected")
    assert f"1 to {entries} of {entries}" in plain(table)
    assert f"Confirm {opened} open entries" in labels(table)

    buttons = open_page("curate", messy.project_id, view="Buttons")
    assert f"{waiting(messy)} left to review" in plain(buttons)

    nothing = open_page("curate", messy.project_id, q="kind:count")
    assert "1 entry here, all of them decided." in plain(nothing)
    skipped = open_page("curate", messy.project_id, q="tag:draft")
    assert any(one.startswith("1 entry here. Nothing waits for you") for one in plain(skipped))
    assert "No entry matches zzz." in plain(open_page("curate", messy.project_id, q="zzz is:open"))


def test_explore(messy: Messy, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, Any] = {}
    show, bars = grid.show, facet_bars.show
    monkeypatch.setattr(grid, "show", lambda page, **more: drawn.update(page=page) or show(page, **more))
    monkeypatch.setattr(
        facet_bars, "show", lambda groups, **more: drawn.update({more["key"]: groups}) or bars(groups, **more)
    )
    at = open_page("explore", messy.project_id)

    assert f"Review {waiting(messy)}" in labels(at)
    entries = number(messy, f"SELECT count(*) {_ENTRY}")
    images = number(messy, f"SELECT count(DISTINCT image_id) {_ENTRY}")
    assert drawn["page"].where == f"1 to {images} of {images} images with {entries} entries"
    assert entries < asked_grid.MAX_ENTRIES
    shown = [entry.id for item in drawn["page"].items for entry in item.entries if entry.id]
    assert len(shown) == len(set(shown)) == entries
    facets = {group.title: {bar.terms: bar.count for bar in group.bars} for group in drawn["facets"]}
    assert facets["Kind of question"] == {f"kind:{name or 'none'}": n for name, n in counts(messy, "kind").items()}
    assert facets["Answered by"] == {f"model:{name or 'none'}": n for name, n in counts(messy, "model").items()}
    decision = "CASE WHEN confirmed THEN 'confirmed' WHEN rejected THEN 'rejected' ELSE 'open' END"
    assert facets["Decision"] == {f"is:{name}": n for name, n in counts(messy, decision).items()}

    at.query_params["tab"] = "Quality"
    at.run()
    checks = {bar.terms: bar.count for bar in drawn["quality"][0].bars}
    assert checks["check:label"] == number(messy, f"SELECT count(*) {_ENTRY} AND needs_review != ''") == 1
    assert checks["check:refusal"] == number(messy, f"SELECT count(*) {_ENTRY} AND lower(answer) LIKE '%i cannot%'")
    assert checks["check:disputed"] == number(messy, f"SELECT count(*) {_ENTRY} AND disputes > 0")


def test_check(messy: Messy) -> None:
    at = open_page("check", messy.project_id)
    confirmed = number(messy, f"SELECT count(*) {_ENTRY} AND confirmed")
    unpriced = number(
        messy,
        "SELECT count(*) FROM llm_calls WHERE task_id IN (SELECT id FROM tasks WHERE project_id = :p)"
        " AND cost IS NULL AND (state = 'ok' OR prompt_tokens > 0)",
    )
    assert f"Of {confirmed} entries confirmed up to now." in plain(at)
    assert f"The price of {unpriced} calls is not known, so the true cost is higher." in plain(at)


def test_style(messy: Messy) -> None:
    at = open_page("style", messy.project_id)
    images = number(messy, f"SELECT count(*) {_IMAGE}")
    own = "FROM style_dataset_images WHERE dataset_id IN (SELECT id FROM style_datasets WHERE project_id = :p)"
    of_style = number(messy, f"SELECT count(*) {own}")
    assert f"{images} images to learn from, 0 generated" in plain(at)
    assert f"{of_style} images, 0 measured, {of_style} waiting" in plain(at)
    assert f"{of_style} images first, in the order shown, then this text:" in plain(at)


def test_export(messy: Messy) -> None:
    at = open_page("export", messy.project_id)
    entries = number(messy, f"SELECT count(*) {_ENTRY}")
    confirmed = number(messy, f"SELECT count(*) {_ENTRY} AND confirmed")
    images = number(messy, f"SELECT count(DISTINCT image_id) {_ENTRY} AND confirmed")
    rejected = number(messy, f"SELECT count(*) {_ENTRY} AND rejected")
    assert f"{entries} entries, {confirmed} confirmed" in plain(at)
    assert f"**{confirmed} entries** on {images} images" in plain(at)
    assert f"{entries - confirmed - rejected}  not confirmed yet\n{rejected}  rejected" in plain(at)
    assert at.button(key="export-start").disabled  # a confirmed answer is known to be wrong
    assert any("1 of 1 answer is not among its labels" in line for line in plain(at))


def test_tasks(messy: Messy) -> None:
    at = open_page("tasks", messy.project_id, task=messy.tasks["refused"])
    tasks = number(messy, "SELECT count(*) FROM tasks WHERE project_id = :p")
    assert f"{tasks} tasks" in plain(at)
    assert [row for row in labels(at, "expander") if "·" in row] == [
        "Generate questions and answers: offline/measure · completed · 1 image · 2026-05-01 09:50 UTC · by Ada",
        f"Generate answers: {MODEL} · completed with 3 failures · 0 of 3 parts · 2026-05-01 09:40 UTC",
        "Generate questions and answers: openai/gpt-4o and 1 more · completed with 1 failure · 2 of 3 images · "
        "2026-05-01 09:30 UTC · by Ada",
        f"Generate questions and answers: {MODEL} · completed with 6 failures · 0 of 6 images · 2026-05-01 09:20 UTC",
        "Import: shelf.zip · completed · 6 already there · 2026-05-01 09:10 UTC · by Ada",
        "Import: shelf.zip · completed · 5 images, 8 entries, 1 already there, 2 left out · 2026-05-01 09:00 UTC",
    ]
    calls = "FROM llm_calls WHERE task_id = '{}' AND cost IS NULL AND (state = 'ok' OR prompt_tokens > 0)"
    refused = number(messy, f"SELECT count(*) {calls.format(messy.tasks['refused'])}")
    assert f"Took 42 s, cost unknown, {refused} calls without a known price" in plain(at)
    cost = {}
    for name in ("mixed", "turned away", "offline"):
        (cost[name],) = (line for line in plain(open_page("tasks", messy.project_id, task=messy.tasks[name]))
                         if line.startswith("Took"))  # fmt: skip
    assert cost == {
        "mixed": "Took 42 s, spent $0.0060 or more, 2 calls without a known price",
        "turned away": "Took 42 s, no cost",
        "offline": "Took 42 s, no cost",
    }


def test_team(messy: Messy) -> None:
    team = services()
    mine = messy.entries["inside"], messy.entries["disputed"]
    team.review.decide(mine[0], 1, "confirm", actor="Ada")
    team.review.undo(messy.project_id, actor="Ada")
    team.review.decide(mine[1], 1, "reject", actor="Ada")
    team.review.decide(mine[1], 2, "reopen", actor="Ben")
    team.collaboration.set_review_plan(messy.project_id, "all", second_percent=100)
    for name, verdict in (("confirmed", "confirm"), ("outside", "reject")):
        entry = team.dataset.get_dataset_entry(messy.entries[name])
        assert entry is not None
        team.review.decide(entry.id, entry.version, "second", changes={"verdict": verdict}, actor="Ben")
    team.messages.send(messy.entries["rejected"], "Look again.", actor="Ben")
    assert "People have no accounts here: whoever gets in may do everything." in plain(
        open_page("team", messy.project_id)
    )
    at = open_page("team", messy.project_id, tab="Progress")

    shown = at.dataframe[0].value.set_index("Person")
    names = {"Ada": "Ada", "Ben": "Ben", "local": "Local user"}
    assert shown.index.tolist() == list(names.values())
    acts = "FROM events WHERE project_id = :p AND undone_by IS NULL AND action IN ('confirm', 'reject', 'reopen')"
    latest = f"SELECT entity_id, max(id) AS id {acts} GROUP BY 1"
    for actor, name in names.items():
        decided = number(
            messy,
            f"SELECT count(*) FROM events JOIN ({latest}) AS latest ON latest.id = events.id"  # noqa: S608
            " JOIN image_datasets AS entry ON entry.id = events.entity_id"
            f" WHERE actor = '{actor}' AND action != 'reopen' AND entry.deleted_at IS NULL",
        )
        own = f"WHERE action = 'skip' AND undone_by IS NULL AND actor = '{actor}'"
        skipped = f"SELECT entity_id FROM events {own}"  # noqa: S608
        opened = number(messy, f"SELECT count(*) {_ENTRY} AND NOT confirmed AND NOT rejected AND id NOT IN ({skipped})")
        assert (shown.loc[name, "Decided"], shown.loc[name, "Waiting"]) == (decided, opened), name
    seconds = "FROM events WHERE project_id = :p AND action = 'second' AND undone_by IS NULL"
    compared = number(messy, f"SELECT count(*) {seconds}")
    alike = number(messy, f"SELECT count(*) {seconds} AND id NOT IN (SELECT id {seconds} AND new LIKE '%reject%')")
    assert shown["Second reviews"].tolist() == [f"{alike} of {compared} alike"] * 2 + [""]
    assert shown["Sent back"].tolist() == [1, 0, 0]


def test_team_with_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    messy, team = make_messy(services()), services()
    root, ada, ben = (
        team.accounts.create_account(name, "nine green bottles", is_admin=name == "root")
        for name in ("root", "ada", "ben")
    )
    for account in (root, ada, ben):
        team.memberships.set_role(messy.project_id, account.id, Role.OWNER)
    team.memberships.remove_member(messy.project_id, ben.id)
    cookie = credentials.start_session(team.db, "root", root)
    monkeypatch.setattr(ContextProxy, "cookies", {credentials.COOKIE: cookie})
    at = open_page("team", messy.project_id)
    members = number(messy, "SELECT count(*) FROM memberships WHERE project_id = :p")
    assert f"{members} members of Messy <shelf> & *co*" in plain(at)
    assert {"root", "ada"} <= set(plain(at))
    assert "ben" not in plain(at)


def test_settings(messy: Messy) -> None:
    at = open_page("settings", messy.project_id, tab="Bin")
    of_images = "project_id = :p AND deleted_at IS NOT NULL"
    images = number(messy, f"SELECT count(*) FROM images WHERE {of_images}")  # noqa: S608
    gone = f"SELECT id FROM images WHERE {of_images}"  # noqa: S608
    entries = number(
        messy, f"SELECT count(*) FROM image_datasets WHERE {of_images} AND image_id NOT IN ({gone})"  # noqa: S608
    )  # fmt: skip
    assert {f"Images ({images})", f"Entries ({entries})"} <= set(at.segmented_control(key="bin-kind").options)
    assert (images, entries) == (1, 1)
