"""An image model of one's own in the folder ``embedding``: CLIP, SigLIP, DINOv2 or another, exported to ONNX.

The files are those that Hugging Face's optimum and transformers.js use: ``vision_model.onnx`` with
``preprocessor_config.json``, and for words ``text_model.onnx`` with ``tokenizer.json``; or one ``model.onnx`` of both.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.config import Settings
from core.errors import ConfigurationError
from core.vision.models.folders import folder_path

FOLDER = "embedding"
PREPROCESSOR = "preprocessor_config.json"


@dataclass(frozen=True)
class OwnModel:
    """The files of a model: *text* is the one that reads words, and may be the same as *vision*; None without."""

    path: Path
    vision: Path
    text: Path | None

    @property
    def version(self) -> str:
        """What tells this model from another one: the name of its file, and the first digits of what makes vectors."""
        parts = [self.vision, self.vision.with_name(f"{self.vision.name}_data"), self.path / PREPROCESSOR]
        stats = tuple((part, part.stat().st_mtime_ns, part.stat().st_size) for part in parts if part.is_file())
        return f"{self.vision.stem} {_sha256(stats)[:12]}"

    def config(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the folder, empty when it is not there.

        Raises:
            ConfigurationError: it cannot be read.
        """
        path = self.path / name
        if not path.is_file():
            return {}
        try:
            value = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path} cannot be read: {error}.") from error
        return value if isinstance(value, dict) else {}


def find_own_model(settings: Settings) -> OwnModel | None:
    """Return the model in the folder ``embedding``, None without that folder.

    Raises:
        ConfigurationError: the folder has not exactly one vision model, or lacks how images are prepared for it.
    """
    return read_own_model(folder_path(settings, FOLDER))


def read_own_model(path: Path) -> OwnModel | None:
    """Return the model in a folder, see :func:`find_own_model`."""
    if not path.is_dir():
        return None
    found = sorted([*path.glob("*.onnx"), *(path / "onnx").glob("*.onnx")])
    texts = [one for one in found if one.stem.startswith("text")]
    visions = [one for one in found if one not in texts]
    if len(visions) != 1 or len(texts) > 1:
        raise ConfigurationError(
            f"{path} has {len(visions)} vision models and {len(texts)} text models. Put exactly one vision_model.onnx "
            "there, and at most one text_model.onnx."
        )
    if not (path / PREPROCESSOR).is_file():
        raise ConfigurationError(
            f"{path} has no {PREPROCESSOR}, which states the size and normalization of images. Put the one of the "
            "model there."
        )
    has_words = (path / "tokenizer.json").is_file()
    text = (texts[0] if texts else visions[0]) if has_words else None
    return OwnModel(path, visions[0], text)


@cache
def _sha256(parts: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, _ in parts:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
