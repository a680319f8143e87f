"""Publishing finished bundles to the Hugging Face Hub or to object storage.

Credentials come only from the environment of the server: ``HF_TOKEN`` (and ``HF_ENDPOINT`` for a private Hub), and
those of :mod:`core.object_storage`.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.bucket_address import OTHER_SCHEMES, BucketAddress, parse_address, require_allowed
from core.config import Settings
from core.errors import ConfigurationError, ExportError, InvalidInputError
from core.export.job import CancelCheck, Progress
from core.export.layout import REPORT_JSON
from core.object_storage import Bucket, open_bucket
from core.pluralize import pluralize

if TYPE_CHECKING:
    from huggingface_hub import HfApi

HUB = "hf://datasets/"
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_DEFAULT_ENDPOINT = "https://huggingface.co"
_DEFAULT_FILES = {".gitattributes", "README.md"}


@dataclass(frozen=True)
class Destination:
    """Where a bundle is published; the URL *address* is on the Hub, ``hf://datasets/owner/name``, or in a bucket."""

    address: str
    public: bool = False
    """Whether a dataset that is created on the Hub is public; object storage has its own rules."""
    bucket: BucketAddress | None = None
    """The address when it is in object storage."""

    @property
    def repository(self) -> str:
        """The dataset's name on the Hub; empty for object storage."""
        return self.address.removeprefix(HUB) if self.address.startswith(HUB) else ""


def parse_destination(address: str, *, public: bool = False) -> Destination:
    """Return the destination with the URL *address*.

    Raises:
        InvalidInputError: it is not a URL of the Hub or of object storage.
        ConfigurationError: the server has no token for it.
    """
    found = Destination(address.strip().rstrip("/"), public)
    if found.repository:
        if not _REPOSITORY.fullmatch(found.repository):
            raise InvalidInputError(
                "This is not a dataset on the Hub. Write it as hf://datasets/owner/name.", field="address"
            )
        _token()
        return found
    try:
        bucket = parse_address(found.address, ("s3", *OTHER_SCHEMES))
    except InvalidInputError:
        raise InvalidInputError(
            "This is not an address to publish to. Enter a dataset on the Hub (hf://datasets/owner/name) or a path "
            "in object storage (s3://bucket/name, gs://bucket/name, az://container/name).",
            field="address",
        ) from None
    return replace(found, bucket=bucket)


def publish_files(
    path: Path, name: str, to: Destination, settings: Settings, progress: Progress, raise_if_cancelled: CancelCheck
) -> str:
    """Send the bundle at *path*, a directory or a file, and return its URL at the destination.

    Args:
        name: name of a single file at the destination.
        raise_if_cancelled: called before each file that goes to object storage.

    Raises:
        ConfigurationError: the extra ``s3`` is not installed.
        ExportError: the destination refused it, could not be reached, or has something else at this URL.
        InvalidInputError: the settings do not allow the bucket.
        ObjectStorageError: the storage fails; a later attempt sends the rest.
    """
    if to.bucket is None:
        return _publish_to_hub(path, to, progress)
    require_allowed(settings, to.bucket)
    return _publish_to_storage(path, name, open_bucket(settings, to.bucket), progress, raise_if_cancelled)


# --- the Hub -------------------------------------------------------------------------------------------------


def _publish_to_hub(directory: Path, to: Destination, progress: Progress) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    endpoint = os.environ.get("HF_ENDPOINT") or _DEFAULT_ENDPOINT
    api = HfApi(endpoint=endpoint, token=_token(), library_name="vitrine")
    with _translated_hub_errors(to):
        progress(0.0, "Looking up the dataset on the Hub")
        existing = _prepare_repository(api, to)
        files = _files(directory, directory.name)
        progress(0.1, f"Sending {pluralize(len(files), 'file')}")
        # Files of an earlier, larger export would be loaded together with this one.
        stale = sorted(existing - _DEFAULT_FILES - {name for name, _ in files})
        # One commit, so that the dataset is replaced atomically.
        api.create_commit(
            to.repository,
            [
                *(CommitOperationAdd(name, file) for name, file in files),
                *(CommitOperationDelete(name) for name in stale),
            ],
            commit_message="Export from Vitrine",
            repo_type="dataset",
        )
    return f"{endpoint.rstrip('/')}/datasets/{to.repository}"


def _prepare_repository(api: "HfApi", to: Destination) -> set[str]:
    """Create the dataset on the Hub if it does not exist; return the names of its files.

    Raises:
        ExportError: it is public although it must be private, or it is not an export.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = api.dataset_info(to.repository)
    except RepositoryNotFoundError:
        api.create_repo(to.repository, repo_type="dataset", private=not to.public)
        return set()
    if not info.private and not to.public:
        raise ExportError(f"{to.address} is public on the Hub. Allow a public dataset, or choose another name.")
    files = {file.rfilename for file in info.siblings or ()}
    if REPORT_JSON not in files and files - _DEFAULT_FILES:
        raise ExportError(f"{to.address} has other files already. Choose another name.")
    return files


def _token() -> str:
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        raise ConfigurationError("Publishing on the Hub needs a token. Set HF_TOKEN in the environment of the server.")
    return token


@contextmanager
def _translated_hub_errors(to: Destination) -> Iterator[None]:
    import httpx
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        yield
    except HFValidationError as error:
        raise ExportError(f"The Hub does not accept the name {to.repository}. Choose another one.") from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403):
            raise ExportError(
                f"The Hub refused HF_TOKEN for {to.repository}. Use a token with write access."
            ) from error
        raise ExportError(f"The Hub answered with status {status}. Try again later.") from error
    except (OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        raise ExportError(
            f"The Hub could not be reached ({type(error).__name__}). Check the network and try again."
        ) from error


# --- object storage ------------------------------------------------------------------------------------------------


def _publish_to_storage(
    path: Path, name: str, bucket: Bucket, progress: Progress, raise_if_cancelled: CancelCheck
) -> str:
    address, files = str(bucket.address), _files(path, name)
    # The report is sent last. Without it, the files are of an export that was interrupted and may be overwritten.
    marker, marking = files[-1]
    if (found := bucket.find(marker)) is not None:
        if found.size_bytes == marking.stat().st_size and _is_same(bucket, marker, marking):
            return address
        raise ExportError(f"{address} has another export already. Choose another address.")
    for number, (key, file) in enumerate(files):
        raise_if_cancelled()
        progress(number / len(files), f"Sending {number + 1:,} of {pluralize(len(files), 'file')}")
        bucket.put(key, file)
    return address


def _is_same(bucket: Bucket, key: str, file: Path) -> bool:
    """Return whether an object has the bytes of a file, comparing both piece by piece."""
    with file.open("rb") as own:
        return all(own.read(len(piece)) == piece for piece in bucket.pieces(key)) and not own.read(1)


def _files(path: Path, name: str) -> list[tuple[str, Path]]:
    """Return (name at the destination, file) of a bundle; the report is last and marks the others as complete."""
    if path.is_file():
        return [(name, path)]
    found = [(file.relative_to(path).as_posix(), file) for file in sorted(path.rglob("*")) if file.is_file()]
    return sorted(found, key=lambda pair: pair[0] == REPORT_JSON)
