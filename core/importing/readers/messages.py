"""Chat messages by ``role`` and ``content``: OpenAI, LLaMA-Factory, TRL, ms-swift and others."""

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any

from core.dataset.values import normal_score
from core.errors import InvalidInputError
from core.importing.answers import RowError, parsed_list
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.boxes import boxes_of_row, boxes_of_turns, with_objects_named, without_escapes
from core.importing.readers.columns import Columns, columns_of, fields_of
from core.importing.readers.conventions import converter
from core.importing.readers.images import images_of, plain_images, written_images
from core.importing.readers.message_boxes import boxes_of_messages, have_boxes
from core.importing.readers.turns import ANSWERING, ASKING, MAX_TURNS, paired
from core.importing.readers.unread import unread_columns
from core.importing.records import NO_FIELDS, Fields, Record, RecordColumns, record
from core.importing.row_blocks import RowBlock
from core.importing.texts import plain_texts

_IMAGE_KEYS = ("image_url", "image", "source")
"""Of a part of a message."""
_KEYS_OF_AN_IMAGE = (*_IMAGE_KEYS, "path", "url", "base64")
"""Of a part of the type image."""
# Qwen-VL's first format writes the images into the text.
_IMAGE_IN_TEXT = re.compile(r"(?:Picture \d+:[ \t]*)?<img>([^<>\n]{1,4096})</img>\n?")
_OTHER_MEDIA = ("videos", "video", "audios", "audio")
_USUAL = frozenset({"id", "image", "images", "conversations", "messages"})
_MAX_SCORE = 5.0


def conversation_records(row: Row, messages: Any, where: str, files: Files) -> Iterable[Record]:
    """Return the record of a conversation.

    Raises:
        RowError: *messages* are no messages, or name no image.
    """
    if not isinstance(messages, list) or not messages:
        raise RowError("This row has no conversation.")
    columns = columns_of(tuple(row))
    images: list[str] = []
    pairs = read_messages(messages, images, where, files)
    if not images and not columns.images and not columns.more_images:
        pairs = [(role, _without_image_tags(text, images)) for role, text in pairs]
    # The usual row has no other columns, and nothing beside the text in its first and last message.
    if row.keys() <= _USUAL and len(messages[-1]) <= 2 and len(messages[0]) <= 2:
        turns, system = paired(pairs, where, files)
        found = tuple(images) if images else images_of(row, columns, where, files)
        return (record(where, found, turns, Fields(system) if system else NO_FIELDS),)
    objects = row.get("objects")
    if objects is not None:
        named = with_objects_named([text for _, text in pairs], objects)
        if any(isinstance(text, str) and '"<ref-object>"' in text for _, text in pairs):
            row = row | {"objects": without_escapes(objects)}
        pairs = [(role, text) for (role, _), text in zip(pairs, named, strict=True)]
    for name in _OTHER_MEDIA:
        if row.get(name):
            raise RowError(f"This row has {name}, which are not read.")
    conversation = paired(pairs, where, files)
    found = tuple(images) if images else images_of(row, columns, where, files)
    fields = _fields(row, columns, messages, where, files)
    turns, boxes = conversation.turns, boxes_of_row(row, columns)
    if have_boxes(messages):
        turns, boxes = boxes_of_messages(turns, messages, boxes)
    turns, boxes = boxes_of_turns(turns, boxes)
    fields = fields._replace(system=conversation.system or fields.system, boxes=boxes)
    return (record(where, found, turns, fields),)


