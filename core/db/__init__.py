"""The database: tables, transactions, migrations, and all SQL that differs between databases."""

from core.db.access_tables import ApiTokens, KeyedReplies, SignIns
from core.db.base import new_id, utc_now
from core.db.bulk_insert import insert_entries, insert_rows
from core.db.database import Database, connect
from core.db.image_tables import HIDDEN, LIBRARY, VARIANT, ImageHashes, Images, Projects, in_library, is_hidden
from core.db.moving_tables import IncomingProjects
from core.db.question_key import question_key
from core.db.read_cache import cached_until_write
from core.db.review_tables import EntryLeases, ReviewPlans, SavedViews
from core.db.style_tables import BusinessProfiles, GeneratedImages, StyleDatasetImages, StyleDatasets, StyleVersions
from core.db.tables import (
    IMPORTED,
    EntryImages,
    Events,
    ImageDatasets,
    QuestionImages,
    Questions,
    QuestionTemplates,
    further_images,
    has_one_image,
    is_about,
    is_further_image,
)
from core.db.vision_tables import ImageAnalyses, ImageFindings, ImageTexts, ImageVectors
from core.db.work_tables import Exports, LlmCalls, ModelProfiles, TaskItems, Tasks

__all__ = [
    "HIDDEN",
    "IMPORTED",
    "LIBRARY",
    "VARIANT",
    "ApiTokens",
    "BusinessProfiles",
    "Database",
    "EntryImages",
    "EntryLeases",
    "Events",
    "Exports",
    "GeneratedImages",
    "ImageAnalyses",
    "ImageDatasets",
    "ImageFindings",
    "ImageHashes",
    "ImageTexts",
    "ImageVectors",
    "Images",
    "IncomingProjects",
    "KeyedReplies",
    "LlmCalls",
    "ModelProfiles",
    "Projects",
    "QuestionImages",
    "QuestionTemplates",
    "Questions",
    "ReviewPlans",
    "SavedViews",
    "SignIns",
    "StyleDatasetImages",
    "StyleDatasets",
    "StyleVersions",
    "TaskItems",
    "Tasks",
    "cached_until_write",
    "connect",
    "further_images",
    "has_one_image",
    "in_library",
    "insert_entries",
    "insert_rows",
    "is_about",
    "is_further_image",
    "is_hidden",
    "new_id",
    "question_key",
    "utc_now",
]
