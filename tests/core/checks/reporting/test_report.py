"""The dataset report: hostile texts stay texts, equal input gives equal bytes, and what was not run says so."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from core import Projects, ProjectService
from core.checks import DatasetChecks
from core.checks.registry import checks
from core.checks.reporting import page
from core.checks.reporting.content import Table
from core.checks.reporting.measured import said_query
from core.checks.reporting.report import dataset_report
from core.dataset import parse_search
from core.db import CheckRuns, Database, utc_now
from core.errors import NotFoundError
from core.services import Services
from tests import postgresql
from tests.core.checks.arena.planted import plant_arena
from tests.core.images.pictures import drawn, encoded

NUL = "" if postgresql.WANTED else "\x00"  # PostgreSQL stores no such text
HOSTILE = f'</style></td><script src="//evil.example/x"></script><img src=//evil.example onerror=alert(1)>\u202e{NUL}&'


class Seen(HTMLParser):
    """Collects tags, attributes and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def shelf(services: Services) -> Projects:
    """A project all of whose texts are hostile: 24 entries on four images, one of them rejected, one confirmed."""
    project = services.projects.create_project(f"Shelf {HOSTILE}"[:150], HOSTILE)
    files = [(f"{n} <b>.png", encoded(drawn(n, (90, 60)), "PNG")) for n in range(4)]
    images = [one.image for one in services.intake.add_images(project.id, files) if one.image]
    for number in range(24):
        entry = services.dataset.create_dataset_entry(
            project.id, images[number % 4].id, f"Is there a {HOSTILE} {number}?", HOSTILE if number % 4 else "no",
            kind="<i>kind</i>", confirmed=number == 0, model="<u>model</u>",
        )  # fmt: skip
    services.review.decide(entry.id, entry.version, "reject")
    return project


def seen(page: str) -> Seen:
    parsed = Seen()
    parsed.feed(page)
    return parsed


async def test_hostile_texts_stay_texts_and_nothing_is_fetched(services: Services, shelf: Projects) -> None:
    await services.checks.run(shelf.id, "guessable")
    page = services.checks.report(shelf.id)
    parsed = seen(page)
    assert parsed.tags.isdisjoint({"script", "iframe", "link", "object", "i", "u", "a", "form", "base"})
    sources = [value for name, value in parsed.attributes if name == "src"]
    assert sources
    assert all(value.startswith("data:image/jpeg;base64,") for value in sources)
    assert not [name for name, _ in parsed.attributes if name.startswith("on") or name in ("href", "action")]
    assert "\u202e" not in page
    assert "\x00" not in page
    assert '<script src="//evil.example/x"></script>' in parsed.text
    assert "default-src 'none'" in page


async def test_numbers_are_in_it_with_how_and_when_and_what_was_not_run_says_how_to(
    services: Services, shelf: Projects
) -> None:
    before = seen(services.checks.report(shelf.id)).text
    assert "Not run. Run it on the page Check, or by POST" in before
    assert "23 entries that are not rejected" in before
    assert "Confirmed by a person1 of 23 (4%)" in before

    await services.checks.run(shelf.id, "guessable", "-is:rejected")
    after = seen(services.checks.report(shelf.id)).text
    # In short, and in its own section.
    assert after.count("of 100 answers can be guessed from the question, without the image.") == 2
    newest = services.checks.newest(shelf.id, "guessable")
    assert newest is not None
    assert f"Measured {newest.ended_at:%Y-%m-%d %H:%M} UTC of entries of the search -is:rejected." in after


def test_models_are_named_in_short_where_several_stand_in_one_list(services: Services, shelf: Projects) -> None:
    ids = [entry.id for entry in services.entries.find_entries(shelf.id, parse_search("-is:rejected")).items]
    plant_arena(services.db, shelf.id, "openai/mine@10.0.0.7:8000", dict.fromkeys(ids, 1.0))
    plant_arena(services.db, shelf.id, "offline/see", dict.fromkeys(ids, 0.0))
    said = seen(services.checks.report(shelf.id)).text
    assert f"openai/mine reached 100 of 100 on {len(ids)} questions." in said
    assert f"offline/see reached 0 of 100 on {len(ids)} questions." in said
    assert "A model reached" not in said


