"""Annotation files become records, in a spool or as a preview; what is left out is said with its place."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidInputError
from core.images.sandbox import Sandbox
from core.importing.reading import (
    Preview,
    ReadSummary,
    load_records,
    preview,
    read_annotations,
    read_table_batch,
    table_summary,
)
from core.importing.records import Record, Turn
from core.importing.survey import survey


def lines(*rows: Any) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def chat(image: str, question: str, answer: str) -> dict[str, Any]:
    turns = [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]
    return {"id": image, "image": image, "conversations": turns}


def read(
    directory: Path, files: Mapping[str, str | bytes], format_name: str = "auto"
) -> tuple[ReadSummary, list[Record]]:
    root = directory / "in"
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return spooled(root, directory / "spool", format_name)


def spooled(root: Path, spool: Path, format_name: str = "auto") -> tuple[ReadSummary, list[Record]]:
    summary = read_annotations(root, spool, format_name)
    records = [record for offset, length, _ in summary.parts for record in load_records(spool, offset, length)]
    assert summary.records == len(records)
    assert summary.turns == sum(len(record.turns) for record in records)
    return summary, records


def previewed(root: Path, *, limit: int = 10, format: str = "auto") -> Preview:
    with TemporaryDirectory() as workdir:
        return preview(root, Path(workdir), limit, format)


def short(records: list[Record]) -> list[tuple[str, str, str, str]]:
    return [(r.where, r.images[0], turn.question, turn.answer) for r in records for turn in r.turns]


def test_a_survey_sorts_names_by_what_is_tried_with_them(tmp_path: Path) -> None:
    names = (
        "a.jpg",
        "deep/b.PNG",
        "c",
        "e.xyz",
        "d.json",
        "rows.CSV",
        "t.parquet",
        "w.tar",
        "x.pdf",
        "README.md",
        "0001.txt",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    found = survey(tmp_path)

    assert (found.images, found.others) == (("a.jpg", "deep/b.PNG"), ("c", "e.xyz"))
    assert found.tried_as_images == ("a.jpg", "deep/b.PNG", "c", "e.xyz")
    assert found.annotations == ("0001.txt", "d.json", "rows.CSV")
    assert (found.tables, found.documents, found.ignored) == (("t.parquet", "w.tar"), ("x.pdf",), ("README.md",))


def test_one_odd_row_costs_that_row_and_is_named_with_its_line(tmp_path: Path) -> None:
    rows = [chat("a.jpg", "One?", "1"), {"id": "2", "image": "b.jpg"}, chat("b.jpg", "Two?", "2")]

    summary, records = read(tmp_path, {"d.json": "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]"})

    assert short(records) == [("d.json:2", "a.jpg", "One?", "1"), ("d.json:4", "b.jpg", "Two?", "2")]
    assert [(p.where, p.reason) for p in summary.problems] == [("d.json:3", "This row has no conversation.")]
    assert summary.formats == {"d.json": "LLaVA, ShareGPT"}


def test_an_array_in_one_line_counts_its_rows(tmp_path: Path) -> None:
    _, records = read(tmp_path, {"d.json": json.dumps([chat("a.jpg", "One?", "1"), chat("b.jpg", "Two?", "2")])})

    assert [record.where for record in records] == ["d.json row 1", "d.json row 2"]


def test_a_cut_file_keeps_the_rows_before_the_cut(tmp_path: Path) -> None:
    rows = json.dumps([chat("a.jpg", "One?", "1"), chat("b.jpg", "Two?", "2"), chat("c.jpg", "Three?", "3")])
    table = lines({"file_name": "a.jpg", "question": "Q?", "answer": "A"}) + '\n{"file_name": "b.j'

    summary, records = read(tmp_path, {"d.json": rows[:-40], "metadata.jsonl": table})

    assert [record.images[0] for record in records] == ["a.jpg", "b.jpg", "a.jpg"]
    reasons = {problem.where: problem.reason for problem in summary.problems}
    assert reasons["metadata.jsonl:2"] == "This line is not valid JSON. Correct it."
    assert reasons["d.json"] == "The JSON is broken or cut off in row 3. The rows before were read. Correct it."


def test_a_file_that_nobody_reads_is_named_with_what_was_seen(tmp_path: Path) -> None:
    good = lines({"file_name": "a.jpg", "question": "Q?", "answer": "A"})
    files = {"package.json": "{ // a comment\n}", "odd.json": '[{"x": 1, "y": 2}]', "metadata.jsonl": good}

    summary, records = read(tmp_path, files)

    assert short(records) == [("metadata.jsonl:1", "a.jpg", "Q?", "A")]
    assert summary.formats == {
        "metadata.jsonl": "Hugging Face ImageFolder", "odd.json": "", "package.json": ""
    }  # fmt: skip
    assert summary.problems[0].where == "odd.json"
    assert "Seen: x, y." in summary.problems[0].reason
    assert "LLaVA" in summary.problems[0].reason
    assert len(summary.problems[0].reason) < 500
    assert summary.problems[1].reason.startswith("This file was not read.")


def test_a_file_that_the_chosen_format_does_not_read_is_named_with_what_that_format_needs(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('[{"x": 1, "y": 2}]')

    [problem] = previewed(tmp_path, format="coco").problems

    assert problem.reason == (
        "This file was not read as COCO. That needs images with id and file_name, and annotations with image_id and "
        "caption or bbox. Seen: x, y."
    )


def test_a_zip_archive_is_read_like_a_directory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("set/d.json", json.dumps([chat("a.jpg", "One?", "1")]))

    _, records = spooled(tmp_path / "x.zip", tmp_path / "spool")

    assert short(records) == [("set/d.json row 1", "a.jpg", "One?", "1")]


def test_a_preview_reads_the_first_records_only(tmp_path: Path) -> None:
    rows = [chat(f"{number}.jpg", "What?", str(number)) for number in range(50)]
    (tmp_path / "d.jsonl").write_text(lines(*rows))
    (tmp_path / "0.jpg").touch()

    found = previewed(tmp_path, limit=2)

    assert found == Preview(
        records=(
            Record("d.jsonl:1", ("0.jpg",), (Turn("What?", "0"),)),
            Record("d.jsonl:2", ("1.jpg",), (Turn("What?", "1"),)),
        ),
        formats={"d.jsonl": "LLaVA, ShareGPT"},
        problems=(),
    )


def test_an_unknown_format_lists_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text("[]")

    with pytest.raises(InvalidInputError, match=r"There is no format lava\. Use one of auto, vitrine, .*llava, "):
        read_annotations(tmp_path, tmp_path / "spool", "lava")


def test_a_table_gives_its_images_and_records_by_batch(tmp_path: Path) -> None:
    rows = [
        {"image": {"bytes": b"one", "path": "a.jpg"}, "question": "One?", "answer": "1"},
        {"image": {"bytes": None, "path": "elsewhere.jpg"}, "question": "Two?", "answer": "2"},
        {"image": {"bytes": b"three", "path": None}, "question": "", "answer": "3"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    work = tmp_path / "work"
    work.mkdir()

    assert table_summary(tmp_path / "t.parquet").batches == 1
    batch = read_table_batch(tmp_path / "t.parquet", 0, work, 10_000, "t.parquet")

    assert [(file.name, file.reference, (work / file.file).read_bytes()) for file in batch.files] == [
        ("a.jpg", "t.parquet row 1", b"one"),
        ("t.parquet-row-3", "t.parquet row 3", b"three"),
    ]
    assert short(list(batch.records)) == [
        ("t.parquet row 1", "t.parquet row 1", "One?", "1"),
        ("t.parquet row 2", "elsewhere.jpg", "Two?", "2"),
    ]
    assert [(p.where, p.reason) for p in batch.problems] == [("t.parquet row 3", "The question is empty.")]


def test_a_worker_that_reads_annotations_loads_neither_the_database_nor_a_model_library(tmp_path: Path) -> None:
    row = {"file_name": "a.jpg", "question": "Q?", "answer": "A", "tags": "one", "score": 4, "note": "seen"}
    typed = [row, row | {"answer": ["red", "blue"]}, row | {"answer": '{"a": 1}', "answer_type": "custom_format"}]
    root = tmp_path / "in"
    root.mkdir()
    (root / "metadata.jsonl").write_text(lines(*typed))
    pq.write_table(pa.Table.from_pylist([row]), root / "t.parquet")
    sandbox = Sandbox(workers=1, memory_bytes=1_500_000_000, timeout_s=60)
    try:
        summary = sandbox.run(read_annotations, root, tmp_path / "spool")
        loaded = sandbox.run(eval, "[*__import__('sys').modules]")
    finally:
        sandbox.close()

    assert (summary.records, summary.problem_count) == (4, 0)
    assert "core.importing.reading" in loaded
    heavy = {"sqlmodel", "sqlalchemy", "alembic", "pydantic", "rapidfuzz", "litellm", "streamlit", "fastapi"}
    assert {name.partition(".")[0] for name in loaded} & heavy == set()
