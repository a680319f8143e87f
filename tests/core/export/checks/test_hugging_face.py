"""Tables and ImageFolder metadata, each with one thing that ``datasets`` would trip over."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    IMAGES_UPRIGHT,
    LISTS_TYPED,
    NO_CONTROL_WORD,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_VALID,
    SAME_KEYS,
    SPLITS_DISJOINT,
    TURNS_ALTERNATE,
    VALID_FILES,
    Checker,
    Expected,
)
from core.export.checks.hugging_face import (
    EVERY_IMAGE_LISTED,
    FEATURES_DECLARED,
    ONE_METADATA_FILE,
    ImageFolderChecker,
    ParquetChecker,
)
from core.export.checks.hugging_face_chat import (
    RATINGS_PARALLEL,
    FineVisionChecker,
    TrlChecker,
    TrlPreferenceChecker,
)
from core.export.checks.preference import ANSWERS_DIFFER
from tests.core.export.checks.memory import as_lines, results
from tests.pictures import png

Row = dict[str, Any]
IMAGE = {"bytes": png("red"), "path": "a.png"}
ONE = Expected({"train": 1}, {"train": 1}, 1)
SHARD = "data/train-00000-of-00001.parquet"


def _failed(
    checker: type[Checker], files: dict[str, bytes], expected: Expected = ONE, **layout: Any
) -> dict[str, tuple[str, ...]]:
    found = results(checker, files, expected, **layout)
    return {result.name: result.examples for result in found if not result.passed}


def _table(rows: list[Row], *, declared: list[str] | None = None, schema: pa.Schema | None = None) -> bytes:
    table = pa.Table.from_pylist(rows, schema=schema)
    names = table.schema.names if declared is None else declared
    features = {name: {"_type": "'Image'" if name in ("image", "images") else "Value"} for name in names}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return file.getvalue()


def _row(id_: str = "1", **changed: Any) -> Row:
    return {"id": id_, "question": "Which?", "answer": "Red.", "image": IMAGE} | changed


def _of_rows(*rows: Row) -> dict[str, tuple[str, ...]]:
    return _failed(ParquetChecker, {SHARD: _table(list(rows))}, Expected({"train": len(rows)}, {"train": len(rows)}, 1))


def test_a_table_in_order_has_no_problem() -> None:
    assert _of_rows(_row(), _row("2", question="And?")) == {}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (_row(""), {NOTHING_EMPTY}),
        (_row(question=" "), {NOTHING_EMPTY}),
        (_row(answer=""), {NOTHING_EMPTY}),
        (_row(image={"bytes": b"no image", "path": "a.png"}), {IMAGES_UPRIGHT}),
        (_row(image={"bytes": png("red"), "path": "images/a.png"}), {IMAGES_UPRIGHT}),
        (_row(image={"bytes": png("red"), "path": "images\\a.png"}), {IMAGES_UPRIGHT}),
    ],
)
def test_a_row_that_does_not_load_is_found(row: Row, found: set[str]) -> None:
    assert set(_of_rows(row)) == found


def test_a_repeated_id_is_found() -> None:
    assert _of_rows(_row(), _row()) == {IDS_UNIQUE: ("1 ids are repeated",)}


def test_what_is_read_back_is_as_much_as_was_written() -> None:
    found = _failed(ParquetChecker, {SHARD: _table([_row()])}, Expected({"train": 3}, {"train": 2}, 4))

    assert found == {
        COUNTS_MATCH: (
            "rows of train: 2 written, 1 read back",
            "entries of train: 3 written, 1 read back",
            "images: 4 written, 1 read back",
        )
    }


@pytest.mark.parametrize(
    "names", [[], ["data/train-00001-of-00001.parquet"], ["data/train-00000-of-00002.parquet"], [SHARD, "data/train-x"]]
)
def test_shards_are_numbered_without_a_gap(names: list[str]) -> None:
    rows = {name: _table([_row(str(number))]) for number, name in enumerate(names)}

    assert FEATURES_DECLARED in _failed(ParquetChecker, rows)


def test_the_declared_features_are_the_columns_and_one_is_an_image() -> None:
    short = _table([_row()], declared=["id", "question", "answer"])
    no_image = _table([_row()], declared=["id", "question", "answer", "picture"])

    assert len(_failed(ParquetChecker, {SHARD: short})[FEATURES_DECLARED]) == 2
    assert len(_failed(ParquetChecker, {SHARD: no_image})[FEATURES_DECLARED]) == 2
    assert _failed(ParquetChecker, {SHARD: b"no table"}).keys() >= {FEATURES_DECLARED, COUNTS_MATCH}


def test_a_list_without_a_type_is_found() -> None:
    assert _of_rows(_row(tags=[])) == {LISTS_TYPED: ("tags is list<element: null>",)}


def test_all_shards_have_the_same_columns_of_the_same_types() -> None:
    names = [f"data/train-0000{number}-of-00002.parquet" for number in range(2)]
    two = Expected({"train": 2}, {"train": 2}, 1)

    def failed(second: Row) -> set[str]:
        return set(_failed(ParquetChecker, {names[0]: _table([_row(score=1.0)]), names[1]: _table([second])}, two))

    assert failed(_row("2", score=2.0)) == set()
    assert failed(_row("2", score="2")) == {ONE_TYPE}
    assert failed(_row("2")) == {SAME_KEYS}
    assert failed(_row("2", score=2.0, more=1)) == {SAME_KEYS}


def test_no_image_of_a_table_is_in_two_splits() -> None:
    files = {SHARD: _table([_row()]), "data/test-00000-of-00001.parquet": _table([_row("2")])}

    found = _failed(ParquetChecker, files, Expected({"train": 1, "test": 1}, {"train": 1, "test": 1}, 1))

    assert found == {SPLITS_DISJOINT: ("a.png is in train and test",)}


def _trl(*turns: tuple[str, str], **changed: Any) -> Row:
    messages = [{"role": role, "content": text} for role, text in turns]
    return {"id": "1", "images": [IMAGE], "messages": messages} | changed


GOOD = (("user", "Which?"), ("assistant", "Red."))


def _of_trl(row: Row, *, entries: int = 1) -> set[str]:
    return set(_failed(TrlChecker, {SHARD: _table([row])}, Expected({"train": entries}, {"train": 1}, 1)))


@pytest.mark.parametrize(
    ("turns", "entries", "found"),
    [
        (GOOD, 1, set()),
        ((*GOOD, ("user", "And?"), ("assistant", "Blue.")), 2, set()),
        ((("system", "Be brief."), *GOOD), 1, set()),
        ((("system", " "), *GOOD), 1, {NOTHING_EMPTY}),
        ((*GOOD, ("user", "And?")), 1, {TURNS_ALTERNATE}),
        (tuple(reversed(GOOD)), 1, {TURNS_ALTERNATE}),
        ((("user", "Which <image>?"), GOOD[1]), 1, {NO_CONTROL_WORD}),
        ((("user", "Which?"), ("assistant", "<Audio>")), 1, {NO_CONTROL_WORD}),
        ((("user", "Which?"), ("assistant", "")), 1, {NOTHING_EMPTY}),
    ],
)
def test_trl_reads_turns_without_tokens(turns: tuple[tuple[str, str], ...], entries: int, found: set[str]) -> None:
    assert _of_trl(_trl(*turns), entries=entries) == found


def test_a_conversation_has_images_that_open() -> None:
    assert IMAGES_UPRIGHT in _of_trl(_trl(*GOOD, images=[IMAGE, {"bytes": b"no", "path": "b.png"}]))
    assert _of_trl(_trl(*GOOD, id="")) == {NOTHING_EMPTY}


def _dpo(**changed: Any) -> Row:
    answer = [{"role": "assistant", "content": "Red."}]
    other = [{"role": "assistant", "content": "Blue."}]
    prompt = [{"role": "user", "content": "Which?"}]
    return {"id": "1", "images": [IMAGE], "prompt": prompt, "chosen": answer, "rejected": other} | changed


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (_dpo(), set()),
        (_dpo(rejected=[{"role": "assistant", "content": "Red."}]), {ANSWERS_DIFFER}),
        (_dpo(rejected=[{"role": "user", "content": "Blue."}]), {TURNS_ALTERNATE}),
        (_dpo(chosen=[{"role": "user", "content": "Red."}]), {TURNS_ALTERNATE}),
        (_dpo(prompt=[{"role": "assistant", "content": "Which?"}]), {TURNS_ALTERNATE}),
        (_dpo(prompt=[{"role": "user", "content": " "}]), {NOTHING_EMPTY}),
    ],
)
def test_trl_preferences_are_a_prompt_with_two_answers(row: Row, found: set[str]) -> None:
    assert set(_failed(TrlPreferenceChecker, {SHARD: _table([row])}, Expected({"train": 9}, {"train": 1}, 1))) == found


def _fine(**changed: Any) -> Row:
    return {"id": "1", "images": [IMAGE], "texts": [{"user": "Which?", "assistant": "Red."}],
            "relevance_ratings": [3]} | changed  # fmt: skip


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (_fine(), set()),
        (_fine(relevance_ratings=[1]), set()),
        (_fine(relevance_ratings=[5]), set()),
        (_fine(relevance_ratings=[0]), {RATINGS_PARALLEL}),
        (_fine(relevance_ratings=[6]), {RATINGS_PARALLEL}),
        (_fine(relevance_ratings=[3, 3]), {RATINGS_PARALLEL}),
        (_fine(texts=[{"user": "Which?", "assistant": ""}]), {NOTHING_EMPTY}),
        (_fine(texts=[{"user": "<video>?", "assistant": "Red."}]), {NO_CONTROL_WORD}),
    ],
)
def test_finevision_has_a_rating_of_1_to_5_for_each_pair(row: Row, found: set[str]) -> None:
    assert set(_failed(FineVisionChecker, {SHARD: _table([row])})) == found


def _folder(*rows: Any, **files: bytes) -> dict[str, bytes]:
    named = {name.replace("__", "/").replace("_dot_", "."): data for name, data in files.items()}
    return {"train/metadata.jsonl": as_lines(list(rows)), "train/a.png": b""} | named


def _listed(id_: str = "1", **changed: Any) -> Row:
    return {"id": id_, "file_name": "a.png", "question": "Which?", "answer": "Red."} | changed


def test_a_folder_in_order_has_no_problem() -> None:
    assert _failed(ImageFolderChecker, _folder(_listed())) == {}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (_listed(question=""), {NOTHING_EMPTY}),
        (_listed(answer=" "), {NOTHING_EMPTY}),
        (_listed(kind=None), {NOTHING_EMPTY}),
        (_listed(image="a.png"), {ONE_METADATA_FILE}),
        (_listed(file_name="../a.png"), {PATHS_VALID, EVERY_IMAGE_LISTED}),
        (_listed(file_name="b.png"), {PATHS_VALID, EVERY_IMAGE_LISTED}),
        (_listed(file_name=None), {PATHS_VALID, EVERY_IMAGE_LISTED, NOTHING_EMPTY}),
        (["a.png"], {VALID_FILES, EVERY_IMAGE_LISTED}),
    ],
)
def test_a_row_of_metadata_that_does_not_load_is_found(row: Any, found: set[str]) -> None:
    assert set(_failed(ImageFolderChecker, _folder(row))) == found


def test_a_split_has_one_file_of_metadata_and_every_image_a_row() -> None:
    assert set(_failed(ImageFolderChecker, _folder(_listed(), train__metadata_dot_csv=b""))) == {ONE_METADATA_FILE}
    assert _failed(ImageFolderChecker, _folder(_listed(), train__b_dot_png=b"")) == {
        COUNTS_MATCH: ("image files: 1 written, 2 read back",), EVERY_IMAGE_LISTED: ("train/b.png has no row",),
    }  # fmt: skip
    assert set(_failed(ImageFolderChecker, {"train/a.png": b""})) == {ONE_METADATA_FILE, EVERY_IMAGE_LISTED}


def test_rows_of_metadata_are_counted_and_have_ids_of_their_own() -> None:
    found = _failed(ImageFolderChecker, _folder(_listed(), _listed()), Expected({"train": 2}, {"train": 3}, 1))

    assert found == {
        COUNTS_MATCH: ("rows of train: 3 written, 2 read back",),
        IDS_UNIQUE: ("1 ids are repeated",),
    }


def test_an_image_of_a_folder_is_in_one_split() -> None:
    files = _folder(_listed(), test__metadata_dot_jsonl=as_lines([_listed("2")]), test__a_dot_png=b"")
    expected = Expected({"train": 1, "test": 1}, {"train": 1, "test": 1}, 2)

    assert {SPLITS_DISJOINT} <= set(_failed(ImageFolderChecker, files, expected, splits=("train", "test")))