def test_equal_input_gives_equal_bytes_and_the_seed_draws_the_examples(
    services: Services, shelf: Projects, tmp_path: Path
) -> None:
    page = services.checks.report(shelf.id, tmp_path / "report.html", examples=5)
    assert services.checks.report(shelf.id, examples=5) == page == (tmp_path / "report.html").read_text("utf-8")
    assert page.count("<figure>") == 5
    assert services.checks.report(shelf.id, seed=1, examples=5) != page
    assert len(page) < 100_000


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", ""),
        ("is:confirmed -lang:de", "entries of the search is:confirmed -lang:de"),
        *((line, "entries that a search line chose") for line in ("by:ann", "is:open ann", "tag:ann", "no:field")),
    ],
)
def test_a_search_line_that_may_name_somebody_is_not_printed(line: str, said: str) -> None:
    assert said_query(line) == said


def test_texts_among_numbers_and_addresses_of_models_are_not_printed(db: Database, project: Projects) -> None:
    result = {"model": "mine@10.0.0.7:8000", "inner": {"who": "ann"}, "share": 0.25}
    run = CheckRuns(
        project_id=project.id, check_name="else", series="mine@10.0.0.7:8000", query="by:ann", result=result,
        ended_at=utc_now(),
    )  # fmt: skip
    with db.transaction() as session:
        session.add(run)
    page = dataset_report(db, project.id)
    assert "Else: mine<" in page
    assert "share" in page
    assert "10.0.0.7" not in page
    assert "ann" not in seen(page).text.replace("annotat", "").replace("cannot", "").replace("planned", "")


def test_a_project_without_anything_and_one_that_is_gone(db: Database, project: Projects) -> None:
    assert "0 entries that are not rejected" in DatasetChecks(db).report(project.id)
    ProjectService(db).delete_project(project.id)
    with pytest.raises(NotFoundError, match="does not exist any more"):
        DatasetChecks(db).report(project.id)


async def test_a_check_that_says_nothing_of_itself_has_its_numbers_listed(
    services: Services, shelf: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(checks()["verifiable"]), "report")
    await services.checks.run(shelf.id, "verifiable")
    assert "entries23verifiable" in seen(services.checks.report(shelf.id)).text


@pytest.mark.parametrize("check", sorted(checks()))
@pytest.mark.parametrize("result", [{}, {"share": "much", "entries": None, "kinds": 3, "interval": []}])
def test_numbers_that_a_check_did_not_write_do_not_end_the_report(
    db: Database, project: Projects, check: str, result: dict[str, object]
) -> None:
    with db.transaction() as session:
        session.add(CheckRuns(project_id=project.id, check_name=check, result=result, ended_at=utc_now()))
    assert "<html" in dataset_report(db, project.id)


def test_numbers_of_tables_are_right_aligned() -> None:
    html = page._table(Table(("Kind", "Entries", "Share"), (("count", "1,204", "60%"), ("5 things", "3", "40%"))))
    assert "<th scope=col>Kind</th><th scope=col class=number>Entries</th>" in html
    assert "<td>count</td><td class=number>1,204</td>" in html
    assert "<td>5 things</td>" in html


@pytest.mark.parametrize(
    ("value", "width"), [("0%", "0%"), ("100%", "100%"), ("101%", "100%"), ("250", "100%"), ("under 1%", None)]
)
def test_a_share_has_a_bar_of_at_most_the_whole_width(value: str, width: str | None) -> None:
    cell = page._cell(value, is_share=True)
    assert (f'style="width:{width}"' in cell) == (width is not None)
    assert ("style=" in cell) == (width is not None)
