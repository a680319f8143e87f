"""What the report of an export says of checks that looked at other entries too, and of a test set."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from core import ImageDatasets, Projects
from core.checks import store
from core.checks.reporting import exported, heldout
from core.checks.reporting.content import Fact
from core.checks.reporting.exported import Covered
from core.checks.reporting.source import Source, read_source
from core.db import CheckRuns, EntryFindings, utc_now
from core.export.reporting.dataset_report import BundleContents
from core.services import Services
from tests.pictures import png


@pytest.fixture
def entries(services: Services, project: Projects) -> list[ImageDatasets]:
    """Four entries of one image."""
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    image_id = added.image.id
    return [services.dataset.create_dataset_entry(project.id, image_id, f"What {n}?", "A") for n in range(4)]


def _source(services: Services, project: Projects, entries: list[ImageDatasets]) -> Source:
    """Return the source of the report of an export of *entries*."""
    return read_source(
        services.db, project.id, BundleContents("Export", "", json.dumps([entry.id for entry in entries]), False)
    )


def _add_run(
    services: Services, project: Projects, check: str, findings: list[tuple[ImageDatasets, str, float | None]],
) -> CheckRuns:  # fmt: skip
    run = CheckRuns(project_id=project.id, check_name=check, ended_at=utc_now(), result={})
    with services.db.transaction() as session:
        session.add(run)
        session.flush()
        session.add_all(
            EntryFindings(run_id=run.id, entry_id=entry.id, verdict=verdict, score=score, evidence={"says": verdict})
            for entry, verdict, score in findings
        )
        session.expunge(run)
    return run


def test_findings_about_the_entries_of_an_export_are_counted_by_their_verdict(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    one, two, three, four = entries
    run = _add_run(
        services, project, "judge", [(one, "b", 1.0), (two, "a", None), (three, "b", 0.5), (four, "other", 1.0)]
    )
    _add_run(services, project, "else", [(one, "foreign", 1.0)])

    part = exported.covered(_source(services, project, entries[:3]), run)
    whole = exported.covered(_source(services, project, entries), run)

    assert part == Covered(3, False, (("b", 2, 0.75), ("a", 1, None)))
    assert (whole.findings, whole.is_whole_run) == (4, True)
    assert [verdict for verdict, _, _ in whole.verdicts] == ["b", "a", "other"]
    worth = _add_run(services, project, "worth", [(one, "next", 1.0)])
    assert not exported.covered(_source(services, project, entries), worth).is_whole_run


def test_the_section_of_an_export_has_shares_of_its_findings(
    services: Services, project: Projects, entries: list[ImageDatasets]
) -> None:
    run = CheckRuns(project_id=project.id, check_name="judge", series="", ended_at=utc_now())
    source = _source(services, project, entries)

    section = exported.counted(source, run, "Judge", Covered(3, False, (("b", 2, 0.75), ("a", 1, None))))

    assert section.title == "Judge"
    assert section.facts == (Fact("Entries of this export with a finding", "3 of 4 (75%)"),)
    assert section.tables[0].rows == (("b", "2", "67%", "0.75"), ("a", "1", "33%", ""))
    assert section.tables[0].share_column == 2
    run.series = "openai/gpt-4o"
    assert exported.counted(source, run, "Judge", Covered(1, False, ())).title == "Judge: openai/gpt-4o"


def _heldout(result: dict[str, Any], total: int = 8) -> Any:
    run = SimpleNamespace(result=result, ended_at=None)
    newer = {"heldout": [run, SimpleNamespace(result={}, ended_at=None)]}
    return SimpleNamespace(runs=newer, bundle=None, total=total, project=SimpleNamespace(id="p1"))


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (0, "No image of the dataset was found in the test set VQA."),
        (1, "1 image of the dataset is in the test set VQA."),
        (2, "2 images of the dataset are in the test set VQA."),
    ],
)
def test_the_newest_comparison_says_how_much_of_the_dataset_is_in_a_test_set(images: int, sentence: str) -> None:
    result = {
        "set": "VQA", "compared": {"images": 1, "questions": 5}, "images": images, "both": 1, "image": 2, "question": 4,
    }  # fmt: skip

    section = heldout.compared(_heldout(result))

    assert section.sentence == sentence
    assert [fact.value for fact in section.facts] == [
        "VQA", str(images), "1 of 8 (12%)", "2 of 8 (25%)", "4 of 8 (50%)",
    ]  # fmt: skip
    assert section.facts[0].how.startswith("1 image and 5 questions. ")


@pytest.mark.parametrize(
    ("verdicts", "sentence", "values"),
    [
        (
            (("both", 1, 1.0),), "1 entry of this export is about an image that is",
            ["1 of 4 (25%)", "0 of 4 (0%)", "0 of 4 (0%)"],
        ),
        (
            (("image", 2, 1.0), ("both", 1, 1.0), ("question", 1, 1.0)),
            "3 entries of this export are about an image that is", ["1 of 4 (25%)", "2 of 4 (50%)", "1 of 4 (25%)"],
        ),
        ((), "0 entries of this export are about an image that is", ["0 of 4 (0%)"] * 3),
    ],
)  # fmt: skip
def test_an_export_says_how_many_of_its_entries_are_in_a_test_set(
    verdicts: Any, sentence: str, values: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _heldout({}, total=4)
    source.bundle = object()
    monkeypatch.setattr(exported, "covered", lambda of, run: Covered(4, False, verdicts))

    section = heldout.compared(source)

    assert section.sentence.startswith(sentence)
    assert [fact.value for fact in section.facts] == values
    source.runs = {}
    assert heldout.compared(source).not_run == "Not measured for the entries of this export."
    source.bundle = None
    assert "/api/projects/p1/overlaps" in heldout.compared(source).not_run


def test_what_tools_say_against_answers_is_that_of_their_newest_run(
    services: Services, project: Projects, entries: list[ImageDatasets], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three, _ = entries
    assert store.contradictions(services.db, []) == {}
    assert store.contradictions(services.db, entries) == {}
    _add_run(services, project, "tools", [(two, "contradicts", 1.0)])
    run = _add_run(
        services, project, "tools", [(one, "contradicts", 1.0), (two, "agrees", 0.0), (three, "contradicts", 1.0)]
    )
    monkeypatch.setattr(store, "newest_run", lambda session, project_id, check: run if check == "tools" else None)

    assert store.contradictions(services.db, [one, two]) == {one.id: {"says": "contradicts"}}
