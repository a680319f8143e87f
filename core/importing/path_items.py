"""The items of an import from a path of this machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError, InvalidInputError
from core.export.restore.restore import is_vitrine_bundle
from core.images.import_context import ImportContext
from core.images.sandbox import sandbox
from core.importing import class_directories, stages
from core.importing.chunks import in_chunks
from core.importing.opened import page_items, table_items
from core.importing.outcomes import left_out_row
from core.importing.readers import AUTO, readers_for
from core.importing.records import Problem
from core.importing.survey import Survey, survey_untrusted
from core.tasks import ItemPlan

# Of one import, so that the payload stays small.
_MAX_LISTED = 1_000


def plan(config: dict[str, Any], context: ImportContext) -> Iterable[ItemPlan]:
    """Return the items that read what is at ``path``.

    Raises:
        InvalidInputError: there is nothing that can be imported, or it is not allowed.
    """
    root = context.resolve(str(config.get("path") or ""))
    format_ = str(config.get("format") or AUTO)
    readers_for(format_)
    if config.get("source") == "pdf" and root.is_dir():
        raise InvalidInputError(f"{root.name} is a directory, not a PDF. Name a file in it.", field="path")
    found = survey_untrusted(root, context.settings)
    if format_ == AUTO and config.get("restores", True) and _may_be_bundle(found) and is_vitrine_bundle(root):
        return [ItemPlan(payload={"do": "restore"}, stage=stages.STORE)]
    are_classes = _are_classes(found, format_)
    is_read = bool(are_classes or found.annotations or found.tables)
    items = list(_items(root, found, config, context, is_read=is_read, are_classes=are_classes))
    if not items and not found.problems:
        what = "directory" if root.is_dir() else "file"
        raise InvalidInputError(f"There are no files to import in this {what}.", field="path")
    if not found.problems or is_read:
        return items  # reading the annotations lists them too
    rows = [left_out_row(Problem(name, reason)) for name, reason in found.problems[:_MAX_LISTED]]
    return [ItemPlan(payload={"do": "list", "rows": rows}, stage=stages.LOAD), *items]


def _are_classes(found: Survey, format_: str) -> bool:
    """Return whether the directories of images are classes, since nothing else says what the images are."""
    is_chosen = format_ == class_directories.FORMAT
    if not is_chosen and (found.annotations or found.tables):
        return False
    return bool(class_directories.classes_of(found.images, is_chosen=is_chosen))


def _items(
    root: Path, found: Survey, config: dict[str, Any], context: ImportContext, *, is_read: bool, are_classes: bool
) -> Iterable[ItemPlan]:
    files = found.tried_as_images + found.annotations + found.tables + found.documents
    is_single = root.is_file() and files == (root.name,)
    if is_read:
        yield ItemPlan(payload={"do": "read"}, stage=stages.LOAD)
    for names in in_chunks(found.tried_as_images):
        tagged = {"are_classes": True} if are_classes else {}
        yield ItemPlan(payload={"do": "files", "names": names, **tagged}, stage=stages.LOAD)
    for name in (*found.tables, *found.documents):
        if is_single:
            yield from _items_of_file(root, config, context)
        else:
            yield ItemPlan(payload={"do": "open", "name": name}, stage=stages.OPEN)
    if is_read:
        yield ItemPlan(payload={"do": "match"}, stage=stages.MATCH)


def _items_of_file(root: Path, config: dict[str, Any], context: ImportContext) -> Iterable[ItemPlan]:
    plan = page_items if root.suffix.lower() == ".pdf" else table_items
    title = str(config.get("name") or root.name)
    try:
        return plan(sandbox(context.settings), root, "", title, config)
    except ImageRejectedError as error:
        raise InvalidInputError(str(error), field="path") from error


def _may_be_bundle(found: Survey) -> bool:
    return any(name.rpartition("/")[2].startswith("vitrine") for name in found.annotations)
