"""The database: tables, transactions, migrations; everything that knows which database it is."""

from core.db.database import Database, connect
from core.db.tables import (
    ApiTokens,
    BusinessProfiles,
    Events,
    Exports,
    GeneratedImages,
    ImageDatasets,
    Images,
    KeyedReplies,
    LlmCalls,
    Projects,
    Questions,
    StyleDatasetImages,
    StyleDatasets,
    TaskItems,
    Tasks,
    new_id,
    utc_now,
)

__all__ = [
    "ApiTokens",
    "BusinessProfiles",
    "Database",
    "Events",
    "Exports",
    "GeneratedImages",
    "ImageDatasets",
    "Images",
    "KeyedReplies",
    "LlmCalls",
    "Projects",
    "Questions",
    "StyleDatasetImages",
    "StyleDatasets",
    "TaskItems",
    "Tasks",
    "connect",
    "new_id",
    "utc_now",
]
