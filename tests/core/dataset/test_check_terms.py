"""Search lines find entries by what the newest run of a check says of them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core import ImageDatasets, Projects
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import CheckRuns, Database, EntryFindings, utc_now
from core.errors import InvalidInputError

Make = Callable[..., ImageDatasets]
Findings = dict[str, tuple[str, float | None]]
"""Verdict and score by the question of an entry."""

NEWEST: dict[tuple[str, str], Findings] = {
    ("guessable", ""): {"a": ("guessed", 0.8), "b": ("not guessed", 0.2)},
    ("balance", ""): {"a": ("leave out", None), "b": ("keep", None)},
    ("verifiable", ""): {"a": ("number", None), "b": ("no", None)},
    ("tools", ""): {"a": ("contradicts", None), "b": ("supports", None)},
    ("second-opinion", ""): {"a": ("blind", None), "b": ("seen", None), "c": ("both", None), "d": ("neither", None)},
    ("consensus", ""): {"a": ("agrees", 0.1), "b": ("other", 0.5)},
    ("worth", ""): {"c": ("next", 1.0), "a": ("next", 2.0), "b": ("next", 3.0)},
    ("heldout", ""): {"a": ("both", None), "b": ("image", None), "c": ("question", None)},
    ("arena", "m/one"): {"a": ("right", 1.0), "b": ("wrong", 0.0), "c": ("right", 0.5)},
    ("arena", "m/two"): {"a": ("wrong", 0.0), "b": ("right", 1.0), "c": ("right", 0.5)},
    ("judge", ""): {"a": ("scored", 4.0), "b": ("scored", 2.0)},
}
TRUST = {"trust": {"answer": "yes"}}


def store(
    db: Database,
    project_id: str,
    ids: dict[str, str],
    check: str,
    found: Findings,
    *,
    series: str = "",
    hours: int | None = 0,
) -> None:
    """Store a run that ended so many hours ago, or has not ended."""
    ended = None if hours is None else utc_now() - timedelta(hours=hours)
    run = CheckRuns(project_id=project_id, check_name=check, series=series, result=TRUST, ended_at=ended)
    with db.transaction() as session:
        session.add(run)
        session.flush()
        for question, (verdict, score) in found.items():
            session.add(EntryFindings(entry_id=ids[question], run_id=run.id, verdict=verdict, score=score))


@pytest.fixture
def ids(db: Database, project: Projects, make: Make) -> dict[str, str]:
    """Four entries; the newest run of each check, an older one, one that has not ended, one of another check."""
    made = {question: make(question).id for question in "abcd"}
    for (check, series), found in NEWEST.items():
        store(db, project.id, made, check, found, series=series, hours=1)
        verdict, score = next(iter(found.values()))
        store(db, project.id, made, check, {"d": (verdict, score)}, series=series, hours=2)
        store(db, project.id, made, check, {"d": (verdict, score)}, series=series, hours=None)
    store(db, project.id, made, "other", {"d": ("guessed", 0.8)})
    return made


FOUND = {
    "guessable:yes": "a", "guessable:no": "b", "guessable:>20": "a", "guessable:>=20": "ab",
    "prune:yes": "a", "prune:no": "bcd",
    "verifiable:number": "a", "verifiable:no": "b",
    "tools:contradicts": "a", "tools:supports": "b",
    "blind:yes": "ac", "blind:no": "bd", "seen:yes": "bc", "seen:no": "ad",
    "consensus:yes": "a", "consensus:no": "b", "doubt:>10": "b", "doubt:>=10": "ab",
    "worth:no": "d",
    "heldout:yes": "ab", "heldout:no": "cd", "heldout:question": "c",
    "arena:m/one=right": "ac", "arena:m/one=wrong": "b", "arena:m/one>m/two": "a", "arena:m/two>m/one": "b",
    "judge:>=3": "a", "judge:<3": "b",
}  # fmt: skip


@pytest.mark.usefixtures("ids")
def test_a_line_finds_what_the_newest_run_that_ended_says(project: Projects, entries: EntryQueries) -> None:
    lines = {line: parse_search(line) for line in FOUND}
    pages = {line: entries.find_entries(project.id, query).items for line, query in lines.items()}

    assert {line: "".join(sorted(entry.question for entry in page)) for line, page in pages.items()} == FOUND
    counts = {line: entries.count_entries(project.id, query) for line, query in lines.items()}
    assert counts == {line: len(found) for line, found in FOUND.items()}


@pytest.mark.parametrize("line", ["arena:m/one", "arena:>m/two", "arena:m/one>", "arena:=right", "arena:m/one=best"])
def test_a_line_about_models_names_two_or_one_with_its_verdict(
    project: Projects, entries: EntryQueries, line: str
) -> None:
    with pytest.raises(InvalidInputError, match="arena: takes two models"):
        entries.find_entries(project.id, parse_search(line))
    with pytest.raises(InvalidInputError, match=r"guessable: takes yes, no, or percent such as >80\."):
        entries.find_entries(project.id, parse_search("guessable:often"))


def test_what_is_worth_most_comes_first_page_by_page_without_what_a_person_skipped(
    ids: dict[str, str], project: Projects, entries: EntryQueries, review: ReviewService
) -> None:
    review.decide(ids["a"], 1, "skip", actor="Anna")
    line = parse_search("worth:yes")

    pages, after = [], None
    while True:
        page = entries.find_entries(project.id, line, limit=1, after=after)
        pages.append("".join(entry.question for entry in page.items))
        if (after := page.next_cursor) is None:
            break
    assert pages == ["c", "a", "b"]
    queue = entries.find_entries(project.id, line, not_skipped_by="Anna")
    assert ([entry.question for entry in queue.items], queue.next_cursor) == (["c", "b"], None)
    again = entries.find_entries(project.id, line, after=ids["d"])
    assert [entry.question for entry in again.items] == ["c", "a", "b"]
    newest = entries.find_entries(project.id, line, newest_first=True)
    assert [entry.question for entry in newest.items] == ["c", "b", "a"]
