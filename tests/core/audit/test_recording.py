"""What an act keeps of its details: short texts, short lists, and nothing that is empty."""

import json
from typing import Any

import pytest
from sqlmodel import select

from core.audit import record
from core.db import AuditEvents, Database, Projects


def _recorded(db: Database, **arguments: Any) -> AuditEvents:
    with db.transaction() as session:
        record(session, "image.tag", **arguments)
    with db.reading() as session:
        return session.exec(select(AuditEvents).where(AuditEvents.act == "image.tag")).one()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        (list(range(20)), list(range(20))),
        (list(range(21)), [*range(20), "and 1 more"]),
        (list(range(50)), [*range(20), "and 30 more"]),
        (["x" * 201], ["x" * 199 + "…"]),
        ({"a": "x" * 201, 2: True}, {"a": "x" * 199 + "…", "2": True}),
        (False, False),
        (0, 0),
        (0.5, 0.5),
        (b"x", "b'x'"),
    ],
)
def test_a_detail_is_kept_or_shortened(db: Database, given: Any, kept: Any) -> None:
    assert _recorded(db, given=given).details == {"given": kept}


@pytest.mark.parametrize("empty", [None, "", [], {}, ()])
def test_a_detail_that_is_empty_is_left_out(db: Database, empty: Any) -> None:
    assert _recorded(db, given=empty, other=1).details == {"other": 1}


@pytest.mark.parametrize(("last_chars", "is_kept"), [(148, True), (149, False)])
def test_details_of_more_than_4000_characters_become_their_names(db: Database, last_chars: int, is_kept: bool) -> None:
    texts = {f"n{number:02}": "x" * 156 for number in range(23)} | {"n23": "x" * last_chars}
    assert len(json.dumps(texts)) == (4_000 if is_kept else 4_001)
    names = [f"n{number:02}" for number in range(20)]
    assert _recorded(db, **texts).details == (texts if is_kept else {"names": names})


def test_what_is_said_of_an_act_goes_before_what_its_row_says(db: Database, project: Projects) -> None:
    act = _recorded(db, row=project)
    assert (act.label, act.project_id, act.object_id, act.kind) == (project.name, project.id, project.id, "image")


def test_a_label_and_a_project_that_are_given_are_kept(db: Database, project: Projects) -> None:
    act = _recorded(db, row=project, label="L" * 201, project_id="p" * 21)
    assert (act.label, act.project_id, act.object_id) == ("L" * 199 + "…", "p" * 21, project.id)


def test_an_act_without_a_row_is_about_nothing_in_particular(db: Database) -> None:
    act = _recorded(db)
    assert (act.label, act.project_id, act.object_id, act.details) == ("", None, "", {})


def test_an_act_that_is_not_listed_is_a_mistake(db: Database) -> None:
    with pytest.raises(KeyError, match=r"image\.paint is no act"), db.transaction() as session:
        record(session, "image.paint")
