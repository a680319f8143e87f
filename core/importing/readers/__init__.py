"""Readers of annotation files, one format a file."""

from core.errors import InvalidInputError
from core.importing.readers import (
    ai2d,
    classes,
    coco,
    conversations,
    detection,
    finevision,
    gemini,
    hugging_face,
    img2dataset,
    karpathy,
    label_studio,
    labelbox,
    labelme,
    messages,
    ms_swift,
    nested,
    ocr_vqa,
    preferences,
    roboflow,
    rows,
    sidecar,
    statements,
    vitrine_rows,
    vlmevalkit,
    vqa_v2,
)
from core.importing.readers.base import Head, Reader
from core.importing.readers.columns import BOX_COLUMNS

# The more specific ones first: of readers that understand a file equally well, the first one reads it.
READERS: tuple[Reader, ...] = (
    vitrine_rows.READER,
    preferences.READER,
    conversations.READER,
    messages.READER,
    gemini.READER,
    finevision.READER,
    label_studio.READER,
    labelbox.READER,
    labelme.READER,
    vqa_v2.READER,
    coco.READER,
    karpathy.READER,
    roboflow.READER,
    ms_swift.READER,
    img2dataset.READER,
    statements.READER,
    ocr_vqa.READER,
    ai2d.READER,
    nested.READER,
    vlmevalkit.READER,
    hugging_face.READER,
    rows.READER,
    detection.READER,
    classes.READER,
    sidecar.READER,
)

_SUGGESTED: tuple[Reader, ...] = (
    conversations.READER,
    messages.READER,
    finevision.READER,
    label_studio.READER,
    vqa_v2.READER,
    coco.READER,
    hugging_face.READER,
    rows.READER,
    classes.READER,
    sidecar.READER,
)
"""Formats to convert to; the others are those of single programs and datasets."""

AUTO = "auto"
FORMATS: dict[str, str] = {AUTO: "Recognize the format"} | {reader.name: reader.label for reader in READERS}
"""What ``format`` may be, with its label."""


def readers_for(format_name: str) -> tuple[Reader, ...]:
    """Return the readers that may read a file.

    Raises:
        InvalidInputError: there is no format of this name.
    """
    if format_name == AUTO:
        return READERS
    found = tuple(reader for reader in READERS if reader.name == format_name)
    if not found:
        raise InvalidInputError(
            f"There is no format {format_name[:60]}. Use one of {', '.join(FORMATS)}.", field="format"
        )
    return found


def recognized(head: Head, readers: tuple[Reader, ...] = READERS) -> Reader | None:
    """Return the reader that understands most of the first rows; None when none understands any."""
    if head.reason:
        return None
    best = max(readers, key=lambda reader: reader.fit(head))
    return best if best.fit(head) > 0 else None


def _has_only_boxes(head: Head) -> bool:
    """Return whether rows have a box each, or its sides; such rows are grouped by image in COCO only."""
    names = [name for rows in head.lists.values() for row in rows if isinstance(row, dict) for name in row]
    lower = {str(name).strip().lower() for name in (*head.columns, *names)}
    return bool(lower & BOX_COLUMNS)


def not_recognized(head: Head, readers: tuple[Reader, ...] = READERS) -> str:
    """Return the sentence for a file that none of *readers* understands: what was seen, and what would be read.

    A reason is cut at 500 characters; so what a format needs is said when it is the only one.
    """
    if head.reason:
        return f"This file was not read. {head.reason}"
    seen = ", ".join(name[:40] for name in head.columns[:12]) or "nothing"
    if len(readers) == 1:
        needed = readers[0].needs
        return f"This file was not read as {readers[0].label}. That needs {needed}. Seen: {seen}."
    if _has_only_boxes(head):
        return f"This file was not read: it has boxes without questions or captions. Convert it to COCO. Seen: {seen}."
    suggested = "; ".join(reader.label.partition(" (")[0] for reader in _SUGGESTED)
    return (
        f"This file was not read, since its format is not known. Seen: {seen}. Name the columns image, question and "
        f"answer, or use one of these formats: {suggested}."
    )
