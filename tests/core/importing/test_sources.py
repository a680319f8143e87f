"""Imports from every source, run as tasks over real files."""

import asyncio
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlmodel import select

from core import Projects, Tasks, connect
from core.db import Database, TaskItems
from core.errors import InvalidInputError
from core.export import parse_recipe
from core.importing.chunks import in_chunks
from core.importing.sources import SOURCES
from core.importing.tasks import image_task_kinds
from core.services import Services
from core.tasks import TaskRunner, TaskService
from tests.core.images.pictures import drawn, encoded
from tests.core.importing.uploaded import uploaded


@pytest.fixture
def db(root: Path, tmp_path: Path) -> Iterator[Database]:
    with connect(tmp_path / "data") as opened:
        yield opened


def run(services: Services, project: Projects, **config: Any) -> tuple[Tasks, dict[str, int], list[dict[str, str]]]:
    """Run an import to its end; return the task, its counts by outcome and the rows that need a look."""
    task = started(services, project, **config)
    counts: dict[str, int] = {}
    rows: list[dict[str, str]] = []
    for item in services.tasks.items(task.id, limit=1000):
        assert item.state == "done", item.error
        rows += item.result["rows"]
        for outcome, count in item.result["counts"].items():
            counts[outcome] = counts.get(outcome, 0) + count
    return task, counts, rows


def started(services: Services, project: Projects, **config: Any) -> Tasks:
    """Run an import to its end and return its task."""
    kinds = {kind.task_type: kind for kind in image_task_kinds(services.intake)}
    task = TaskService(services.db, lambda: kinds).create_task(project.id, "image-import", config)
    return asyncio.run(TaskRunner(services.db, kinds).run(task.id))


def names(services: Services, project: Projects) -> list[str]:
    return sorted(image.image_name for image in services.images.list_images(project.id, limit=1000))


