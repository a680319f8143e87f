"""Annotation files and tables read into records, compared with a bare loop that takes the same fields.

    python bench/reading.py          100,000 rows of each kind, one round
    python bench/reading.py --full   three rounds; and 10,000 beside 1,000,000 rows of LLaVA, for the cost of a row

The bare loop is what one would write for one known, flawless file: orjson, csv or pyarrow, the texts of the rows, their
image and their other fields, without checks, places and cleaning. Both write what they found as JSON lines; a preview
of all records, which are made one by one, beside the bare loop without lines, is the second figure. Each of them runs
in a process of its own, in turns, and its CPU time counts, the best of the rounds: both use one thread and hardly wait.
Memory is the peak of the importer's process above its start.
"""

import argparse
import csv
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

RESULTS = Path(__file__).parent / "results" / "reading.json"
OF_BARE_AT_LEAST = 0.7
COST_AT_MOST = 1.5
GROWTH_MB_AT_MOST = 200
_QUESTION = "What is the color of the object number {} in the middle of this picture?"
_ANSWER = "It is a rather dark red, with some orange spots on its left side (number {})."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--full", action="store_true")
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--part", choices=[*KINDS, "scale"])
    chosen = options.parse_args()
    rounds = 3 if chosen.full else 1
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        for kind in KINDS if chosen.part is None else [chosen.part] if chosen.part in KINDS else []:
            results[kind] = _compared(kind, chosen.rows, Path(name), rounds)
        if chosen.part == "scale" or (chosen.full and chosen.part is None):
            results["scale"] = _scale(Path(name))
    stored = json.loads(RESULTS.read_text()) if chosen.part and RESULTS.exists() else {}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(stored | results, indent=2))
    print(json.dumps(results, indent=2))
    if any(not result["holds"] for result in results.values()):
        raise SystemExit(1)


def _compared(kind: str, rows: int, directory: Path, rounds: int) -> dict[str, Any]:
    root = directory / kind
    root.mkdir()
    write, bare = KINDS[kind]
    write(root, rows)
    size = sum(path.stat().st_size for path in root.iterdir())
    seconds: dict[str, list[float]] = {"ours": [], "bare": [], "ours, no spool": [], "bare, no lines": []}
    growth = 0.0
    for _ in range(rounds):
        for what, times in seconds.items():
            took, mb = _in_process(_JOBS[what], root, directory / "out", bare)
            times.append(took)
            growth = max(growth, mb) if what == "ours" else growth
    best = {what: min(times) for what, times in seconds.items()}
    ratio = best["bare"] / best["ours"]
    return {
        "rows": rows, "MB": round(size / 1e6, 1), "rows a CPU second": round(rows / best["ours"]),
        "of the bare loop": round(ratio, 2),
        "of the bare loop, without writing": round(best["bare, no lines"] / best["ours, no spool"], 2),
        "growth MB": round(growth), "holds": ratio >= OF_BARE_AT_LEAST and growth <= GROWTH_MB_AT_MOST,
    }  # fmt: skip


def _scale(directory: Path) -> dict[str, Any]:
    """Compare the cost of a row at 1,000,000 rows with that at 10,000."""
    cost = {}
    growth = {}
    for rows in (10_000, 1_000_000):
        root = directory / f"scale-{rows}"
        root.mkdir()
        _write_llava(root, rows)
        runs = [_in_process(_ours, root, directory / "out", None) for _ in range(3 if rows < 100_000 else 1)]
        cost[rows], growth[rows] = min(run[0] for run in runs) / rows, runs[0][1]
    ratio = cost[1_000_000] / cost[10_000]
    return {
        "us a row at 10,000": round(cost[10_000] * 1e6, 2), "us a row at 1,000,000": round(cost[1_000_000] * 1e6, 2),
        "ratio": round(ratio, 2), "growth MB at 1,000,000": round(growth[1_000_000]), "holds": ratio <= COST_AT_MOST,
    }  # fmt: skip


