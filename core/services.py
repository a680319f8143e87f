"""Every service over one database, each made at its first use.

Importing this module imports what Overview and the frame of the pages need, SQLAlchemy among it. The first use of a
service of another room imports :mod:`core.rooms`, which takes longer than all of this; so does the warm-up of the
server once the first page was shown.
"""

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from core.access import TokenService
from core.accounts.access import AccessService
from core.accounts.invitations import InvitationService
from core.accounts.memberships import MembershipService
from core.accounts.preferences import PreferenceService
from core.accounts.service import AccountService
from core.audit import AuditService
from core.background_loop import BackgroundLoop
from core.dataset.collaboration import CollaborationService
from core.dataset.entries import EntryQueries
from core.db import Database, Tasks
from core.errors import ImageRejectedError, InvalidInputError, ObjectStorageError
from core.images import sandbox
from core.lazy import Lazy, LazyModule, make_once
from core.listings import ListingService
from core.ownership import OwnershipService
from core.projects import ProjectService
from core.questions import schema_check
from core.shared_files import has_shared_files
from core.tasks import TaskEngine, TaskKind, TaskService, make_engine, models_of
from core.tasks.kinds import StagedTaskKind
from core.vision import local

if TYPE_CHECKING:
    from core import rooms
else:
    rooms = LazyModule("core.rooms")

T = TypeVar("T")


class Made(Generic[T]):
    """A service, made by *make* at its first use."""

    def __init__(self, make: "Callable[[Services], T]") -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, services: "Services", owner: type) -> T:
        # Not functools.cached_property: see core/lazy.py. Once made, the value of the instance is found before this.
        return make_once(services, self._name, self._make)


