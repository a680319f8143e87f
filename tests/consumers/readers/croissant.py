"""mlcroissant: its validation of the metadata without an error, and the records that it reads by them."""

import io
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlcroissant
from PIL import Image
from seen import Row, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    read = mlcroissant.Dataset(str(bundle / "croissant.json"))
    assert not read.metadata.issues.errors, read.metadata.issues.errors
    for record in read.records("default"):
        plain = {name.rpartition("/")[2]: value for name, value in record.items()}
        yield [(_text(plain["question"]), _text(plain["answer"]))], [_image(plain, bundle)]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _image(record: dict[str, Any], bundle: Path) -> Image.Image:
    value = record.get("image") or record["file_name"]
    if isinstance(value, Image.Image):
        return value
    if isinstance(value, bytes) and len(value) > 200:
        return Image.open(io.BytesIO(value))
    return Image.open(next(path for path in bundle.rglob("*") if path.name == Path(_text(value)).name))


run(version("mlcroissant"), rows)
