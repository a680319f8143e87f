"""The export formats. Adding one takes a module in this package and its name in ``_MODULES``."""

from importlib import import_module

from core.errors import InvalidInputError
from core.export.formats.base import PURPOSES, Format, Purpose

# In the order in which the page offers them.
_MODULES = (
    "llava",
    "qwen",
    "llama_factory",
    "sharegpt",
    "ms_swift",
    "trl",
    "parts",
    "parts_lines",
    "oumi",
    "openai_chat",
    "finevision",
    "roboflow",
    "sidecar",
    "web_dataset",
    "llama_factory_dpo",
    "llama_factory_kto",
    "ms_swift_dpo",
    "ms_swift_kto",
    "trl_dpo",
    "trl_kto",
    "trl_grpo",
    "verl",
    "easyr1",
    "qwen_grounding_px",
    "qwen_grounding_1000",
    "ms_swift_grounding",
    "vlmevalkit",
    "lmms_eval",
    "vqa_v2",
    "vqa",
    "coco_captions",
    "parquet",
    "image_folder",
    "table",
    "vitrine",
    "default",
)


def _format_in(module: str) -> Format:
    found: Format = import_module(f"{__name__}.{module}").FORMAT
    return found


FORMATS: tuple[Format, ...] = tuple(_format_in(module) for module in _MODULES)


def format_named(name: str) -> Format:
    """Return the format called *name*.

    Raises:
        InvalidInputError: there is none.
    """
    for format_ in FORMATS:
        if format_.name == name:
            return format_
    names = ", ".join(format_.name for format_ in FORMATS)
    raise InvalidInputError(f"There is no export format called {name}. Choose one of {names}.", field="format")


def formats_for(purpose: Purpose) -> list[Format]:
    """Return the formats with *purpose*, in the order in which they are offered."""
    return [format_ for format_ in FORMATS if format_.purpose == purpose]


__all__ = ["FORMATS", "PURPOSES", "Format", "Purpose", "format_named", "formats_for"]
