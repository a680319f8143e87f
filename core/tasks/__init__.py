"""Long work: tasks and their items, the runner that works through them, and the engine that starts runners."""

from core.tasks.engine import LocalEngine, TaskEngine
from core.tasks.kinds import ItemContext, ItemPlan, ItemResult, TaskKind
from core.tasks.runner import TaskRunner
from core.tasks.service import FailureGroup, TaskService, TaskStatus, TaskSummary

__all__ = [
    "FailureGroup",
    "ItemContext",
    "ItemPlan",
    "ItemResult",
    "LocalEngine",
    "TaskEngine",
    "TaskKind",
    "TaskRunner",
    "TaskService",
    "TaskStatus",
    "TaskSummary",
]