def conversations_by_column(block: RowBlock, name: str) -> RecordColumns | None:
    """Return the records of rows with nothing but images and plain messages that ask and answer in turn; None for
    others.

    Args:
        name: of the column with the messages.
    """
    columns = columns_of(block.names)
    conversations = block.column(name)
    if not _USUAL.issuperset(block.names) or {*map(type, conversations)} != {list}:
        return None
    counts = list(map(len, conversations))
    if not all(counts) or any(count % 2 for count in counts) or max(counts) > 2 * MAX_TURNS:
        return None
    images = plain_images(block, columns)
    pairs = _plain_messages(list(chain.from_iterable(conversations))) if images else None
    if images is None or pairs is None:
        return None
    return RecordColumns(block.places, images, *pairs, None if max(counts) == 2 else [count // 2 for count in counts])


def _plain_messages(messages: list[Any]) -> tuple[list[str], list[str]] | None:
    """Return questions and answers of messages of a role and a text; None when they do not ask and answer in turn."""
    if {*map(type, messages)} != {dict} or {*map(len, messages)} != {2}:
        return None
    who, what = ("from", "value") if "from" in messages[0] else ("role", "content")
    try:
        roles, texts = zip(*map(itemgetter(who, what), messages), strict=True)
        are_paired = {*roles[::2]}.issubset(ASKING) and {*roles[1::2]}.issubset(ANSWERING)
    except (KeyError, TypeError):
        return None
    questions = plain_texts(list(texts[::2])) if are_paired else None
    answers = plain_texts(list(texts[1::2])) if questions else None
    return (questions, answers) if questions and answers else None


def read_messages(messages: list[Any], images: list[str], where: str, files: Files) -> list[tuple[Any, Any]]:
    """Return role and text of each message; images in their parts are added to *images*.

    Raises:
        RowError: a message is no object, or there are too many.
    """
    if len(messages) > 4 * MAX_TURNS:
        raise RowError(f"This conversation has {len(messages):,} messages; {4 * MAX_TURNS:,} is the limit.")
    pairs = []
    for message in messages:
        if not isinstance(message, dict):
            raise RowError("A message of this row is no object with a role and a text.")
        role = message.get("from")
        if role is None:
            role = message.get("role")
        text = message.get("value")
        if text is None:
            text = message.get("content")
        if not isinstance(text, str) and text is not None:
            text = _text_of_parts(text, images, where, files)
        pairs.append((role, text))
    return pairs


def _text_of_parts(parts: Any, images: list[str], where: str, files: Files) -> str:
    """Return the text of a content of parts, and add the images among them."""
    texts = []
    for part in parts if isinstance(parts, list | tuple) else [parts]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            if isinstance(part.get("content"), str):
                part = _named(part)
            if isinstance(part.get("text"), str):
                texts.append(part["text"])
            for key in _KEYS_OF_AN_IMAGE if part.get("type") == "image" else _IMAGE_KEYS:
                if part.get(key):
                    images.extend(written_images(part[key], where, files))
                    break
    return "\n".join(texts)


def _named(part: dict[str, Any]) -> dict[str, Any]:
    """Return a content item of Oumi, whose value is in ``content``, with the usual names."""
    is_image = str(part.get("type")).startswith("image")
    return {"type": "image", "image": part["content"]} if is_image else {"type": "text", "text": part["content"]}


def _without_image_tags(text: Any, images: list[str]) -> Any:
    """Return a text without the images that ``<img>`` names in it, and add them."""
    if not isinstance(text, str) or "<img>" not in text:
        return text
    images += [name.strip() for name in _IMAGE_IN_TEXT.findall(text)]
    return _IMAGE_IN_TEXT.sub("", text)


def _fields(row: Row, columns: Columns, messages: list[Any], where: str, files: Files) -> Fields:
    fields = fields_of(row, columns, where, files)
    label = row.get("kto_tag", row.get("label"))
    if isinstance(label, bool):
        fields = fields._replace(rejected=not label)
    scales = {scale for message in messages if isinstance(scale := message.get("loss_scale"), int | float)}
    # ms-swift: a share of the loss; Vitrine writes a fifth of the score, and the full loss for answers without one.
    if not fields.score and len(scales) == 1 and scales != {1}:
        with suppress(InvalidInputError, OverflowError):
            fields = fields._replace(score=normal_score(round(scales.pop() * _MAX_SCORE, 6)))
    return fields


def _messages_of(row: Row) -> Any:
    """Return the messages of a row; those of a prompt are followed by its answer: TRL (GRPO, KTO), verl."""
    prompt = row.get("prompt")
    if "messages" in row or not isinstance(prompt, list) or not all(isinstance(one, dict) for one in prompt):
        return parsed_list(row.get("messages"))
    model = row.get("reward_model")
    truth = model.get("ground_truth") if isinstance(model, dict) else None
    answer = next((value for value in (row.get("completion"), row.get("solution"), truth) if value), None)
    return [*prompt, *(answer if isinstance(answer, list) else [{"role": "assistant", "content": answer}])]


def _fits(row: Row) -> bool:
    return isinstance(_messages_of(row), list) and "chosen" not in row and "rejected_response" not in row


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    return conversation_records(row, _messages_of(row), where, files)


READER = RowReader(
    name="messages",
    label="Chat messages (OpenAI, LLaMA-Factory, TRL, ms-swift)",
    needs="messages with role and content, and images or parts with image_url",
    fits=_fits,
    read_row=_read_row,
    converter=converter,
    unread=partial(unread_columns, own=frozenset({"messages", "kto_tag", "label"})),
    read_columns=lambda block: conversations_by_column(block, "messages"),
)
