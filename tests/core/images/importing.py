"""Run an import of a directory in a process of its own, to be killed from outside."""

import asyncio
import sys

from core import ImageService, connect
from core.importing.tasks import image_task_kinds
from core.tasks import TaskRunner, TaskService


def main(root: str) -> None:
    with connect() as db:
        kinds = {kind.task_type: kind for kind in image_task_kinds(ImageService(db).intake)}
        tasks = TaskService(db, lambda: kinds)
        project_id, task_id = _task(db, tasks, root)
        print("started", flush=True)
        task = asyncio.run(TaskRunner(db, kinds).run(task_id))
        print(task.status, project_id, flush=True)


def _task(db: object, tasks: TaskService, root: str) -> tuple[str, str]:
    """Return the import that an earlier process left open, or a new one."""
    from core import ProjectService

    open_ones = tasks.list_tasks(active_only=True)
    if open_ones:
        return open_ones[0].project_id, open_ones[0].id
    projects = ProjectService(db)  # type: ignore[arg-type]
    # The process may have been killed after its import had ended.
    project = next(iter(projects.list_projects()), None) or projects.create_project("Shelf")
    task = tasks.create_task(project.id, "image-import", {"source": "directory", "path": root})
    return project.id, task.id


if __name__ == "__main__":
    main(*sys.argv[1:])
