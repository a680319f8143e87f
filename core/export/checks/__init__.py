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


def csv_checker() -> "type[Checker]":
    from core.export.checks.files import CsvChecker

    return CsvChecker


def conversations_checker() -> "type[Checker]":
    from core.export.checks.conversations import LlavaChecker

    return LlavaChecker


def sharegpt_checker() -> "type[Checker]":
    from core.export.checks.conversations import SharegptChecker

    return SharegptChecker


def llama_factory_checker() -> "type[Checker]":
    from core.export.checks.conversations import LlamaFactoryChecker

    return LlamaFactoryChecker


def ms_swift_checker() -> "type[Checker]":
    from core.export.checks.conversations import MsSwiftChecker

    return MsSwiftChecker


def openai_checker() -> "type[Checker]":
    from core.export.checks.conversations import OpenAIChecker

    return OpenAIChecker


def preference_checker() -> "type[Checker]":
    from core.export.checks.preference import PreferenceChecker

    return PreferenceChecker


def vqa_v2_checker() -> "type[Checker]":
    from core.export.checks.documents import VqaV2Checker

    return VqaV2Checker


def coco_checker() -> "type[Checker]":
    from core.export.checks.documents import CocoChecker

    return CocoChecker


def image_folder_checker() -> "type[Checker]":
    from core.export.checks.hugging_face import ImageFolderChecker

    return ImageFolderChecker


def parquet_checker() -> "type[Checker]":
    from core.export.checks.hugging_face import ParquetChecker

    return ParquetChecker


def trl_checker() -> "type[Checker]":
    from core.export.checks.hugging_face_chat import TrlChecker

    return TrlChecker


def trl_preference_checker() -> "type[Checker]":
    from core.export.checks.hugging_face_chat import TrlPreferenceChecker

    return TrlPreferenceChecker


def finevision_checker() -> "type[Checker]":
    from core.export.checks.hugging_face_chat import FineVisionChecker

    return FineVisionChecker


def web_dataset_checker() -> "type[Checker]":
    from core.export.checks.files import WebDatasetChecker

    return WebDatasetChecker


def sidecar_checker() -> "type[Checker]":
    from core.export.checks.files import SidecarChecker

    return SidecarChecker


def roboflow_checker() -> "type[Checker]":
    from core.export.checks.files import RoboflowChecker

    return RoboflowChecker
