"""Damaged annotation files and archives: each gives records or sentences, never an exception, and little memory."""

import json
import os
import random
import resource
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.errors import ImageRejectedError, InvalidInputError
from core.importing.reading import load_records, preview, read_annotations

QUICK, LONG = 100, 10_000
TURNS = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "Red."}]
SEEDS: dict[str, Any] = {
    "llava.json": [{"id": str(n), "image": f"{n}.jpg", "conversations": TURNS} for n in range(5)],
    "openai.jsonl": [{"messages": [{"role": "user", "content": [{"type": "text", "text": "Q?"}, {
        "type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}]},
        {"role": "assistant", "content": "A"}]}],
    "metadata.jsonl": [{"file_name": "a.jpg", "question": "Q?", "answer": ["x"], "score": 4, "tags": "a,b"}] * 3,
    "vqa.json": {"questions": [{"question_id": 1, "image_id": 42, "question": "Q?"}]},
    "annotations.json": {"annotations": [{"question_id": 1, "image_id": 42, "answers": [{"answer": "cat"}]}]},
    "coco.json": {"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 1, "name": "x"}],
                  "annotations": [{"image_id": 1, "caption": "A"},
                                  {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}]},
    "studio.json": [{"data": {"image": "a.jpg"}, "annotations": [{"result": [
        {"type": "choices", "from_name": "c", "value": {"choices": ["x"]}},
        {"type": "rectanglelabels", "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["y"]}}]}]}],
    "fine.jsonl": [{"images": ["a.jpg"], "texts": [{"user": "Q", "assistant": "A"}], "relevance_ratings": [4]}],
    "dpo.jsonl": [{"images": ["a.jpg"], "prompt": "Q?", "chosen": "A", "rejected": "B"}],
    "swift.jsonl": [{"query": "Q?", "response": "A", "images": ["a.jpg"], "history": [["x", "y"]],
                     "objects": {"ref": ["d"], "bbox": [[1, 2, 3, 4]]}}],
    "rows.csv": "image,question,answer,score\na.jpg,Q?,A,4\nb.jpg,\"x\ny\",B,\n",
    "a.txt": "A cat", "a.json": {"caption": "A dog"},
}  # fmt: skip
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 1e300, "", "\ud800", "x" * 30_000, [], {}, [[]], [None], {"a": None}, [[1] * 50], "data:,",
    ["a"] * 100, {"bytes": "x"}, {"path": None}, float("nan"), "1" * 5_000,
]  # fmt: skip
BYTES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b"\\",
    b"\\ud83d",
    b"1" * 400,
    b"\n",
    b"NaN",
    b"//",
]


def with_an_odd_value(rng: random.Random, value: Any) -> Any:
    """Return *value* with something else in one place of it."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {name: inner for name, inner in value.items() if name != key}
        return value | {key: with_an_odd_value(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], with_an_odd_value(rng, value[place]), *value[place + 1 :]]
    return rng.choice(ODD)


def mutated(rng: random.Random, name: str) -> bytes:
    content = SEEDS[name]
    if not isinstance(content, str):
        for _ in range(rng.randint(0, 2)):
            content = with_an_odd_value(rng, content)
        is_lines = name.endswith(".jsonl") and isinstance(content, list)
        content = "\n".join(map(json.dumps, content)) if is_lines else json.dumps(content, indent=rng.choice([None, 1]))
    data = bytearray(content.encode("utf-8", "surrogatepass"))
    for _ in range(rng.choice([0, 0, 1, 3])):
        place = rng.randrange(len(data) + 1)
        data[place : place + rng.choice([0, 1, 5, 1000])] = rng.choice(BYTES)
    return bytes(data)


def check(root: Path, spool: Path) -> None:
    try:
        preview(root, spool.parent)
        summary = read_annotations(root, spool)
    except (InvalidInputError, ImageRejectedError):
        return
    for offset, length, count in summary.parts:
        records = load_records(spool, offset, length)
        assert len(records) == count
        for record in records:
            assert record.images
            assert record.turns
            assert all(turn.question and turn.answer for turn in record.turns)
            record.__repr__().encode("utf-8")


def attacked(directory: Path, seed: int) -> None:
    rng = random.Random(seed)
    root = directory / "in"
    root.mkdir()
    for name in rng.sample(list(SEEDS), 4):
        (root / name).write_bytes(mutated(rng, name))
    (root / "a.jpg").touch()
    if rng.random() < 0.2:
        archive = directory / "in.zip"
        with zipfile.ZipFile(archive, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as packed:
            for path in root.iterdir():
                packed.write(path, path.name)
        data = bytearray(archive.read_bytes())
        for _ in range(rng.randint(0, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        archive.write_bytes(data)
        check(archive, directory / "spool")
    check(root, directory / "spool")


@pytest.mark.parametrize(
    "count", [pytest.param(QUICK, id="quick"), pytest.param(LONG, id="long", marks=pytest.mark.prove)]
)
def test_mutated_annotation_files_never_break_a_reading(tmp_path: Path, count: int) -> None:
    first = int(os.environ.get("VITRINE_FIRST_SEED", "0"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(first, first + count):
        directory = tmp_path / str(seed)
        directory.mkdir()
        try:
            attacked(directory, seed)
        except Exception as error:
            error.add_note(f"seed {seed}, in {directory}")
            raise
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
