"""What an item of an import reads where several machines work: the copy of its source, and what others unpacked."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.importing.shared_items import fetch_opened, share_opened, with_source

HERE = Path("/here")


class Source:
    """A staged source: copied into the bucket (``done``), or read where it is."""

    def __init__(self, state: str) -> None:
        self.state = state

    def staging(self, config: dict[str, Any]) -> str:
        return self.state

    def path(self, config: dict[str, Any], task_id: str) -> Path:
        return Path(f"/staged/{task_id}")

    def files(self, task_id: str) -> Any:
        return SimpleNamespace(path=lambda name: HERE / task_id / name)


@dataclass(frozen=True)
class Item:
    payload: dict[str, Any]
    config: dict[str, Any]
    task_id: str = "task"


@pytest.mark.parametrize(
    ("path", "state", "payload", "read"),
    [
        ("/data", "done", {"do": "read"}, "/staged/task"),
        ("/data", "none", {"do": "read"}, "/data"),
        ("/data", "done", {"do": "match"}, "/data"),
        ("/data", "done", {"do": "table", "file": "unpacked.parquet"}, "/data"),
        ("/data", "done", {"do": "table", "file": "fetched/a.parquet"}, "/staged/task"),
        ("s3://bucket/set", "none", {"do": "read"}, "/here/task/fetched"),
        ("s3://bucket/set", "none", {"do": "read", "root": "a.zip"}, "/here/task/fetched/a.zip"),
        ("s3://bucket/set", "none", {"do": "bucket"}, "s3://bucket/set"),
        ("", "none", {"do": "read"}, ""),
    ],
)
def test_an_item_reads_the_copy_of_its_source_where_there_is_one(
    path: str, state: str, payload: dict[str, Any], read: str
) -> None:
    item: Any = Item(payload, {"path": path, "format": "auto"})
    source: Any = Source(state)

    assert with_source(item, source).config == {"path": read, "format": "auto"}


class Files:
    """The files of a task in the bucket; those *here* are on this machine."""

    def __init__(self, *here: str) -> None:
        self.here = here
        self.done: list[str] = []

    def path_here(self, name: str) -> Any:
        return SimpleNamespace(exists=lambda: name in self.here)

    def put(self, name: str) -> None:
        self.done.append(f"put {name}")

    def path(self, name: str) -> None:
        self.done.append(f"fetch {name}")


@pytest.mark.parametrize(
    ("payload", "here", "opened", "done"),
    [
        ({"do": "bucket"}, ["fetched"], [], ["put fetched"]),
        ({"do": "bucket"}, [], [], []),
        ({"do": "read"}, ["fetched"], ["a.parquet"], []),
        ({"do": "open"}, ["fetched"], ["a.parquet", "a.parquet"], ["put a.parquet"]),
        ({"do": "open"}, [], ["fetched/a.parquet", "/data/a.parquet", ""], []),
    ],
)
def test_what_was_copied_or_unpacked_is_shared_once(
    payload: dict[str, Any], here: list[str], opened: list[str], done: list[str]
) -> None:
    files: Any = Files(*here)
    more: Any = [SimpleNamespace(payload={"file": name}) for name in opened]

    share_opened(files, payload, more)

    assert files.done == done


@pytest.mark.parametrize(
    ("payload", "done"),
    [
        ({"do": "table", "file": "a.parquet"}, ["fetch a.parquet"]),
        ({"do": "table", "file": "fetched/a.parquet"}, []),
        ({"do": "table", "file": "/data/a.parquet"}, []),
        ({"do": "read"}, []),
    ],
)
def test_what_another_item_unpacked_is_fetched(payload: dict[str, Any], done: list[str]) -> None:
    files: Any = Files()

    fetch_opened(files, payload)

    assert files.done == done
