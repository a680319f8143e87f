"""Tasks: long work split into items, the runner that runs them, and the engine that starts runs."""

from core.errors import ItemInterrupted
from core.tasks.batch_progress import BatchProgress
from core.tasks.engines.base import EngineHealth, TaskEngine
from core.tasks.engines.choice import make_engine, make_worker
from core.tasks.engines.embedded import EmbeddedEngine
from core.tasks.kinds import STAGED, ItemContext, ItemPlan, ItemResult, Staging, TaskKind
from core.tasks.models import models_of, with_models
from core.tasks.runner import TaskRunner
from core.tasks.service import FailureGroup, TaskService, TaskStatus, TaskSummary
from core.tasks.watching import run_shown

__all__ = [
    "STAGED",
    "BatchProgress",
    "EmbeddedEngine",
    "EngineHealth",
    "FailureGroup",
    "ItemContext",
    "ItemInterrupted",
    "ItemPlan",
    "ItemResult",
    "Staging",
    "TaskEngine",
    "TaskKind",
    "TaskRunner",
    "TaskService",
    "TaskStatus",
    "TaskSummary",
    "make_engine",
    "make_worker",
    "models_of",
    "run_shown",
    "with_models",
]
