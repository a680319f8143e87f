"""Independent readers: each reads a finished bundle as its consumer would and says what it would stumble over."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.export.checks.base import Checker

# Loaded when an export is checked: the readers bring in Pillow and pyarrow.


def records_checker() -> "type[Checker]":
    from core.export.checks.records import RecordsChecker

    return RecordsChecker


def vitrine_checker() -> "type[Checker]":
    from core.export.checks.records import VitrineChecker

    return VitrineChecker


def conversations_checker() -> "type[Checker]":
    from core.export.checks.conversations import LlavaChecker

    return LlavaChecker


def image_folder_checker() -> "type[Checker]":
    from core.export.checks.hugging_face import ImageFolderChecker

    return ImageFolderChecker


def parquet_checker() -> "type[Checker]":
    from core.export.checks.hugging_face import ParquetChecker

    return ParquetChecker