class Services:
    """The services by name, the task engine, and the event loop that model calls run on.

    Services hold no state of their own, so all threads share them.
    """

    db: Database
    projects = Made(lambda s: ProjectService(s.db))
    tasks = Made(lambda s: TaskService(s.db, lambda: s.kinds))
    entries = Made(lambda s: EntryQueries(s.db))
    collaboration = Made(lambda s: CollaborationService(s.db))
    ownership = Made(lambda s: OwnershipService(s.db))
    listings = Made(lambda s: ListingService(s.db))
    tokens = Made(lambda s: TokenService(s.db))
    accounts = Made(lambda s: AccountService(s.db))
    access = Made(lambda s: AccessService(s.db))
    memberships = Made(lambda s: MembershipService(s.db))
    preferences = Made(lambda s: PreferenceService(s.db))
    invitations = Made(lambda s: InvitationService(s.db))
    audit = Made(lambda s: AuditService(s.db))

    llm = Made(lambda s: rooms.LLMService(settings=s.db.settings, db_session=s.db))
    profiles = Made(lambda s: rooms.ModelProfileService(s.db))
    images = Made(lambda s: rooms.ImageService(s.db))
    library = Made(lambda s: s.images.library)
    intake = Made(lambda s: s.images.intake)
    duplicates = Made(lambda s: s.images.duplicates)
    image_queries = Made(lambda s: s.images.queries)
    duplicate_search = Made(lambda s: rooms.DuplicateSearch(s.db))
    uploads = Made(lambda s: rooms.UploadService(s.db))
    import_previewer = Made(lambda s: rooms.ImportPreviewer(s.db, s.images))
    questions = Made(lambda s: rooms.ImageQuestionGenerationTask(s.db, s.llm, s.images))
    answers = Made(lambda s: rooms.ImageAnswerGenerationTask(s.db, s.llm, s.images))
    evidence = Made(lambda s: rooms.ImageEvidence(s.db, s.llm, s.images))
    preview = Made(lambda s: rooms.GenerationPreview(s.db, s.llm, s.images))
    dataset = Made(lambda s: rooms.ImageDatasetService(s.db))
    review = Made(lambda s: rooms.ReviewService(s.db))
    messages = Made(lambda s: rooms.MessageService(s.db))
    guidelines = Made(lambda s: rooms.GuidelineService(s.db, s.images))
    style = Made(lambda s: rooms.StyleGenerationService(s.db, s.llm, s.images))
    style_datasets = Made(lambda s: s.style.datasets)
    style_analysis = Made(lambda s: s.style.analysis)
    style_generation = Made(lambda s: s.style.generator)
    style_results = Made(lambda s: s.style.results)
    analysis = Made(lambda s: rooms.ImageAnalysisTask(s.db, s.llm, s.images))
    _find_regions = Made(lambda s: rooms.regions_from(s.analysis.store))
    exporter = Made(lambda s: rooms.ImageDatasetExporter(s.db, s.images))
    exports = Made(lambda s: rooms.ExportService(s.db, s.images, s._find_regions))
    splits = Made(lambda s: rooms.ImageSplits(s.db))
    map = Made(lambda s: rooms.ImageMap(s.db, s.splits.of_images))
    variants = Made(lambda s: rooms.ImageVariantTask(s.db, s.images, s._find_regions))
    versions = Made(lambda s: rooms.ImageVersions(s.db, s.images, s._find_regions))
    checks = Made(lambda s: rooms.DatasetChecks(s.db, s.llm, s.images))
    twins = Made(lambda s: rooms.TwinService(s.db, s.llm, s.images))
    examples = Made(lambda s: rooms.ExampleImages(s.images, s.analysis))
    tag_review = Made(lambda s: rooms.TagReview(s.db))
    new_images = Made(lambda s: rooms.NewImages(s.db, s.analysis.tools))
    overlaps = Made(lambda s: rooms.OverlapService(s.db, s.llm, s.images))
    mover = Made(lambda s: rooms.ProjectMover(s.db))
    project_imports = Made(lambda s: rooms.ProjectImports(s.mover, s.tasks, s.intake, s.uploads))
    samples = Made(lambda s: rooms.SampleProjects(s.db, s.images))
    webhooks = Made(lambda s: rooms.WebhookService(s.db))
    bin = Made(lambda s: rooms.BinService(s.db, s.images))

    def __init__(self, db: Database, llm: "rooms.LLMService | None" = None) -> None:
        """*llm* replaces the service that calls models, with another retry policy for example."""
        self.db = db
        if llm is not None:
            vars(self)["llm"] = llm
        self._loop = Lazy(BackgroundLoop)
        self._engine = Lazy(self._start_engine)
        self._dispatcher = Lazy(self._start_dispatcher)

    @property
    def kinds(self) -> dict[str, TaskKind]:
        """Every kind of task by its ``task_type``."""
        kinds = [
            *rooms.image_task_kinds(self.intake),
            self.analysis,
            *rooms.question_task_kinds(self.questions, self.answers),
            *rooms.style_task_kinds(self.style),
            *rooms.export_task_kinds(self.exports, self.images),
            self.variants,
            rooms.DatasetCheckTask(self.db),
            rooms.AskedCheckTask(self.db, self.llm, self.images),
            self.twins.task,
            rooms.ImageMapTask(self.db),
            self.overlaps.task,
            *rooms.project_task_kinds(self.db, self.mover, self.projects, self.intake),
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
            rooms.remove_staged(self.db)
            rooms.remove_lost_exports(self.db)

    def look_for_originals(self) -> None:
        """Check that the images of the database can be read with the settings of this process.

        Raises:
            ConfigurationError: none of those looked at is there.
        """
        rooms.presence.require_originals(self.db, self.images)

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

    def _start_dispatcher(self) -> "rooms.WebhookDispatcher":
        engine = self.engine  # asked for later, it would be started again while everything is closed
        dispatcher = rooms.WebhookDispatcher(self.db, self.loop, lambda: engine.health().runs_here)
        dispatcher.start()
        return dispatcher

    def _start_engine(self) -> TaskEngine:
        new_images = self.new_images  # made here: a thread of the engine would wait for whoever starts it

        def ended(task: Tasks) -> None:
            rooms.remove_old_exports(self.db)
            if isinstance(self.kinds.get(task.task_type), StagedTaskKind):
                with contextlib.suppress(ObjectStorageError):  # housekeeping removes it later
                    rooms.remove_staged(self.db, task)
            if task.task_type != self.analysis.task_type:
                added = new_images.open_task(task.project_id)
                if added is not None:
                    engine.submit(added)  # self.engine would start another one while everything is closed

        engine = make_engine(self.db, self.kinds, self.loop, lanes_of_task, ended, typed_key_of_address)
        engine.start()
        rooms.remove_old_exports(self.db)
        return engine


def lanes_of_task(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the lanes of a task by its config; none for a task that asks no model."""
    try:
        return [lane.name for lane in rooms.lanes_of(models_of(config))]
    except InvalidInputError:
        return []  # its items fail by a sentence, wherever they run


def typed_key_of_address(task: Tasks) -> str:
    """Return why workers cannot run a task: a key was typed for a model at an address of its own; "" otherwise.

    Such a model is called without a key where none is set, as local servers want none: nothing would say that it is
    missing but the provider. The keys of a task that is refused are forgotten.
    """
    for index, config in enumerate(models_of(task.config)):
        if config.get("api_base") and rooms.session_keys.find(task.id, index):
            rooms.session_keys.forget(task.id)
            (variable,) = rooms.keys.key_names(rooms.ModelConfig.from_dict(config))
            return (
                f"Workers do not know a key that was typed. Set {variable} in the environment of each worker and start "
                f"it again, then start this without a typed key."
            )
    return ""
