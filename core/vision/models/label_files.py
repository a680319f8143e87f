"""The labels of a model, from the files that people keep beside it."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.vision.models.session import open_session

_TEXTS = ("labels.txt", "classes.txt", "coco.names", "names.txt")
_MAX_BYTES = 5_000_000


def read_labels(folder: Path, onnx: Path) -> tuple[str, ...]:
    """Return the labels of a model in the order of its classes.

    They are in the first of these that is there: a text file with a label a line (``labels.txt``, ``classes.txt``,
    ``*.names``), ``labels.json`` (a list, or labels by number), ``config.json`` (``id2label``, as Hugging Face writes
    it), or the metadata ``names`` of the ONNX file, as Ultralytics writes it.

    Raises:
        ConfigurationError: there are none, or a file cannot be read.
    """
    try:
        found = _from_texts(folder) or _from_json(folder) or _from_metadata(onnx)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise ConfigurationError(f"The labels of {folder} cannot be read: {error}.") from error
    if not found:
        raise ConfigurationError(f"{folder} has no file of labels. Put labels.txt there, a label a line.")
    return found


def _from_texts(folder: Path) -> tuple[str, ...]:
    paths = [folder / name for name in _TEXTS] + sorted(folder.glob("*.names"))
    for path in paths:
        if path.is_file():
            return tuple(line.strip() for line in _read(path).splitlines() if line.strip())
    return ()


def _from_json(folder: Path) -> tuple[str, ...]:
    for name in ("labels.json", "config.json"):
        if (folder / name).is_file():
            value = json.loads(_read(folder / name))
            found = _in_order(value.get("id2label", value) if isinstance(value, dict) else value)
            if found:
                return found
    return ()


def _from_metadata(onnx: Path) -> tuple[str, ...]:
    session = open_session(onnx, is_optimized=False)
    names = session.get_modelmeta().custom_metadata_map.get("names", "")
    return _in_order(ast.literal_eval(names)) if names else ()


def _in_order(value: Any) -> tuple[str, ...]:
    """Return labels that are a list, or a mapping by number whose gaps are empty."""
    if isinstance(value, list):
        return tuple(map(str, value))
    if not isinstance(value, Mapping) or not all(str(key).isdigit() for key in value):
        return ()
    by_number = {int(key): str(label) for key, label in value.items()}
    if not by_number or max(by_number) > 100_000:
        return ()
    return tuple(by_number.get(number, "") for number in range(max(by_number) + 1))


def _read(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(f"{path.name} is larger than {_MAX_BYTES // 1_000_000} MB")
    return path.read_text("utf-8-sig")
