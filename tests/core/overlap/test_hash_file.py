"""Hash files: written and read back; a line that cannot be used costs itself."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import InvalidInputError
from core.overlap import hash_file
from core.overlap.hash_file import HashedImage, HashedQuestion, Unread

SHA, DHASH = "ab" * 32, "0123456789abcdef"


def _written(path: Path, *lines: bytes) -> Path:
    path.write_bytes(hash_file.head_line("measured 1") + b"".join(line.rstrip(b"\n") + b"\n" for line in lines))
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    vector = np.array([0.6, 0.8], "<f2").tobytes()
    path = _written(
        tmp_path / "h.jsonl", hash_file.image_line("a.jpg", SHA, DHASH, vector), hash_file.question_line("What is it?")
    )
    image, question = hash_file.read_lines(path)

    assert hash_file.is_hash_file(path)
    assert hash_file.read_kind(path) == "measured 1"
    assert isinstance(image, HashedImage)
    assert (image.name, image.sha256, image.dhashes) == ("a.jpg", SHA, (DHASH,))
    np.testing.assert_allclose(image.vector, [0.6, 0.8], atol=1e-3)
    assert question == HashedQuestion(hash_file.question_hash("what is it"), "h.jsonl:3")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "not a JSON object"),
        (b"[1]", "not a JSON object"),
        (b"[" * 5_000, "not a JSON object"),
        (b'{"image": "' + b"x" * 2_000_000 + b'"}', "longer than 1 MB"),
        (b'{"image": "a", "sha256": "short"}', "64 hexadecimal digits"),
        (b'{"question": 7}', "64 hexadecimal digits"),
    ],
)
def test_a_line_that_cannot_be_used_costs_itself(tmp_path: Path, line: bytes, reason: str) -> None:
    path = _written(tmp_path / "h.jsonl", line, hash_file.image_line("a.jpg", SHA, "", None))
    unread, image = hash_file.read_lines(path)

    assert isinstance(unread, Unread)
    assert reason in unread.reason
    assert isinstance(image, HashedImage)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0\0\0", "not float16 values"),
        (np.array([np.nan, 1], "<f2").tobytes(), "not a number"),
        (np.array([np.inf], "<f2").tobytes(), "not a number"),
        (b"", "no length"),
        (np.zeros(4, "<f2").tobytes(), "no length"),
        (None, "not float16 values"),
    ],
)
def test_a_vector_that_cannot_be_used_leaves_the_hashes(tmp_path: Path, data: bytes | None, reason: str) -> None:
    coded = "%%%" if data is None else base64.b64encode(data).decode()
    path = _written(tmp_path / "h.jsonl", f'{{"image": "a", "sha256": "{SHA}", "vector": "{coded}"}}'.encode())
    unread, image = hash_file.read_lines(path)

    assert isinstance(unread, Unread)
    assert reason in unread.reason
    assert image == HashedImage("a", SHA)


def test_hashes_in_upper_case_are_the_same(tmp_path: Path) -> None:
    rows = {"image": "a.jpg", "sha256": "AB" * 32, "dhash": "F0" * 8}, {"question": "CD" * 32}
    path = _written(tmp_path / "hashes.jsonl", *(json.dumps(row).encode() for row in rows))
    image, question = hash_file.read_lines(path)
    assert isinstance(image, HashedImage)
    assert isinstance(question, HashedQuestion)
    assert (image.sha256, image.dhashes, question.sha256) == ("ab" * 32, ("f0" * 8,), "cd" * 32)


def test_another_version_is_refused_and_other_files_are_none(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"vitrine_hashes": 9}\n')
    assert hash_file.is_hash_file(other)
    with pytest.raises(InvalidInputError, match="another version"):
        hash_file.read_kind(other)
    other.write_text('{"question": "?"}\n')
    assert not hash_file.is_hash_file(other)
    assert not hash_file.is_hash_file(tmp_path)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ('{"vitrine_hashes": 1, "vectors": "clip"}', "clip"),
        ('\ufeff{"vitrine_hashes": 2, "vectors": "clip"}', "clip"),
        ('{ "vitrine_hashes" : 2, "vectors": "clip"}', "clip"),
        ('{"vitrine_hashes": 2}', None),
        ('{"vitrine_hashes": 2, "vectors": ""}', None),
        ('{"vitrine_hashes": 2, "vectors": 7}', None),
    ],
)
def test_both_versions_are_read_with_or_without_a_mark_at_their_begin(
    tmp_path: Path, head: str, kind: str | None
) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(f"{head}\n\n{json.dumps({'question': SHA})}\n", encoding="utf-8")
    assert (hash_file.is_hash_file(path), hash_file.read_kind(path)) == (True, kind)
    assert list(hash_file.read_lines(path)) == [HashedQuestion(SHA, "h.jsonl:3")]


def test_a_name_is_cut_or_replaced_by_its_place_and_a_vector_gets_the_length_1(tmp_path: Path) -> None:
    vector = np.array([3, 4], "<f2").tobytes()
    rows = [hash_file.image_line(name, SHA, "", vector) for name in ("x" * 500, "x" * 501, "")]
    found = list(hash_file.read_lines(_written(tmp_path / "h.jsonl", *rows)))
    assert [one.name for one in found if isinstance(one, HashedImage)] == ["x" * 500, "x" * 500, "h.jsonl:4"]
    for one in found:
        assert isinstance(one, HashedImage)
        np.testing.assert_allclose(one.vector, [0.6, 0.8], atol=1e-3)
