"""Finished bundles sent on: to the Hugging Face Hub, or to an object storage that fsspec knows.

Keys come from the environment of the server alone: ``HF_TOKEN`` (and ``HF_ENDPOINT`` for a Hub of one's own), and
for a storage whatever its fsspec driver reads there.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigurationError, ExportError, InvalidInputError
from core.export.reporting.report import REPORT_JSON
from core.pluralize import pluralize

if TYPE_CHECKING:
    from huggingface_hub import HfApi

HUB = "hf://datasets/"
# Of the many that fsspec knows: no address may reach into this server or its network.
STORAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
_ERRORS_BELOW = {
    "s3": ("botocore.exceptions", "BotoCoreError"),
    "gs": ("google.auth.exceptions", "GoogleAuthError"),
    "gcs": ("google.auth.exceptions", "GoogleAuthError"),
    "az": ("azure.core.exceptions", "AzureError"),
    "abfs": ("azure.core.exceptions", "AzureError"),
}

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_STANDARD_ENDPOINT = "https://huggingface.co"
_OF_EVERY_REPOSITORY = {".gitattributes", "README.md"}

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Destination:
    """Where a bundle is sent; *address* begins with ``hf://datasets/`` or names a storage."""

    address: str
    public: bool = False
    """Of a dataset that the Hub does not have yet; a storage has its own rules."""

    @property
    def repository(self) -> str:
        """The dataset's name on the Hub; empty for a storage."""
        return self.address.removeprefix(HUB) if self.address.startswith(HUB) else ""


def destination(address: str, *, public: bool = False) -> Destination:
    """Return where *address* leads, after a look at whether this server could send there.

    Raises:
        InvalidInputError: it is no address of the Hub or of a storage.
        ConfigurationError: the token or the driver for it is missing.
    """
    found = Destination(address.strip().rstrip("/"), public)
    if found.repository:
        if not _REPOSITORY.fullmatch(found.repository):
            raise InvalidInputError("A dataset on the Hub is called hf://datasets/owner/name.", field="address")
        _token()
        return found
    protocol, _, rest = found.address.partition("://")
    if protocol not in STORAGES or not rest.strip("/") or ".." in rest.split("/"):
        raise InvalidInputError(
            "Name a dataset on the Hub (hf://datasets/owner/name) or a place in a storage (s3://bucket/name, "
            "gs://bucket/name, az://container/name).",
            field="address",
        )
    _file_system(found)
    return found


def send(path: Path, name: str, to: Destination, report: Report, stop: Callable[[], None]) -> str:
    """Send the bundle at *path*, a directory or a file, and return the address where it lies then.

    *name* is what a single file is called there. *stop* may raise to end it between two files.

    Raises:
        ExportError: the other side refused or could not be reached, or has something else in that place.
    """
    if to.repository:
        return _send_to_hub(path, to, report)
    return _send_to_storage(path, name, to, report, stop)


# --- the Hub -------------------------------------------------------------------------------------------------


def _send_to_hub(directory: Path, to: Destination, report: Report) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    endpoint = os.environ.get("HF_ENDPOINT") or _STANDARD_ENDPOINT
    api = HfApi(endpoint=endpoint, token=_token(), library_name="vitrine")
    with _hub_errors_in_words(to):
        report(0.0, "Asking the Hub")
        there = _prepare_repository(api, to)
        files = _files(directory, directory.name)
        report(0.1, f"Sending {pluralize(len(files), 'file')}")
        # What an earlier, larger export left there would be loaded with this one.
        stale = sorted(there - _OF_EVERY_REPOSITORY - {place for place, _ in files})
        # One commit: whoever loads the dataset meanwhile sees the old one or the new one.
        api.create_commit(
            to.repository,
            [
                *(CommitOperationAdd(place, file) for place, file in files),
                *(CommitOperationDelete(place) for place in stale),
            ],
            commit_message="Export from Vitrine",
            repo_type="dataset",
        )
    return f"{endpoint.rstrip('/')}/datasets/{to.repository}"


