"""The folders of local models: what is in each, and which file is which."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.config import Settings
from core.errors import ConfigurationError
from core.vision.models.label_files import read_labels

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ModelFolder:
    """A folder with one ONNX file, its labels, and perhaps a manifest that ``vitrine models add`` wrote."""

    path: Path
    onnx: Path
    labels: tuple[str, ...]
    manifest: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.manifest.get("title") or self.onnx.name)

    @property
    def license(self) -> str:
        return str(self.manifest.get("license") or "not stated")

    @property
    def version(self) -> str:
        """What tells this model from another one: the name of its file and its first sha256 digits."""
        stat = self.onnx.stat()
        return f"{self.onnx.stem} {_sha256(self.onnx, stat.st_mtime_ns, stat.st_size)[:12]}"


def folder_path(settings: Settings, name: str) -> Path:
    """Return where the model called *name* is or would be."""
    return settings.local_models_dir / name


def find_folder(settings: Settings, name: str) -> ModelFolder | None:
    """Return the folder of the model called *name*, None when there is none.

    Raises:
        ConfigurationError: there is a folder, but not with exactly one ONNX file, or its labels cannot be read.
    """
    return read_folder(folder_path(settings, name))


def read_folder(path: Path) -> ModelFolder | None:
    """Return the model in a folder, see :func:`find_folder`."""
    if not path.is_dir():
        return None
    models = sorted(file for file in path.glob("*.onnx") if file.is_file())
    if len(models) != 1:
        found = f"{len(models)} ONNX files" if models else "no ONNX file"
        raise ConfigurationError(f"{path} has {found}. Put exactly one there, with the file of its labels.")
    return ModelFolder(path, models[0], read_labels(path, models[0]), _manifest(path / MANIFEST))


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}. Remove it, or add the model again.") from error
    if not isinstance(manifest, dict):
        raise ConfigurationError(f"{path} is no JSON object. Remove it, or add the model again.")
    return manifest


@cache
def _sha256(path: Path, _changed_ns: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
