"""Adding and removing the folder of a model that is offered.

A folder is made beside its place and renamed into it when it is whole, so that nobody sees a part of one.
"""

import hashlib
import importlib.util
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.config import Settings
from core.errors import ConfigurationError, NotFoundError, StorageError
from core.vision.models.catalog import Offer
from core.vision.models.folders import MANIFEST, ModelFolder, find_folder, folder_path
from core.vision.models.npm import fetch_package

_UNFINISHED = ".adding-"


def add_model(
    settings: Settings,
    offer: Offer,
    *,
    tarball: Path | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> ModelFolder:
    """Bring a model into its folder, in place of what is there, and return it.

    Args:
        tarball: the package as a file; it is fetched by npm when None.
        progress: called with each step in words.

    Raises:
        ConfigurationError: onnx or npm is missing, or the package cannot be fetched or is not the one that is expected.
        StorageError: the disk is full, or the models directory cannot be written.
    """
    for needed in ("onnx", "onnxruntime"):
        if importlib.util.find_spec(needed) is None:
            raise ConfigurationError(f"Adding a model needs {needed}. Run: pip install 'vitrine-vqa[see]'")
    place = folder_path(settings, offer.name)
    with _staging(place.parent) as staging:
        if tarball is None:
            progress(f"Fetching {offer.package} {offer.version}")
            tarball = fetch_package(offer.package, offer.version, staging)
        source = _unpacked(tarball, offer, staging / "source")
        progress("Converting it to ONNX")
        made = _made(offer, source, staging / offer.name)
        _put(made, place, staging)
    found = find_folder(settings, offer.name)
    if found is None:  # somebody removed it in the same moment
        raise NotFoundError(f"The model {offer.name} was removed meanwhile. Add it again.")
    return found


def remove_model(settings: Settings, name: str) -> Path:
    """Remove the folder of a model and return where it was.

    Raises:
        NotFoundError: there is none.
        StorageError: it cannot be removed.
    """
    place = folder_path(settings, name)
    if not name or Path(name).name != name or name.startswith(".") or not place.is_dir():
        raise NotFoundError(f"There is no model {name} in {place.parent}. Run: vitrine models list")
    with _staging(place.parent) as staging:
        place.rename(staging / "removed")
    return place


@contextmanager
def _staging(models: Path) -> Iterator[Path]:
    """Yield a directory on the same disk as the models; what an earlier one left is removed."""
    try:
        models.mkdir(parents=True, exist_ok=True)
        for left in models.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=models) as staging:
            yield Path(staging)
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(
            f"{models} cannot be written: {error.strerror or error}. Free space, or correct it."
        ) from error


def _unpacked(tarball: Path, offer: Offer, into: Path) -> Path:
    """Write the members that are needed, after the sum of the whole was compared."""
    if not tarball.is_file():
        raise NotFoundError(f"There is no file {tarball}.")
    with tarball.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != offer.tarball_sha256:
        raise ConfigurationError(
            f"{tarball.name} is not {offer.package} {offer.version}: its sha256 is {found}, "
            f"expected {offer.tarball_sha256}. Nothing was added."
        )
    into.mkdir()
    with tarfile.open(tarball) as archive:
        for member in (*offer.members, offer.license_member):
            content = archive.extractfile(member)
            if content is None:
                raise ConfigurationError(f"{offer.package} {offer.version} has no {member}. Nothing was added.")
            (into / Path(member).name).write_bytes(content.read())
    return into


def _made(offer: Offer, source: Path, folder: Path) -> Path:
    folder.mkdir()
    onnx = folder / f"{offer.file_name}.onnx"
    offer.convert(source, onnx)
    (folder / "labels.txt").write_text("\n".join(offer.labels) + "\n", "utf-8")
    shutil.copyfile(source / Path(offer.license_member).name, folder / "LICENSE")
    manifest = {
        "name": offer.name, "title": offer.title, "license": offer.license, "origin": offer.origin,
        "package": f"npm:{offer.package}@{offer.version}", "tarball_sha256": offer.tarball_sha256,
        "members": list(offer.members),
        "onnx_sha256": hashlib.sha256(onnx.read_bytes()).hexdigest(),
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
    return folder


def _put(made: Path, place: Path, staging: Path) -> None:
    if place.exists():
        place.rename(staging / "former")
    made.rename(place)
