"""Damaged annotation files and archives cost themselves: what is beside them comes in, and memory stays bounded."""

import contextlib
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core import DatasetImporter, Projects
from core.errors import InvalidInputError
from core.services import Services
from tests.core.images.pictures import drawn, encoded

GROWTH_MB_AT_MOST = 200
FILES_PER_IMPORT = 250
_TURNS = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A cup."}]
_MESSAGES = [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "A cup."}]
SEEDS = {
    "llava.json": json.dumps([{"image": "a.jpg", "conversations": _TURNS}] * 3),
    "chat.jsonl": "\n".join(json.dumps({"images": ["a.jpg"], "messages": _MESSAGES}) for _ in range(3)),
    "metadata.jsonl": "\n".join(json.dumps({"file_name": "a.jpg", "question": f"{n}?", "answer": n}) for n in range(3)),
    "rows.csv": "image,question,answer\r\na.jpg,Which?,red\r\na.jpg,\"How, many?\",3\r\n",
    "coco.json": json.dumps(
        {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"id": 1, "image_id": 1, "caption": "A cup."}]}
    ),
    "studio.json": json.dumps([{"data": {"image": "a.jpg"}, "annotations": [{"result": [{"type": "choices"}]}]}]),
}  # fmt: skip
_PIECES = [
    b"", b"\0", b"\xff\xfe", b"{", b"}", b"[" * 40, b"]", b'"', b",", b":", b"null", b"1e999", b"-", b"\\ud800",
    b"9" * 400, b"\r", b"\n\n", b"true", b'{"a":' * 20, b"\xef\xbb\xbf", "ß".encode("latin-1"),
]  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return *data* with one to four changes: bytes replaced, inserted, removed or repeated, or the end cut off."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(at + chance.choice((1, 4, 40)), len(data))
        change = chance.randrange(5)
        if change == 0:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif change == 1:
            data = data[:at] + chance.choice(_PIECES) + data[at:]
        elif change == 2:
            data = data[:at] + data[end:]
        elif change == 3:
            data = data[:end] + data[at:end] * chance.choice((1, 50)) + data[end:]
        else:
            data = data[:at] if chance.random() < 0.3 else data
    return data


def import_mutants(services: Services, root: Path, count: int, seed: int) -> None:
    """Import *count* damaged annotation files beside an image with a good one."""
    chance = random.Random(seed)
    project = services.projects.create_project(f"Mutants {seed}")
    root.mkdir()
    (root / "a.jpg").write_bytes(encoded(drawn(1, (48, 32))))
    (root / "good.json").write_text(json.dumps([{"image": "a.jpg", "question": "Good?", "answer": "Yes."}]))
    for number in range(count):
        name = chance.choice(list(SEEDS))
        (root / f"{number:04}-{name}").write_bytes(mutated(SEEDS[name].encode(), chance))

    report = DatasetImporter(services.db, services.images).import_path(project.id, root)

    check_nothing_is_lost(services, project, report.task_id)


def import_archive(services: Services, root: Path, seed: int) -> None:
    """Import a damaged archive: it is refused in a sentence, or what can be read comes in."""
    chance = random.Random(seed)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", encoded(drawn(1, (48, 32))))
        archive.writestr("rows.json", SEEDS["llava.json"])
    path = root / f"{seed}.zip"
    path.write_bytes(mutated(buffer.getvalue(), chance))
    project = services.projects.create_project(f"Archive {seed}")
    with contextlib.suppress(InvalidInputError):
        report = DatasetImporter(services.db, services.images).import_path(project.id, path)
        assert services.tasks.items(report.task_id, state="failed") == []


def check_nothing_is_lost(services: Services, project: Projects, task_id: str) -> None:
    assert [(item.error_code, item.error) for item in services.tasks.items(task_id, state="failed")] == []
    entries = services.dataset.list_dataset_entries(project.id, search="Good")
    assert [entry.answer for entry in entries] == ["Yes."]


def memory_mb() -> float:
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def within_memory(work: Callable[[], None]) -> None:
    before = memory_mb()
    work()
    assert memory_mb() - before < GROWTH_MB_AT_MOST


def test_damaged_annotation_files_cost_only_themselves(services: Services, tmp_path: Path) -> None:
    within_memory(lambda: import_mutants(services, tmp_path / "mutants", 120, seed=1))


def test_damaged_archives_are_refused_or_read_as_far_as_possible(services: Services, tmp_path: Path) -> None:
    for seed in range(12):
        import_archive(services, tmp_path, seed)


@pytest.mark.prove
@pytest.mark.timeout(7200)
def test_10_000_damaged_annotation_files_and_archives_cost_only_themselves(services: Services, tmp_path: Path) -> None:
    def work() -> None:
        for seed in range(36):
            import_mutants(services, tmp_path / f"{seed}", FILES_PER_IMPORT, seed)
        for seed in range(1_000):
            import_archive(services, tmp_path, seed)

    import_archive(services, tmp_path, 10_000)
    within_memory(work)
