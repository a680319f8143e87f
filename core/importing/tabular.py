"""Reading Parquet and Arrow files with images in them: runs only in the worker processes of the sandbox."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ImageRejectedError

ROWS_PER_BATCH = 64
_IMAGE_COLUMNS = ("image", "images", "img", "picture", "photo")
_QUESTION_COLUMNS = ("question", "questions", "prompt", "query", "instruction")
_ANSWER_COLUMNS = ("answer", "answers", "multiple_choice_answer", "response", "label", "caption", "text", "output")


@dataclass(frozen=True)
class TableRow:
    """One row: its image as a file, and its questions with answers."""

    number: int
    name: str
    file: str
    """In the working directory; empty when the row has no usable image."""
    pairs: tuple[tuple[str, str], ...]
    """Questions with their answers."""
    reason: str = ""
    """Why there is no file; empty when there is one."""


def batch_count(path: Path) -> int:
    """Return the number of batches of ROWS_PER_BATCH rows.

    Raises:
        ImageRejectedError: the file is damaged, or has no column of images.
    """
    with _translate_errors():
        if path.suffix == ".parquet":
            import pyarrow.parquet as parquet

            with parquet.ParquetFile(path) as file:
                rows, names = file.metadata.num_rows, file.schema_arrow.names
        else:
            table = _arrow(path)
            rows, names = table.num_rows, table.schema.names
    _column(names, _IMAGE_COLUMNS)
    return -(-int(rows) // ROWS_PER_BATCH)


def read_batch(path: Path, number: int, workdir: Path, max_bytes: int) -> list[TableRow]:
    """Write the images of one batch into *workdir* and return its rows."""
    with _translate_errors():
        return [_row(index, values, workdir, max_bytes) for index, values in _rows(path, number)]


def _rows(path: Path, number: int) -> Iterator[tuple[int, dict[str, Any]]]:
    start = number * ROWS_PER_BATCH
    if path.suffix == ".parquet":
        yield from _parquet_rows(path, start, start + ROWS_PER_BATCH)
    else:
        yield from enumerate(_arrow(path).slice(start, ROWS_PER_BATCH).to_pylist(), start)


def _parquet_rows(path: Path, start: int, end: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows from *start* to before *end*, opening only the row groups they are in."""
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(path, pre_buffer=False) as file:
        at = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if at + rows <= start or at >= end:
                at += rows
                continue
            for batch in file.iter_batches(ROWS_PER_BATCH, row_groups=[group], use_threads=False):
                low, high = max(start - at, 0), min(end - at, batch.num_rows)
                if low < high:
                    yield from enumerate(batch.slice(low, high - low).to_pylist(), at + low)
                at += batch.num_rows


def _arrow(path: Path) -> Any:
    import pyarrow as pa

    # Not memory-mapped: a map counts against the limit on the address space as well.
    with path.open("rb") as file:
        try:
            return pa.ipc.open_stream(file).read_all()
        except pa.ArrowInvalid:
            file.seek(0)
            return pa.ipc.open_file(file).read_all()


def _row(number: int, values: dict[str, Any], workdir: Path, max_bytes: int) -> TableRow:
    image = values[_column(list(values), _IMAGE_COLUMNS)]
    if isinstance(image, list):
        image = image[0] if image else None
    data = image.get("bytes") if isinstance(image, dict) else image
    path = image.get("path") if isinstance(image, dict) else None
    name = str(values.get("file_name") or path or f"row-{number + 1:06}")
    if not isinstance(data, bytes):
        return TableRow(number, name, "", (), "This row has no image.")
    if len(data) > max_bytes:
        return TableRow(number, name, "", (), f"The file is larger than {max_bytes / 1e6:,.0f} MB.")
    (workdir / str(number)).write_bytes(data)
    return TableRow(number, name, str(number), tuple(_pairs(values)))


def _pairs(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    question = next((values[key] for key in _QUESTION_COLUMNS if values.get(key)), None)
    answer = next((values[key] for key in _ANSWER_COLUMNS if values.get(key) is not None), None)
    if question is None or answer is None:
        return
    if isinstance(question, list):
        answers = answer if isinstance(answer, list) else [answer]
        yield from ((str(q), _text(a)) for q, a in zip(question, answers, strict=False) if q)
    else:
        yield str(question), _text(answer)


def _text(answer: Any) -> str:
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if isinstance(answer, dict) and "answer" in answer:
        answer = answer["answer"]
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, default=str)


def _column(names: list[str], wanted: tuple[str, ...]) -> str:
    found = next((name for key in wanted for name in names if name.lower() == key), None)
    if found is None:
        raise ImageRejectedError(
            f"It has no column called {wanted[0]}. Rename the column of the images.", reason="no-images"
        )
    return found


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Translate the exceptions of pyarrow into errors of Vitrine; running out of memory is left to the sandbox."""
    import pyarrow as pa

    try:
        yield
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise ImageRejectedError(
            "This table is damaged and cannot be opened. Save it again.", reason="damaged"
        ) from error
