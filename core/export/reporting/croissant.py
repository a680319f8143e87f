"""Croissant metadata beside a bundle, by which dataset searches and loaders know its files and columns.

The specification: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

import csv
import io
from collections.abc import Mapping
from typing import Any

import orjson

from core.export.checks.base import Bundle, Findings
from core.export.checks.reading import read_rows
from core.export.entries import safe_stem
from core.export.job import ExportJob

CROISSANT = "croissant.json"
_CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
_MIME_TYPES = {
    "json": "application/json", "jsonl": "application/jsonlines", "csv": "text/csv", "tsv": "text/tab-separated-values",
    "parquet": "application/x-parquet", "tar": "application/x-tar", "txt": "text/plain", "md": "text/markdown",
    "py": "text/x-python", "yaml": "application/yaml", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp",
}  # fmt: skip
# A bundle has one of each for every image: they are described as sets.
_SETS = ("jpg", "png", "webp", "txt")
_TABLES = ("parquet", "jsonl", "csv", "tsv")
_OF_VALUES: dict[type, str] = {str: "string", bool: "bool", int: "int64", float: "float64"}
_DATA_TYPES = {
    "string": "sc:Text", "bool": "sc:Boolean", "int64": "sc:Integer", "float64": "sc:Float", "float32": "sc:Float",
    "image": "sc:ImageObject",
}  # fmt: skip
_NAMES = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract", "field",
    "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key",
    "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
    "separator", "source", "subField", "transform",
)  # fmt: skip
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _NAMES},
}

Shape = str | list["Shape"] | dict[str, "Shape"]
"""The type of a column, as in :func:`core.export.writing.parquet.arrow_schema`."""


def croissant_file(job: ExportJob, bundle: Bundle, hashes: Mapping[str, str]) -> bytes:
    """Return the metadata of *bundle* as JSON-LD; it has no time, so that equal exports have equal metadata.

    Args:
        hashes: sha256 by name of the bundle's files.
    """
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": safe_stem(job.title),
        "description": job.title,
        "conformsTo": _CONFORMS_TO,
        "version": "1.0.0",
        "distribution": _distribution(hashes),
    }
    if job.recipe.license:
        described["license"] = job.recipe.license
    rows = [name for name in sorted(hashes) if _ending(name) in _TABLES]
    columns = dict(job.layout.columns) or (_columns_of(bundle, rows[0]) if rows else {})
    fields = [field for name, shape in columns.items() if (field := _field(name, shape))]
    if fields:
        described["distribution"].append(_file_set("rows", _ending(rows[0]), rows))
        described["recordSet"] = [{"@type": "cr:RecordSet", "@id": "default", "name": "default", "field": fields}]
    return orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def _distribution(hashes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return an object for each file with its sum, and a set for the images of each directory and type."""
    files, sets = [], dict[tuple[str, str], None]()
    for name, digest in sorted(hashes.items()):
        if _ending(name) in _SETS:
            sets[name.rpartition("/")[0], _ending(name)] = None
            continue
        mime_type = _MIME_TYPES.get(_ending(name), "application/octet-stream")
        files.append(
            {
                "@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "encodingFormat": mime_type,
                "sha256": digest,
            }
        )  # fmt: skip
    return files + [
        _file_set(f"{directory}-{ending}".strip("-"), ending, [f"{directory}/*.{ending}".strip("/")])
        for directory, ending in sets
    ]


def _file_set(id_: str, ending: str, includes: list[str]) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet", "@id": id_, "name": id_, "encodingFormat": _MIME_TYPES[ending], "includes": includes,
    }  # fmt: skip


def _columns_of(bundle: Bundle, name: str) -> dict[str, Shape]:
    """Return the columns of a file of rows with their shapes, as its first row has them."""
    if _ending(name) == "jsonl":
        row = next(read_rows(bundle, name, Findings()), None)
        return {key: shape for key, value in row.items() if (shape := _shape_of(value))} if row else {}
    with bundle.open(name) as file, io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        delimiter = "," if _ending(name) == "csv" else "\t"
        return dict.fromkeys(next(csv.reader(text, delimiter=delimiter), []), "string")


def _shape_of(value: Any) -> Shape | None:
    if isinstance(value, dict):
        return {key: shape for key, inner in value.items() if (shape := _shape_of(inner))} or None
    if isinstance(value, list):
        shape = _shape_of(value[0]) if value else None
        return [shape] if shape else None
    return _OF_VALUES.get(type(value))


def _field(column: str, shape: Shape) -> dict[str, Any] | None:
    """Return the field of a column; None for lists in lists, which records of mlcroissant cannot hold."""
    field: dict[str, Any] = {"@type": "cr:Field", "@id": f"default/{column}", "name": column}
    inner = shape
    if isinstance(shape, list):
        inner = shape[0]
        field["repeated"] = True
    if isinstance(inner, dict):
        parts = {name: part for name, part in inner.items() if isinstance(part, str)}
        field["subField"] = [
            {
                "@type": "cr:Field", "@id": f"default/{column}/{name}", "name": name,
                "dataType": _data_type(name, part), "source": _source(column, name),
            }
            for name, part in parts.items()
        ]  # fmt: skip
        return field if parts else None
    if isinstance(inner, list):
        return None
    return field | {
        "dataType": _data_type(column, inner), "source": _source(column, "bytes" if inner == "image" else ""),
    }  # fmt: skip


def _data_type(name: str, shape: str) -> str:
    # Readers of JSON take texts of columns with this ending for times.
    return "sc:DateTime" if shape == "string" and name.endswith("_at") else _DATA_TYPES[shape]


def _source(column: str, key: str) -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": "rows"}, "extract": {"column": column}}
    return source | {"transform": {"jsonPath": key}} if key else source
