import json
import threading
from datetime import UTC, datetime

from core import Tasks
from core.db import ProviderBatches, TaskItems, utc_now
from core.runtime import runtime
from core.tasks import TaskStatus
from tests.fakes.provider import Call, FakeProvider, Reply
from tests.pages.running import has_ended, open_page, services, texts, until
from tests.pictures import png


def test_without_tasks_and_images_the_page_leads_to_upload() -> None:
    project = services().projects.create_project("Shelf")

    at = open_page("tasks", project.id)

    assert "There are no tasks yet." in texts(at)


def test_rows_of_imports_tell_their_files_and_results_apart() -> None:
    project = services().projects.create_project("Shelf")
    assert services().engine.health().runs_here  # begun by the page, it would end what runs without items
    started = {"status": TaskStatus.RUNNING, "total_count": 3}
    ended = {"status": TaskStatus.COMPLETED, "ended_at": utc_now(), "total_count": 3, "processed_count": 3}
    with services().db.transaction() as session:
        for at, (name, columns) in enumerate({
            "new.zip": started | {"result": {"counts": {"added": 4}, "questions": 9, "entries": 5, "known": 1}},
            "begun.zip": started,
            "shelf.zip": ended | {"result": {"counts": {"added": 2, "rejected": 1}, "entries": 1, "questions": 1}},
            "again.zip": ended | {"result": {"counts": {"duplicate": 2}}},
        }.items()):  # fmt: skip
            config = {"source": "path", "path": f"{at}/{name}"}
            session.add(
                Tasks(
                    project_id=project.id, task_type="image-import", config=config,
                    create_at=datetime(2026, 5, 1, 9, 30 - at, tzinfo=UTC), **columns,
                )
            )  # fmt: skip

    at = open_page("tasks", project.id)

    assert [row.label.replace("\\", "") for row in at.expander if row.label.startswith("Import")] == [
        "Import: new.zip · running · 2026-05-01 09:30 UTC",
        "Import: begun.zip · running · 2026-05-01 09:29 UTC",
        "Import: shelf.zip · completed · 2 images, 1 entry, 1 left out · 2026-05-01 09:28 UTC",
        "Import: again.zip · completed · 2 already there · 2026-05-01 09:27 UTC",
    ]
    assert [element.proto.text.replace("\\", "") for element in at.get("progress")] == [
        "Running: 4 files read, 6 of 9 questions"
    ]


def test_a_task_in_batches_says_how_far_its_provider_is() -> None:
    project = services().projects.create_project("Shelf")
    sent_at = datetime(2026, 5, 1, 14, 2, tzinfo=UTC)
    with services().db.transaction() as session:
        task = Tasks(
            project_id=project.id, task_type="image-question-generation", status=TaskStatus.PAUSED, total_count=300
        )
        session.add(task)
        session.flush()
        session.add(TaskItems(task_id=task.id, position=0, state="waiting"))
        for done, state in ((100, "sent"), (20, "sent"), (50, "ended")):
            session.add(
                ProviderBatches(
                    task_id=task.id, model="openai/gpt-4o", state=state, request_count=150, done_count=done,
                    sent_at=sent_at,
                )
            )  # fmt: skip

    at = open_page("tasks", project.id)

    assert [element.proto.text.replace("\\", "") for element in at.get("progress")] == [
        "Paused: 0 of 300 images, waiting for the provider: 120 of 300 done, submitted 14:02 UTC"
    ]
    assert "The cost is known when the answers are there" in texts(at)


def test_a_waiting_task_can_be_paused_and_resumed_and_cancelled() -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("red.png", png("red"))])
    task = services().tasks.create_task(project.id)

    services().tasks.pause(task.id)
    at = open_page("tasks", project.id)
    assert "Paused: 0 of 1 image" in [element.proto.text.replace("\\", "") for element in at.get("progress")]
    assert r"Paused by you\." in [element.value for element in at.info]

    at.button(key=f"cancel-{task.id}").click().run()
    assert services().tasks.get_task(task.id).status == TaskStatus.CANCELLED


def test_a_task_whose_model_only_repeats_says_by_how_many_questions_it_is_short() -> None:
    project = services().projects.create_project("Shelf")
    (outcome,) = services().intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    services().questions.add_manual_question(outcome.image.id, "What color is it?")
    reply = Reply(json.dumps({"questions": [{"question": "What color is it?", "kind": "attribute"}]}))
    with FakeProvider(reply) as provider:
        model = {"model": "openai/gpt-4o", "api_base": f"{provider.url}/v1"}
        task = services().tasks.create_task(project.id, config={"num_questions": 2, "llm_config": model})
        runtime.services.engine.submit(task.id)
        until(lambda: has_ended(task.id))

    at = open_page("tasks", project.id)

    assert [element.proto.text.replace("\\", "") for element in at.get("progress")] == ["Completed: 1 image"]
    assert any("Short by 2 questions" in element.value for element in at.info)


def test_a_cancelled_task_waits_for_its_calls_in_flight_and_counts_them() -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("red.png", png("red"))])
    asked, go_on = threading.Event(), threading.Event()

    def answered(_call: Call) -> Reply:
        asked.set()
        go_on.wait(120)
        return Reply(json.dumps({"questions": [{"question": "What color is it?", "kind": "attribute"}]}))

    with FakeProvider(answered) as provider:
        model = {"model": "openai/gpt-4o", "api_base": f"{provider.url}/v1"}
        task = services().tasks.create_task(project.id, config={"num_questions": 1, "llm_config": model})
        runtime.services.engine.submit(task.id)
        assert asked.wait(120)
        at = open_page("tasks", project.id)
        at.button(key=f"cancel-{task.id}").click().run()
        assert [element.proto.text.replace("\\", "") for element in at.get("progress")] == [
            "Cancelled: 0 of 1 image, waiting for what has begun"
        ]
        go_on.set()
        until(lambda: has_ended(task.id))

    at.run()
    assert [element.proto.text.replace("\\", "") for element in at.get("progress")] == ["Cancelled: 1 image"]
