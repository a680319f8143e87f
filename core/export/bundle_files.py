"""The bundles of finished exports: on this disk, or made by a worker and fetched from the bucket."""

import shutil
from contextlib import suppress
from pathlib import Path

from core.config import Settings
from core.db import Exports, new_id
from core.errors import MissingFileError, NotFoundError
from core.export.job import Progress
from core.export.recipe import ExportRecipe
from core.shared_files import SharedFiles

EXPORTS_DIRECTORY = "exports"
"""In the data directory, and the prefix in the bucket."""


class BundleFiles:
    """Where bundles are."""

    def __init__(self, settings: Settings) -> None:
        self._data_dir = settings.data_dir
        self.files = export_files(settings)

    def new_path(self, export_id: str, extension: str) -> Path:
        """Return the path of a new bundle; a run on a worker has its own, so that one cut off replaces nothing."""
        name = f"{export_id}-{new_id()}" if self.files.is_shared else export_id
        return self._data_dir / EXPORTS_DIRECTORY / f"{name}{extension}"

    def send(self, bundle: Path, progress: Progress) -> None:
        """Move a bundle that is complete from this disk into the bucket, where workers make exports."""
        if self.files.is_shared:
            progress(0.97, "Copying the bundle into the bucket")
            self.files.put(bundle.name, bundle)
            remove_bundle(bundle)

    def path(self, export: Exports) -> Path:
        """Return the bundle of an export, fetched first when a worker made it.

        Raises:
            NotFoundError: it was removed.
            ObjectStorageError: the storage fails.
        """
        path = self._data_dir / export.path
        with suppress(MissingFileError):
            path = self.files.final_path(path.name)
        if not path.exists():
            raise NotFoundError("The files of this export were removed from the disk. Run it again.")
        return path

    def share(self, export: Exports) -> None:
        """Send an export that is only here to where workers read it."""
        path = self.path(export)
        if not self.files.has(path.name):
            self.files.put(path.name)


def export_files(settings: Settings) -> SharedFiles:
    """Return the files of exports, which workers make and the server offers for a download."""
    return SharedFiles(settings, EXPORTS_DIRECTORY, settings.data_dir / EXPORTS_DIRECTORY)


def remove_bundle(bundle: Path) -> None:
    """Remove the file or directory of an export from this disk."""
    if bundle.is_dir():
        shutil.rmtree(bundle, ignore_errors=True)
    else:
        bundle.unlink(missing_ok=True)


def extension_of(recipe: ExportRecipe) -> str:
    """Return the ending of the name of a bundle; "" for a directory."""
    if recipe.container == "file":
        return f".{recipe.rows}"
    return ".zip" if recipe.container == "zip" else ""


def size_bytes_of(path: Path) -> int:
    """Return the bytes of a file, or of the files in a directory."""
    files = (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files)
