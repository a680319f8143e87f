"""Every service over one database.

Importing this module imports every package of core and their libraries, such as SQLAlchemy. It is the only such module:
the server imports it through :mod:`core.runtime`, at the first use and by one thread at a time.
"""

import contextlib

from core.access import TokenService
from core.background_loop import BackgroundLoop
from core.dataset import CollaborationService, EntryQueries, ImageDatasetService, ReviewService
from core.db import Database, Tasks
from core.errors import ConflictError
from core.export import ExportService, ImageDatasetExporter, ImageVariantTask, export_task_kinds
from core.images import sandbox
from core.images.service import ImageService
from core.importing.previewing import ImportPreviewer
from core.importing.tasks import image_task_kinds
from core.importing.uploads import UploadService
from core.lazy import Lazy
from core.listings import ListingService
from core.llm import LLMService, ModelProfileService
from core.moving import ProjectImports, ProjectMover, project_task_kinds
from core.ownership import OwnershipService
from core.projects import ProjectService
from core.questions import (
    GenerationPreview,
    ImageAnswerGenerationTask,
    ImageQuestionGenerationTask,
    question_task_kinds,
    schema_check,
)
from core.style.kinds import style_task_kinds
from core.style.service import StyleGenerationService
from core.tasks import LocalEngine, TaskKind, TaskService
from core.transform.analyses import regions_from
from core.vision import ImageAnalysisTask, local
from core.vision.new_images import NewImages
from core.vision.tag_review import TagReview


class Services:
    """The services by name, the task engine, and the event loop that model calls run on.

    Services hold no state of their own, so all threads share them.
    """

    def __init__(self, db: Database, llm: LLMService | None = None) -> None:
        """*llm* replaces the service that calls models, with another retry policy for example."""
        self.db = db
        self.llm = llm or LLMService(settings=db.settings)
        self.projects = ProjectService(db)
        self.images = ImageService(db)
        self.library = self.images.library
        self.intake = self.images.intake
        self.duplicates = self.images.duplicates
        self.uploads = UploadService(db)
        self.import_previewer = ImportPreviewer(db, self.images)
        self.ownership = OwnershipService(db)
        self.listings = ListingService(db)
        self.profiles = ModelProfileService(db)
        self.questions = ImageQuestionGenerationTask(db, self.llm, self.images)
        self.answers = ImageAnswerGenerationTask(db, self.llm, self.images)
        self.preview = GenerationPreview(db, self.llm, self.images)
        self.dataset = ImageDatasetService(db)
        self.entries = EntryQueries(db)
        self.review = ReviewService(db)
        self.collaboration = CollaborationService(db)
        self.style = StyleGenerationService(db, self.llm, self.images)
        self.style_datasets = self.style.datasets
        self.style_analysis = self.style.analysis
        self.style_generation = self.style.generator
        self.style_results = self.style.results
        self.exporter = ImageDatasetExporter(db, self.images)
        self.analysis = ImageAnalysisTask(db, self.llm, self.images)
        find_regions = regions_from(self.analysis.store)
        self.exports = ExportService(db, self.images, find_regions)
        self.variants = ImageVariantTask(db, self.images, find_regions)
        self.tasks = TaskService(db, lambda: self.kinds)
        self.mover = ProjectMover(db)
        self.project_imports = ProjectImports(self.mover, self.tasks, self.intake, self.uploads)
        self.tag_review = TagReview(db)
        self.new_images = NewImages(db, self.analysis.tools)
        self.tokens = TokenService(db)
        self._loop = Lazy(BackgroundLoop)
        self._engine = Lazy(self._start_engine)

    @property
    def kinds(self) -> dict[str, TaskKind]:
        """Every kind of task by its ``task_type``."""
        kinds = [
            *image_task_kinds(self.intake),
            self.analysis,
            *question_task_kinds(self.questions, self.answers),
            *style_task_kinds(self.style),
            *export_task_kinds(self.exports, self.images),
            self.variants,
            *project_task_kinds(self.db, self.mover, self.projects, self.intake),
        ]
        return {kind.task_type: kind for kind in kinds}

    @property
    def loop(self) -> BackgroundLoop:
        """The event loop for model calls and tasks; started at its first use."""
        return self._loop.get()

    @property
    def engine(self) -> LocalEngine:
        """Runs the tasks of this process; its first use starts it and resumes interrupted tasks."""
        return self._engine.get()

    def analyze_new_images(self, project_id: str, *, started_by: str = "local") -> None:
        """Start analyzing the images that were added, if the project's switch is on."""
        task_id = self.new_images.open_task(project_id, started_by=started_by)
        if task_id is not None:
            # Another process that runs the tasks continues this one at its next start.
            with contextlib.suppress(ConflictError):
                self.engine.submit(task_id)

    def close(self, *, keep_image_workers: bool = False) -> None:
        """Stop the task engine, then the event loop and the image workers. The database stays open."""
        if engine := self._engine.take():
            engine.stop()
        if loop := self._loop.take():
            loop.close()
        if not keep_image_workers:
            sandbox.close_shared()
            local.close_shared()
            schema_check.close()

    def _start_engine(self) -> LocalEngine:
        def ended(task: Tasks) -> None:
            if task.task_type != self.analysis.task_type:
                self.analyze_new_images(task.project_id)

        engine = LocalEngine(self.db, self.kinds, self.loop, ended)
        engine.start()
        return engine
