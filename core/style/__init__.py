"""New images in the style of existing ones: style datasets, references, generation, match.

Names are imported lazily: a module loads when one of its names is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.style.analysis_service import StyleAnalysisService
    from core.style.dataset_service import StyleDatasetService
    from core.style.generator import StyleGenerator
    from core.style.kinds import style_task_kinds
    from core.style.result_service import StyleResultService
    from core.style.service import StyleGenerationService

_MODULES = {
    "StyleAnalysisService": "analysis_service",
    "StyleDatasetService": "dataset_service",
    "StyleGenerationService": "service",
    "StyleGenerator": "generator",
    "StyleResultService": "result_service",
    "style_task_kinds": "kinds",
}

__all__ = [
    "StyleAnalysisService", "StyleDatasetService", "StyleGenerationService", "StyleGenerator", "StyleResultService",
    "style_task_kinds",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'core.style' has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
