"""Imports from a bucket: its images are read object by object, and only what describes them is copied first."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from core.bucket_address import BucketAddress, split_address
from core.disk import require_space
from core.errors import InvalidInputError, MissingFileError
from core.images.import_context import ImportContext
from core.images.renditions import in_parallel
from core.images.staged_source import FETCHED
from core.images.storage import translate_disk_errors
from core.images.stored_file import NewFile, Registration
from core.importing import path_items, stages
from core.importing.chunks import in_chunks
from core.importing.outcomes import left_out_row
from core.importing.records import Problem
from core.importing.survey import Survey, survey_of
from core.object_storage import Bucket, StoredObject, UnreadableKeyError, open_bucket
from core.tasks import ItemPlan

_MAX_FETCHED_BYTES = 20_000_000_000
_MAX_LISTED = 1_000


def plan(config: dict[str, Any], context: ImportContext) -> list[ItemPlan]:
    """Return the first item of an import from the bucket at ``path``: it lists what is there.

    Raises:
        InvalidInputError: it is no address of a bucket, or is not allowed.
        ObjectStorageError: the storage fails, or the key of an object directly there cannot be read.
    """
    address = context.resolve_bucket(str(config["path"]))
    bucket = open_bucket(context.settings, address)
    try:
        is_empty = next(bucket.list(), None) is None
    except UnreadableKeyError:
        is_empty = not any(bucket.list_directory(""))
    if is_empty:
        _require_object(address, context)
    return [ItemPlan(payload={"do": "bucket", "address": str(address)}, stage=stages.OPEN)]


def bucket_items(item: dict[str, Any], config: dict[str, Any], context: ImportContext, own: Path) -> list[ItemPlan]:
    """List a bucket, copy what is no image, and return the items that read everything.

    Raises:
        InvalidInputError: there is nothing, or it is not allowed any more.
        ObjectStorageError: the storage fails.
    """
    address = context.resolve_bucket(item["address"])
    bucket = open_bucket(context.settings, address)
    objects, problems = _listed(bucket)
    if not objects and not problems:
        return _single(address, config, context, own)
    wrong = [key for key in objects if not _is_usable(key)]
    found = survey_of(sorted(objects.keys() - set(wrong)))
    fetched = [*found.annotations, *found.tables, *found.documents]
    if sum(objects[key].size_bytes for key in fetched) > _MAX_FETCHED_BYTES:
        raise InvalidInputError(f"The tables and annotations in {address} are too large. Import parts of it.")
    in_parallel(lambda key: _fetch(bucket, key, own, context), fetched)
    problems += [Problem(key, "Its key is no name that a file can have.") for key in wrong]
    return [*_left_out(problems), *_items(address, found, in_place=bool(config.get("in_place")))]


def load_objects(
    item: dict[str, Any], context: ImportContext, workdir: Path
) -> tuple[list[NewFile], list[tuple[str, str]]]:
    """Return the images of an item, written to *workdir* until they are stored, and those that cannot be read.

    Raises:
        ObjectStorageError: the storage fails.
    """
    address = context.resolve_bucket(item["address"])
    bucket = open_bucket(context.settings, address)

    def load(numbered: tuple[int, str]) -> NewFile | str:
        number, name = numbered
        try:
            data, etag = bucket.read_with_etag(name, context.settings.max_image_bytes)
        except (MissingFileError, InvalidInputError) as error:
            return str(error)
        with translate_disk_errors():
            (workdir / str(number)).write_bytes(data)
        registration = Registration(f"{address}/{name}", etag) if item.get("in_place") else None
        return NewFile(name, workdir / str(number), name, registration=registration)

    loaded = in_parallel(load, list(enumerate(item["names"])))
    files = [one for one in loaded if isinstance(one, NewFile)]
    return files, [(name, one) for name, one in zip(item["names"], loaded, strict=True) if isinstance(one, str)]


def _items(address: BucketAddress, found: Survey, *, in_place: bool) -> Iterator[ItemPlan]:
    if found.annotations or found.tables:
        yield ItemPlan(payload={"do": "read"}, stage=stages.LOAD)
        yield ItemPlan(payload={"do": "match"}, stage=stages.MATCH)
    for names in in_chunks(found.tried_as_images):
        payload = {"do": "objects", "address": str(address), "names": names, "in_place": in_place}
        yield ItemPlan(payload=payload, stage=stages.LOAD)
    for name in (*found.tables, *found.documents):
        yield ItemPlan(payload={"do": "open", "name": name}, stage=stages.OPEN)


def _single(address: BucketAddress, config: dict[str, Any], context: ImportContext, own: Path) -> list[ItemPlan]:
    """Return the items of an address that is that of one object."""
    parent, name = _require_object(address, context)
    if survey_of([name]).images:
        return list(_items(parent, survey_of([name]), in_place=bool(config.get("in_place"))))
    _fetch(open_bucket(context.settings, parent), name, own, context)
    plans = path_items.plan({**config, "path": str(own / FETCHED / name)}, context)
    return [ItemPlan(payload={**one.payload, "root": name}, stage=one.stage) for one in plans]


def _require_object(address: BucketAddress, context: ImportContext) -> tuple[BucketAddress, str]:
    """Return where the object at an address is, and its name.

    Raises:
        InvalidInputError: there is none.
    """
    parent, name = split_address(str(address))
    if not address.prefix or open_bucket(context.settings, parent).find(name) is None:
        raise InvalidInputError(f"There is nothing at {address}. Check the address.", field="path")
    return parent, name


def _fetch(bucket: Bucket, key: str, own: Path, context: ImportContext) -> None:
    require_space(context.settings)
    file = own / FETCHED / key
    with translate_disk_errors():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as target:
            target.writelines(bucket.pieces(key))


def _is_usable(key: str) -> bool:
    parts = PurePosixPath(key).parts
    return not key.startswith("/") and ".." not in parts and "\\" not in key and key.isprintable()


def _listed(bucket: Bucket) -> tuple[dict[str, StoredObject], list[Problem]]:
    """Return the objects by their keys, and the directories that cannot be listed because of a key in them."""
    try:
        return {one.key: one for one in bucket.list() if not one.key.endswith("/")}, []
    except UnreadableKeyError:  # directory by directory: it takes more requests, and only one of them fails
        found, problems, left = dict[str, StoredObject](), list[Problem](), [""]
    while left:
        directory = left.pop()
        try:
            objects, below = bucket.list_directory(directory)
        except UnreadableKeyError as error:
            if not directory:
                raise
            problems.append(Problem(f"{directory}/", str(error)))
            continue
        found |= {one.key: one for one in objects if not one.key.endswith("/")}
        left += below
    return found, problems


def _left_out(problems: list[Problem]) -> Iterator[ItemPlan]:
    if problems:
        rows = [left_out_row(problem) for problem in problems[:_MAX_LISTED]]
        yield ItemPlan(payload={"do": "list", "rows": rows}, stage=stages.LOAD)
