"""Datasets by their name, downloaded from a hub that this test serves on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import ClassVar
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from core import DatasetImporter, Projects
from core.errors import InvalidInputError
from core.fetch import FetchError
from core.services import Services
from tests.core.images.pictures import drawn, encoded
from tests.core.importing.test_sources import entries, names, run, started

COMMIT = "a" * 40


def table(seeds: range) -> bytes:
    rows = [
        {"image": {"bytes": encoded(drawn(n)), "path": f"{n}.jpg"}, "question": f"Number {n}?", "answer": str(n)}
        for n in seeds
    ]
    buffer = BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


class Hub(BaseHTTPRequestHandler):
    """The part of the Hub's API that huggingface_hub uses."""

    files: ClassVar[dict[str, dict[str, bytes]]]
    """By name of the dataset (with ``@revision`` beside the main one), then by path."""
    downloaded: ClassVar[list[str]]

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = unquote(self.path.partition("?")[0]).removeprefix("/")
        if path.startswith("api/datasets/"):
            self._describe(path.removeprefix("api/datasets/"))
        elif not path.startswith("datasets/"):
            self._send(404, b"{}")
        else:
            dataset, _, rest = path.removeprefix("datasets/").partition("/resolve/")
            name = rest.partition("/")[2]
            data = next(files[name] for key, files in self.files.items() if key.startswith(dataset) and name in files)
            if with_body:
                self.downloaded.append(name)
            self._send(200, data if with_body else b"", length=len(data), etag=f'"{len(data)}"')

    def _describe(self, path: str) -> None:
        dataset, _, revision = path.partition("/revision/")
        files = self.files.get(f"{dataset}@{revision}" if revision else dataset)
        if files is None:
            code = "RevisionNotFound" if dataset in self.files else "RepoNotFound"
            self._send(404, b"{}", error=code)
            return
        siblings = [{"rfilename": name, "size": len(data)} for name, data in files.items()]
        self._send(200, json.dumps({"id": dataset, "sha": COMMIT, "siblings": siblings}).encode())

    def _send(self, status: int, body: bytes, *, length: int | None = None, etag: str = "", error: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (("ETag", etag), ("X-Error-Code", error), ("X-Repo-Commit", COMMIT)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    Hub.files, Hub.downloaded = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    yield Hub
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_dataset_is_imported_by_its_name_with_its_questions(
    hub: type[Hub], services: Services, project: Projects
) -> None:
    train, test = "data/train-00000.parquet", "data/test-00000.parquet"
    hub.files["shop/shelves"] = {"README.md": b"# Shelves", train: table(range(3)), test: table(range(3, 5))}

    _, counts, _ = run(services, project, source="huggingface", hub="shop/shelves")

    assert counts == {"added": 5}
    assert entries(services, project) == [(f"{n}.jpg", f"Number {n}?", str(n)) for n in range(5)]
    assert sorted(hub.downloaded) == [test, train]


def test_only_the_named_split_is_downloaded(hub: type[Hub], services: Services, project: Projects) -> None:
    hub.files["shop/shelves"] = {"data/train-0.parquet": table(range(3)), "data/test-0.parquet": table(range(3, 5))}

    run(services, project, source="huggingface", hub="shop/shelves", split="test")

    assert names(services, project) == ["3.jpg", "4.jpg"]
    assert hub.downloaded == ["data/test-0.parquet"]


def test_a_dataset_without_parquet_files_is_read_from_the_converted_branch(
    hub: type[Hub], services: Services, project: Projects
) -> None:
    hub.files["shop/shelves"] = {"train/0.jpg": encoded()}
    hub.files["shop/shelves@refs/convert/parquet"] = {"default/train/0000.parquet": table(range(2))}

    _, counts, _ = run(services, project, source="huggingface", hub="shop/shelves")

    assert counts == {"added": 2}


@pytest.mark.parametrize(
    ("files", "config", "words"),
    [
        (None, {"hub": "shop/shelves"}, "The Hub has no dataset called shop/shelves"),
        (None, {"hub": "../shelves//"}, "Write the name of a dataset as owner/name"),
        ({"a.jpg": b""}, {"hub": "shop/shelves"}, "shop/shelves has no Parquet files"),
        ({"train.parquet": b""}, {"hub": "shop/shelves", "split": "test"}, "no split called test"),
        ({"../../train.parquet": b""}, {"hub": "shop/shelves"}, "shop/shelves has no Parquet files"),
    ],
)
def test_a_dataset_that_cannot_be_imported_raises_before_the_task_starts(
    files: dict[str, bytes] | None, config: dict[str, str], words: str, hub: type[Hub], services: Services,
    project: Projects,
) -> None:  # fmt: skip
    if files is not None:
        hub.files["shop/shelves"] = files

    importer = DatasetImporter(services.db, services.images)
    with pytest.raises(InvalidInputError, match=words):
        importer.import_hub(project.id, config["hub"], config.get("split", ""))
    assert services.tasks.list_tasks(project.id) == []


def test_an_unreachable_hub_raises_one_sentence(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(FetchError, match=r"^The Hugging Face Hub cannot be reached"):
        DatasetImporter(services.db, services.images).import_hub(project.id, "shop/shelves")


def test_an_unreachable_hub_fails_the_item_with_the_same_sentence(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    task = started(services, project, source="huggingface", hub="shop/shelves")

    assert task.status == "completed with failures"
    (failed,) = services.tasks.items(task.id, state="failed")
    assert failed.error.startswith("The Hugging Face Hub cannot be reached")


def test_the_files_of_a_dataset_without_splits_are_its_training_data(
    hub: type[Hub], services: Services, project: Projects
) -> None:
    hub.files["shop/shelves"] = {"shelves.parquet": table(range(2))}

    report = DatasetImporter(services.db, services.images).import_hub(project.id, "shop/shelves")

    assert (report.images_added, report.entries_added) == (2, 2)