def _prepare_repository(api: "HfApi", to: Destination) -> set[str]:
    """Make the dataset on the Hub if it is not there; return the files of the export that it holds.

    Raises:
        ExportError: it is public against the wish, or holds something else.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = api.dataset_info(to.repository)
    except RepositoryNotFoundError:
        api.create_repo(to.repository, repo_type="dataset", private=not to.public)
        return set()
    if not info.private and not to.public:
        raise ExportError(f"{to.address} is public on the Hub. Say that it may be, or choose another name.")
    files = {file.rfilename for file in info.siblings or ()}
    if REPORT_JSON not in files and files - _OF_EVERY_REPOSITORY:
        raise ExportError(f"{to.address} holds something else already. Choose another name.")
    return files


def _token() -> str:
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        raise ConfigurationError("Sending to the Hub needs a token. Set HF_TOKEN where the server is started.")
    return token


@contextmanager
def _hub_errors_in_words(to: Destination) -> Iterator[None]:
    import httpx
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        yield
    except HFValidationError as error:
        raise ExportError(f"The Hub does not take {to.repository} as a name. Choose another one.") from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403):
            raise ExportError(
                f"The Hub refused HF_TOKEN for {to.repository}. Use a token that may write there."
            ) from error
        raise ExportError(f"The Hub answered with status {status}. Try again later.") from error
    except (OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        raise ExportError(
            f"The Hub could not be reached ({type(error).__name__}). Check the network and try again."
        ) from error


# --- storages ------------------------------------------------------------------------------------------------


def _send_to_storage(path: Path, name: str, to: Destination, report: Report, stop: Callable[[], None]) -> str:
    files, system = _files(path, name), _file_system(to)
    root = to.address.partition("://")[2]
    with _storage_errors_in_words(to):
        # A finished export is not written over; what was left of one that broke off has no report yet, and is.
        mark = f"{root}/{files[-1][0]}"
        if system.exists(mark):
            if system.cat_file(mark) == files[-1][1].read_bytes():
                return to.address
            raise ExportError(f"{to.address} holds another export already. Choose another place.")
        for number, (place, file) in enumerate(files):
            stop()
            report(number / len(files), f"Sending {number + 1:,} of {pluralize(len(files), 'file')}")
            system.makedirs(f"{root}/{place}".rpartition("/")[0], exist_ok=True)
            system.put_file(str(file), f"{root}/{place}")
    return to.address


def _files(path: Path, name: str) -> list[tuple[str, Path]]:
    """Return the files of a bundle by where they go, the report last: it says that the others are there."""
    if path.is_file():
        return [(name, path)]
    found = [(file.relative_to(path).as_posix(), file) for file in sorted(path.rglob("*")) if file.is_file()]
    return sorted(found, key=lambda pair: pair[0] == REPORT_JSON)


def _file_system(to: Destination) -> Any:
    import fsspec

    protocol = to.address.partition("://")[0]
    try:
        return fsspec.filesystem(protocol, skip_instance_cache=True)
    except ImportError as error:
        raise ConfigurationError(
            f"Sending to {protocol}:// needs the package {STORAGES[protocol]}. Install it beside Vitrine and restart."
        ) from error
    except _driver_errors(protocol) as error:
        raise ConfigurationError(
            f"{protocol}:// cannot be used ({type(error).__name__}). Set its keys where the server is started."
        ) from error


def _driver_errors(protocol: str) -> tuple[type[Exception], ...]:
    """Return what a driver raises: mostly OSError, and what the library below it has of its own."""
    module, name = _ERRORS_BELOW[protocol]
    own = getattr(sys.modules.get(module), name, None)
    return (OSError, ValueError, *((own,) if own else ()))


@contextmanager
def _storage_errors_in_words(to: Destination) -> Iterator[None]:
    try:
        yield
    except _driver_errors(to.address.partition("://")[0]) as error:
        raise ExportError(
            f"{to.address} did not take the export ({type(error).__name__}). Check the place and the keys in the "
            "server's environment."
        ) from error
