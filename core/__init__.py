"""Image question-answer datasets from Python: import pictures, ask about them, review, check, export.

Install with ``pip install vitrine-vqa``, then ``import vitrine``. In a checkout, ``import core`` is the same.

**Open a database.** It is a directory; what is not there yet is made. It stays open over the cells of a notebook. Every
service takes it::

    import vitrine

    db = vitrine.connect("my-data")
    project = vitrine.ProjectService(db).create_project("Kitchen")
    images, dataset = vitrine.ImageService(db), vitrine.ImageDatasetService(db)

**Import** a directory, an archive or an annotation file; pictures that are there already are not doubled. A single
picture may be a path, bytes, an open file or a ``PIL.Image``::

    report = vitrine.DatasetImporter(db, images).import_path(project.id, vitrine.sample_images())
    print(report)

**Ask.** What calls a model or reads a file is a coroutine: ``await`` it in a notebook, or hand it to ``run`` anywhere.
``offline/measure`` needs no key and describes only what it measures; any model that litellm knows takes its place, as
``{"provider": "openai", "model": "gpt-4o"}`` with its key in the environment. Long calls show a bar in notebooks, and
in scripts with ``progress=True``::

    asking = vitrine.ImageQuestionGenerationTask(db, vitrine.LLMService(), images)
    config = {"num_questions": 2, "with_answers": True, "llm_config": {"provider": "offline", "model": "measure"}}
    task = vitrine.TaskService(db).create_task(project.id, asking.task_type, config)
    vitrine.run(asking.process_task(task, config))

**Review.** An entry is a question about an image with its answer; a notebook shows it with its thumbnail. Lists that
stop at a limit say so in ``.total``; ``iter_dataset_entries`` yields all. What a person confirmed is final::

    first = dataset.list_dataset_entries(project.id, limit=5)[0]
    dataset.confirm_entry(first.id)
    dataset.rate_entry(first.id, 4.5)
    print(dataset.to_pandas(project.id)[["image_name", "question", "answer"]])

``vitrine.show(project)`` opens the app, where reviewing takes one key for each entry.

**Check** what the dataset is worth, such as how many answers can be guessed without the image::

    found = vitrine.run(vitrine.DatasetChecks(db).run(project.id, "verifiable"))
    print(f"A program can verify {found['share']:.0%} of the answers.")

**Export** into one of more than thirty formats; what was written is read back and checked. Then close the database::

    exporter = vitrine.DatasetExporterService(db, images)
    exporter.export_dataset(project.id, "my-export", "huggingface", confirmed=True)
    db.close()

``datasets.load_dataset("imagefolder", data_dir="my-export")`` loads it. Every class and method has its own help, such
as ``help(vitrine.ImageService.upload_image)``. An error that you can mend is a ``VitrineError``, whose sentence says
what to do next.
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
    from core.errors import VitrineError
    from core.export import DatasetExporterService, ImageDatasetExporter, read_vitrine
    from core.images import ImageService
    from core.images.samples import sample_images
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
    "VitrineError": "core.errors",
    "connect": "core.db",
    "read_vitrine": "core.export",
    "run": "core.notebook.running",
    "sample_images": "core.images.samples",
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
    "VitrineError",
    "connect",
    "read_vitrine",
    "run",
    "sample_images",
    "show",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(lazy_import(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
