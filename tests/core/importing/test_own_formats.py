"""Every format that Vitrine writes is read again: its questions, answers and images."""

import zipfile
from pathlib import Path

import pytest

from core import ImageDatasets, Projects
from core.export import FORMATS, parse_recipe
from core.importing.answers import CAPTION_QUESTION
from core.importing.reading import load_records, read_annotations, read_table_batch, table_summary
from core.importing.records import Record, file_of
from core.importing.survey import survey
from core.services import Services
from tests.core.images.pictures import encoded

PAIRS = {("What color?", "Blue.", False), ("How many?", "3", False)}
EDITED = ("What color?", "Green.", True)


def _boxes_of(written: str) -> set[tuple[str, str, bool]]:
    return {
        (f"{question}\nOutput the bbox coordinates in JSON format.", f"[\n\t{written}\n]", False)
        for question, _, _ in PAIRS
    }


EXPECTED = {
    # The evaluator compares answers in lower case, without a period.
    "vqa-v2": {("What color?", "blue", False), ("How many?", "3", False)},
    "coco-captions": {(CAPTION_QUESTION, "Blue.", False), (CAPTION_QUESTION, "3", False)},
    "sidecar": {(CAPTION_QUESTION, "Blue. 3", False)},
    **{f"{name}-dpo": {("What color?", "Blue.", False), EDITED} for name in ("llama-factory", "ms-swift", "trl")},
    **{f"{name}-kto": {*PAIRS, EDITED} for name in ("llama-factory", "ms-swift", "trl")},
    # The answers are the boxes: in px, from 0 to 1000 of the sides, and as ms-swift writes its places for them.
    "qwen-grounding-px": _boxes_of('{"bbox_2d":[16,12,80,60],"label":"cup"}'),
    "qwen-grounding-1000": _boxes_of('{"bbox_2d":[100,100,500,500],"label":"cup"}'),
    "ms-swift-grounding": _boxes_of('{"bbox_2d": [16, 12, 80, 60], "label": "cup"}'),
}


@pytest.fixture
def entries(services: Services, project: Projects) -> None:
    """Two confirmed entries of one image."""
    (outcome,) = services.intake.add_images(project.id, [("photo.jpg", encoded())])
    assert outcome.image is not None
    with services.db.transaction() as session:
        for number, (question, answer) in enumerate([("What color?", "Blue."), ("How many?", "3")]):
            session.add(
                ImageDatasets(
                    id=f"entry-{number}", project_id=project.id, image_id=outcome.image.id, image_name="photo.jpg",
                    question=question, answer=answer, confirmed=True,
                )
            )  # fmt: skip


def read(root: Path, directory: Path) -> tuple[list[Record], set[str], list[str]]:
    """Return the records of a bundle, the references of images inside its rows, and the reasons of problems."""
    summary = read_annotations(root, directory / "spool")
    records = [record for at, size, _ in summary.parts for record in load_records(directory / "spool", at, size)]
    references = {image.reference for image in summary.embedded}
    reasons = [problem.reason for problem in summary.problems]
    for name in survey(root).tables:
        for number in range(table_summary(root / name).batches if table_summary(root / name).has_images else 0):
            batch = read_table_batch(root / name, number, directory, 10_000_000, name)
            records += batch.records
            references |= {image.reference for image in batch.files}
            reasons += [problem.reason for problem in batch.problems]
    return records, references, reasons


@pytest.mark.parametrize("name", [format_.name for format_ in FORMATS])
def test_what_is_exported_is_read_again(
    services: Services, project: Projects, entries: None, name: str, tmp_path: Path
) -> None:
    with services.db.transaction() as session:
        edited = session.get_one(ImageDatasets, "entry-0")
        edited.generated_answer = "Green."
        if "grounding" in name:
            for number in range(2):
                entry = session.get_one(ImageDatasets, f"entry-{number}")
                entry.boxes = [{"label": "cup", "xyxy": [16, 12, 80, 60], "image": 0}]
    made = services.exports.export(project.id, parse_recipe({"format": name}))
    path = services.db.data_dir / made.path
    root = tmp_path / "bundle"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(root)
    else:
        root.mkdir()
        (root / path.name).write_bytes(path.read_bytes())

    records, references, reasons = read(root, tmp_path)

    found = {(turn.question, turn.answer, record.rejected) for record in records for turn in record.turns}
    assert found == EXPECTED.get(name, PAIRS)
    assert reasons == []
    for record in records:
        (image,) = record.images
        beside = (root / file_of(record.where)).parent / image
        is_here = image in references or beside.is_file() or any(root.rglob(Path(image).name))
        assert is_here or name == "csv", f"{image} of {record.where}"


@pytest.mark.parametrize("name", ["vitrine", "default", "imagefolder", "csv", "parquet"])
def test_the_fields_of_an_entry_come_back(
    services: Services, project: Projects, entries: None, name: str, tmp_path: Path
) -> None:
    with services.db.transaction() as session:
        entry = session.get_one(ImageDatasets, "entry-0")
        entry.question, entry.answer, entry.answer_type = "=Which?", '["red"]', "label"
        entry.language, entry.kind, entry.model = "de", "color", "some/model"
        entry.score, entry.tags, entry.note = 4.5, "one,two", "checked"
    made = services.exports.export(project.id, parse_recipe({"format": name}))
    path = services.db.data_dir / made.path
    root = tmp_path / "bundle"
    if zipfile.is_zipfile(path):
        zipfile.ZipFile(path).extractall(root)
    else:
        root.mkdir()
        (root / path.name).write_bytes(path.read_bytes())

    records, _, _ = read(root, tmp_path)

    (record,) = [record for record in records if record.turns[0].question == "=Which?"]
    assert (record.turns[0].answer, record.turns[0].answer_type) == ('["red"]', "label")
    assert (record.language, record.kind, record.model) == ("de", "color", "some/model")
    assert (record.confirmed, record.score, record.tags, record.note) == (True, 4.5, ("one", "two"), "checked")
