"""Hash files: what a project or a held-out set consists of, as hashes and vectors instead of images and questions.

JSON Lines in UTF-8. The first line names the version and the kind of vectors:
``{"vitrine_hashes": 2, "vectors": "measured 1"}``. Each other line is an image, ``{"image": name, "sha256": hex,
"dhash": hex, "vector": base64 of float16}``, of which ``dhash`` and ``vector`` may be missing, or a question,
``{"question": sha256 of its normalized text}``.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from core.db.question_key import question_key
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.vision.vectors.rows import Vectors

VERSION = 2
_READABLE = (1, 2)
"""In version 1 questions were normalized without any sign: those with signs that carry meaning are not found there."""
MAX_LINE_BYTES = 1_000_000
_HEAD = b'{"vitrine_hashes":'
_MAX_NAME_CHARS = 500
_HEX = {"sha256": re.compile(r"[0-9a-f]{64}"), "dhash": re.compile(r"[0-9a-f]{16}")}


@dataclass(frozen=True)
class HashedImage:
    """An image of a held-out set."""

    name: str
    sha256: str
    dhashes: tuple[str, ...] = ()
    """Its difference hash and that of its mirror image, as far as they are known."""
    vector: "Vectors | None" = None


@dataclass(frozen=True)
class HashedQuestion:
    """A question of a held-out set, as the hash of its normalized text."""

    sha256: str
    where: str
    near: str = ""
    """Its key of :func:`core.overlap.near_questions.near_key`; a hash file does not have it."""


@dataclass(frozen=True)
class Unread:
    """A line, or a part of it, that cannot be used, and why."""

    where: str
    reason: str


def question_hash(question: str) -> str:
    """Return the sha256 of a question's normalized text, by which two wordings count as the same."""
    return hashlib.sha256(question_key(question).encode("utf-8", "replace")).hexdigest()


def head_line(kind: str | None) -> bytes:
    """Return the first line; *kind* is that of the vectors, None when there are none."""
    return orjson.dumps({"vitrine_hashes": VERSION, "vectors": kind}) + b"\n"


def image_line(name: str, sha256: str, dhash: str, vector: bytes | None) -> bytes:
    """Return the line of an image; *vector* is float16, little-endian."""
    row = {"image": name, "sha256": sha256, "dhash": dhash}
    coded = {"vector": base64.b64encode(vector).decode()} if vector else {}
    return orjson.dumps(row | coded) + b"\n"


def question_line(question: str) -> bytes:
    """Return the line of a question."""
    return orjson.dumps({"question": question_hash(question)}) + b"\n"


def is_hash_file(path: Path) -> bool:
    """Return whether a file begins like a hash file."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_HEAD) + 3).removeprefix(b"\xef\xbb\xbf").replace(b" ", b"").startswith(_HEAD)


def read_kind(path: Path) -> str | None:
    """Return the kind of the vectors of a hash file, None when it has none.

    Raises:
        InvalidInputError: its version is another one.
    """
    with path.open("rb") as file:
        head = _parsed(file.readline(MAX_LINE_BYTES).removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(head, dict) or head.get("vitrine_hashes") not in _READABLE:
        raise InvalidInputError("This hash file is of another version. Write it again with this one.", field="path")
    kind = head.get("vectors")
    return kind if isinstance(kind, str) and kind else None


def read_lines(path: Path) -> Iterator[HashedImage | HashedQuestion | Unread]:
    """Yield what each line is; one that cannot be used is yielded as such and costs no other line."""
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            if number > 1 and line.strip():
                yield from _read(line, f"{path.name}:{number}")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield lines, of one that is too long only the begin."""
    while line := file.readline(MAX_LINE_BYTES):
        yield line
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)


def _read(line: bytes, where: str) -> Iterator[HashedImage | HashedQuestion | Unread]:
    row = _parsed(line)
    if not isinstance(row, dict):
        yield Unread(where, "This line is not a JSON object, or longer than 1 MB.")
    elif question := _hex("sha256", row.get("question")):
        yield HashedQuestion(question, where)
    elif not (sha256 := _hex("sha256", row.get("sha256"))):
        yield Unread(where, "This line has no sha256 of 64 hexadecimal digits.")
    else:
        dhash = _hex("dhash", row.get("dhash"))
        vector, problem = _vector(row.get("vector"))
        if problem:
            yield Unread(where, problem)
        dhashes = (dhash,) if dhash else ()
        yield HashedImage(str(row.get("image") or where)[:_MAX_NAME_CHARS], sha256, dhashes, vector)


def _hex(name: str, value: Any) -> str:
    """Return a hash in lower case, as Windows does not write it; empty for anything else."""
    text = value.lower() if isinstance(value, str) else ""
    return text if _HEX[name].fullmatch(text) else ""


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _vector(coded: Any) -> tuple["Vectors | None", str]:
    """Return the vector of a line, of length 1, and why it cannot be used."""
    import numpy as np

    if coded is None:
        return None, ""
    try:
        data = base64.b64decode(str(coded), validate=True)
        vector = np.frombuffer(data, "<f2").astype(np.float32)
    except (binascii.Error, ValueError):
        return None, "The vector of this line is not float16 values in base64."
    length = float(np.linalg.norm(vector)) if len(vector) and np.isfinite(vector).all() else 0.0
    if length == 0:
        return None, "The vector of this line has no length, or a value that is not a number."
    return vector / np.float32(length), ""
