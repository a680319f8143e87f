"""Moving whole projects: a project with everything in it as one archive, and back."""

EXPORT_TASK, IMPORT_TASK = "project-export", "project-import"
"""The kinds of task that move a project. They are here because the first page asks for them, and for nothing below."""

__all__ = ["EXPORT_TASK", "IMPORT_TASK"]
