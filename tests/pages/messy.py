"""One messy project for the tests that compare what pages say with the database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core import Tasks
from core.db import ImageDatasets, LlmCalls, TaskItems
from core.importing.records import NOT_HERE
from core.services import Services
from core.tasks import TaskStatus
from tests.pictures import png, striped

BEGAN = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
COLORS = ["red", "orange", "yellow"]
MODEL = "openai/unpriced-model"
PRICED = "openai/gpt-4o"


@dataclass(frozen=True)
class Messy:
    """The ids of the project, its images and its entries by what happened to them, and its tasks by their name."""

    project_id: str
    images: dict[str, str]
    entries: dict[str, str]
    tasks: dict[str, str]


def make_messy(services: Services) -> Messy:
    """Fill a project with several imports, rejected files, refused calls, failed items, decisions and deletions."""
    project_id = services.projects.create_project("Messy <shelf> & *co*", "Odds and ends").id
    images = _images(services, project_id)
    entries = _entries(services, project_id, images)
    _decide(services, entries)
    tasks = _tasks(services, project_id)
    services.collaboration.save_view(project_id, "Colors to check", "kind:color is:open")
    dataset = services.style_datasets.create_style_dataset(project_id, "Warm stripes")
    services.style_datasets.add_images(dataset.id, [images["one.png"], images["two.png"], images["three.png"]])
    return Messy(project_id, images, entries, tasks)


def _images(services: Services, project_id: str) -> dict[str, str]:
    """Add seven images, a copy and a file that is none; one image is deleted later with its entry."""
    files = [(f"{name}.png", striped(number)) for number, name in enumerate(("zero", "one", "two", "three"))]
    files += [
        ("copy.png", striped(1)),
        ("gray.png", png("gray")),
        ("gone.png", png("blue")),
        ("bare.png", striped(4)),
        ("notes.png", b"text"),
    ]
    added = services.intake.add_images(project_id, files)
    return {one.image_name: one.image.id for one in added if one.image is not None and one.outcome != "duplicate"}


def _entries(services: Services, project_id: str, images: dict[str, str]) -> dict[str, str]:
    dataset = services.dataset

    def entry(image: str, question: str, answer: str, model: str = MODEL, **more: Any) -> str:
        return dataset.create_dataset_entry(project_id, images[image], question, answer, model, **more).id

    label = {"answer_type": "label", "options": COLORS, "kind": "color"}
    found = {
        "confirmed": entry("zero.png", "How many stripes?", "one", kind="count", score=4),
        "rejected": entry("zero.png", "What is it?", "I cannot help with that.", kind="object"),
        "skipped": entry("one.png", "Is it warm?", "yes", kind="yes/no", tags="warm,draft"),
        "outside": entry("one.png", "Which color is it?", '["red"]', **label),
        "inside": entry("two.png", "Which color is it?", '["red"]', **label),
        "repeated": entry("two.png", "Is it warm?", "yes", kind="yes/no", tags="warm"),
        "disputed": entry("two.png", "Is it warm?", "no", model="anthropic/other", kind="yes/no"),
        "pair": entry("two.png", "Which has more?", "the second", image_ids=[images["two.png"], images["three.png"]]),
        "long": entry("three.png", "Describe it.", "A shelf of warm stripes. " * 12, kind="description"),
        "person": entry("three.png", "Is it a drawing?", "yes", model="", kind="yes/no", language="tr"),
        "deleted": entry("zero.png", "Deleted?", "yes"),
        "gone": entry("gone.png", "What color is it?", "blue", kind="color"),
    }
    with services.db.transaction() as session:  # as it came with data of before the labels were checked
        outside = session.get(ImageDatasets, found["outside"])
        assert outside is not None
        outside.answer, outside.needs_review = '["green"]', "green is not among the labels"
    services.questions.add_manual_question(images["gray.png"], "Is it gray?")
    services.questions.add_manual_question(images["three.png"], "What is behind it?")
    return found


def _decide(services: Services, entries: dict[str, str]) -> None:
    review = services.review
    review.decide(entries["confirmed"], 1, "confirm", actor="Ada")
    review.decide(entries["outside"], 1, "confirm", actor="Ada")
    review.decide(entries["rejected"], 1, "reject", actor="Ada")
    review.decide(entries["rejected"], 2, "reject", changes={"reject_reason": "wrong answer"}, actor="Ada")
    review.decide(entries["skipped"], 1, "skip")
    review.decide(entries["gone"], 1, "confirm")
    services.dataset.delete_dataset_entry(entries["deleted"])
    gone = services.dataset.get_dataset_entry(entries["gone"])
    assert gone is not None
    services.images.delete_image(gone.image_id)


def _tasks(services: Services, project_id: str) -> dict[str, str]:
    """Two imports, a generation with refused calls, one that was cancelled, one that failed in part."""
    asked = {"num_questions": 3, "kinds": {"count": 2, "color": 1}, "language": "tr", "with_answers": True}
    by_model, by_both = (
        {**asked, "models": [{"model": name} for name in names]} for names in ((MODEL,), (PRICED, MODEL))
    )
    files = {"source": "path", "path": "uploads/shelf.zip", "name": "shelf.zip"}
    counts = {"added": 5, "duplicate": 1, "rejected": 1}
    sums = {"counts": counts, "entries": 8, "questions": 9, "left_out": {"image": 1}}
    nowhere = {"image_id": "", "sha256": ""}
    rows = [
        {"name": "notes.png", "outcome": "rejected", "reason": "The content is not an image.", **nowhere},
        {"name": "rows.jsonl:9", "outcome": "left-out", "reason": f"{NOT_HERE}x.png", "cause": "image", **nowhere},
    ]
    replied = {"state": "ok", "prompt_tokens": 1000, "completion_tokens": 50}
    refused = _calls(6, MODEL, state="failed", error_code="refused", prompt_tokens=900)
    priced = [*_calls(2, PRICED, cost=0.003, **replied), *_calls(2, MODEL, **replied)]
    turned_away = _calls(3, MODEL, state="failed", error_code="auth", http_status=401)
    questions, answers = "image-question-generation", "image-answer-generation"
    kinds: list[tuple[str, str, dict[str, Any], dict[str, Any], list[dict[str, Any]], list[LlmCalls]]] = [
        ("import", "image-import", files, {"result": sums}, [{"result": {**sums, "rows": rows}}], []),
        ("again", "image-import", files, {"result": {"counts": {"duplicate": 6}}}, [{}], []),
        ("refused", questions, by_model, {}, _failed(6, "refused"), refused),
        ("mixed", questions, by_both, {}, [{}, {}, *_failed(1, "bad_reply")], priced),
        ("turned away", answers, {"models": [{"model": MODEL}]}, {}, _failed(3, "auth"), turned_away),
        ("offline", questions, {**asked, "models": [{"model": "offline/measure"}]}, {}, [{}], []),
    ]
    made = {}
    with services.db.transaction() as session:
        for number, (name, kind, config, columns, items, calls) in enumerate(kinds):
            failed = sum(item.get("state") == "failed" for item in items)
            began = BEGAN + timedelta(minutes=10 * number)
            task = Tasks(
                project_id=project_id, task_type=kind, config=config, create_at=began, started_at=began,
                ended_at=began + timedelta(seconds=42), started_by="Ada" if number % 2 else "local",
                status=TaskStatus.COMPLETED_WITH_FAILURES if failed else TaskStatus.COMPLETED,
                total_count=len(items), processed_count=len(items), failed_count=failed, **columns,
            )  # fmt: skip
            session.add(task)
            session.flush()
            made[name] = task.id
            for position, item in enumerate(items):
                session.add(TaskItems(task_id=task.id, position=position, **({"state": "done"} | item)))
            for call in calls:
                call.task_id = task.id
                session.add(call)
    return made


def _failed(count: int, code: str) -> list[dict[str, Any]]:
    return [{"state": "failed", "error_code": code, "error": f"The model did not answer ({code})."}] * count


def _calls(count: int, model: str, **columns: Any) -> list[LlmCalls]:
    return [LlmCalls(model=model, request_hash=f"{number:064d}", **columns) for number in range(count)]
