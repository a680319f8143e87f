"""The dataset report in a bundle: about its entries alone, without names, the same for the same data."""

import json
from pathlib import Path

import pytest
from sqlmodel import col, select

from core import Projects
from core.checks.base import Finding
from core.checks.reporting.content import NOT_MEASURED
from core.checks.store import add_findings, end_run
from core.db import CheckRuns, ImageDatasets, utc_now
from core.errors import InvalidInputError
from core.export import parse_recipe
from core.services import Services
from tests.core.checks.reporting.test_report import seen
from tests.core.images.pictures import drawn, encoded

# Those of a run of guessable, and of verifiable.
NUMBERS = {
    "share": 0.123, "guessed": 2, "majority": {"answer": "Red.", "entries": 2, "share": 0.1}, "interval": [0.1, 0.2],
    "long_answers": 0, "groups": {"kind": [], "language": [], "model": []}, "patterns": [],
    "verifiable": 15, "checkers": {"exact": 15}, "kinds": [],
}  # fmt: skip
DIRECTORY = {"format": "default", "container": "directory"}


@pytest.fixture
def shelf(services: Services) -> Projects:
    """Thirty entries on six images; the first 20, on four images, are confirmed, all but one of them by ann."""
    project = services.projects.create_project("Shelf", "What stands on shelves.")
    files = [(f"{n}.png", encoded(drawn(n, (90, 60)), "PNG")) for n in range(6)]
    images = [one.image for one in services.intake.add_images(project.id, files) if one.image]
    for number in range(30):
        entry = services.dataset.create_dataset_entry(
            project.id, images[number // 5].id, f"Question {number}?", f"Answer {number}", kind="secret-kind"
            if number >= 20 else "kind",
        )  # fmt: skip
        if number < 20:
            services.review.decide(entry.id, entry.version, "confirm", actor="ann" if number else "berta")
    return project


def exported(services: Services, project: Projects, **recipe: object) -> tuple[str, Path]:
    """Return the report of an export and where the export is."""
    made = services.exports.export(project.id, parse_recipe({**DIRECTORY, "report": True, **recipe}))
    path = services.db.data_dir / made.path
    return (path / "DATASET_REPORT.html").read_text(encoding="utf-8"), path


def planted(services: Services, project: Projects, check: str, verdicts: list[str], query: str = "") -> None:
    """Store a run of *check* with the verdicts about the first entries."""
    with services.db.transaction() as session:
        run = CheckRuns(project_id=project.id, check_name=check, query=query)
        session.add(run)
        order = (col(ImageDatasets.create_at), col(ImageDatasets.id))
        entries = session.exec(select(ImageDatasets.id).where(ImageDatasets.project_id == project.id).order_by(*order))
        findings = [Finding(id_, verdict) for id_, verdict in zip(entries, verdicts, strict=False)]
    add_findings(services.db, run.id, findings)
    with services.db.transaction() as session:
        end_run(session, run.id, NUMBERS | {"entries": len(verdicts)})


def test_it_is_about_the_exported_entries_alone_and_names_nobody(services: Services, shelf: Projects) -> None:
    planted(services, shelf, "verifiable", ["exact"] * 15 + ["no"] * 15, "by:ann")
    page, path = exported(services, shelf, title="Shelf v1", license="CC0-1.0")
    text = seen(page).text
    assert "20 entries of this export" in text
    assert "Those that the entries are about.4" in text
    assert "secret-kind" not in text
    assert "Confirmed by a person20 of 20 (100%)" in text
    assert "CC0-1.0" in text
    assert "Person 2" in text
    # Of the 30 findings those of the 20 entries.
    assert "exact1575%" in text
    assert "no525%" in text
    assert "12%" not in text
    assert NOT_MEASURED in text
    assert "Worth your time" not in text
    assert "berta" not in page
    assert "by:" not in page
    assert shelf.id not in page
    files = json.loads((path / "EXPORT_REPORT.json").read_text())["files"]
    assert "DATASET_REPORT.html" in files


def test_a_run_of_these_entries_alone_is_said_in_its_own_words(services: Services, shelf: Projects) -> None:
    planted(services, shelf, "guessable", ["guessed"] * 20)
    text = seen(exported(services, shelf)[0]).text
    assert "12 of 100 answers can be guessed from the question, without the image." in text
    assert "The check looked at other entries" not in text


def test_the_same_data_gives_the_same_bytes_whatever_else_happens(services: Services, shelf: Projects) -> None:
    first, _ = exported(services, shelf)
    with services.db.transaction() as session:
        other = session.exec(select(ImageDatasets).where(col(ImageDatasets.confirmed).is_(False))).first()
        assert other is not None
        other.answer = "changed"
    assert exported(services, shelf)[0] == first


@pytest.mark.parametrize(
    ("recipe", "has_pictures"),
    [({}, True), ({"images": "none"}, False), ({"preprocessing": {"grayscale": True}}, False)],
)
def test_there_are_no_pictures_where_images_are_left_out_or_changed(
    recipe: dict[str, object], has_pictures: bool, services: Services, shelf: Projects
) -> None:
    assert ("<img" in exported(services, shelf, **recipe)[0]) is has_pictures


def test_only_a_recipe_that_asks_for_it_has_it_and_a_single_file_has_no_place_for_it(
    services: Services, shelf: Projects
) -> None:
    page, path = exported(services, shelf)
    assert page
    assert "[DATASET_REPORT.html](DATASET_REPORT.html)" in (path / "README.md").read_text()
    made = services.exports.export(shelf.id, parse_recipe(DIRECTORY))
    assert not (services.db.data_dir / made.path / "DATASET_REPORT.html").exists()
    assert "DATASET_REPORT" not in (services.db.data_dir / made.path / "README.md").read_text()
    with pytest.raises(InvalidInputError, match="A single file has no dataset report"):
        parse_recipe({"format": "default", "container": "file", "report": True})


def test_the_card_says_what_a_comparison_with_a_test_set_found_and_what_it_has_not_seen(
    services: Services, shelf: Projects
) -> None:
    assert "Compared with a test set" not in (exported(services, shelf)[1] / "README.md").read_text()
    planted(services, shelf, "heldout", ["both", "image", "question"] + [""] * 20 + ["both"])
    assert (
        ": 2 exported entries about an image that is in it\n"
        in (exported(services, shelf)[1] / "README.md").read_text()
    )
    with services.db.transaction() as session:
        entry = session.exec(select(ImageDatasets).where(col(ImageDatasets.confirmed).is_(True))).first()
        assert entry is not None
        entry.note, entry.update_at = "later", utc_now()
    card = (exported(services, shelf)[1] / "README.md").read_text()
    assert "is in it; 1 entry added or changed since were not compared" in card
