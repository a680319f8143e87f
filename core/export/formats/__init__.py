"""The formats, in the order in which the page offers them; a new one is a file and a line here."""

from core.errors import InvalidInputError
from core.export.formats import (
    coco_captions,
    default,
    finevision,
    image_folder,
    llama_factory,
    llava,
    ms_swift,
    openai_chat,
    parquet,
    preference,
    qwen,
    roboflow,
    sharegpt,
    sidecar,
    table,
    trl,
    vitrine,
    vqa,
    vqa_v2,
    web_dataset,
)  # fmt: skip
from core.export.formats.base import PURPOSES, Format

FORMATS: tuple[Format, ...] = (
    llava.FORMAT,
    qwen.FORMAT,
    llama_factory.FORMAT,
    sharegpt.FORMAT,
    ms_swift.FORMAT,
    trl.FORMAT,
    openai_chat.FORMAT,
    finevision.FORMAT,
    roboflow.FORMAT,
    sidecar.FORMAT,
    web_dataset.FORMAT,
    preference.LLAMA_DPO,
    preference.LLAMA_KTO,
    preference.SWIFT_DPO,
    preference.SWIFT_KTO,
    preference.TRL_DPO,
    vqa_v2.FORMAT,
    vqa.FORMAT,
    coco_captions.FORMAT,
    parquet.FORMAT,
    image_folder.FORMAT,
    table.FORMAT,
    vitrine.FORMAT,
    default.FORMAT,
)

_BY_NAME = {format_.name: format_ for format_ in FORMATS}


def format_named(name: str) -> Format:
    """Return the format called *name*.

    Raises:
        InvalidInputError: there is none.
    """
    if name not in _BY_NAME:
        raise InvalidInputError(
            f"There is no export format called {name}. Choose one of {', '.join(_BY_NAME)}.", field="format"
        )
    return _BY_NAME[name]


__all__ = ["FORMATS", "PURPOSES", "Format", "format_named"]
