"""Any sequence of actions by several people: entries, history and statistics agree, and everything can be undone."""

import contextlib
import re
import tempfile
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select

from core import ImageDatasets, ImageDatasetService, Projects, ProjectService, connect
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import Database, Events
from core.errors import ConflictError
from tests.conftest import PROVE
from tests.core.dataset.conftest import add_image

PEOPLE = st.sampled_from(["Anna", "Ben", "local"])
CONTENT = ("question", "answer", "confirmed", "rejected", "reject_reason", "flagged", "score", "tags", "note")


QUESTIONS = st.sampled_from(
    [
        "How many?", "How many, the?", "How many cups are on a shelf?", "how many cups are on the shelf in the hall",
        "How many cups are on shelf 2?", "How many cups are on shelf 22?",
    ]
)  # fmt: skip


def _near(question: str) -> str:
    text = f" {re.sub(r'[.,?!]', '', question.lower())} "
    for article in (" the ", " a "):
        text = text.replace(article, " ")
    return text


def _plain(answer: str) -> str:
    return answer.lower().strip(" .?!")


def _repeats(entry: ImageDatasets, other: ImageDatasets) -> bool:
    shorter, longer = sorted((_near(entry.question), _near(other.question)), key=len)
    alike = entry.model == other.model or _plain(entry.answer) == _plain(other.answer)
    begins = len(shorter) >= 20 and longer.startswith(shorter)
    return entry.id != other.id and alike and (shorter == longer or begins)


def _disputes(entry: ImageDatasets, other: ImageDatasets) -> bool:
    asked = _near(entry.question) == _near(other.question)
    return asked and entry.model != other.model and _plain(entry.answer) != _plain(other.answer)


