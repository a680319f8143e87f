"""What became of the files and records of an import, from the results of its items.

The result of an item has ``counts`` (files by outcome), ``rows`` (one for each file or record that needs a look),
``entries``, ``records``, ``questions``, ``known``, ``left_out`` (questions and rows by cause), ``refs`` (the id of
the image by what records call it) and ``names`` (the same as pairs, for images inside tables). The same sums, without
rows, references and names, are in the ``result`` of the task.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.db import Database, TaskItems, Tasks
from core.importing.records import NOT_HERE, Problem
from core.pluralize import pluralize

if TYPE_CHECKING:
    from core.images.import_outcome import ImageOutcome
    from core.importing.storing import Stored

COLUMNS = ("name", "outcome", "reason", "image_id", "sha256")
"""Of a row of the outcomes."""
LEFT_OUT = "left-out"
NOTE = "note"
_SUMS = ("entries", "records", "questions", "known")
_COUNTERS = ("counts", "left_out")
_ITEMS_PER_QUERY = 50


@dataclass(frozen=True)
class ImportOutcomes:
    """The outcomes of an import up to now."""

    counts: dict[str, int]
    """Files by outcome: added, near-duplicate (added too), duplicate, rejected."""
    rows: list[dict[str, str]]
    """Name, outcome, reason, image_id and sha256 of each file or record that needs a look."""
    entries: int
    records: int = 0
    questions: int = 0
    """Questions with an answer that were found."""
    known: int = 0
    """Questions that the project had already, with this answer."""
    left_out: dict[str, int] = field(default_factory=dict)
    """By cause: ``image`` questions without an image here, ``row`` rows and files that could not be read."""

    @property
    def sentence(self) -> str:
        """What became of the questions, then of what could not be read, each with an example; empty when all came in
        and none was a question.
        """
        sentences = []
        if self.questions:
            parts = [f"{pluralize(self.questions, 'question')} found", f"{self.entries:,} stored"]
            parts += [f"{self.known:,} already there"] if self.known else []
            parts += [self._without_image()] if self.left_out.get("image") else []
            sentences.append(f"{', '.join(parts)}.")
        if unread := self.left_out.get("row", 0):
            example = next(self._rows_of("row"), None)
            shown = f": {example['reason'].rstrip('.')} ({example['name']})" if example else ""
            sentences.append(f"{pluralize(unread, 'row or file', 'rows or files')} could not be read{shown}.")
        return " ".join(sentences)

    def _without_image(self) -> str:
        """Return how many questions have no image; why, of the first one that names an image which is here."""
        missing, rows = self.left_out["image"], list(self._rows_of("image"))
        if other := next((row for row in rows if not row["reason"].startswith(NOT_HERE)), None):
            return f"{missing:,} left out: {other['reason'].rstrip('.')} ({other['name']})"
        shown = f": {rows[0]['reason'].removeprefix(NOT_HERE)} ({rows[0]['name']})" if rows else ""
        return f"{missing:,} {'names an image that is' if missing == 1 else 'name images that are'} not here{shown}"

    def _rows_of(self, cause: str) -> Iterator[dict[str, str]]:
        return (row for row in self.rows if row.get("cause") == cause)


def outcomes_of(items: Iterable[TaskItems]) -> ImportOutcomes:
    """Add up the results of the items of an import."""
    total: dict[str, Any] = {}
    rows: list[dict[str, str]] = []
    for item in items:
        total = added(total, item.result)
        rows += item.result.get("rows", [])
    return _outcomes(total, rows)


def outcomes_of_task(task: Tasks, rows: Iterable[dict[str, str]] = ()) -> ImportOutcomes:
    """Return the outcomes that the task has added up; *rows* as :func:`iter_rows` yields them."""
    return _outcomes(task.result, rows)


def _outcomes(total: dict[str, Any], rows: Iterable[dict[str, str]]) -> ImportOutcomes:
    sums = {name: total.get(name, 0) for name in _SUMS}
    return ImportOutcomes(dict(total.get("counts", {})), list(rows), left_out=dict(total.get("left_out", {})), **sums)


def added(total: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Return the sums of a task with those of one more item."""
    return total | {
        **{name: total.get(name, 0) + result.get(name, 0) for name in _SUMS},
        **{name: dict(Counter(total.get(name, {})) + Counter(result.get(name, {}))) for name in _COUNTERS},
        "formats": total.get("formats", {}) | result.get("formats", {}),
    }


def iter_rows(db: Database, task_id: str) -> Iterator[dict[str, str]]:
    """Yield the rows of an import in the order of its items, those of failed items included; memory is bounded."""
    after = -1
    while True:
        query = select(TaskItems).where(
            TaskItems.task_id == task_id, TaskItems.position > after, col(TaskItems.state).in_(["done", "failed"])
        )
        with db.reading() as session:
            page = list(session.exec(query.order_by(col(TaskItems.position)).limit(_ITEMS_PER_QUERY)))
        if not page:
            return
        for item in page:
            yield from item.result.get("rows", []) if item.state == "done" else _rows_of_failed(item)
        after = page[-1].position


def add_to_task(session: Session, task_id: str, result: dict[str, Any]) -> dict[str, Any]:
    """Add the sums of an item to those of its task, in the transaction that ends the item; return the whole result."""
    result = {"counts": {}, "rows": [], "entries": 0} | result
    task = session.get(Tasks, task_id)
    if task is not None:
        task.result = added(task.result, result)
        session.flush()
    return result


def image_row(name: str, outcome: "ImageOutcome") -> dict[str, str]:
    """Return the row of a file."""
    image = outcome.image
    return {
        "name": name, "outcome": outcome.outcome, "reason": outcome.reason or "",
        "image_id": image.id if image else "", "sha256": image.sha256 if image else "",
    }  # fmt: skip


def rejected_row(name: str, reason: str) -> dict[str, str]:
    """Return the row of a file that was not read."""
    return {"name": name, "outcome": "rejected", "reason": reason, "image_id": "", "sha256": ""}


def left_out_row(problem: Problem, cause: str = "row") -> dict[str, str]:
    """Return the row of a record or row that was left out; its name is the place."""
    return {
        "name": problem.where, "outcome": LEFT_OUT, "reason": problem.reason, "image_id": "", "sha256": "",
        "cause": cause,
    }  # fmt: skip


def note_row(note: Problem) -> dict[str, str]:
    """Return the row of what was read and is not stored; nothing is left out for it."""
    return {"name": note.where, "outcome": NOTE, "reason": note.reason, "image_id": "", "sha256": ""}


def stored_result(stored: "Stored") -> dict[str, Any]:
    """Return the result of an item that stored records."""
    missing = stored.questions - stored.entries - stored.known
    return {
        "records": stored.records, "questions": stored.questions, "entries": stored.entries, "known": stored.known,
        "rows": [left_out_row(problem, "image") for problem in stored.problems],
        "left_out": {"image": missing} if missing else {},
    }  # fmt: skip


def _rows_of_failed(item: TaskItems) -> Iterator[dict[str, str]]:
    payload = item.payload
    names = payload.get("names") or payload.get("urls") or [payload.get("name") or payload.get("file") or "import"]
    yield from (rejected_row(str(name), item.error) for name in names)
