"""The rooms that neither Overview nor the frame needs, by the names from which ``core.services`` makes services.

Importing this module imports nearly every package of core. It is imported by one thread, through ``core.lazy``: the
server does it once the first page was shown, or at the first request or page that needs one of them.
"""

from core.bin import BinService
from core.checks import AskedCheckTask, DatasetChecks, DatasetCheckTask, TwinService
from core.dataset import GuidelineService, ImageDatasetService, MessageService, ReviewService
from core.export import ExportService, ImageDatasetExporter, ImageVariantTask, ImageVersions, export_task_kinds
from core.export.image_splits import ImageSplits
from core.export.retention import remove_lost_exports, remove_old_exports
from core.images import presence
from core.images.service import ImageService
from core.images.staged_source import remove_staged
from core.importing.previewing import ImportPreviewer
from core.importing.tasks import image_task_kinds
from core.importing.uploads import UploadService
from core.llm import LLMService, ModelConfig, ModelProfileService, keys, lanes_of, session_keys
from core.moving.kinds import project_task_kinds
from core.moving.service import ProjectMover
from core.moving.starting import ProjectImports
from core.overlap.service import OverlapService
from core.questions import (
    GenerationPreview,
    ImageAnswerGenerationTask,
    ImageEvidence,
    ImageQuestionGenerationTask,
    question_task_kinds,
)
from core.sample.project import SampleProjects
from core.style.kinds import style_task_kinds
from core.style.service import StyleGenerationService
from core.transform.analyses import regions_from
from core.vision import ImageAnalysisTask
from core.vision.duplicates import DuplicateSearch
from core.vision.examples import ExampleImages
from core.vision.map.service import ImageMap
from core.vision.map.task import ImageMapTask
from core.vision.new_images import NewImages
from core.vision.tag_review import TagReview
from core.webhooks import WebhookService
from core.webhooks.dispatcher import WebhookDispatcher

__all__ = [
    "AskedCheckTask",
    "BinService",
    "DatasetCheckTask",
    "DatasetChecks",
    "DuplicateSearch",
    "ExampleImages",
    "ExportService",
    "GenerationPreview",
    "GuidelineService",
    "ImageAnalysisTask",
    "ImageAnswerGenerationTask",
    "ImageDatasetExporter",
    "ImageDatasetService",
    "ImageEvidence",
    "ImageMap",
    "ImageMapTask",
    "ImageQuestionGenerationTask",
    "ImageService",
    "ImageSplits",
    "ImageVariantTask",
    "ImageVersions",
    "ImportPreviewer",
    "LLMService",
    "MessageService",
    "ModelConfig",
    "ModelProfileService",
    "NewImages",
    "OverlapService",
    "ProjectImports",
    "ProjectMover",
    "ReviewService",
    "SampleProjects",
    "StyleGenerationService",
    "TagReview",
    "TwinService",
    "UploadService",
    "WebhookDispatcher",
    "WebhookService",
    "export_task_kinds",
    "image_task_kinds",
    "keys",
    "lanes_of",
    "presence",
    "project_task_kinds",
    "question_task_kinds",
    "regions_from",
    "remove_lost_exports",
    "remove_old_exports",
    "remove_staged",
    "session_keys",
    "style_task_kinds",
]
