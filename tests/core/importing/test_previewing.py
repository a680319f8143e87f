import base64
import json
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core import Projects
from core.errors import ImageRejectedError, InvalidInputError
from core.importing.previewing import ImportPreview
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def llava(*images: str, question: str = "What is it?", answer: str = "A cup.") -> dict[str, Any]:
    return {
        "image": images[0] if len(images) == 1 else list(images),
        "conversations": [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}],
    }


def zipped(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def preview(services: Services, project: Projects, path: Path, format_: str = "auto") -> ImportPreview:
    return services.import_previewer.preview(project.id, str(path), format_)


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(jpeg)) as image:
        return image.size


def test_an_archive_shows_its_first_records_with_the_images_inside(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    rows = [llava(f"images/{n}.jpg", question=f"What is {n}?", answer=f"{n}.") for n in range(12)]
    files: dict[str, bytes | str] = {f"images/{n}.jpg": encoded(drawn(n, (640, 480))) for n in range(12)}
    found = preview(services, project, zipped(tmp_path / "x.zip", files | {"rows.json": json.dumps(rows)}))

    assert (len(found.records), found.problems, found.has_images_inside) == (10, (), False)
    assert list(found.formats) == ["rows.json"]
    first = found.records[0]
    assert [(turn.question, turn.answer) for turn in first.turns] == [("What is 0?", "0.")]
    (image,) = first.images
    assert (image.name, image.stored_name, image.image_id, image.note) == ("images/0.jpg", "0.jpg", "", "")
    assert size_of(image.thumbnail) == (320, 240)
    assert services.images.list_images(project.id) == []


def test_a_json_alone_finds_its_images_in_the_project(services: Services, project: Projects, tmp_path: Path) -> None:
    (outcome,) = services.intake.add_images(project.id, [("cup.jpg", encoded(drawn(1)))])
    assert outcome.image is not None
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([llava("shelf/cup.jpg"), llava("gone.jpg"), llava("https://example.com/a.jpg")]))

    found = preview(services, project, file)

    images = [record.images[0] for record in found.records]
    assert [(image.image_id, image.sha256) for image in images] == [
        (outcome.image.id, outcome.image.sha256), ("", ""), ("", ""),
    ]  # fmt: skip
    assert [image.note for image in images] == [
        "", "Not among the images here.", "Fetched from the web by the import.",
    ]  # fmt: skip


