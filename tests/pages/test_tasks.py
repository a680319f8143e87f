from core.tasks import TaskStatus
from tests.pages.running import open_page, services, texts
from tests.pictures import png


def test_without_tasks_the_page_leads_to_generate() -> None:
    project = services().projects.create_project("Shelf")

    at = open_page("tasks", project.id)

    assert "Nothing has been started yet." in texts(at)


def test_a_waiting_task_can_be_paused_and_resumed_and_cancelled() -> None:
    project = services().projects.create_project("Shelf")
    services().images.add_images(project.id, [("red.png", png("red"))])
    task = services().tasks.create_task(project.id)

    services().tasks.pause(task.id)
    at = open_page("tasks", project.id)
    assert "Paused: 0 of 1" in [element.proto.text for element in at.get("progress")]
    assert r"Paused by you\." in [element.value for element in at.info]

    at.button(key=f"cancel-{task.id}").click().run()
    assert services().tasks.get_task(task.id).status == TaskStatus.CANCELLED
