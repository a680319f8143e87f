"""Imports as tasks: a kind of long work for each source."""

from typing import TYPE_CHECKING

from core.tasks import TaskKind

if TYPE_CHECKING:
    from core.images.service import ImageService


def image_task_kinds(images: "ImageService") -> list[TaskKind]:
    """Return the kinds of work that bring images in."""
    return []
