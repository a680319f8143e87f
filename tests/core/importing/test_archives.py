"""Archives as they are found in the wild, imported from end to end: what is readable comes in, the rest is named."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import Projects, connect
from core.db import Database
from core.services import Services
from tests.core.container.archives import encrypted, packed, with_method, with_name_bytes, with_wrong_crc
from tests.core.images.pictures import drawn, encoded
from tests.core.importing.test_sources import entries, names, run

ROWS = json.dumps([{"image": "a.jpg", "question": "Which?", "answer": "A"}]).encode()
GOOD = {"a.jpg": encoded(drawn(1)), "b.jpg": encoded(drawn(2)), "q.json": ROWS}
ENTRY = ("a.jpg", "Which?", "A")


@pytest.fixture
def db(root: Path, tmp_path: Path) -> Iterator[Database]:
    with connect(tmp_path / "data") as opened:
        yield opened


def imported(services: Services, project: Projects, root: Path, data: bytes) -> dict[str, str]:
    """Import an archive and return the reasons by file."""
    (root / "x.zip").write_bytes(data)
    _, _, rows = run(services, project, source="zip", path=str(root / "x.zip"))
    return {row.get("name") or row["where"]: row["reason"] for row in rows}


def test_backslashes_of_windows_separate_directories(services: Services, project: Projects, root: Path) -> None:
    rows = json.dumps([{"image": "imgs/a.jpg", "question": "Which?", "answer": "A"}]).encode()
    files = {"set\\": b"", "set\\imgs\\": b"", "set\\imgs\\a.jpg": GOOD["a.jpg"], "set\\q.json": rows}

    assert imported(services, project, root, packed(files)) == {}
    assert names(services, project) == ["a.jpg"]
    assert entries(services, project) == [ENTRY]


def test_shadows_of_a_mac_are_not_mentioned(services: Services, project: Projects, root: Path) -> None:
    shadows = {f"__MACOSX/._{name}": b"\0\5\x16\7" for name in GOOD} | {".DS_Store": b"\0", "p/": b""}

    assert imported(services, project, root, packed(GOOD | shadows)) == {}
    assert names(services, project) == ["a.jpg", "b.jpg"]
    assert entries(services, project) == [ENTRY]


def test_chinese_names_without_a_flag_are_matched(services: Services, project: Projects, root: Path) -> None:
    rows = json.dumps([{"image": "照片/猫在沙发上.jpg", "question": "哪里?", "answer": "沙发"}]).encode()
    files = {"照片/猫在沙发上.jpg": GOOD["a.jpg"], "照片/风景.jpg": GOOD["b.jpg"], "标注文件.json": rows}
    data = with_name_bytes({name.encode("gbk"): content for name, content in files.items()})

    assert imported(services, project, root, data) == {}
    assert entries(services, project) == [("猫在沙发上.jpg", "哪里?", "沙发")]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data, name: encrypted(data, name), "encrypted inside the archive"),
        (lambda data, name: with_method(data, name, 9), "packed with Deflate64"),
        (lambda data, name: with_wrong_crc(data, name), "damaged inside the archive"),
    ],
    ids=["encrypted", "Deflate64", "CRC"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["b.jpg", "q.json"])
def test_an_unreadable_member_is_named_and_the_others_come_in(
    name: str, damage: "object", words: str, services: Services, project: Projects, root: Path
) -> None:
    assert callable(damage)
    reasons = imported(services, project, root, damage(packed(GOOD), name))

    assert list(reasons) == [name]
    assert words in reasons[name]
    assert names(services, project) == (["a.jpg"] if name == "b.jpg" else ["a.jpg", "b.jpg"])
    assert entries(services, project) == ([ENTRY] if name == "b.jpg" else [])


def test_two_images_of_the_same_name_both_come_in_and_get_no_entry_of_either(
    services: Services, project: Projects, root: Path
) -> None:
    reasons = imported(services, project, root, packed(GOOD | {"again:a.jpg": encoded(drawn(3))}))

    assert names(services, project) == ["a (1 of 2).jpg", "a (2 of 2).jpg", "b.jpg"]
    assert entries(services, project) == []
    assert "2 files with this name" in reasons["a.jpg"]


def test_the_same_image_twice_in_a_directory_is_one_image_with_both_entries(
    services: Services, project: Projects, root: Path
) -> None:
    for name, data in {"a.jpg": GOOD["a.jpg"], "copy.jpg": GOOD["a.jpg"], "b.jpg": GOOD["b.jpg"]}.items():
        (root / name).write_bytes(data)
    rows = [{"file_name": name, "question": f"In {name}?", "answer": "A"} for name in ("a.jpg", "copy.jpg", "b.jpg")]
    (root / "metadata.jsonl").write_text("\n".join(json.dumps(row) for row in rows))

    task, counts, _ = run(services, project, source="directory", path=str(root))

    assert (task.status, task.failed_count) == ("completed", 0)
    assert counts == {"added": 2, "duplicate": 1}
    assert entries(services, project) == [
        ("a.jpg", "In a.jpg?", "A"),
        ("a.jpg", "In copy.jpg?", "A"),
        ("b.jpg", "In b.jpg?", "A"),
    ]