def test_an_image_that_comes_along_goes_before_one_of_the_project(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    services.intake.add_images(project.id, [("cup.jpg", encoded(drawn(1)))])
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cup.jpg").write_bytes(encoded(drawn(2)))
    (tmp_path / "in" / "rows.json").write_text(json.dumps([llava("cup.jpg")]))

    (image,) = preview(services, project, tmp_path / "in").records[0].images

    assert (image.image_id, image.note) == ("", "")
    assert image.thumbnail.startswith(b"\xff\xd8")


def test_a_name_that_fits_several_images_shows_none_of_them(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    files: dict[str, bytes | str] = {f"{folder}/cup.jpg": encoded(drawn(n)) for n, folder in enumerate("ab")}
    path = zipped(tmp_path / "x.zip", files | {"rows.json": json.dumps([llava("cup.jpg")])})
    (image,) = preview(services, project, path).records[0].images
    assert (image.thumbnail, image.image_id) == (b"", "")
    assert "fits several images" in image.note


def test_an_image_that_cannot_be_read_says_so(services: Services, project: Projects, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"cup.jpg": b"no image", "rows.json": json.dumps([llava("cup.jpg")])})
    (image,) = preview(services, project, path).records[0].images
    assert (image.thumbnail, image.note) == (b"", "This image cannot be read.")


def test_a_table_shows_its_rows_with_the_images_inside(services: Services, project: Projects, tmp_path: Path) -> None:
    rows = {
        "image": [{"bytes": encoded(drawn(n, (640, 480))), "path": f"{n}.jpg"} for n in range(3)],
        "question": [f"What is {n}?" for n in range(3)],
        "answer": ["a", "b", "c"],
    }
    pq.write_table(pa.table(rows), tmp_path / "rows.parquet")

    for path in (
        tmp_path / "rows.parquet",
        zipped(tmp_path / "x.zip", {"rows.parquet": (tmp_path / "rows.parquet").read_bytes()}),
    ):
        found = preview(services, project, path)
        assert [record.turns[0].answer for record in found.records] == ["a", "b", "c"]
        assert [size_of(record.images[0].thumbnail) for record in found.records] == [(320, 240)] * 3
        assert found.has_images_inside


def test_another_format_reads_the_file_differently_and_an_unknown_one_raises(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([llava("cup.jpg")]))
    assert len(preview(services, project, file, "llava").records) == 1
    other = preview(services, project, file, "messages")
    assert other.records == ()
    assert other.problems[0].where == "rows.json"
    with pytest.raises(InvalidInputError, match="format"):
        preview(services, project, file, "magic")


def test_images_without_annotations_have_no_records(services: Services, project: Projects, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"a.jpg": encoded(drawn(1)), "b.JPEG": encoded(drawn(2)), "scan": b"", "x.xyz": b""}
    path = zipped(tmp_path / "x.zip", files)
    survey = services.import_previewer.survey(str(path))
    assert (survey.images, survey.others) == (("a.jpg", "b.JPEG"), ("scan", "x.xyz"))
    assert (survey.annotations, survey.tables) == ((), ())
    assert preview(services, project, path) == ImportPreview((), {}, ())


def test_an_archive_of_samples_beside_annotations_has_images_inside(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    samples = BytesIO()
    with tarfile.open(fileobj=samples, mode="w") as tar:
        member = tarfile.TarInfo("0.jpg")
        member.size = len(data := encoded(drawn(1)))
        tar.addfile(member, BytesIO(data))
    rows = json.dumps([llava("cup.jpg")])
    with_samples = zipped(tmp_path / "x.zip", {"rows.json": rows, "0.tar": samples.getvalue()})
    pq.write_table(
        pa.table({"question": ["What?"], "answer": ["A cup."], "image": ["cup.jpg"]}), tmp_path / "x.parquet"
    )
    with_texts = zipped(tmp_path / "y.zip", {"rows.json": rows, "x.parquet": (tmp_path / "x.parquet").read_bytes()})

    assert preview(services, project, with_samples).has_images_inside
    assert not preview(services, project, with_texts).has_images_inside


def test_images_that_are_written_in_rows_are_shown(services: Services, project: Projects, tmp_path: Path) -> None:
    data = base64.b64encode(encoded(drawn(1, (640, 480)))).decode("ascii")
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([llava(f"data:image/jpeg;base64,{data}")]))

    found = preview(services, project, file)

    assert found.has_images_inside
    (image,) = found.records[0].images
    assert (size_of(image.thumbnail), image.note) == ((320, 240), "")


def test_an_archive_is_listed_by_a_worker(
    services: Services, project: Projects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "x.zip", {"a.jpg": encoded(drawn(1))})

    def opened_here(*_: object) -> None:
        raise AssertionError("the archive was opened in the process of the server")

    monkeypatch.setattr("core.container.archive.Archive.__init__", opened_here)
    assert services.import_previewer.survey(str(path)).images == ("a.jpg",)
    task = services.tasks.create_task(project.id, "image-import", {"source": "path", "path": str(path)})
    assert [item.payload["names"] for item in services.tasks.items(task.id)] == [["a.jpg"]]


def test_a_list_of_files_that_a_worker_cannot_read_gets_a_sentence(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise ImageRejectedError("This file crashed the image decoder.", reason="crash")

    monkeypatch.setattr("core.images.sandbox.Sandbox.run", killed)
    with pytest.raises(InvalidInputError, match=r"The list of files in x\.zip takes too long"):
        services.import_previewer.survey(str(zipped(tmp_path / "x.zip", {"a.jpg": b""})))


def test_only_allowed_paths_are_previewed(
    services: Services, project: Projects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(services.intake.import_context), "allows_every_path", False)
    with pytest.raises(InvalidInputError, match="Nothing may be imported from there"):
        services.import_previewer.survey(str(tmp_path))
    with pytest.raises(InvalidInputError, match="Nothing may be imported from there"):
        preview(services, project, tmp_path)
