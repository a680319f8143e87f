"""Moving whole projects: a project with everything in it as one archive, and back."""

from core.moving.incoming import ImportedProject
from core.moving.kinds import project_task_kinds
from core.moving.service import ProjectMover
from core.moving.starting import ProjectImports

__all__ = ["ImportedProject", "ProjectImports", "ProjectMover", "project_task_kinds"]