def zipped(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def entries(services: Services, project: Projects) -> list[tuple[str, str, str]]:
    return sorted(
        (image.image_name, entry.question, entry.answer)
        for image in services.images.list_images(project.id, limit=1000)
        for entry in services.library.entries_of(image.id)
    )


def test_every_source_has_a_name_and_a_label() -> None:
    assert [source.name for source in SOURCES] == ["path", "urls", "huggingface"]
    assert all(source.label for source in SOURCES)


@pytest.mark.parametrize(
    ("count", "size", "lengths"),
    [(0, 64, []), (5, 64, [5]), (9, 64, [8, 1]), (200, 64, [8, 16, 32, 64, 64, 16]), (9, 4, [1, 2, 4, 2]),
     (3, 1, [1, 1, 1])],
)  # fmt: skip
def test_the_first_pieces_of_an_import_are_short_so_that_they_show_soon(
    count: int, size: int, lengths: list[int]
) -> None:
    chunks = list(in_chunks(range(count), size))
    assert [len(chunk) for chunk in chunks] == lengths
    assert [item for chunk in chunks for item in chunk] == list(range(count))


def test_a_directory_is_imported_with_subdirectories_and_without_symbolic_links(
    services: Services, project: Projects, root: Path, tmp_path: Path
) -> None:
    (root / "deep" / "er").mkdir(parents=True)
    (root / "a.jpg").write_bytes(encoded(drawn(1)))
    (root / "deep" / "er" / "b.png").write_bytes(encoded(drawn(2), "PNG"))
    (root / "deep" / "again.jpg").write_bytes(encoded(drawn(1)))
    (root / "notes.txt").write_text("hello")
    (root / ".hidden.jpg").write_bytes(encoded(drawn(3)))
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(encoded(drawn(4)))
    (root / "link.jpg").symlink_to(outside)
    (root / "linked").symlink_to(tmp_path)

    task, counts, rows = run(services, project, source="directory", path=str(root))

    assert task.status == "completed"
    assert counts == {"added": 2, "duplicate": 1}
    assert names(services, project) == ["a.jpg", "b.png"]
    assert sorted((row["name"], row["outcome"]) for row in rows) == [
        ("deep/again.jpg", "duplicate"),
        ("link.jpg", "left-out"),
        ("linked", "left-out"),
        ("notes.txt", "left-out"),
    ]
    assert {image.source_ref for image in services.images.list_images(project.id)} == {"a.jpg", "deep/er/b.png"}


@pytest.mark.parametrize(
    "path", ["", "/etc", "/etc/passwd", "..", "../..", "allowed/../..", "a\0b", "\\\\host\\share", "C:\\x"]
)
def test_a_path_outside_the_allowed_directories_raises(services: Services, project: Projects, path: str) -> None:
    for source in ("directory", "zip", "pdf", "huggingface"):
        with pytest.raises(InvalidInputError):
            run(services, project, source=source, path=path)


def test_a_symbolic_link_out_of_an_allowed_directory_raises(
    services: Services, project: Projects, root: Path, tmp_path: Path
) -> None:
    (root / "out").symlink_to(tmp_path)

    with pytest.raises(InvalidInputError, match="Nothing may be imported from there"):
        run(services, project, source="directory", path=str(root / "out"))


def test_an_uploaded_archive_is_imported_member_by_member(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    path = zipped(
        tmp_path / "x.zip",
        {
            "photos/a.jpg": encoded(drawn(1)),
            "photos/b.jpg": b"broken",
            "../../escape.jpg": encoded(drawn(2)),
            "/etc/absolute.jpg": encoded(drawn(3)),
            "__MACOSX/a.jpg": b"resource fork",
        },
    )
    stored = uploaded(services, "x.zip", path.read_bytes())
    before = {p for p in tmp_path.rglob("*") if "uploads" not in p.parts and "cache" not in p.parts}

    _, counts, rows = run(services, project, source="zip", path=stored)

    assert counts == {"added": 3, "rejected": 1}
    assert names(services, project) == ["a.jpg", "absolute.jpg", "escape.jpg"]
    assert [row["name"] for row in rows] == ["photos/b.jpg"]
    after = {p for p in tmp_path.rglob("*") if "uploads" not in p.parts and "cache" not in p.parts}
    assert {p for p in after - before if "vitrine.db" not in p.name} == set()


def test_llava_conversations_become_entries(services: Services, project: Projects, root: Path) -> None:
    content = [
        {
            "id": "1",
            "image": "images/a.jpg",
            "conversations": [
                {"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "A shelf."},
                {"from": "human", "value": "How many?"}, {"from": "gpt", "value": "Two."},
            ],
        }
    ]  # fmt: skip
    zipped(root / "x.zip", {"images/a.jpg": encoded(), "llava.json": json.dumps(content)})

    run(services, project, source="zip", path=str(root / "x.zip"))
    run(services, project, source="zip", path=str(root / "x.zip"))

    assert entries(services, project) == [("a.jpg", "How many?", "Two."), ("a.jpg", "What is it?", "A shelf.")]


def test_vqa_v2_questions_are_joined_with_their_annotations(services: Services, project: Projects, root: Path) -> None:
    (root / "COCO_val2014_000000000042.jpg").write_bytes(encoded())
    questions = {
        "data_subtype": "val2014",
        "questions": [{"question_id": 1, "image_id": 42, "question": "Which color?"}],
    }
    answers = {"annotations": [{"question_id": 1, "image_id": 42, "multiple_choice_answer": "red",
                                "answers": [{"answer": "red"}]}]}  # fmt: skip
    (root / "questions.json").write_text(json.dumps(questions))
    (root / "annotations.json").write_text(json.dumps(answers))

    _, counts, _ = run(services, project, source="directory", path=str(root))

    assert counts == {"added": 1}
    assert entries(services, project) == [("COCO_val2014_000000000042.jpg", "Which color?", "red")]


def test_image_folder_metadata_becomes_entries(services: Services, project: Projects, root: Path) -> None:
    (root / "train").mkdir()
    (root / "train" / "a.png").write_bytes(encoded(format_="PNG"))
    line = {"file_name": "a.png", "question": "What is it?", "answer": "A shelf."}
    (root / "train" / "metadata.jsonl").write_text(json.dumps(line) + "\n")

    run(services, project, source="directory", path=str(root))

    assert entries(services, project) == [("a.png", "What is it?", "A shelf.")]


def test_a_vitrine_export_is_imported_with_its_decisions(services: Services, project: Projects, root: Path) -> None:
    row = {
        "schema_version": 1, "question": "What is it?", "answer": "A shelf.", "answer_type": "text", "language": "en",
        "model": "offline/measure", "confirmed": True, "rejected": False, "score": 4.5, "tags": "good", "note": "",
        "image": {"name": "a.jpg", "file": "images/a.jpg"},
    }  # fmt: skip
    lines = "\n".join(json.dumps(line) for line in (row, row | {"question": "Bad?", "rejected": True}))
    zipped(root / "x.zip", {"images/a.jpg": encoded(), "entries.jsonl": lines})

    run(services, project, source="zip", path=str(root / "x.zip"))

    (image,) = services.images.list_images(project.id)
    found = {entry.question: entry for entry in services.library.entries_of(image.id)}
    entry = found.pop("What is it?")
    assert (entry.confirmed, entry.score, entry.tags, entry.model, entry.origin) == (
        True, 4.5, "good", "offline/measure", "imported",
    )  # fmt: skip
    assert [(entry.question, entry.confirmed, entry.rejected) for entry in found.values()] == [("Bad?", False, True)]


@pytest.mark.parametrize(
    ("format_", "answer"),
    [("vitrine", "A shelf."), ("llava", "A shelf."), ("vqa-v2", "shelf"), ("imagefolder", "A shelf.")],
)
def test_the_report_of_an_imported_export_is_ignored(
    format_: str, answer: str, services: Services, project: Projects, root: Path
) -> None:
    (outcome,) = services.intake.add_images(project.id, [("a.jpg", encoded())])
    assert outcome.image is not None
    services.dataset.create_dataset_entry(project.id, outcome.image.id, "What?", "A shelf.", "m", confirmed=True)
    made = services.exports.export(project.id, parse_recipe({"format": format_}))
    other = services.projects.create_project("Other shelf")
    bundle = shutil.copy(services.db.data_dir / made.path, root / "x.zip")

    _, counts, rows = run(services, other, source="zip", path=str(bundle))

    assert (counts, rows) == ({"added": 1}, [])
    assert [row[1:] for row in entries(services, other)] == [("What?", answer)]


def test_an_image_with_imported_answers_counts_as_one_with_questions(
    services: Services, project: Projects, root: Path
) -> None:
    (root / "a.png").write_bytes(encoded(format_="PNG"))
    lines = [
        {"file_name": "a.png", "question": "What is it?", "answer": "A shelf."},
        {"file_name": "a.png", "question": "what is it", "answer": "A rack."},
    ]
    (root / "metadata.jsonl").write_text("\n".join(json.dumps(line) for line in lines))

    for _ in range(2):
        run(services, project, source="directory", path=str(root))

    (image,) = services.images.list_images(project.id)
    (question,) = services.library.questions_of(image.id)
    assert (question.question, question.answered) == ("What is it?", True)
    assert [entry.question_id for entry in services.library.entries_of(image.id)] == [question.id, question.id]
    assert services.images.get_project_image_stats(project.id)["with_questions"] == 1
    assert services.projects.counts(project.id).images_without_questions == 0


def test_a_broken_annotation_file_is_named_and_the_rest_comes_in(
    services: Services, project: Projects, root: Path
) -> None:
    (root / "llava.json").write_text("{")
    (root / "a.jpg").write_bytes(encoded())

    _, counts, rows = run(services, project, source="path", path=str(root))

    assert counts == {"added": 1}
    ((name, outcome, reason),) = [(row["name"], row["outcome"], row["reason"]) for row in rows]
    assert (name, outcome) == ("llava.json", "left-out")
    assert reason.startswith("This file was not read.")


def pdf_of(images: list[Image.Image]) -> bytes:
    buffer = BytesIO()
    images[0].save(buffer, "PDF", save_all=True, append_images=images[1:], resolution=72)
    return buffer.getvalue()


def test_the_pages_of_a_pdf_become_images(services: Services, project: Projects, root: Path) -> None:
    (root / "book.pdf").write_bytes(pdf_of([drawn(n) for n in range(3)]))

    _, counts, _ = run(services, project, source="pdf", path=str(root / "book.pdf"), first_page=2)

    assert counts == {"added": 2}
    assert names(services, project) == ["page-002.png", "page-003.png"]
    assert {image.source_ref for image in services.images.list_images(project.id)} == {
        "book.pdf, page 2",
        "book.pdf, page 3",
    }
    # 160 x 120 points at 150 dots an inch, rounded up.
    assert {(image.width, image.height) for image in services.images.list_images(project.id)} == {(334, 251)}


def test_a_table_of_images_is_imported_with_its_questions(services: Services, project: Projects, root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = [
        {
            "image": {"bytes": encoded(drawn(n)), "path": f"{n}.jpg"},
            "question": f"Which number is {n}?",
            "answer": str(n),
        }
        for n in range(3)
    ] + [{"image": {"bytes": None, "path": "missing.jpg"}, "question": "?", "answer": "!"}]
    table = pa.Table.from_pylist(rows)
    parquet.write_table(table, root / "data.parquet")
    with pa.OSFile(str(root / "data.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)

    _, counts, refused = run(services, project, source="huggingface", path=str(root))

    assert counts == {"added": 3, "duplicate": 3}
    assert entries(services, project) == [(f"{n}.jpg", f"Which number is {n}?", str(n)) for n in range(3)]
    assert sorted((row["name"], row["reason"]) for row in refused if row["outcome"] == "left-out") == [
        ("data.arrow row 4", "It names an image that is not here: missing.jpg"),
        ("data.parquet row 4", "It names an image that is not here: missing.jpg"),
    ]


def test_rows_of_small_row_groups_are_all_read_once(services: Services, project: Projects, root: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = [{"image": encoded(drawn(n, (24, 18)), "PNG"), "file_name": f"{n:03}.png"} for n in range(150)]
    parquet.write_table(pa.Table.from_pylist(rows), root / "data.parquet", row_group_size=50)

    _, counts, _ = run(services, project, source="huggingface", path=str(root / "data.parquet"))

    assert sum(counts.values()) == 150
    assert names(services, project) == [f"{n:03}.png" for n in range(150)]
    assert {image.source_ref for image in services.images.list_images(project.id, limit=150)} == {
        f"data.parquet row {n + 1}" for n in range(150)
    }


def test_a_symbolic_link_to_a_table_is_not_followed(
    services: Services, project: Projects, root: Path, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    for path, seed in ((root / "data.parquet", 1), (tmp_path / "outside.parquet", 2)):
        parquet.write_table(pa.Table.from_pylist([{"image": encoded(drawn(seed)), "file_name": path.stem}]), path)
    (root / "link.parquet").symlink_to(tmp_path / "outside.parquet")

    run(services, project, source="huggingface", path=str(root))

    assert names(services, project) == ["data.jpg"]


def test_urls_that_are_not_public_are_rejected_one_by_one(services: Services, project: Projects) -> None:
    urls = ["http://127.0.0.1/a.png", "file:///etc/passwd", "http://127.0.0.1/a.png"]

    _, counts, rows = run(services, project, source="urls", urls=urls)

    assert counts == {"rejected": 2}
    assert [row["name"] for row in rows] == urls[:2]


def test_an_unknown_source_raises(services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="Choose where the import comes from: path, urls, huggingface"):
        run(services, project, source="magic")


def test_an_archive_is_removed_once_its_import_is_complete_another_after_a_week_and_a_waiting_one_stays(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    archive = zipped(tmp_path / "x.zip", {"a.jpg": encoded()}).read_bytes()
    imported, waiting, _ = (uploaded(services, f"{name}.zip", archive) for name in ("imported", "waiting", "left"))
    run(services, project, source="zip", path=imported)
    kinds = {kind.task_type: kind for kind in image_task_kinds(services.intake)}
    TaskService(services.db, lambda: kinds).create_task(project.id, "image-import", {"source": "zip", "path": waiting})

    assert services.uploads.remove_abandoned() == 1
    assert sorted(path.name for path in services.intake.import_context.uploads.iterdir()) == ["left.zip", waiting]
    assert services.uploads.remove_abandoned(time.time() + 7 * 24 * 3600) == 1
    assert [path.name for path in services.intake.import_context.uploads.iterdir()] == [waiting]


def test_items_that_an_earlier_version_planned_are_still_run(services: Services, project: Projects, root: Path) -> None:
    (root / "a.jpg").write_bytes(encoded())
    kinds = {kind.task_type: kind for kind in image_task_kinds(services.intake)}
    task = TaskService(services.db, lambda: kinds).create_task(
        project.id, "image-import", {"source": "directory", "path": str(root)}
    )
    note = {"question": "What is it?", "answer": "A shelf.", "score": 4.5, "tags": "a,b"}
    with services.db.transaction() as session:
        for item in session.exec(select(TaskItems).where(TaskItems.task_id == task.id)):
            item.payload = {"names": ["a.jpg"], "notes": {"a.jpg": [note]}}

    assert asyncio.run(TaskRunner(services.db, kinds).run(task.id)).status == "completed"

    (entry,) = services.dataset.list_dataset_entries(project.id)
    assert (entry.question, entry.answer, entry.score, entry.tags) == ("What is it?", "A shelf.", 4.5, "a,b")
