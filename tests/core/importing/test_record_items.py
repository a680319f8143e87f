"""Records find the images that they mean: among the members of archives, and behind the addresses that they write."""

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import DatasetImporter, ImportProblem, ImportReport, Projects
from core import fetch as fetching
from core.importing import record_items
from core.services import Services
from tests.core.images.pictures import drawn, encoded


@pytest.fixture
def importer(services: Services) -> DatasetImporter:
    return DatasetImporter(services.db, services.images)


class Web(BaseHTTPRequestHandler):
    """Has one image; what was asked for is remembered."""

    images: ClassVar[dict[str, bytes]] = {"/set/1.jpg": encoded(drawn(1))}
    requests: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Web.requests.append(self.path)
        data = Web.images.get(self.path, b"")
        self.send_response(200 if data else 404)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that counts as public."""
    Web.requests = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "images.example" else []

    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(fetching, "resolve_host", resolve)
    monkeypatch.setitem(fetching.PORTS, "http", server.server_address[1])
    yield f"http://images.example:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def entries(services: Services, project: Projects) -> list[tuple[str, str]]:
    return sorted((entry.image_name, entry.answer) for entry in services.dataset.list_dataset_entries(project.id))


def rows(path: Path, *images: str) -> None:
    found = [{"image": image, "question": "What?", "answer": image.rpartition("/")[2]} for image in images]
    path.write_text(json.dumps(found))


def test_the_image_behind_the_address_of_a_record_is_fetched(
    importer: DatasetImporter, services: Services, project: Projects, tmp_path: Path, web: str
) -> None:
    rows(tmp_path / "rows.json", f"{web}/set/1.jpg")

    report = importer.import_path(project.id, tmp_path / "rows.json")

    assert (report.images_added, report.entries_added, report.problems) == (1, 1, [])
    assert entries(services, project) == [("1.jpg", "1.jpg")]
    assert Web.requests == ["/set/1.jpg"]
    (image,) = services.images.list_images(project.id)
    assert image.source_ref == f"{web}/set/1.jpg"
    assert importer.import_path(project.id, tmp_path / "rows.json").questions_known == 1
    assert Web.requests == ["/set/1.jpg"]  # the image is here now


def test_an_address_that_cannot_be_fetched_is_no_other_file_of_its_name(
    importer: DatasetImporter, services: Services, project: Projects, tmp_path: Path, web: str
) -> None:
    root = tmp_path / "set"
    (root / "other").mkdir(parents=True)
    for name in ("2.jpg", "other/3.jpg"):
        (root / name).write_bytes(encoded(drawn(int(name[-5]))))
    rows(root / "rows.json", f"{web}/set/2.jpg", f"{web}/other/3.jpg")

    report = importer.import_path(project.id, root)

    # The second one has its directory in common with the file, so that it need not be fetched.
    assert entries(services, project) == [("3.jpg", "3.jpg")]
    assert Web.requests == ["/set/2.jpg"]
    assert sorted((problem.where, problem.reason) for problem in report.problems) == [
        (f"{web}/set/2.jpg", "The address answers 404. Check it in a browser."),
        ("rows.json row 1", f"It names an image that is not here: {web}/set/2.jpg"),
    ]


def archive(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def downloaded(key: str, **fields: Any) -> dict[str, Any]:
    return {"url": f"http://images.example/{key}.jpg", "caption": f"Number {key}.", "key": key, "status": "success",
            "error_message": None, "width": 160, "height": 120, "sha256": "0"} | fields  # fmt: skip


def test_rows_of_img2dataset_mean_the_members_of_the_archive_beside_them(
    importer: DatasetImporter, services: Services, project: Projects, tmp_path: Path, web: str
) -> None:
    root = tmp_path / "set"
    root.mkdir()
    keys = ["000000000", "000000001"]
    archive(root / "00000.tar", {f"{key}.jpg": encoded(drawn(int(key))) for key in keys})
    failed = downloaded("000000002", status="failed_to_download", error_message="HTTP Error 410: Gone")
    pq.write_table(pa.Table.from_pylist([*map(downloaded, keys), failed]), root / "00000.parquet")
    (root / "00000_stats.json").write_text(json.dumps({"count": 3, "successes": 2}))

    report = importer.import_path(project.id, root)

    assert entries(services, project) == [(f"{key}.jpg", f"Number {key}.") for key in keys]
    assert report.problems == [
        ImportProblem("00000.parquet row 3", "img2dataset has not downloaded this image: HTTP Error 410: Gone.")
    ]
    assert (report.images_added, Web.requests) == (2, [])


def test_a_file_of_annotations_beside_an_archive_means_its_members(
    importer: DatasetImporter, services: Services, project: Projects, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    root.mkdir()
    for shard in (0, 1):
        archive(root / f"{shard}.tar", {f"{shard}.jpg": encoded(drawn(shard)), "same.jpg": encoded(drawn(shard + 5))})
    rows(root / "rows.json", "0.jpg", "1.jpg", "same.jpg")

    report = importer.import_path(project.id, root)

    assert entries(services, project) == [("0.jpg", "0.jpg"), ("1.jpg", "1.jpg")]
    (problem,) = report.problems
    assert problem.reason.startswith("same.jpg fits several images")


def report_of(importer: DatasetImporter, project: Projects, root: Path, **arguments: Any) -> ImportReport:
    return importer.import_path(project.id, root, **arguments)


def test_the_chosen_format_reads_tables_with_images_too(
    importer: DatasetImporter, services: Services, project: Projects, tmp_path: Path
) -> None:
    row = {"image": encoded(drawn(1)), "question": "Q?", "answer": "A", "conversations": [
        {"from": "human", "value": "What?"}, {"from": "gpt", "value": "A cup."}]}  # fmt: skip
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "t.parquet")

    report_of(importer, project, tmp_path / "t.parquet", format="rows")
    assert [entry.question for entry in services.dataset.list_dataset_entries(project.id)] == ["Q?"]
    other = services.projects.create_project("Other")
    refused = report_of(importer, other, tmp_path / "t.parquet", format="coco")

    assert (refused.images_added, refused.entries_added) == (1, 0)
    assert refused.problems[0].reason.startswith("Only the images were read. This file was not read as COCO.")


def test_directories_are_tags_and_on_request_answers(
    importer: DatasetImporter, services: Services, project: Projects, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    for number, name in enumerate(("train/cat/1.jpg", "train/cat/2.jpg", "test/dog/1.jpg", "test/dog/2.jpg")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(encoded(drawn(number)))

    noted = report_of(importer, project, root)

    assert (noted.images_added, noted.entries_added, noted.problems) == (4, 0, [])
    assert noted.notes == [
        ImportProblem("directories", "The names of the 2 directories (cat, dog) are tags of the new images. Choose the "
                      "format Image classes to make each also the answer about its images.")
    ]  # fmt: skip
    assert sorted((image.source_ref, image.tags) for image in services.images.list_images(project.id)) == [
        ("test/dog/1.jpg", "dog"), ("test/dog/2.jpg", "dog"), ("train/cat/1.jpg", "cat"), ("train/cat/2.jpg", "cat"),
    ]  # fmt: skip
    report = report_of(importer, project, root, format="classes")
    assert (report.images_known, report.entries_added, report.notes) == (4, 4, [])
    found = services.dataset.list_dataset_entries(project.id)
    assert sorted((entry.image_name, entry.answer) for entry in found) == [
        ("1.jpg", '["cat"]'), ("1.jpg", '["dog"]'), ("2.jpg", '["cat"]'), ("2.jpg", '["dog"]'),
    ]  # fmt: skip
    assert {(entry.question, entry.answer_type, *(entry.options or ())) for entry in found} == {
        ("Which class does this image belong to?", "label", "cat", "dog")
    }


def test_columns_that_are_not_stored_are_noted_once(
    importer: DatasetImporter, project: Projects, tmp_path: Path
) -> None:
    found = [{"image": f"{n}.jpg", "question": "Q?", "answer": "A", "rationale": "Since.", "split": "test", "id": n,
              "empty": None} for n in range(30)]  # fmt: skip
    (tmp_path / "rows.json").write_text(json.dumps(found))

    report = report_of(importer, project, tmp_path / "rows.json")

    assert report.notes == [
        ImportProblem("rows.json", "Not stored, since entries have no such fields: rationale, split.")
    ]
    assert {problem.reason for problem in report.problems} == {
        f"It names an image that is not here: {n}.jpg" for n in range(30)
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("annotations.xml", "XML is not read. Export it from CVAT as COCO 1.0, or convert Pascal VOC to COCO."),
        ("refs(unc).p", "Pickle files may run programs and are not read. Save it as JSON."),
    ],
)
def test_a_file_that_is_often_beside_images_says_what_to_do(
    importer: DatasetImporter, project: Projects, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / name).write_text("<annotations><image name='a.jpg'><box label='cup'/></image></annotations>")

    assert report_of(importer, project, tmp_path / "set").problems == [ImportProblem(name, reason)]


def test_reading_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_items, "_TELL_EVERY_S", 0.01)
    root, spool, half = tmp_path / "rows.jsonl", tmp_path / "records.jsonl", threading.Event()
    root.write_bytes(b"x" * 4_000_000)
    told: list[tuple[float, str]] = []

    def progress(share: float, step: str) -> None:
        told.append((share, step))
        if share:
            half.set()

    with record_items._told(root, spool, progress):
        spool.write_bytes(b"y" * 2_000_000)
        assert half.wait(20)
    assert told[-1] == (0.5, "2.0 MB of records read")
