"""New images in the style of existing ones: style datasets, references, generation, match."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.style.kinds import style_task_kinds
    from core.style.service import StyleGenerationService

__all__ = ["StyleGenerationService", "style_task_kinds"]


def __getattr__(name: str) -> Any:
    # Lazy import: the service loads the whole room.
    if name == "StyleGenerationService":
        from core.style.service import StyleGenerationService

        return StyleGenerationService
    if name == "style_task_kinds":
        from core.style.kinds import style_task_kinds

        return style_task_kinds
    raise AttributeError(f"module 'core.style' has no attribute {name!r}")
