"""OpenAI-style chat lines with the image as a data URL: read by Azure, Fireworks, ms-swift and others."""

from collections.abc import Iterable

from core.export.checks import openai_checker
from core.export.entries import ImageGroup, Row, RowOptions, spoken_answer
from core.export.formats.base import Format, turns
from core.export.writing.base import json_writer


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    image = {"type": "image_url", "image_url": {"url": group.ref, "detail": "auto"}}
    for _, entries in turns(group, options.grouping):
        messages: list[Row] = []
        for place, entry in enumerate(entries):
            text = {"type": "text", "text": entry.question}
            messages += [
                {"role": "user", "content": [text, image] if place == 0 else [text]},
                {"role": "assistant", "content": spoken_answer(entry)},
            ]
        yield {"messages": messages}


FORMAT = Format(
    name="openai",
    label="OpenAI chat",
    help="Chat lines with images inside them as base64. Read by Azure OpenAI, Fireworks and ms-swift.",
    purpose="train",
    load="client.files.create(file=open('{dir}/{stem}.jsonl', 'rb'), purpose='fine-tune')",
    rows=rows,
    texts_only=True,
    writer=json_writer,
    checker=openai_checker,
    row_files=("jsonl",),
    image_modes=("base64",),
    converses=True,
    notes=(
        "Base64 adds a third to the size of the images; a longest side of 512 px is all that detail low shows.",
        "Providers leave out images with people, faces, children or captchas when they train.",
    ),
)
