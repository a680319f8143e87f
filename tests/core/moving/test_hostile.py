"""Archives that no export wrote: each is refused with a sentence, and nothing of it is left."""

import base64
import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import Session, col, select

from core.db import (
    ImageAnalyses,
    ImageDatasets,
    Images,
    ImageVectors,
    IncomingProjects,
    LlmCalls,
    Projects,
    Tasks,
    new_id,
    utc_now,
)
from core.errors import ImageRejectedError, InvalidInputError
from core.images import Tile
from core.moving.loading import Loader
from core.moving.service import ProjectMover
from core.services import Services
from tests.core.moving import projects

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Members:
    """Return the members of a good archive; made once, and changed by each test."""
    from core import connect

    directory = tmp_path_factory.mktemp("good")
    shutil.copy(empty_database, directory / "vitrine.db")
    with connect(directory) as db:
        services = Services(db)
        path = services.projects.export_project(projects.make(services), directory / "good.zip")
        services.close(keep_image_workers=True)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(path: Path, members: Members, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _manifest(members: Members, **changes: Any) -> Members:
    return members | {"manifest.json": json.dumps(json.loads(members["manifest.json"]) | changes).encode()}


def _rows(members: Members, table: str, change: Callable[[list[dict[str, Any]]], None]) -> Members:
    """Return the members with changed rows of a table, and with the sums that fit them."""
    rows = [json.loads(line) for line in members[f"tables/{table}.jsonl"].splitlines()]
    change(rows)
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    sums = {"rows": len(rows), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    tables = json.loads(members["manifest.json"])["tables"] | {table: sums}
    return _manifest(members | {f"tables/{table}.jsonl": data}, tables=tables)


def _first(**values: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda rows: rows[0].update(values)


def _image(members: Members) -> str:
    return next(name for name in members if name.startswith("images/"))


def _without_row(rows: list[dict[str, Any]]) -> None:
    del rows[0]


def _twice(rows: list[dict[str, Any]]) -> None:
    rows.insert(0, rows[0])


def _flood(rows: list[dict[str, Any]]) -> None:
    rows.extend({**rows[0], "name": str(number)} for number in range(1000))


def _small(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row.update(width=9, height=9)


HOSTILE: dict[str, tuple[Callable[[Members], Members], str]] = {
    "another ZIP": (lambda m: {"photo.jpg": b"x"}, "is not an exported project"),
    "a manifest that is no JSON": (lambda m: m | {"manifest.json": b"{"}, "is not one of an exported project"),
    "a manifest of something else": (lambda m: _manifest(m, format="other"), "is not one of an exported project"),
    "a newer version": (lambda m: _manifest(m, version=2), r"another version of Vitrine \(version 2\)"),
    "a newer version with more in it": (lambda m: _manifest(m, version=3, new=1), r"\(version 3\)"),
    "an unknown table": (
        lambda m: _manifest(m, tables=json.loads(m["manifest.json"])["tables"] | {"secrets": _NO_SUMS}),
        r"another version of Vitrine \(the table secrets\)",
    ),
    "a path out of the archive": (lambda m: m | {"../../evil.py": b"x"}, "a file that no export writes: evil.py"),
    "an absolute path": (lambda m: m | {"/etc/cron.d/evil": b"x"}, "a file that no export writes: etc/cron.d/evil"),
    "an extra image": (lambda m: m | {"images/aa/other.jpg": b"x"}, "has not the images"),
    "an image less": (lambda m: {k: v for k, v in m.items() if k != _image(m)}, "has not the images"),
    "a table less": (lambda m: {k: v for k, v in m.items() if k != "tables/events.jsonl"}, "is incomplete"),
    "another image under its name": (lambda m: m | {_image(m): b"\xff\xd8\xff not it"}, "The sum of image"),
    "a changed byte in a table": (
        lambda m: m | {"tables/questions.jsonl": m["tables/questions.jsonl"].replace(b"cups", b"pots")},
        "The sum of tables/questions.jsonl is wrong",
    ),
    "rows behind the end": (
        lambda m: m | {"tables/tasks.jsonl": m["tables/tasks.jsonl"] * 2}, "is larger than",
    ),
    "a row that is no JSON": (
        lambda m: _rows(m, "tasks", lambda rows: None) | {"tables/tasks.jsonl": b"{" * 5000 + b"\n"},
        "is larger than",
    ),
    "an unknown column": (lambda m: _rows(m, "tasks", _first(command="rm")), r"Row 1 of tables/tasks.jsonl"),
    "a value of another type": (lambda m: _rows(m, "images", _first(size="large")), r"\(size: "),
    "an integer beyond SQLite": (lambda m: _rows(m, "images", _first(width=1 << 64)), r"\(width"),
    "a status that there is not": (lambda m: _rows(m, "tasks", _first(status="asleep")), r"\(status: "),
    "a hash that is a path": (lambda m: _rows(m, "images", _first(sha256="../" * 21 + "x")), r"\(sha256: "),
    "an id that is a path": (lambda m: _rows(m, "images", _first(id="../../x")), r"\(id: "),
    "a row of another project": (lambda m: _rows(m, "tasks", _first(project_id="x" * 21)), r"\(project_id\)"),
    "an image of another project": (
        lambda m: _rows(m, "image_datasets", _first(image_id="x" * 21)), r"image_datasets refers to .*\(image_id\)",
    ),
    "a further image of another project": (
        lambda m: _rows(m, "image_datasets", _first(more_image_ids="x" * 21)), r"\(more_image_ids\)",
    ),
    "a call that is not there": (lambda m: _rows(m, "llm_calls", _without_row), r"\(call_id\)"),
    "an id twice": (lambda m: _rows(m, "image_datasets", _twice), "image_datasets of the archive has an id twice"),
    "an integer id twice": (lambda m: _rows(m, "events", _twice), r"Row 2 of events .*\(id\)"),
    "two profiles of one project": (
        lambda m: _rows(m, "business_profiles", lambda rows: rows.append(rows[0] | {"id": "y" * 21})),
        "Two rows of business_profiles in the archive contradict each other",
    ),
    "no project": (lambda m: _rows(m, "projects", _without_row), "not exactly one project"),
    "an image that is too large": (
        lambda m: _rows(m, "images", _first(size=10**12)), r"more than this installation takes",
    ),
    "an image with too many pixels": (
        lambda m: _rows(m, "images", _first(width=100_000, height=100_000)), r"10,000 megapixels, more than",
    ),
    "an image with a negative side": (lambda m: _rows(m, "images", _first(width=-1)), r"\(width"),
    "a call that pays money back": (lambda m: _rows(m, "llm_calls", _first(cost=-1000.0)), r"\(cost"),
    "a project without a name": (lambda m: _rows(m, "projects", _first(name="")), r"\(name: "),
    "a row of many small values": (
        lambda m: _rows(m, "events", _first(old={"a": [0] * 1_000_001})), "larger than any row of a project",
    ),
    "a variant that was made by nothing known": (
        lambda m: _rows(m, "images", _first(variant_steps=[{"operation": "melt"}])), "steps of image 1",
    ),
    "an analysis that is no result": (
        lambda m: _rows(m, "image_analyses", _first(analyzer="text", result={"lines": [5]})), "no result of text",
    ),
    "a flood of profiles": (lambda m: _rows(m, "model_profiles", _flood), "1,001 model profiles"),
}  # fmt: skip
_NO_SUMS = {"rows": 0, "bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(
    name: str, members: Members, services: Services, tmp_path: Path
) -> None:
    change, message = HOSTILE[name]
    archive = _zip(tmp_path / "hostile.zip", change(dict(members)))

    with pytest.raises(InvalidInputError, match=message):
        services.projects.import_project(archive)

    assert services.projects.list_projects() == []
    with services.db.reading() as session:
        for table in (Tasks, Images, ImageDatasets):  # type: Any
            assert session.exec(select(table)).all() == []
        assert all(row.is_discarded for row in session.exec(select(IncomingProjects)))
        assert all(row.deleted_at for row in session.exec(select(Projects)))
    assert not (tmp_path / "evil.py").exists()


def test_a_good_archive_is_imported_after_a_refused_one_under_its_own_id(
    members: Members, services: Services, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError):
        services.projects.import_project(_zip(tmp_path / "bad.zip", _rows(members, "events", _twice)))

    project = services.projects.import_project(_zip(tmp_path / "good.zip", members))

    assert project.id == json.loads(members["manifest.json"])["project_id"]


def test_an_archive_that_was_packed_again_by_another_program_is_imported(
    members: Members, services: Services, tmp_path: Path
) -> None:
    packed = _zip(tmp_path / "again.zip", dict(sorted(members.items())), zipfile.ZIP_DEFLATED)
    assert services.projects.import_project(packed).name == "Kitchen: shelves / 2026"


def test_an_archive_that_a_mac_unpacked_and_packed_again_is_imported(
    members: Members, services: Services, tmp_path: Path
) -> None:
    within = {f"Küche/{name}": data for name, data in members.items()}
    shadows = {f"__MACOSX/Küche/._{name.rpartition('/')[2]}": b"\0\x05\x16\x07" for name in members}
    packed = _zip(tmp_path / "mac.zip", within | shadows | {"Küche/.DS_Store": b"x"}, zipfile.ZIP_DEFLATED)
    assert services.projects.import_project(packed).name == "Kitchen: shelves / 2026"


def test_files_beside_the_directory_of_an_archive_are_refused(
    members: Members, services: Services, tmp_path: Path
) -> None:
    packed = _zip(tmp_path / "two.zip", {f"a/{name}": data for name, data in members.items()} | {"b/evil.py": b"x"})
    with pytest.raises(InvalidInputError, match=r"a file that no export writes: b/evil.py"):
        services.projects.import_project(packed)


def test_an_unpacked_archive_is_refused_with_what_to_do(services: Services, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"is a directory\. Pack it as a ZIP archive"):
        services.projects.import_project(tmp_path)


def test_images_that_would_unpack_to_many_times_the_archive_are_refused(
    members: Members, services: Services, tmp_path: Path
) -> None:
    images = json.loads(members["manifest.json"])["images"]
    bomb = _zip(tmp_path / "bomb.zip", _manifest(members, images=images | {"bytes": 10**12}))
    with pytest.raises(InvalidInputError, match="as in a ZIP bomb"):
        services.projects.import_project(bomb)


def test_large_rows_are_stored_in_small_parts_and_their_numbers_still_fit(
    members: Members, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def many(rows: list[dict[str, Any]]) -> None:
        first = rows[0]
        rows[:] = [{**first, "id": number * 3, "undone_by": None, "old": {"n": number}} for number in range(1, 40)]
        rows[10]["undone_by"], rows[30]["undone_by"] = 33 * 3, 39 * 3

    sizes: list[int] = []
    insert = Loader._insert

    def recording(loader: Loader, session: Session, table: Any, part: Any) -> None:
        sizes.extend([len(part)] if table.name == "events" else [])
        insert(loader, session, table, part)

    monkeypatch.setattr(Loader, "_insert", recording)
    # A row has about 250 bytes and 11 values.
    monkeypatch.setattr("core.moving.rows._MAX_PART_WEIGHT", 4_000)

    project = services.projects.import_project(_zip(tmp_path / "a.zip", _rows(members, "events", many)))

    assert sum(sizes) == 39
    assert 1 < max(sizes) < 10
    events = projects.rows_of(services.db, project.id)["events"]
    ids = {event["old"]["n"]: event["id"] for event in events}
    assert {event["old"]["n"]: event["undone_by"] for event in events if event["undone_by"]} == {
        11: ids[33], 31: ids[39],
    }  # fmt: skip


def test_calls_of_an_import_that_failed_are_removed_part_by_part(
    members: Members, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.moving.rows._MAX_PART_WEIGHT", 1)
    damaged = _rows(members, "business_profiles", lambda rows: rows.append(rows[0] | {"id": "y" * 21}))

    with pytest.raises(InvalidInputError, match="contradict each other"):
        services.projects.import_project(_zip(tmp_path / "bad.zip", damaged))

    with services.db.reading() as session:
        assert session.exec(select(LlmCalls)).all() == []


def test_a_file_with_more_pixels_than_its_row_says_is_not_decoded(
    members: Members, services: Services, tmp_path: Path
) -> None:
    project = services.projects.import_project(_zip(tmp_path / "a.zip", _rows(members, "images", _small)))
    image = next(image for image in services.images.list_images(project.id) if image.image_name == "0.jpg")

    with pytest.raises(ImageRejectedError, match="the limit is"):
        services.images.tile(image, Tile(0, 0, 0))


def test_an_archive_of_an_older_version_that_lacks_a_column_and_a_table_is_imported(
    members: Members, services: Services, tmp_path: Path
) -> None:
    def without_origin(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            del row["origin"]

    older = _rows(members, "image_datasets", without_origin)
    del older["tables/saved_views.jsonl"]
    tables = json.loads(older["manifest.json"])["tables"]
    del tables["saved_views"]

    project = services.projects.import_project(_zip(tmp_path / "older.zip", _manifest(older, tables=tables)))

    entries = services.dataset.list_dataset_entries(project.id)
    assert {entry.origin for entry in entries} == {""}


def test_a_reference_that_leads_out_of_the_archive_leads_nowhere_after_the_import(
    members: Members, services: Services, tmp_path: Path
) -> None:
    other = services.projects.create_project("Other")
    changed = _rows(members, "events", _first(entity_id=other.id))
    changed = _rows(changed, "images", _first(near_duplicate_of="v" * 21))

    project = services.projects.import_project(_zip(tmp_path / "a.zip", changed))

    rows = projects.rows_of(services.db, project.id)
    assert other.id not in {row["entity_id"] for row in rows["events"]}
    assert "v" * 21 not in {row["near_duplicate_of"] for row in rows["images"]}


def _vector(*values: float, kind: str = "toy 1", **more: Any) -> dict[str, Any]:
    data = np.array(values, "<f2").tobytes()
    return {"id": new_id(), "kind": kind, "vector": base64.b64encode(data).decode(), **more}


def test_vectors_that_cannot_be_used_are_left_out_and_counted(
    services: Services, members: Members, tmp_path: Path
) -> None:
    image_ids = [json.loads(line)["id"] for line in members["tables/images.jsonl"].splitlines()]

    def spoil(rows: list[dict[str, Any]]) -> None:
        like = {name: rows[0][name] for name in ("project_id", "image_id")}
        image_ids.remove(like["image_id"])
        image_ids.insert(0, like["image_id"])
        late = "9999-01-01T00:00:00+00:00"
        rows[:] = [
            like | _vector(0.6, 0.8, update_at=late),
            like | {"image_id": image_ids[1]} | _vector(1, 0, update_at=late),
            like | {"image_id": image_ids[2]} | _vector(0, 0.6, 0.8, update_at=late),  # another number of values
            like | _vector(np.nan, 1, kind="../..", update_at=late),
            like | _vector(np.inf, 1, kind="b", update_at=late),
            like | _vector(0, 0, kind="c", update_at=late),
            like | _vector(300, 400, kind="d", update_at=late),
            like | {"vector": "AAAA"} | {"id": new_id(), "kind": "odd", "update_at": late},
            like | {"vector": ""} | {"id": new_id(), "kind": "empty", "update_at": late},
            like | _vector(*[1 / 256] * 65_536, kind="long", update_at=late),
            like | _vector(1, 0, kind=f"../../{'x' * 5000}", update_at=late),
        ]

    def analyzed(rows: list[dict[str, Any]]) -> None:
        for image_id in image_ids[:3]:
            rows.append({
                **rows[0], "id": new_id(), "image_id": image_id, "analyzer": "embedding", "result": {"kinds": ["toy 1"]}
            })  # fmt: skip

    changed = _rows(_rows(members, "image_vectors", spoil), "image_analyses", analyzed)
    imported = ProjectMover(services.db).import_project(_zip(tmp_path / "a.zip", changed))
    assert imported.left_out_vectors == 8
    kinds = ["toy 1", f"../../{'x' * 5000}"]
    with services.db.reading() as session:
        kept = list(session.exec(select(ImageVectors).where(col(ImageVectors.kind).in_(kinds))))
        analyses = select(ImageAnalyses.image_id).where(ImageAnalyses.analyzer == "embedding")
        assert len(set(session.exec(analyses))) == 2  # the one whose vector was left out is analyzed again
    assert len(kept) == 3
    assert max(row.update_at for row in kept) <= utc_now()
    found = services.images.find_similar(next(row.image_id for row in kept if len(row.vector) == 4))
    assert len(found) <= 1
    cache = services.db.data_dir / "cache" / "vectors"
    assert [one for one in cache.rglob("*") if cache not in one.resolve().parents] == []
