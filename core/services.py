"""Every service over one database.

Importing this module imports every package of core and their libraries, such as SQLAlchemy. It is the only such module:
the server imports it through :mod:`core.runtime`, at the first use and by one thread at a time.
"""

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from core.access import TokenService
from core.accounts.access import AccessService
from core.accounts.invitations import InvitationService
from core.accounts.memberships import MembershipService
from core.accounts.preferences import PreferenceService
from core.accounts.service import AccountService
from core.audit import AuditService
from core.background_loop import BackgroundLoop
from core.bin import BinService
from core.checks import AskedCheckTask, DatasetChecks, DatasetCheckTask, TwinService
from core.dataset import (
    CollaborationService,
    EntryQueries,
    GuidelineService,
    ImageDatasetService,
    MessageService,
    ReviewService,
)
from core.db import Database, Tasks
from core.errors import ImageRejectedError, InvalidInputError, ObjectStorageError
from core.export import ExportService, ImageDatasetExporter, ImageVariantTask, ImageVersions, export_task_kinds
from core.export.image_splits import ImageSplits
from core.export.retention import remove_lost_exports, remove_old_exports
from core.images import presence, sandbox
from core.images.service import ImageService
from core.images.staged_source import remove_staged
from core.importing.previewing import ImportPreviewer
from core.importing.tasks import image_task_kinds
from core.importing.uploads import UploadService
from core.lazy import Lazy
from core.listings import ListingService
from core.llm import LLMService, ModelConfig, ModelProfileService, keys, lanes_of, session_keys
from core.moving import ProjectImports, ProjectMover, project_task_kinds
from core.overlap.service import OverlapService
from core.ownership import OwnershipService
from core.projects import ProjectService
from core.questions import (
    GenerationPreview,
    ImageAnswerGenerationTask,
    ImageEvidence,
    ImageQuestionGenerationTask,
    question_task_kinds,
    schema_check,
)
from core.sample import SampleProjects
from core.shared_files import has_shared_files
from core.style.kinds import style_task_kinds
from core.style.service import StyleGenerationService
from core.tasks import TaskEngine, TaskKind, TaskService, make_engine, models_of
from core.tasks.kinds import StagedTaskKind
from core.transform.analyses import regions_from
from core.vision import ImageAnalysisTask, local
from core.vision.duplicates import DuplicateSearch
from core.vision.examples import ExampleImages
from core.vision.map.service import ImageMap
from core.vision.map.task import ImageMapTask
from core.vision.new_images import NewImages
from core.vision.tag_review import TagReview
from core.webhooks import WebhookService
from core.webhooks.dispatcher import WebhookDispatcher


