"""A project is compared with a held-out set: planted copies are found by each way, and left out of exports."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from core import Projects
from core.dataset import parse_search
from core.db import ImageVectors
from core.errors import InvalidInputError, NotFoundError, VitrineError
from core.export import parse_recipe
from core.overlap import hash_file
from core.overlap.hash_file import question_hash
from core.overlap.near_questions import near_key
from core.services import Services
from core.vision import analyzers
from core.vision.analyzers.base import Analysis
from core.vision.embedding import measured
from core.vision.vectors import rows
from tests.core.images.pictures import drawn, encoded

KIND = measured.VERSION


@pytest.fixture
def ids(services: Services, project: Projects) -> dict[str, str]:
    """Three images with one entry each, and a vector of each."""
    files = [(f"{number}.png", encoded(drawn(number, (200, 150)), "PNG")) for number in range(3)]
    made = {one.image.image_name: one.image.id for one in services.intake.add_images(project.id, files) if one.image}
    with services.db.transaction() as session:
        for number, image_id in enumerate(made.values()):
            packed = rows.packed(np.eye(3)[number])
            session.add(ImageVectors(project_id=project.id, image_id=image_id, kind=KIND, vector=packed))
    for name, image_id in made.items():
        services.dataset.create_dataset_entry(project.id, image_id, f"What is on {name}?", "Blocks.", confirmed=True)
    return made


def _count(services: Services, project: Projects) -> int:
    return services.exports.count(project.id, parse_recipe({"format": "llava"})).entries


async def test_a_folder_is_compared_by_bytes_and_by_hash_and_nothing_is_imported(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    held_out = tmp_path / "held-out"
    held_out.mkdir()
    (held_out / "same.png").write_bytes(encoded(drawn(0, (200, 150)), "PNG"))
    (held_out / "smaller.jpg").write_bytes(encoded(drawn(1, (200, 150)).resize((100, 75))))
    (held_out / "other.jpg").write_bytes(encoded(drawn(9)))
    (held_out / "broken.jpg").write_bytes(b"\xff\xd8 broken")
    (held_out / "questions.csv").write_text("image,question,answer\nother.jpg,what is on 2 PNG,Nothing.\n")
    before = {path: path.read_bytes() for path in held_out.iterdir()}

    found = await services.overlaps.compare(project.id, held_out)

    assert sorted((one.way, one.name, one.found_in) for one in found) == [
        ("bytes", "0.png", "same.png"), ("hash", "1.png", "smaller.jpg"),
        ("text", "What is on 2.png?", "questions.csv:2"),
    ]  # fmt: skip
    assert {one.way: one.score for one in found if one.way != "hash"} == {"bytes": 1, "text": 1}
    assert all(one.score >= 1 - 3 / 64 for one in found)
    (task,) = services.tasks.list_tasks(project.id)
    assert task.result == {"overlaps": 3, "images": 3, "questions": 1}
    assert [row["name"] for row in services.overlaps.problems(task.id) if row["outcome"] == "rejected"] == [
        "broken.jpg"
    ]
    assert services.images.get_project_image_stats(project.id)["total_images"] == 3
    assert {path: path.read_bytes() for path in held_out.iterdir()} == before


async def test_a_hash_file_is_compared_by_vectors_too(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "benchmark.jsonl"
    near, far = (np.array(values, "<f2").tobytes() for values in ([0, 1, 0.02], [1, 1, 1]))
    lines = [
        hash_file.head_line(KIND),
        hash_file.image_line("crop.jpg", "a" * 64, "f0f0f0f0f0f0f0f1", near),
        hash_file.image_line("far.jpg", "b" * 64, "123456789abcdef0", far),
        hash_file.image_line("short.jpg", "c" * 64, "", near[:4]),
        hash_file.question_line("what is on 0 png"),
    ]
    path.write_bytes(b"".join(lines))

    found = await services.overlaps.compare(project.id, path)

    assert [(one.way, one.name, one.found_in) for one in found] == [
        ("vectors", "1.png", "crop.jpg"), ("text", "What is on 0.png?", "benchmark.jsonl:5"),
    ]  # fmt: skip
    assert 0.999 <= found[0].score <= 1


async def test_vectors_of_another_kind_are_not_compared_and_that_is_said(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "h.jsonl"
    vector = np.array([0, 1, 0], "<f2").tobytes()
    path.write_bytes(hash_file.head_line("clip") + hash_file.image_line("x", "a" * 64, "", vector))

    assert await services.overlaps.compare(project.id, path) == []
    (task,) = services.tasks.list_tasks(project.id)
    assert ["of another kind" in row["reason"] for row in services.overlaps.problems(task.id)] == [True]


@pytest.mark.parametrize("of_kind", [True, False])
async def test_images_without_a_vector_of_the_kind_of_the_project_are_compared_otherwise(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    of_kind: bool,
) -> None:  # fmt: skip
    class Analyzer:
        async def analyze(self, images: list[object], tools: object) -> list[Analysis | VitrineError]:
            near = Analysis({}, vectors={KIND if of_kind else "clip": rows.packed(np.array([0, 1, 0.02]))})
            return [near, Analysis({}, vectors={"clip": rows.packed(np.eye(3)[0])}), VitrineError("It is damaged.")]

    monkeypatch.setattr(analyzers, "analyzer", lambda name: Analyzer())
    (tmp_path / "set").mkdir()
    for number in (5, 6, 7):
        (tmp_path / "set" / f"{number}.png").write_bytes(encoded(drawn(number, (200, 150)), "PNG"))

    found = await services.overlaps.compare(project.id, tmp_path / "set")

    assert [(one.way, one.name, one.found_in) for one in found if one.way == "vectors"] == [
        ("vectors", "1.png", "5.png")
    ] * of_kind
    (task,) = services.tasks.list_tasks(project.id)
    said = ["of another kind" in row["reason"] for row in services.overlaps.problems(task.id)]
    assert said == [True] * (not of_kind)


async def test_of_many_lines_that_cannot_be_used_the_first_are_listed_and_the_others_counted(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(hash_file.head_line(None) + b"x\n" * 1_203)

    assert await services.overlaps.compare(project.id, path) == []
    (task,) = services.tasks.list_tasks(project.id)
    problems = list(services.overlaps.problems(task.id))
    assert (len(problems), problems[999]["name"]) == (1_001, "h.jsonl:1001")
    assert problems[-1]["reason"] == "203 more lines cannot be used."


async def test_the_hash_file_of_a_project_finds_all_of_it(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    path = services.overlaps.write_hashes(project.id, tmp_path / "own.jsonl")
    found = await services.overlaps.compare(project.id, path)

    assert {one.image_id for one in found if one.way == "bytes"} == set(ids.values())
    assert {question_hash(one.name) for one in found if one.way == "text"} == {
        question_hash(f"What is on {name}?") for name in ids
    }


def test_a_hash_file_has_the_images_with_their_vectors_and_the_questions_of_its_project_alone(
    services: Services, project: Projects, ids: dict[str, str]
) -> None:
    other = services.projects.create_project("Other")
    (outcome,) = services.intake.add_images(other.id, [("other.png", encoded(drawn(7), "PNG"))])
    assert outcome.image is not None
    services.dataset.create_dataset_entry(other.id, outcome.image.id, "Whose?", "Theirs.")
    gone = services.dataset.create_dataset_entry(project.id, ids["0.png"], "Gone?", "Yes.")
    services.dataset.delete_dataset_entry(gone.id)
    services.dataset.create_dataset_entry(project.id, ids["1.png"], "What is on 0.png?", "Blocks.")
    services.library.delete_images([ids["2.png"]])
    with services.db.transaction() as session:
        session.add(ImageVectors(project_id=project.id, image_id=ids["0.png"], kind="another", vector=b"xx"))

    head, *lines = map(json.loads, services.overlaps.hash_lines(project.id))

    assert head == {"vitrine_hashes": hash_file.VERSION, "vectors": KIND}
    vectors = {line["image"]: base64.b64decode(line["vector"]) for line in lines if "image" in line}
    assert vectors == {f"{number}.png": rows.packed(np.eye(3)[number]) for number in range(2)}
    asked = [line["question"] for line in lines if "question" in line]
    assert asked == [question_hash(f"What is on {number}.png?") for number in range(2)]


@pytest.mark.parametrize("format_", ["vitrine", "llava", "parquet"])
async def test_an_own_export_is_understood(
    services: Services, project: Projects, ids: dict[str, str], format_: str
) -> None:
    made = services.exports.export(project.id, parse_recipe({"format": format_, "container": "zip"}))
    found = await services.overlaps.compare(project.id, services.db.data_dir / made.path)

    assert {one.image_id for one in found if one.image_id} == set(ids.values())
    assert {one.name for one in found if one.way == "text"} == {f"What is on {name}?" for name in ids}
    (task,) = services.tasks.list_tasks(project.id)
    assert list(services.overlaps.problems(task.id)) == []


async def test_what_is_in_both_is_left_out_of_exports_until_that_is_undone(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "same.png").write_bytes(encoded(drawn(0, (200, 150)), "PNG"))
    await services.overlaps.compare(project.id, tmp_path / "same.png")
    (task,) = services.tasks.list_tasks(project.id)

    done = services.overlaps.leave_out(task.id)
    counted = services.exports.count(project.id, parse_recipe({"format": "llava"}))
    assert (done.changed, counted.entries, counted.left_out) == (1, 2, {"tagged leave-out": 1})
    assert services.exports.count(project.id, parse_recipe({"format": "vitrine"})).entries == 3
    services.review.undo(project.id, batch_id=done.batch_id)
    assert _count(services, project) == 3


async def test_questions_are_left_out_only_when_asked_for(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(hash_file.head_line(None) + hash_file.question_line("WHAT is on 1.png"))
    await services.overlaps.compare(project.id, path)
    (task,) = services.tasks.list_tasks(project.id)

    assert services.overlaps.leave_out(task.id).changed == 0
    assert services.overlaps.leave_out(task.id, with_questions=True).changed == 1
    assert _count(services, project) == 2


async def test_nothing_to_compare_and_other_tasks_are_refused(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="no files"):
        await services.overlaps.compare(project.id, tmp_path / "empty")
    with pytest.raises(NotFoundError, match="Compare again"):
        list(services.overlaps.overlaps("gone"))
    other = services.tasks.create_task(project.id, "image-analysis", {"analyzers": ["embedding"]})
    with pytest.raises(InvalidInputError, match="no comparison"):
        services.overlaps.leave_out(other.id)


async def test_planted_leaks_are_findings_of_entries_with_their_questions(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    held_out = tmp_path / "benchmark"
    held_out.mkdir()
    (held_out / "a.png").write_bytes(encoded(drawn(0, (200, 150)), "PNG"))
    (held_out / "b.jpg").write_bytes(encoded(drawn(1, (200, 150)).resize((100, 75))))
    for image, question in (("0.png", "How many dogs are there in the image?"), ("2.png", "What color is the bus?")):
        services.dataset.create_dataset_entry(project.id, ids[image], question, "two")
    (held_out / "questions.jsonl").write_text(
        '{"image": "a.png", "question": "How many dogs are in this picture?", "answer": "2"}\n'
        '{"image": "b.jpg", "question": "Who is that?", "answer": "Ann"}\n'
        '{"image": "b.jpg", "question": "What color is this bus?", "answer": "red"}\n'
        '{"image": "b.jpg", "question": "What color is the car?", "answer": "red"}\n'
    )

    await services.overlaps.compare(project.id, held_out)

    def found(line: str) -> set[tuple[str, str]]:
        entries = services.entries.find_entries(project.id, parse_search(line)).items
        return {(entry.image_name, entry.question) for entry in entries}

    both, bus = ("0.png", "How many dogs are there in the image?"), ("2.png", "What color is the bus?")
    assert found("heldout:both") == {both}
    assert found("heldout:image") == {("0.png", "What is on 0.png?"), ("1.png", "What is on 1.png?")}
    assert found("heldout:question") == {bus}
    assert found("heldout:yes") == {both, ("0.png", "What is on 0.png?"), ("1.png", "What is on 1.png?")}
    assert found("heldout:no") == {bus, ("2.png", "What is on 2.png?")}
    run = services.checks.newest(project.id, "heldout")
    assert run is not None
    assert run.result == {
        "set": "benchmark", "compared": {"images": 2, "questions": 4}, "images": 2, "entries": 4, "both": 1,
        "image": 2, "question": 1,
    }  # fmt: skip
    assert "2 images of the dataset are in the test set benchmark." in services.checks.report(project.id)


@pytest.mark.parametrize(
    ("first", "second", "is_near"),
    [
        ("How many dogs are in the picture?", "how many dogs are there in this image", True),
        ("What color is the car?", "What is the color of the car?", True),
        ("What color is the car?", "What color is the bus?", False),
        ("What is on the table?", "What is under the table?", False),
        ("What is this?", "What is that?", False),
        ("What animal is this?", "What animal is that?", True),
        ("Where are the cars parked?", "Where is the car parked?", True),
        ("What color is the bus?", "What color is the bu?", False),
        ("What color is the glass?", "What color is the glas?", False),
        ("Where does the goat stand?", "Where does the goal stand?", False),
        ("图片里有几只狗？", "图片里有几只狗", True),
    ],
)
def test_near_questions_have_the_same_content_words_in_the_same_order(first: str, second: str, is_near: bool) -> None:
    assert (near_key(first) == near_key(second)) is is_near
