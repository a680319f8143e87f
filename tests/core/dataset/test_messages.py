"""Messages on entries: sent back to whoever decided, open until that person looks again."""

from collections.abc import Callable

import pytest

from core import ImageDatasets, Projects
from core.dataset import CollaborationService, EntryQueries, MessageService, ReviewService, parse_search
from core.db import Accounts, Database, Memberships
from core.errors import ForbiddenError, InvalidInputError

Make = Callable[..., ImageDatasets]


@pytest.fixture
def messages(db: Database) -> MessageService:
    return MessageService(db)


@pytest.fixture
def decided(make: Make, review: ReviewService) -> ImageDatasets:
    """An entry that ana has confirmed."""
    return review.decide(make().id, 1, "confirm", actor="ana").entry


def _queue(db: Database, project: Projects, person: str) -> list[str]:
    page = CollaborationService(db).assign_entries(
        project.id, parse_search(f"sent:{person}").for_review(), person, limit=9
    )
    return [entry.id for entry in page.items]


def test_a_message_brings_an_entry_back_to_whoever_decided_it_until_they_look_again(
    decided: ImageDatasets, messages: MessageService, review: ReviewService, project: Projects, db: Database
) -> None:
    sent = messages.send(decided.id, "Is it not four?", actor="olga")
    assert (sent.sent_by, sent.sent_to, sent.text, sent.is_open) == ("olga", "ana", "Is it not four?", True)
    assert (_queue(db, project, "ana"), _queue(db, project, "olga")) == ([decided.id], [])
    assert messages.count_open(project.id, "ana") == 1
    review.decide(decided.id, decided.version, "skip", actor="ana")
    assert _queue(db, project, "ana") == [decided.id]  # looking away is not looking again
    again = review.decide(decided.id, decided.version, "reject", actor="ana")
    (ended,) = messages.of_entry(decided.id)
    assert (ended.ended_by, ended.ended_as, messages.count_open(project.id, "ana")) == ("ana", "reject", 0)
    review.undo(project.id, batch_id=again.batch_id, actor="ana")
    assert _queue(db, project, "ana") == [decided.id]


def test_an_answer_and_a_close_end_a_message_and_undo_opens_it_again(
    decided: ImageDatasets, messages: MessageService, review: ReviewService, project: Projects
) -> None:
    messages.send(decided.id, actor="olga")
    messages.send(decided.id, "Also the note.", actor="eda")
    assert messages.answer(decided.id, "There are three.", actor="ana").answer == "There are three."
    assert [one.ended_as for one in messages.of_entry(decided.id)] == ["answer", "answer"]
    review.undo(project.id, actor="ana")
    assert len(messages.of_project(project.id, to="ana", only_open=True)) == 2
    with pytest.raises(ForbiddenError):
        messages.close(decided.id, of="ana", actor="ben")
    messages.close(decided.id, of="ana", actor="olga")
    assert messages.of_project(project.id, only_open=True) == ()
    assert [one.text for one in messages.of_project(project.id, by="olga")] == ["Please look again."]
    for call in (
        lambda: messages.close(decided.id, actor="ana"),
        lambda: messages.answer(decided.id, "x", actor="ana"),
    ):
        with pytest.raises(InvalidInputError, match="No message to ana is open"):
            call()


def test_a_message_that_is_taken_back_is_gone(
    decided: ImageDatasets, messages: MessageService, review: ReviewService, project: Projects, entries: EntryQueries
) -> None:
    sent = messages.send(decided.id, actor="olga")
    review.undo(project.id, batch_id=sent.batch_id, actor="olga")
    assert (messages.of_entry(decided.id), messages.count_open(project.id, "ana")) == ([], 0)
    assert [event.action for event in entries.history(decided.id)] == ["create", "confirm", "message", "undo"]


def test_without_a_decision_the_author_of_the_answer_gets_it_and_a_model_is_nobody(
    make: Make, messages: MessageService, review: ReviewService, dataset: object, db: Database
) -> None:
    written = make("Color?", "red", model="")
    by = messages.of_entry(written.id)
    assert by == []
    assert messages.send(written.id, actor="olga").sent_to == "local"
    generated = make("Shape?", "round")
    with pytest.raises(InvalidInputError, match="Name the person"):
        messages.send(generated.id, actor="olga")
    assert messages.send(generated.id, to="ben", actor="olga").sent_to == "ben"
    review.decide(generated.id, 1, "edit", changes={"answer": "square"}, actor="ana")
    assert messages.send(generated.id, actor="olga").sent_to == "ana"
    with pytest.raises(InvalidInputError, match="to yourself"):
        messages.send(generated.id, actor="ana")


def test_with_accounts_a_message_goes_to_people_who_review_the_project(
    decided: ImageDatasets, messages: MessageService, project: Projects, db: Database
) -> None:
    with db.transaction() as session:
        for name, role in (("ben", "annotator"), ("vera", "viewer"), ("olga", "")):
            account = Accounts(name=name, name_key=name)
            session.add(account)
            session.flush()
            if role:
                session.add(Memberships(account_id=account.id, project_id=project.id, role=role))
    assert messages.send(decided.id, to="ben", actor="olga").sent_to == "ben"
    for name in ("vera", "olga", "nobody", None):  # None is ana, who decided it and is no member
        with pytest.raises(InvalidInputError, match="does not review this project"):
            messages.send(decided.id, to=name, actor="ana")


@pytest.mark.parametrize("text", ["", " ", "x" * 2_001])
def test_a_message_has_a_text_of_a_bounded_length(decided: ImageDatasets, messages: MessageService, text: str) -> None:
    with pytest.raises(InvalidInputError, match="Write a message"):
        messages.send(decided.id, text, actor="olga")