class Services:
    """The services by name, the task engine, and the event loop that model calls run on.

    Services hold no state of their own, so all threads share them.
    """

    def __init__(self, db: Database, llm: LLMService | None = None) -> None:
        """*llm* replaces the service that calls models, with another retry policy for example."""
        self.db = db
        self.llm = llm or LLMService(settings=db.settings, db_session=db)
        self.projects = ProjectService(db)
        self.images = ImageService(db)
        self.library = self.images.library
        self.intake = self.images.intake
        self.duplicates = self.images.duplicates
        self.image_queries = self.images.queries
        self.duplicate_search = DuplicateSearch(db)
        self.uploads = UploadService(db)
        self.import_previewer = ImportPreviewer(db, self.images)
        self.ownership = OwnershipService(db)
        self.listings = ListingService(db)
        self.profiles = ModelProfileService(db)
        self.questions = ImageQuestionGenerationTask(db, self.llm, self.images)
        self.answers = ImageAnswerGenerationTask(db, self.llm, self.images)
        self.evidence = ImageEvidence(db, self.llm, self.images)
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
        self.splits = ImageSplits(db)
        self.map = ImageMap(db, self.splits.of_images)
        self.variants = ImageVariantTask(db, self.images, find_regions)
        self.versions = ImageVersions(db, self.images, find_regions)
        self.checks = DatasetChecks(db, self.llm, self.images)
        self.twins = TwinService(db, self.llm, self.images)
        self.tasks = TaskService(db, lambda: self.kinds)
        self._add_whole_projects(db)
        self.examples = ExampleImages(self.images, self.analysis)
        self.tag_review = TagReview(db)
        self.new_images = NewImages(db, self.analysis.tools)
        self.overlaps = OverlapService(db, self.llm, self.images)
        self._add_people(db)
        self.audit = AuditService(db)
        self.bin = BinService(db, self.images)
        self._loop = Lazy(BackgroundLoop)
        self._engine = Lazy(self._start_engine)
        self._dispatcher = Lazy(self._start_dispatcher)

    def _add_whole_projects(self, db: Database) -> None:
        self.mover = ProjectMover(db)
        self.project_imports = ProjectImports(self.mover, self.tasks, self.intake, self.uploads)
        self.samples = SampleProjects(db, self.images)

    def _add_people(self, db: Database) -> None:
        self.tokens = TokenService(db)
        self.accounts = AccountService(db)
        self.access = AccessService(db)
        self.memberships = MembershipService(db)
        self.preferences = PreferenceService(db)
        self.invitations = InvitationService(db)
        self.messages = MessageService(db)
        self.guidelines = GuidelineService(db, self.images)
        self.webhooks = WebhookService(db)

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
            DatasetCheckTask(self.db),
            AskedCheckTask(self.db, self.llm, self.images),
            self.twins.task,
            ImageMapTask(self.db),
            self.overlaps.task,
            *project_task_kinds(self.db, self.mover, self.projects, self.intake),
        ]
        return {kind.task_type: kind for kind in kinds}

    @property
    def loop(self) -> BackgroundLoop:
        """The event loop for model calls and tasks; started at its first use."""
        return self._loop.get()

    @property
    def engine(self) -> TaskEngine:
        """Runs the tasks of this process; its first use starts it and resumes interrupted tasks."""
        return self._engine.get()

    def deliver_webhooks(self) -> None:
        """Start delivering the messages of webhooks, as long as this process runs the tasks."""
        self._dispatcher.get()

    def analyze_new_images(self, project_id: str, *, started_by: str = "local") -> None:
        """Start analyzing the images that were added, if the project's switch is on."""
        task_id = self.new_images.open_task(project_id, started_by=started_by)
        if task_id is not None:
            self.engine.submit(task_id)

    def tidy(self) -> None:
        """Delete for good what is in the bin for too long, old months of the audit, and what tasks left in a bucket."""
        self.bin.remove_expired()
        self.audit.remove_expired()
        if has_shared_files(self.db.settings) and self.intake.owns_bucket():
            remove_staged(self.db)
            remove_lost_exports(self.db)

    def look_for_originals(self) -> None:
        """Check that the images of the database can be read with the settings of this process.

        Raises:
            ConfigurationError: none of those looked at is there.
        """
        presence.require_originals(self.db, self.images)

    def start_image_worker(self) -> None:
        """Start a worker that decodes images, which takes half a second: the desk shows one at once."""
        with contextlib.suppress(ImageRejectedError):
            sandbox.sandbox(self.db.settings).run(os.getpid)

    def close(self, *, keep_image_workers: bool = False) -> None:
        """Stop the task engine, then the event loop and the image workers. The database stays open."""
        if dispatcher := self._dispatcher.take():
            dispatcher.stop()
        if engine := self._engine.take():
            engine.stop()
        if loop := self._loop.take():
            loop.close()
        if not keep_image_workers:
            sandbox.close_shared()
            local.close_shared()
            schema_check.close()

    def _start_dispatcher(self) -> WebhookDispatcher:
        engine = self.engine  # asked for later, it would be started again while everything is closed
        dispatcher = WebhookDispatcher(self.db, self.loop, lambda: engine.health().runs_here)
        dispatcher.start()
        return dispatcher

    def _start_engine(self) -> TaskEngine:
        def ended(task: Tasks) -> None:
            remove_old_exports(self.db)
            if isinstance(self.kinds.get(task.task_type), StagedTaskKind):
                with contextlib.suppress(ObjectStorageError):  # housekeeping removes it later
                    remove_staged(self.db, task)
            if task.task_type != self.analysis.task_type:
                added = self.new_images.open_task(task.project_id)
                if added is not None:
                    engine.submit(added)  # self.engine would start another one while everything is closed

        engine = make_engine(self.db, self.kinds, self.loop, lanes_of_task, ended, typed_key_of_address)
        engine.start()
        remove_old_exports(self.db)
        return engine


def lanes_of_task(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the lanes of a task by its config; none for a task that asks no model."""
    try:
        return [lane.name for lane in lanes_of(models_of(config))]
    except InvalidInputError:
        return []  # its items fail by a sentence, wherever they run


def typed_key_of_address(task: Tasks) -> str:
    """Return why workers cannot run a task: a key was typed for a model at an address of its own; "" otherwise.

    Such a model is called without a key where none is set, as local servers want none: nothing would say that it is
    missing but the provider. The keys of a task that is refused are forgotten.
    """
    for index, config in enumerate(models_of(task.config)):
        if config.get("api_base") and session_keys.find(task.id, index):
            session_keys.forget(task.id)
            (variable,) = keys.key_names(ModelConfig.from_dict(config))
            return (
                f"Workers do not know a key that was typed. Set {variable} in the environment of each worker and start "
                f"it again, then start this without a typed key."
            )
    return ""
