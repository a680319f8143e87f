"""The database: tables, transactions, migrations, and all SQL that differs between databases."""

from core.db.access_tables import ApiTokens, KeyedReplies, SignIns
from core.db.account_tables import Accounts, Invitations, Memberships, Preferences
from core.db.audit_tables import AuditEvents, AuditRemovals
from core.db.base import Base, hold_64_bits, new_id, utc_now
from core.db.bulk_insert import insert_entries, insert_rows
from core.db.check_tables import CheckRuns, EntryFindings
from core.db.cut_list import Page, cut
from core.db.database import Database, connect, open_databases, require_database
from core.db.image_tables import (
    HIDDEN,
    LIBRARY,
    SPLITS,
    VARIANT,
    ImageHashes,
    Images,
    Projects,
    RegisteredOriginals,
    Split,
    in_library,
    is_hidden,
)
from core.db.moving_tables import IncomingProjects
from core.db.question_key import question_key
from core.db.read_cache import cached_until_write
from core.db.review_tables import EntryLeases, Guidelines, Honeypots, ReviewPlans, SavedViews
from core.db.style_tables import BusinessProfiles, GeneratedImages, StyleDatasetImages, StyleDatasets, StyleVersions
from core.db.tables import (
    HELD_BACK,
    IMPORTED,
    EntryImages,
    Events,
    ImageDatasets,
    QuestionImages,
    Questions,
    QuestionTemplates,
    asks_itself,
    further_images,
    has_one_image,
    is_about,
    is_further_image,
)
from core.db.vision_tables import ImageAnalyses, ImageFindings, ImageTexts, ImageVectors
from core.db.webhook_tables import WebhookDeliveries, Webhooks
from core.db.work_tables import (
    BatchRequests,
    Exports,
    LlmCalls,
    ModelProfiles,
    ProviderBatches,
    TaskChunks,
    TaskItems,
    Tasks,
    TaskSignals,
    Workers,
)

hold_64_bits(Base.metadata)

__all__ = [
    "HELD_BACK",
    "HIDDEN",
    "IMPORTED",
    "LIBRARY",
    "SPLITS",
    "VARIANT",
    "Accounts",
    "ApiTokens",
    "AuditEvents",
    "AuditRemovals",
    "Base",
    "BatchRequests",
    "BusinessProfiles",
    "CheckRuns",
    "Database",
    "EntryFindings",
    "EntryImages",
    "EntryLeases",
    "Events",
    "Exports",
    "GeneratedImages",
    "Guidelines",
    "Honeypots",
    "ImageAnalyses",
    "ImageDatasets",
    "ImageFindings",
    "ImageHashes",
    "ImageTexts",
    "ImageVectors",
    "Images",
    "IncomingProjects",
    "Invitations",
    "KeyedReplies",
    "LlmCalls",
    "Memberships",
    "ModelProfiles",
    "Page",
    "Preferences",
    "Projects",
    "ProviderBatches",
    "QuestionImages",
    "QuestionTemplates",
    "Questions",
    "RegisteredOriginals",
    "ReviewPlans",
    "SavedViews",
    "SignIns",
    "Split",
    "StyleDatasetImages",
    "StyleDatasets",
    "StyleVersions",
    "TaskChunks",
    "TaskItems",
    "TaskSignals",
    "Tasks",
    "WebhookDeliveries",
    "Webhooks",
    "Workers",
    "asks_itself",
    "cached_until_write",
    "connect",
    "cut",
    "further_images",
    "has_one_image",
    "in_library",
    "insert_entries",
    "insert_rows",
    "is_about",
    "is_further_image",
    "is_hidden",
    "new_id",
    "open_databases",
    "question_key",
    "require_database",
    "utc_now",
]
