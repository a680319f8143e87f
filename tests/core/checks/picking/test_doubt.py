"""What raises the doubt of an entry: its own fields, and what the newest runs of checks found."""

from typing import Any

import pytest

from core import ImageDatasets, Projects
from core.checks.picking import doubt
from core.checks.picking.doubt import Source, doubts
from core.db import CheckRuns, EntryFindings, utc_now
from core.services import Services
from tests.core.checks.planted import checked
from tests.pictures import png


@pytest.mark.parametrize(
    ("found", "total", "why"),
    [
        ({}, 0.0, []), ({"a": 1.0}, 0.5, ["a"]), ({"a": 0.5}, 0.25, ["a"]), ({"a": 0.49}, 0.245, []),
        ({"a": 1.0, "b": 0.5}, 0.7, ["a", "b"]), ({"short": 1.0}, 0.8, ["short"]),
    ],
)  # fmt: skip
def test_sources_add_up_and_those_of_a_quarter_are_named(
    found: dict[str, float], total: float, why: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def source(name: str, weight: float, *, counts_long: bool = True) -> Source:
        return Source(name, name, weight, lambda session, project_id: [("e", found.get(name, 0.0))], counts_long)

    monkeypatch.setattr(doubt, "SOURCES", (source("a", 0.5), source("b", 0.8), source("short", 0.8, counts_long=False)))
    nothing: Any = None

    (raised,), (named,) = doubts(nothing, "p", [checked("e", "What?", "yes", family=0)])
    assert (raised, named) == (pytest.approx(total), why)

    (raised,), (named,) = doubts(nothing, "p", [checked("e", "What?", "a long answer " * 20, family=0)])
    assert named == [name for name in why if name != "short"]


def _entry(services: Services, project: Projects) -> ImageDatasets:
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    return services.dataset.create_dataset_entry(project.id, added.image.id, "What?", "A")


@pytest.mark.parametrize(
    ("check", "verdict", "score", "raised"),
    [
        ("guessable", "right", 0.9, 0.1), ("guessable", "wrong", None, 1.0), ("tools", "contradicts", 0.2, 1.0),
        ("tools", "supports", 0.9, 0.0), ("consensus", "another answer", 0.1, 1.0), ("consensus", "agrees", 0.4, 0.4),
        ("consensus", "agrees", None, 0.0),
    ],
)  # fmt: skip
def test_what_a_check_found_is_read_from_its_newest_run(
    services: Services, project: Projects, check: str, verdict: str, score: float | None, raised: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    entry_id = _entry(services, project).id
    run = CheckRuns(project_id=project.id, check_name=check, ended_at=utc_now(), result={})
    monkeypatch.setattr(doubt, "newest_run", lambda session, project_id, name: run if name == check else None)
    if verdict == "another answer":
        verdict = doubt.OTHER
    with services.db.transaction() as session:
        session.add(run)
        session.flush()
        session.add(EntryFindings(run_id=run.id, entry_id=entry_id, verdict=verdict, score=score))
        found = {source.name: dict(source.read(session, project.id)) for source in doubt.SOURCES}
        of_check = {"guessable": "unlikely"}.get(check, check)

        assert found.pop(of_check) == {entry_id: pytest.approx(raised)}
        assert not any(found.values())


def test_the_fields_of_an_entry_raise_doubt(services: Services, project: Projects) -> None:
    entry = _entry(services, project)
    with services.db.transaction() as session:
        row = session.get(ImageDatasets, entry.id)
        assert row is not None
        row.needs_review, row.score = "Look at it.", 1.0

    with services.db.reading() as session:
        found = {source.name: dict(source.read(session, project.id)) for source in doubt.SOURCES}
    assert {name: values for name, values in found.items() if values} == {
        "marked": {entry.id: 1.0}, "stars": {entry.id: 0.8},
    }  # fmt: skip