class Annotators(RuleBasedStateMachine):
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.db: Database = connect(self._directory.name)
        self.project: Projects = ProjectService(self.db).create_project("Shelf")
        self.image = add_image(self.db, self.project.id, "shelf.jpg")
        self.dataset = ImageDatasetService(self.db)
        self.queries = EntryQueries(self.db)
        self.review = ReviewService(self.db)
        self.batches: list[str] = []

    def teardown(self) -> None:
        self._undo_everything()
        self.db.close()
        self._directory.cleanup()

    @rule(
        target=entries,
        who=PEOPLE,
        question=QUESTIONS,
        answer=st.sampled_from(["one", "Two."]),
        model=st.sampled_from("mn"),
    )
    def create(self, who: str, question: str, answer: str, model: str) -> str:
        return self.dataset.create_dataset_entry(self.project.id, self.image.id, question, answer, model, actor=who).id

    @rule(entry=entries, who=PEOPLE, answer=st.sampled_from(["one", "two", "three", ""]))
    def edit(self, entry: str, who: str, answer: str) -> None:
        self._if_there(entry, lambda seen: self.dataset.update_dataset_entry(entry, answer=answer, actor=who))

    @rule(entry=entries, who=PEOPLE, question=QUESTIONS)
    def ask(self, entry: str, who: str, question: str) -> None:
        self._if_there(entry, lambda seen: self.dataset.update_dataset_entry(entry, question=question, actor=who))

    @rule(
        entry=entries,
        who=PEOPLE,
        decision=st.sampled_from(["confirm", "reject", "reopen", "skip", "flag", "unflag"]),
        behind=st.integers(0, 1),
    )
    def decide(self, entry: str, who: str, decision: str, behind: int) -> None:
        def act(seen: ImageDatasets) -> None:
            if behind:
                with pytest.raises(ConflictError):
                    self.review.decide(entry, seen.version - behind, decision, actor=who)
            else:
                self.review.decide(entry, seen.version, decision, actor=who)

        self._if_there(entry, act)

    @rule(entry=entries, who=PEOPLE, score=st.integers(0, 10))
    def rate(self, entry: str, who: str, score: int) -> None:
        self._if_there(entry, lambda seen: self.dataset.rate_entry(entry, score / 2, actor=who))

    @rule(entry=entries, who=PEOPLE, tags=st.lists(st.sampled_from(["red", "Big ", "new"]), min_size=1))
    def tag(self, entry: str, who: str, tags: list[str]) -> None:
        self._if_there(entry, lambda seen: self.dataset.add_tags(entry, tags, actor=who))

    @rule(entry=entries, who=PEOPLE)
    def delete(self, entry: str, who: str) -> None:
        self.dataset.delete_dataset_entry(entry, actor=who)

    @rule(
        who=PEOPLE,
        line=st.sampled_from(["", "is:open", "tag:red"]),
        act=st.sampled_from(
            [("confirm", None), ("reject", "duplicate"), ("rate", 3), ("tag", "bulk"), ("delete", None)]
        ),
    )
    def bulk(self, who: str, line: str, act: tuple[str, Any]) -> None:
        expected = self.queries.count_entries(self.project.id, parse_search(line))
        assert self.review.bulk(self.project.id, parse_search(line), *act, actor=who).changed <= expected

    @rule(who=PEOPLE)
    def undo(self, who: str) -> None:
        # A conflict: someone wrote the same field since, and nothing is overwritten.
        with contextlib.suppress(ConflictError):
            self.review.undo(self.project.id, actor=who)

    @invariant()
    def history_and_rows_agree(self) -> None:
        """Replaying the events from an empty state gives the entries, and the version counts the changes."""
        for entry in self._rows():
            state: dict[str, Any] = {}
            changes = 0
            for event in self._events(entry.id):
                assert all(state.get(name, value) == value for name, value in event.old.items())
                state |= event.new
                changes += bool(event.new)
            assert entry.version == changes
            assert (entry.deleted_at is not None) == state["deleted"]
            assert {name: getattr(entry, name) for name in CONTENT if name in state} == {
                name: value for name, value in state.items() if name in CONTENT
            }

    @invariant()
    def statistics_count_the_rows(self) -> None:
        alive = [entry for entry in self._rows() if entry.deleted_at is None]
        rated = [entry.score for entry in alive if entry.score]
        stats = self.dataset.get_dataset_stats(self.project.id)
        assert stats["total_entries"] == len(alive)
        assert stats["confirmed_entries"] == sum(entry.confirmed for entry in alive)
        assert stats["rejected_entries"] == sum(entry.rejected for entry in alive)
        assert stats["average_score"] == (round(sum(rated) / len(rated), 2) if rated else 0.0)
        assert not any(entry.confirmed and entry.rejected for entry in alive)

    @invariant()
    def searches_find_the_rows(self) -> None:
        alive = [entry for entry in self._rows() if entry.deleted_at is None]
        expected = {
            "three": [entry.id for entry in alive if entry.answer == "three"],
            "tag:bulk": [entry.id for entry in alive if "bulk" in entry.tags.split(",")],
            "edited:yes": [entry.id for entry in alive if entry.edited],
            "score:3": [entry.id for entry in alive if entry.score == 3],
            "is:rejected reason:duplicate": [entry.id for entry in alive if entry.reject_reason == "duplicate"],
            "check:repeated": [entry.id for entry in alive if any(_repeats(entry, other) for other in alive)],
            "check:disputed": [entry.id for entry in alive if any(_disputes(entry, other) for other in alive)],
        }
        for line, ids in expected.items():
            found = self.queries.find_entries(self.project.id, parse_search(line)).items
            assert sorted(entry.id for entry in found) == sorted(ids)
            assert self.queries.count_entries(self.project.id, parse_search(line)) == len(ids)

    def _undo_everything(self) -> None:
        """Undo every action, last one first: only deleted entries as they were created remain."""
        with self.db.reading() as session:
            not_undone = [
                event.batch_id
                for event in session.exec(select(Events).order_by(col(Events.id).desc()))
                if event.action != "undo" and event.undone_by is None
            ]
        for batch_id in dict.fromkeys(not_undone):
            self.review.undo(self.project.id, batch_id=batch_id, actor="cleaner")
        for entry in self._rows():
            assert entry.deleted_at is not None
            assert (entry.question, entry.answer) == (entry.generated_question, entry.generated_answer)
            assert (entry.decision, entry.flagged, entry.repeats, entry.disputes) == ("open", False, 0, 0)
            assert (entry.score, entry.tags, entry.reject_reason) == (0, "", "")

    def _if_there(self, entry_id: str, act: Any) -> None:
        row = next(entry for entry in self._rows() if entry.id == entry_id)
        if row.deleted_at is None:
            act(row)

    def _rows(self) -> list[ImageDatasets]:
        with self.db.reading() as session:
            return list(session.exec(select(ImageDatasets)))

    def _events(self, entry_id: str) -> list[Events]:
        with self.db.reading() as session:
            return list(session.exec(select(Events).where(Events.entity_id == entry_id).order_by(col(Events.id))))


def test_any_sequence_of_actions_is_consistent_and_can_be_undone_to_the_start() -> None:
    run_state_machine_as_test(
        Annotators,
        settings=settings(
            max_examples=200 if PROVE else 6,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_concurrent_edits_of_the_same_entries_are_stored_or_reported_as_conflicts(
    db: Database, project: Projects
) -> None:
    """8 people, 15 edits each on 3 entries: every edit is either an event or a conflict."""
    dataset = ImageDatasetService(db)
    image = add_image(db, project.id, "shelf.jpg")
    ids = [dataset.create_dataset_entry(project.id, image.id, "What?", "start", "m").id for _ in range(3)]
    stored: list[str] = []
    conflicts: list[str] = []

    def annotate(person: int) -> None:
        for number in range(15):
            entry = dataset.get_dataset_entry(ids[(person + number) % 3])
            try:
                dataset.update_dataset_entry(
                    entry.id, version=entry.version, answer=f"{person}/{number}", actor=f"person {person}"
                )
                stored.append(f"{person}/{number}")
            except ConflictError:
                conflicts.append(f"{person}/{number}")

    people = [threading.Thread(target=annotate, args=(person,)) for person in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    history = [event for entry_id in ids for event in EntryQueries(db).history(entry_id) if event.action == "edit"]
    assert len(stored) + len(conflicts) == 8 * 15
    assert sorted(event.new["answer"] for event in history) == sorted(stored)
    assert sum(dataset.get_dataset_entry(entry_id).version - 1 for entry_id in ids) == len(stored)
