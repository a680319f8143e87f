"""WebDataset: tar archives of samples, each some files that share a name up to its first dot."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from core.errors import ImageRejectedError
from core.importing.answers import RowError
from core.importing.readers.sidecar import caption_record, sample_records
from core.importing.records import Record
from core.importing.table_files import TableFiles

LABEL = "WebDataset"
BATCH_BYTES = 32_000_000
MAX_BATCH_SAMPLES = 1_000
MAX_MEMBERS = 2_000_000
MAX_TEXT_BYTES = 16_000_000
_IMAGES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")
_CAPTIONS = ("txt", "caption", "text")


class PlannedSamples(NamedTuple):
    """A batch of samples."""

    offset: int
    """Of the first member, in bytes."""
    first: int
    """Number of samples before."""
    samples: int


@dataclass
class _Sample:
    key: str
    members: list[tarfile.TarInfo] = field(default_factory=list)


def planned_samples(path: Path) -> list[PlannedSamples]:
    """Return the batches of a tar archive, reading the headers of its members only.

    Raises:
        ImageRejectedError: it is no tar archive, or has too many members.
    """
    plan: list[PlannedSamples] = []
    offset = first = count = size = number = 0
    with path.open("rb") as file, _opened(file) as tar:
        for number, sample in enumerate(_samples(tar)):
            if count and (size > BATCH_BYTES or count == MAX_BATCH_SAMPLES):
                plan.append(PlannedSamples(offset, first, count))
                count = size = 0
            if not count:
                offset, first = sample.members[0].offset, number
            count += 1
            size += sum(member.size for member in sample.members)
    return [*plan, PlannedSamples(offset, first, count)] if count else plan


def records_of_samples(path: Path, batch: PlannedSamples, name: str, files: TableFiles) -> Iterator[Record]:
    """Yield the records of a batch of samples; their images are added to *files*.

    Raises:
        ImageRejectedError: the archive is damaged.
    """
    with path.open("rb") as file:
        file.seek(batch.offset)
        with _opened(file) as tar:
            for number, sample in enumerate(_samples(tar)):
                if number == batch.samples:
                    return
                yield from _records(tar, sample, f"{name} row {batch.first + number + 1}", files)


def _records(tar: tarfile.TarFile, sample: _Sample, where: str, files: TableFiles) -> Iterator[Record]:
    images: list[str] = []
    parts: dict[str, tarfile.TarInfo] = {}
    for member in sample.members:
        ending = member.name.rpartition(".")[2].lower()
        if ending in _IMAGES:
            try:
                images.append(files.embed(_content(tar, member, files.max_bytes), where, member.name))
            except RowError as error:
                files.problems.add(where, str(error))
        else:
            parts[ending] = member
    caption = next((parts[ending] for ending in _CAPTIONS if ending in parts), None)
    if not images:
        if caption or "json" in parts:
            files.problems.add(where, "This sample has no image.")
        return
    try:
        if caption:
            text = _content(tar, caption, MAX_TEXT_BYTES).decode("utf-8", "replace")
            yield caption_record(text, images[0], where)._replace(images=tuple(images))
        if "json" in parts:
            value = _json(_content(tar, parts["json"], MAX_TEXT_BYTES))
            for record in sample_records(value, images[0], where, files, captions=caption is None):
                yield record._replace(images=tuple(images))
    except RowError as error:
        files.problems.add(where, str(error))


def _samples(tar: tarfile.TarFile) -> Iterator[_Sample]:
    """Yield the samples: members with the same name up to the first dot, one after the other."""
    sample: _Sample | None = None
    count = 0
    # An archive that is cut off ends with the sample that is: its content is missing.
    while (member := _next(tar, is_first=count == 0)) is not None:
        # The library keeps all members that it has seen.
        tar.members = []  # type: ignore[attr-defined]
        count += 1
        if count > MAX_MEMBERS:
            raise ImageRejectedError(f"It has more than {MAX_MEMBERS:,} members. Split it.", reason="too-large")
        directory, _, base = member.name.rpartition("/")
        if not member.isreg() or base.startswith("."):
            continue
        key = f"{directory}/{base.partition('.')[0]}"
        if sample is not None and sample.key != key:
            yield sample
            sample = None
        if sample is None:
            sample = _Sample(key)
        sample.members.append(member)
    if sample is not None:
        yield sample


def _opened(file: BinaryIO) -> tarfile.TarFile:
    try:
        return tarfile.TarFile(fileobj=file, mode="r", encoding="utf-8", errors="replace")
    except (tarfile.TarError, ValueError, OSError, EOFError):
        raise ImageRejectedError("This is no tar archive, or it is damaged. Pack it again.", reason="damaged") from None


def _next(tar: tarfile.TarFile, *, is_first: bool) -> tarfile.TarInfo | None:
    try:
        return tar.next()
    except (tarfile.TarError, ValueError, OSError, EOFError, OverflowError):
        if not is_first:
            return None
        raise ImageRejectedError("This tar archive is damaged. Pack it again.", reason="damaged") from None


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, max_bytes: int) -> bytes:
    """Return the content of a member.

    Raises:
        RowError: it is too large, or cut off.
    """
    if member.size > max_bytes:
        raise RowError(f"{member.name[-100:]} is larger than {max_bytes / 1e6:,.0f} MB.")
    try:
        found = tar.extractfile(member)
        data = found.read(max_bytes) if found else b""
    except (tarfile.TarError, ValueError, OSError, EOFError):
        data = b""
    if len(data) != member.size:
        raise RowError(f"{member.name[-100:]} is cut off.")
    return data


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise RowError("The JSON of this sample is not valid.") from None
