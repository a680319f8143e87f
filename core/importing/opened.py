"""Tables and documents are opened once, to plan the items that read them."""

from pathlib import Path
from typing import Any

from core.errors import InvalidInputError
from core.images.sandbox import Sandbox
from core.importing import pdf, stages
from core.importing.chunks import in_chunks
from core.importing.reading import table_summary
from core.tasks import ItemPlan

_PAGES_PER_CHUNK = 4
# A table of millions of rows is counted, not read.
_SUMMARY_TIMEOUT_S = 120.0


def table_items(
    sandbox: Sandbox, file: Path, stored: str, name: str, config: dict[str, Any], *, is_beside_others: bool = True
) -> list[ItemPlan]:
    """Return an item for each batch of a table; none for one of text that is read with the annotation files.

    Args:
        stored: where the table was unpacked to, below the directory of the import; empty for *file* itself.
        name: of the table, for references and messages.
        is_beside_others: whether the annotation files of its directory or archive are read too.

    Raises:
        ImageRejectedError: the file is damaged.
    """
    summary = sandbox.run(table_summary, file, timeout_s=_SUMMARY_TIMEOUT_S)
    if is_beside_others and not summary.has_images and file.suffix.lower() != ".tar":
        return []
    return [
        ItemPlan(payload={"do": "table", "file": stored, "name": name, "batch": number}, stage=stages.LOAD)
        for number in range(summary.batches)
    ]


def page_items(sandbox: Sandbox, file: Path, stored: str, name: str, config: dict[str, Any]) -> list[ItemPlan]:
    """Return an item for every few pages of a PDF; arguments as of :func:`table_items`.

    Raises:
        ImageRejectedError: the file is damaged or encrypted.
        InvalidInputError: the pages of *config* are not there, or too many.
    """
    count = sandbox.run(pdf.page_count, file)
    first = max(_number(config, "first_page") or 1, 1)
    last = min(_number(config, "last_page") or count, count)
    if first > last:
        raise InvalidInputError(f"The PDF has {count:,} pages. Choose a page within that.", field="first_page")
    if last - first >= pdf.MAX_PAGES:
        raise InvalidInputError(f"At most {pdf.MAX_PAGES} pages at a time. Choose a range.", field="last_page")
    return [
        ItemPlan(payload={"do": "pages", "file": stored, "name": name, "pages": some}, stage=stages.LOAD)
        for some in in_chunks(range(first - 1, last), _PAGES_PER_CHUNK)
    ]


def _number(config: dict[str, Any], key: str) -> int | None:
    value = config.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not str(value).strip().isdigit():
        raise InvalidInputError(f"{key} must be the number of a page.", field=key)
    return int(value)
