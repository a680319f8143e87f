"""OpenAI chat lines with the image as a data URL, read by Azure OpenAI, Fireworks, ms-swift and others."""

from collections.abc import Iterable

from core.export.checks.conversations import OpenAIChecker
from core.export.entries import ImageGroup, Row, RowOptions, answer_as_text
from core.export.formats.base import Format, turns
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    image = {"type": "image_url", "image_url": {"url": group.ref, "detail": "auto"}}
    for _, entries in turns(group, options.grouping):
        messages: list[Row] = []
        for index, entry in enumerate(entries):
            text = {"type": "text", "text": entry.question}
            messages += [
                {"role": "user", "content": [text, image] if index == 0 else [text]},
                {"role": "assistant", "content": answer_as_text(entry)},
            ]
        yield {"messages": messages}


FORMAT = Format(
    name="openai",
    label="OpenAI chat",
    help="Chat lines with embedded base64 images. Read by Azure OpenAI, Fireworks and ms-swift.",
    purpose="train",
    load="client.files.create(file=open('{dir}/{stem}.{ending}', 'rb'), purpose='fine-tune')",
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=OpenAIChecker,
    row_endings=("jsonl",),
    image_modes=("base64",),
    has_conversations=True,
    hints=(
        "Base64 adds a third to the size of the images. Detail low uses at most 512 px of the longest side.",
        "Providers exclude images with people, faces, children or captchas from training.",
    ),
)
