"""Tables as the libraries of others write them: their images as files, their rows as records."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.errors import ImageRejectedError
from core.importing import arrow_rows, samples
from core.importing.reading import TableBatch, load_records, read_annotations, read_table_batch, table_summary
from core.importing.records import Record, Turn
from core.importing.tables import SAMPLE_ROWS


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(file, "PNG")
    return file.getvalue()


def batches(path: Path, workdir: Path) -> list[TableBatch]:
    found = []
    for number in range(table_summary(path).batches):
        (workdir / str(number)).mkdir(parents=True)
        found.append(read_table_batch(path, number, workdir / str(number), 2_000_000, path.name))
    return found


def read(path: Path, workdir: Path) -> TableBatch:
    (only,) = batches(path, workdir / "work")
    return only


def parquet(directory: Path, *rows: dict[str, Any]) -> Path:
    pq.write_table(pa.Table.from_pylist(list(rows)), directory / "t.parquet")
    return directory / "t.parquet"


def turns(batch: TableBatch) -> list[tuple[tuple[str, ...], str, str]]:
    return [(record.images, turn.question, turn.answer) for record in batch.records for turn in record.turns]


IMAGE = {"bytes": b"png", "path": "a.jpg"}
ROW_1 = ("t.parquet row 1",)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param({"image": IMAGE, "question": "Q?", "answer": "A"}, [(ROW_1, "Q?", "A")], id="question and answer"),
        pytest.param(
            {"image": IMAGE, "file_name": "other.jpg", "question": "Q?", "answer": "A"},
            [(ROW_1, "Q?", "A")],
            id="the name of another file beside the image, as RefCOCO has it",
        ),
        pytest.param(
            {"image": "images/1.jpg", "decoded_image": IMAGE, "question": "Q?", "answer": "A"},
            [(ROW_1, "Q?", "A")],
            id="the image under a name of its own, as MathVista has it",
        ),
        pytest.param({"img": b"png", "Question": "Q?", "Answer": "A"}, [(ROW_1, "Q?", "A")], id="bare bytes, capitals"),
        pytest.param(
            {"image": IMAGE, "question": "Q?", "answers": ["cat"] * 6 + ["dog"] * 4},
            [(ROW_1, "Q?", "cat")],
            id="TextVQA",
        ),
        pytest.param(
            {"image": IMAGE, "question": "Q?", "answers": [{"answer": a, "id": 1} for a in ["dog", "cat", "cat"]]},
            [(ROW_1, "Q?", "cat")],
            id="VQA v2",
        ),
        pytest.param(
            {"image": IMAGE, "question": "Q?", "answers": [{"answer": "dog"}], "multiple_choice_answer": "cat"},
            [(ROW_1, "Q?", "cat")],
            id="the chosen answer beside the others",
        ),
        pytest.param(
            {"image": IMAGE, "question": "Which?", "choices": ["red", "blue"], "answer": 1},
            [(ROW_1, "Which?", '["blue"]')],
            id="ScienceQA",
        ),
        pytest.param(
            {"images": [IMAGE], "messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A"}]},
            [(ROW_1, "Q?", "A")],
            id="TRL",
        ),
        pytest.param(
            {
                "images": [IMAGE, IMAGE],
                "messages": [
                    {"role": "user", "content": [{"type": "image", "text": None}, {"type": "text", "text": "Q?"}]},
                    {"role": "assistant", "content": [{"type": "text", "text": "A"}]},
                ],
            },
            [(("t.parquet row 1", "t.parquet row 1, image 2"), "Q?", "A")],
            id="TRL with parts and two images",
        ),
        pytest.param(
            {"images": [IMAGE], "texts": [{"user": "Q1?", "assistant": "A1"}, {"user": "Q2?", "assistant": "A2"}]},
            [(ROW_1, "Q1?", "A1"), (ROW_1, "Q2?", "A2")],
            id="FineVision",
        ),
        pytest.param(
            {"image": IMAGE, "conversations": [{"from": "human", "value": "Q?"}, {"from": "gpt", "value": "A"}]},
            [(ROW_1, "Q?", "A")],
            id="LLaVA",
        ),
        pytest.param({"image": IMAGE, "caption": "A cat"}, [(ROW_1, "Describe this image.", "A cat")], id="a caption"),
        pytest.param(
            {"image_1": IMAGE, "image_2": IMAGE, "question": "?", "choices": ["x", "y"], "answer": "B"},
            [(("t.parquet row 1", "t.parquet row 1, image 2"), "?", '["y"]')],
            id="MMMU",
        ),
        pytest.param(
            {"left_image": IMAGE, "right_image": IMAGE, "question": "Same?", "answer": "No."},
            [(("t.parquet row 1", "t.parquet row 1, image 2"), "Same?", "No.")],
            id="NLVR2",
        ),
        pytest.param(
            {"view_front": IMAGE, "view_back": IMAGE, "question": "Same?", "answer": "No."},
            [(("t.parquet row 1", "t.parquet row 1, image 2"), "Same?", "No.")],
            id="two images under names of their own",
        ),
        pytest.param(
            {"jpg": b"png", "txt": "A cat", "key": "0", "__url__": "x.tar"},
            [(ROW_1, "Describe this image.", "A cat")],
            id="parquet of img2dataset, and of samples",
        ),
    ],
)  # fmt: skip
def test_shapes_of_rows_with_images(tmp_path: Path, row: dict[str, Any], expected: list[Any]) -> None:
    batch = read(parquet(tmp_path, row), tmp_path)

    assert turns(batch) == expected
    assert batch.problems == ()
    assert [file.reference for file in batch.files] == list(expected[0][0])


def test_a_box_in_a_column_of_fractions_is_read(tmp_path: Path) -> None:
    row = {"image": IMAGE, "question": "What is here?", "answer": ["shirt"], "bbox": [10.0, 20.0, 5.0, 40.0]}

    (record,) = read(parquet(tmp_path, row), tmp_path).records

    assert [box.xyxy for box in record.boxes] == [(10.0, 20.0, 15.0, 60.0)]


def test_a_second_image_may_be_named_beside_one_in_the_row(tmp_path: Path) -> None:
    row = {"image": IMAGE, "image_2": "b.jpg", "question": "Q?", "answer": "A"}

    assert turns(read(parquet(tmp_path, row), tmp_path)) == [(("t.parquet row 1", "b.jpg"), "Q?", "A")]


def test_a_table_may_begin_with_rows_without_an_image(tmp_path: Path) -> None:
    asked = [{"question": "Q?", "answer": "A"}]
    rows = [{"image": None, "qa": asked} for _ in range(SAMPLE_ROWS)]

    batch = read(parquet(tmp_path, *rows, {"image": IMAGE, "qa": asked}), tmp_path)

    assert turns(batch) == [((f"t.parquet row {SAMPLE_ROWS + 1}",), "Q?", "A")]
    assert [problem.where for problem in batch.problems] == [f"t.parquet row {n + 1}" for n in range(SAMPLE_ROWS)]


def test_a_table_of_datasets_is_read(tmp_path: Path) -> None:
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "question": datasets.Value("string"),
            "answer": datasets.ClassLabel(names=["no", "yes"]),
        }
    )
    rows = {"image": [{"bytes": picture(1), "path": "a.png"}], "question": ["Red?"], "answer": [1]}
    made = datasets.Dataset.from_dict(rows, features=features)
    made.to_parquet(tmp_path / "t.parquet")
    made.save_to_disk(tmp_path / "saved")
    arrow = next((tmp_path / "saved").glob("*.arrow"))

    assert turns(read(tmp_path / "t.parquet", tmp_path / "1")) == [(ROW_1, "Red?", "yes")]
    assert turns(read(arrow, tmp_path / "2")) == [((f"{arrow.name} row 1",), "Red?", "yes")]


def test_classes_of_boxes_are_called_by_their_names(tmp_path: Path) -> None:
    kinds = datasets.ClassLabel(names=["cat", "dog"])
    objects = {"bbox": [[1.0, 2.0, 3.0, 4.0]], "category": [1]}
    boxes = datasets.Sequence({"bbox": datasets.Sequence(datasets.Value("float32"), length=4), "category": kinds})
    features = datasets.Features({"image": datasets.Image(), "objects": boxes})
    rows = {"image": [{"bytes": picture(1), "path": "a.png"}], "objects": [objects]}
    datasets.Dataset.from_dict(rows, features=features).to_parquet(tmp_path / "t.parquet")

    (record,) = read(tmp_path / "t.parquet", tmp_path).records

    assert record.turns == (Turn("Which objects are in this image?", '["dog"]', "label"),)
    assert [(box.label, box.xyxy) for box in record.boxes] == [("dog", (1.0, 2.0, 4.0, 6.0))]


def test_a_table_of_pandas_without_images_is_an_annotation_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"file_name": ["a.jpg", "b.jpg"], "question": ["Q?", None], "answer": ["A", 3], "x": [1.5, np.nan]}
    )
    frame["answer"] = frame["answer"].astype(str)
    root = tmp_path / "in"
    root.mkdir()
    frame.to_parquet(root / "metadata.parquet")

    summary = read_annotations(root, tmp_path / "spool")

    assert load_records(tmp_path / "spool", *summary.parts[0][:2]) == [
        Record("metadata.parquet row 1", ("a.jpg",), (Turn("Q?", "A"),))
    ]
    assert [(p.where, p.reason) for p in summary.problems] == [("metadata.parquet row 2", "The question is empty.")]
    assert not table_summary(root / "metadata.parquet").has_images


def test_values_that_python_cannot_hold_cost_at_most_their_row(tmp_path: Path) -> None:
    questions = pa.array([b"Q1?", b"Q\xff2?"]).view(pa.string())
    table = pa.table(
        {
            "image": pa.array([b"one", b"two"]),
            "question": questions,
            "answer": ["A1", "A2"],
            "taken": pa.array([2**62, 0], pa.timestamp("s")),
            "day": pa.array([2**31 - 1, 0], pa.date32()),
        }
    )
    pq.write_table(table.drop(["taken"]), tmp_path / "t.parquet")
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)

    for name in ("t.parquet", "t.arrow"):
        found = turns(read(tmp_path / name, tmp_path / name[2:]))
        assert [(question, answer) for _, question, answer in found] == [("Q1?", "A1"), ("Q�2?", "A2")]


def test_millions_of_empty_rows_are_few_batches(tmp_path: Path) -> None:
    schema = pa.schema({"image": pa.binary(), "question": pa.string()})
    with pq.ParquetWriter(tmp_path / "t.parquet", schema) as writer:
        empty = pa.table(
            {name: pa.nulls(1_000_000, type_) for name, type_ in zip(schema.names, schema.types, strict=True)}
        )
        for _ in range(5):
            writer.write_table(empty)

    summary = table_summary(tmp_path / "t.parquet")

    assert (tmp_path / "t.parquet").stat().st_size < 20_000
    assert (summary.rows, summary.batches) == (5_000_000, 50)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_batches_hold_about_the_same_bytes_and_all_rows(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow_rows, "BATCH_BYTES", 320_000)
    rng = np.random.default_rng(1)
    rows = [{"image": rng.bytes(10_000), "question": f"Q{n}?", "answer": "A"} for n in range(100)]
    table = pa.Table.from_pylist(rows)
    if name == "t.parquet":
        pq.write_table(table, tmp_path / name, row_group_size=60)
    else:
        with pa.OSFile(str(tmp_path / name), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=60)

    found = batches(tmp_path / name, tmp_path / "work")

    assert [len(batch.records) for batch in found] == [31, 29, 31, 9]
    assert [record.turns[0].question for batch in found for record in batch.records] == [f"Q{n}?" for n in range(100)]


def test_a_table_with_only_images_gives_them_and_a_table_with_unknown_columns_says_so(tmp_path: Path) -> None:
    images = read(parquet(tmp_path, {"image": IMAGE}), tmp_path / "1")
    unknown = read(parquet(tmp_path, {"image": IMAGE, "foo": 1}), tmp_path / "2")

    assert (len(images.files), images.problems) == (1, ())
    assert len(unknown.files) == 1
    assert unknown.problems[0].reason.startswith("Only the images were read. This file was not read, since")
    assert "Seen: image, foo." in unknown.problems[0].reason


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"ARROW1\0\0" + b"x" * 50, b"text"])
def test_a_damaged_table_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)

    with pytest.raises(ImageRejectedError, match="This table is damaged"):
        table_summary(tmp_path / "t.parquet")


def tar(path: Path, members: dict[str, Any]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_a_tar_of_samples_gives_images_captions_and_questions(tmp_path: Path) -> None:
    members = {
        "0001.jpg": b"one", "0001.txt": b"A cat",
        "0002.png": b"two",
        "0002.json": {"qa": [{"question": "Q1?", "answer": "A1"}, {"question": "Q2?", "answer": 2}]},
        "s/0003.jpg": b"three", "s/0003.json": {"caption": "A dog"}, "s/0003.txt": b"A brown dog",
        "0004.0.jpg": b"four", "0004.1.jpg": b"five", "0004.json": {"conversations": [
            {"from": "human", "value": "<image><image>Same?"}, {"from": "gpt", "value": "No."}]},
        "0005.txt": b"no image", "0006.jpg": b"six",
    }  # fmt: skip
    path = tar(tmp_path / "w.tar", members)

    batch = read(path, tmp_path)

    assert table_summary(path).rows == 6
    assert turns(batch) == [
        (("w.tar row 1",), "Describe this image.", "A cat"),
        (("w.tar row 2",), "Q1?", "A1"),
        (("w.tar row 2",), "Q2?", "2"),
        (("w.tar row 3",), "Describe this image.", "A brown dog"),
        (("w.tar row 4", "w.tar row 4, image 2"), "Same?", "No."),
    ]
    assert [file.name for file in batch.files] == [
        "0001.jpg", "0002.png", "s/0003.jpg", "0004.0.jpg", "0004.1.jpg", "0006.jpg"
    ]  # fmt: skip
    assert [(p.where, p.reason) for p in batch.problems] == [("w.tar row 5", "This sample has no image.")]


def test_a_large_tar_is_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MAX_BATCH_SAMPLES", 10)
    members = {f"{n:04}.{kind}": b"x" for n in range(25) for kind in ("jpg", "txt")}
    path = tar(tmp_path / "w.tar", members)

    found = batches(path, tmp_path / "work")

    assert [len(batch.records) for batch in found] == [10, 10, 5]
    assert [batch.records[0].where for batch in found] == ["w.tar row 1", "w.tar row 11", "w.tar row 21"]


@pytest.mark.parametrize("content", [b"text", b"x" * 2000])
def test_a_damaged_tar_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.tar").write_bytes(content)

    with pytest.raises(ImageRejectedError, match="damaged"):
        table_summary(tmp_path / "w.tar")


def test_a_tar_that_is_cut_off_gives_the_samples_before_the_cut(tmp_path: Path) -> None:
    path = tar(tmp_path / "w.tar", {"1.jpg": b"one", "1.txt": b"A cat", "2.jpg": b"y" * 5_000, "2.txt": b"A dog"})
    path.write_bytes(path.read_bytes()[:4_000])

    batch = read(path, tmp_path)

    assert turns(batch) == [(("w.tar row 1",), "Describe this image.", "A cat")]
    assert [(p.where, p.reason) for p in batch.problems] == [("w.tar row 2", "2.jpg is cut off.")]
