"""OpenAI chat lines with the image as a data URL, by the documented rules of its vision fine-tuning."""

from collections.abc import Iterable
from itertools import islice

from core.export.checks.conversations import OpenAIChecker
from core.export.entries import ImageGroup, Row, RowOptions, answer_as_text
from core.export.formats.base import ONLY_TEXTS, Format, new_images, turns
from core.export.writing.base import JsonWriter


def _image_part(url: str) -> Row:
    return {"type": "image_url", "image_url": {"url": url, "detail": "auto"}}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    for _, entries in turns(group, options.grouping):
        system = next((entry.system for entry in entries if entry.system), "")
        messages: list[Row] = [{"role": "system", "content": system}] if system else []
        images = iter(group.refs(entries))
        for entry, count in zip(entries, new_images(entries), strict=True):
            text = {"type": "text", "text": entry.question}
            messages += [
                {"role": "user", "content": [text, *map(_image_part, islice(images, count))]},
                {"role": "assistant", "content": answer_as_text(entry)},
            ]
        yield {"messages": messages}


FORMAT = Format(
    name="openai",
    label="OpenAI chat",
    help="Chat lines with images as base64, by the documented rules of OpenAI's vision fine-tuning.",
    purpose="train",
    install="pip install openai",
    load="from openai import OpenAI\n\nfile = OpenAI().files.create(file=open('{rows}', 'rb'), purpose='fine-tune')",
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=OpenAIChecker,
    row_endings=("jsonl",),
    image_modes=("base64",),
    has_conversations=True,
    reads_several_images=True,
    hints=(
        "load_dataset reads an answer that is JSON, like 3.50 or true, as a value; the providers read a text.",
        "Base64 adds a third to the size of the images. Detail low uses at most 512 px of the longest side.",
        "Providers exclude images with people, faces, children or captchas from training.",
    ),
    not_carried=ONLY_TEXTS,
)
