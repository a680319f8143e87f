"""Datasets on the Hugging Face Hub: their Parquet files, downloaded once and stored beside uploaded archives."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import InvalidInputError
from core.fetch import FetchError
from core.images.storage import translate_disk_errors

MAX_DOWNLOAD_BYTES = 10_000_000_000
# The branch on which the Hub converts every public dataset to Parquet.
_CONVERTED_REVISION = "refs/convert/parquet"

# Without any split in the names of its files, a dataset is training data.
_TRAIN = "train"
_SPLITS = frozenset({_TRAIN, "test", "validation", "valid", "val", "dev"})


@dataclass(frozen=True)
class HubFile:
    """One Parquet file of a dataset on the Hub."""

    name: str
    size_bytes: int
    revision: str
    """The commit, so that all chunks of an import read the same version."""


def parquet_files(dataset: str, split: str = "") -> list[HubFile]:
    """Return the Parquet files of a dataset, or of one *split* of it; the server is ``HF_ENDPOINT``.

    Raises:
        InvalidInputError: the dataset, the split or a Parquet file does not exist, or the files are too large.
        FetchError: the Hub cannot be reached.
    """
    with _translate_hub_errors(dataset):
        files = _list_files(dataset, None) or _list_files(dataset, _CONVERTED_REVISION)
    if not files:
        raise InvalidInputError(f"{dataset} has no Parquet files. Download it and import the directory.", field="path")
    if split and (split != _TRAIN or any(_words(file) & _SPLITS for file in files)):
        files = [file for file in files if split in _words(file)]
        if not files:
            raise InvalidInputError(f"{dataset} has no split called {split}.", field="split")
    total = sum(file.size_bytes for file in files)
    if total > MAX_DOWNLOAD_BYTES:
        raise InvalidInputError(
            f"These are {total / 1e9:,.1f} GB; {MAX_DOWNLOAD_BYTES / 1e9:,.0f} GB is the limit. Name a split.",
            field="split",
        )
    return files


def _words(file: HubFile) -> set[str]:
    return set(re.split(r"[/.-]", file.name))


def download(dataset: str, name: str, revision: str, uploads: Path) -> Path:
    """Return the local path of a file of a dataset, downloading it the first time; blocks."""
    from huggingface_hub import hf_hub_download

    directory = uploads / f"hub-{hashlib.sha256(f'{dataset}@{revision}'.encode()).hexdigest()[:16]}"
    with translate_disk_errors(), _translate_hub_errors(dataset):
        path = hf_hub_download(
            dataset, name, repo_type="dataset", revision=revision, local_dir=directory, endpoint=_endpoint()
        )
    return Path(path)


def _list_files(dataset: str, revision: str | None) -> list[HubFile]:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        info = HfApi(endpoint=_endpoint()).dataset_info(dataset, revision=revision, files_metadata=True)
    except RevisionNotFoundError:
        return []
    return sorted(
        (
            HubFile(file.rfilename, file.size or 0, info.sha or "main")
            for file in info.siblings or []
            if file.rfilename.endswith(".parquet") and ".." not in PurePosixPath(file.rfilename).parts
        ),
        key=lambda file: file.name,
    )


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


@contextmanager
def _translate_hub_errors(dataset: str) -> Iterator[None]:
    """Translate the exceptions of huggingface_hub into errors of Vitrine."""
    import httpx
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        yield
    except HFValidationError as error:
        raise InvalidInputError("Write the name of a dataset as owner/name, as on its page.", field="path") from error
    except GatedRepoError as error:
        raise InvalidInputError(
            f"{dataset} is gated. Accept its terms on its page, and set HF_TOKEN.", field="path"
        ) from error
    except RepositoryNotFoundError as error:
        raise InvalidInputError(
            f"The Hub has no dataset called {dataset}, or it is private. Check the name, or set HF_TOKEN.", field="path"
        ) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, ConnectionError, TimeoutError, httpx.HTTPError) as error:
        raise FetchError(
            "The Hugging Face Hub cannot be reached. Check the network and HF_ENDPOINT, or import a local copy."
        ) from error