def _in_process(job: Callable[..., None], *args: Any) -> tuple[float, float]:
    """Run *job* in a new process; return its CPU seconds, and how far its memory grew in MB."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_timed, args=(queue, job, args))
    process.start()
    took: tuple[float, float] = queue.get(timeout=600)
    process.join()
    return took


def _timed(queue: Any, job: Callable[..., None], args: tuple[Any, ...]) -> None:
    import core.importing.reading  # noqa: F401 - not part of the time

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    job(*args)
    took = time.process_time() - start
    queue.put((took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def _ours(root: Path, out: Path, bare: Any) -> None:
    from core.importing.reading import read_annotations, read_table_batch, table_summary

    table = root / "t.parquet"
    if table.exists() and table_summary(table).has_images:
        for batch in range(table_summary(table).batches):
            with tempfile.TemporaryDirectory() as workdir:
                read_table_batch(table, batch, Path(workdir), 10_000_000, "t.parquet")
        return
    summary = read_annotations(root, out)
    assert summary.problem_count == 0, summary.problems[:3]


def _ours_without_spool(root: Path, out: Path, bare: Any) -> None:
    from core.importing.reading import preview

    preview(root, out.parent, limit=1 << 60)


def _bare(root: Path, out: Path, bare: Callable[[Path], Iterable[Any]]) -> None:
    with out.open("wb") as file:
        lines = []
        for record in bare(root):
            lines.append(orjson.dumps(record))
            if len(lines) == 2_000:
                file.write(b"\n".join(lines) + b"\n")
                lines.clear()
        file.write(b"\n".join(lines))


def _bare_without_lines(root: Path, out: Path, bare: Callable[[Path], Iterable[Any]]) -> None:
    assert len(list(bare(root))) > 0


_JOBS: dict[str, Callable[..., None]] = {
    "ours": _ours, "bare": _bare, "ours, no spool": _ours_without_spool, "bare, no lines": _bare_without_lines,
}  # fmt: skip


# --- files, and their bare loops -----------------------------------------------------------------------------


def _llava_rows(rows: int) -> Iterator[dict[str, Any]]:
    for n in range(rows):
        turns = [
            {"from": "human", "value": f"<image>\n{_QUESTION.format(n)}"},
            {"from": "gpt", "value": _ANSWER.format(n)},
        ]
        yield {"id": str(n), "image": f"images/{n:08}.jpg", "conversations": turns}


def _write_llava(root: Path, rows: int) -> None:
    with (root / "d.json").open("w") as file:
        file.write("[")
        for n, row in enumerate(_llava_rows(rows)):
            file.write((", " if n else "") + json.dumps(row))
        file.write("]")


def _bare_llava(root: Path) -> Iterator[Any]:
    for row in orjson.loads((root / "d.json").read_bytes()):
        yield _conversation(row, row["conversations"], "from", "value", "human", "gpt", [row["image"]])


def _conversation(row: Any, messages: Any, who: str, what: str, user: str, assistant: str, images: Any) -> Any:
    turns = []
    question = None
    for message in messages:
        role, text = message[who], message[what]
        if role == user:
            question = text.replace("<image>", "").strip()
        elif role == assistant and question:
            turns.append((question, text.strip()))
            question = None
    return images, turns, row.get("system", "")


def _write_messages(root: Path, rows: int) -> None:
    with (root / "d.jsonl").open("w") as file:
        for row in _llava_rows(rows):
            human, gpt = row["conversations"]
            messages = [{"role": "user", "content": human["value"]}, {"role": "assistant", "content": gpt["value"]}]
            file.write(json.dumps({"messages": messages, "images": [row["image"]]}) + "\n")


def _bare_messages(root: Path) -> Iterator[Any]:
    with (root / "d.jsonl").open("rb") as file:
        for line in file:
            row = orjson.loads(line)
            yield _conversation(row, row["messages"], "role", "content", "user", "assistant", row["images"])


_FIELDS = ("answer_type", "kind", "language", "model", "confirmed", "score", "tags", "note")


def _flat_rows(rows: int) -> Iterator[dict[str, Any]]:
    for n in range(rows):
        yield {
            "file_name": f"images/{n:08}.jpg", "question": _QUESTION.format(n), "answer": _ANSWER.format(n),
            "answer_type": "text", "kind": "color", "language": "en", "model": "gpt-4o", "confirmed": True,
            "score": 4.5, "tags": "one,two", "note": "checked",
        }  # fmt: skip


def _write_image_folder(root: Path, rows: int) -> None:
    with (root / "metadata.jsonl").open("w") as file:
        for row in _flat_rows(rows):
            file.write(json.dumps(row) + "\n")


def _bare_image_folder(root: Path) -> Iterator[Any]:
    with (root / "metadata.jsonl").open("rb") as file:
        for line in file:
            row = orjson.loads(line)
            yield row["file_name"], row["question"].strip(), row["answer"].strip(), *[row.get(name) for name in _FIELDS]


def _write_csv(root: Path, rows: int) -> None:
    with (root / "d.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "question", "answer"])
        table.writerows([row["file_name"], row["question"], row["answer"]] for row in _flat_rows(rows))


def _bare_csv(root: Path) -> Iterator[Any]:
    with (root / "d.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["image"], row["question"].strip(), row["answer"].strip()


def _write_vqa(root: Path, rows: int) -> None:
    questions = [{"image_id": n, "question": _QUESTION.format(n), "question_id": n * 10} for n in range(rows)]
    answers = [{"answer": "red", "answer_confidence": "yes", "answer_id": n} for n in range(1, 11)]
    annotations = [
        {"question_type": "what", "multiple_choice_answer": "red", "answers": answers, "image_id": n,
         "answer_type": "other", "question_id": n * 10}
        for n in range(rows)
    ]  # fmt: skip
    head = {"info": {}, "data_subtype": "train2014"}
    (root / "v2_OpenEnded_questions.json").write_text(json.dumps(head | {"questions": questions}))
    (root / "v2_annotations.json").write_text(json.dumps(head | {"annotations": annotations}))


def _bare_vqa(root: Path) -> Iterator[Any]:
    annotations = orjson.loads((root / "v2_annotations.json").read_bytes())["annotations"]
    answers = {one["question_id"]: one["multiple_choice_answer"] for one in annotations}
    for one in orjson.loads((root / "v2_OpenEnded_questions.json").read_bytes())["questions"]:
        yield f"COCO_train2014_{one['image_id']:012}.jpg", one["question"].strip(), answers[one["question_id"]].strip()


def _write_coco(root: Path, rows: int) -> None:
    images = [{"id": n, "file_name": f"{n:012}.jpg", "width": 640, "height": 480} for n in range(rows // 5)]
    captions = [{"id": n, "image_id": n // 5, "caption": _ANSWER.format(n)} for n in range(rows // 5 * 5)]
    (root / "captions.json").write_text(json.dumps({"info": {}, "images": images, "annotations": captions}))


def _bare_coco(root: Path) -> Iterator[Any]:
    content = orjson.loads((root / "captions.json").read_bytes())
    names = {one["id"]: one["file_name"] for one in content["images"]}
    for one in content["annotations"]:
        yield names[one["image_id"]], one["caption"].strip()


def _write_text_table(root: Path, rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    parquet.write_table(pa.Table.from_pylist(list(_flat_rows(rows))), root / "metadata.parquet")


def _bare_text_table(root: Path) -> Iterator[Any]:
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(root / "metadata.parquet", pre_buffer=False) as file:
        for batch in file.iter_batches(1_000, use_threads=False):
            for row in batch.to_pylist():
                yield row["file_name"], row["question"].strip(), row["answer"].strip(), *[row[n] for n in _FIELDS]


KINDS: dict[str, tuple[Callable[[Path, int], None], Callable[[Path], Iterable[Any]]]] = {
    "LLaVA": (_write_llava, _bare_llava),
    "messages": (_write_messages, _bare_messages),
    "ImageFolder": (_write_image_folder, _bare_image_folder),
    "CSV": (_write_csv, _bare_csv),
    "VQA v2": (_write_vqa, _bare_vqa),
    "COCO": (_write_coco, _bare_coco),
    "parquet": (_write_text_table, _bare_text_table),
}

if __name__ == "__main__":
    main()
