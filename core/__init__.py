"""The Python interface of Vitrine.

    db = core.connect("my-data")
    project = core.ProjectService(db).create_project("Shelf")
    images = core.ImageService(db)
    image = core.run(images.upload_image(project.id, "shelf.jpg", "shelf.jpg"))
    db.close()

Every service takes the ``db_session`` that :func:`connect` returns; ``with core.connect(...) as db:`` closes it at the
end of the block. What calls a model or reads a file is a coroutine: ``await`` it, or hand it to :func:`run`. Names are
loaded when they are used, so ``import core`` costs nothing and brings in neither litellm nor datasets nor pandas.
"""

from typing import TYPE_CHECKING, Any

from core.lazy import lazy_import

if TYPE_CHECKING:
    from core.checks import DatasetChecks
    from core.dataset import ImageDatasetService
    from core.db import (
        BusinessProfiles,
        GeneratedImages,
        ImageDatasets,
        Images,
        Projects,
        Questions,
        StyleDatasetImages,
        StyleDatasets,
        Tasks,
        connect,
    )
    from core.export import DatasetExporterService, ImageDatasetExporter, read_vitrine
    from core.images import ImageService
    from core.importing.importer import DatasetImporter, ImportProblem, ImportReport
    from core.llm import LLMService
    from core.notebook.running import run
    from core.notebook.showing import show
    from core.projects import ProjectService
    from core.questions import ImageAnswerGenerationTask, ImageQuestionGenerationTask
    from core.style import StyleGenerationService
    from core.tasks import TaskService
    from core.vision import ImageAnalysisTask

_HOMES = {
    "BusinessProfiles": "core.db",
    "DatasetChecks": "core.checks",
    "DatasetExporterService": "core.export",
    "DatasetImporter": "core.importing.importer",
    "GeneratedImages": "core.db",
    "ImageAnswerGenerationTask": "core.questions",
    "ImageAnalysisTask": "core.vision",
    "ImageDatasetExporter": "core.export",
    "ImageDatasetService": "core.dataset",
    "ImageDatasets": "core.db",
    "ImageQuestionGenerationTask": "core.questions",
    "ImageService": "core.images",
    "Images": "core.db",
    "ImportProblem": "core.importing.importer",
    "ImportReport": "core.importing.importer",
    "LLMService": "core.llm",
    "ProjectService": "core.projects",
    "Projects": "core.db",
    "Questions": "core.db",
    "StyleDatasetImages": "core.db",
    "StyleDatasets": "core.db",
    "StyleGenerationService": "core.style",
    "TaskService": "core.tasks",
    "Tasks": "core.db",
    "connect": "core.db",
    "read_vitrine": "core.export",
    "run": "core.notebook.running",
    "show": "core.notebook.showing",
}

__all__ = [
    "BusinessProfiles",
    "DatasetChecks",
    "DatasetExporterService",
    "DatasetImporter",
    "GeneratedImages",
    "ImageAnalysisTask",
    "ImageAnswerGenerationTask",
    "ImageDatasetExporter",
    "ImageDatasetService",
    "ImageDatasets",
    "ImageQuestionGenerationTask",
    "ImageService",
    "Images",
    "ImportProblem",
    "ImportReport",
    "LLMService",
    "ProjectService",
    "Projects",
    "Questions",
    "StyleDatasetImages",
    "StyleDatasets",
    "StyleGenerationService",
    "TaskService",
    "Tasks",
    "connect",
    "read_vitrine",
    "run",
    "show",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(lazy_import(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
