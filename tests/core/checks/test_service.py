from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from core import ImageDatasets, ImageDatasetService, Images, Projects
from core.checks import DatasetChecks
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import CheckRuns, Database, EntryFindings
from core.errors import InvalidInputError, VitrineError
from tests.core.dataset.conftest import add_image


@pytest.fixture
def checks(db: Database) -> DatasetChecks:
    return DatasetChecks(db)


@pytest.fixture
def asked(db: Database, project: Projects) -> list[ImageDatasets]:
    """30 questions about 30 images: 25 of them are answered yes."""
    dataset = ImageDatasetService(db)
    return [
        dataset.create_dataset_entry(
            project.id, add_image(db, project.id, f"{number}.jpg").id, "Is there a dog?", "yes" if number % 6 else "no"
        )
        for number in range(30)
    ]


def _ids(db: Database, project: Projects, line: str) -> set[str]:
    return {entry.id for entry in EntryQueries(db).find_entries(project.id, parse_search(line)).items}


async def test_a_run_is_kept_with_when_and_of_what_it_is_and_its_findings_are_search_terms(
    db: Database, project: Projects, checks: DatasetChecks, asked: list[ImageDatasets]
) -> None:
    assert checks.newest(project.id, "guessable") is None
    result = await checks.run(project.id, "guessable")
    assert (result["guessed"], result["entries"]) == (25, 30)
    report = checks.newest(project.id, "guessable")
    assert report is not None
    assert (report.result, report.query, report.ended_at.tzinfo is not None) == (result, "", True)
    no = {entry.id for entry in asked if entry.answer == "no"}
    everything = {entry.id for entry in asked}
    assert _ids(db, project, "guessable:no") == no
    assert _ids(db, project, "guessable:yes") == everything - no
    assert _ids(db, project, "-guessable:yes") == no
    assert _ids(db, project, "guessable:>50") == everything - no
    assert _ids(db, project, "guessable:0..100") == everything
    with pytest.raises(InvalidInputError, match="guessable: takes yes, no, or percent such as >80"):
        _ids(db, project, "guessable:maybe")


async def test_an_entry_whose_question_or_answer_is_changed_has_no_finding_any_more(
    db: Database, project: Projects, checks: DatasetChecks, asked: list[ImageDatasets]
) -> None:
    await checks.run(project.id, "guessable")
    entry = next(one for one in asked if one.answer == "yes")
    ReviewService(db).decide(entry.id, entry.version, "confirm")
    assert entry.id in _ids(db, project, "guessable:yes")
    ReviewService(db).decide(entry.id, entry.version + 1, "edit", changes={"answer": "no"})
    assert entry.id not in _ids(db, project, "guessable:0..100")
    assert len(_ids(db, project, "guessable:0..100")) == 29


async def test_pruning_proposes_entries_that_can_be_tagged_and_changes_none_by_itself(
    db: Database, project: Projects, checks: DatasetChecks, asked: list[ImageDatasets]
) -> None:
    result = await checks.run(project.id, "balance", target=0.7)
    proposed = _ids(db, project, "prune:yes")
    assert len(proposed) == result["left_out"] > 0
    assert _ids(db, project, "prune:no") == {entry.id for entry in asked} - proposed
    changed = ReviewService(db).bulk(project.id, parse_search("prune:yes"), "tag", "pruned")
    assert changed.changed == len(proposed)
    assert _ids(db, project, "tag:pruned") == proposed
    ReviewService(db).undo(project.id, batch_id=changed.batch_id)
    assert _ids(db, project, "tag:pruned") == set()


async def test_rejected_and_other_entries_than_those_of_the_search_line_are_not_checked(
    db: Database, project: Projects, checks: DatasetChecks, asked: list[ImageDatasets]
) -> None:
    ReviewService(db).bulk_ids(project.id, [asked[1].id], "reject")
    assert (await checks.run(project.id, "guessable"))["entries"] == 29
    ReviewService(db).bulk_ids(project.id, [one.id for one in asked[2:27]], "tag", "some")
    assert (await checks.run(project.id, "guessable", "tag:some"))["entries"] == 25
    report = checks.newest(project.id, "guessable")
    assert report is not None
    assert report.query == "tag:some"


async def test_only_the_newest_run_is_kept(
    db: Database, project: Projects, checks: DatasetChecks, asked: list[ImageDatasets]
) -> None:
    await checks.run(project.id, "guessable")
    await checks.run(project.id, "guessable")

    def rows(session: Session) -> tuple[int, int]:
        return len(session.exec(select(CheckRuns)).all()), len(session.exec(select(EntryFindings)).all())

    with db.reading() as session:
        assert rows(session) == (1, 30)


async def test_too_few_entries_and_unknown_names_get_a_sentence(
    project: Projects, checks: DatasetChecks, make: Callable[..., ImageDatasets], image: Images
) -> None:
    make("Is there a dog?", "yes")
    with pytest.raises(VitrineError, match=r"At least 20 entries are needed .* there are 1"):
        await checks.run(project.id, "guessable")
    with pytest.raises(InvalidInputError, match=r"There is no check called luck\. Use one of guessable, balance"):
        await checks.run(project.id, "luck")
    with pytest.raises(InvalidInputError, match=r"target cannot be used: .* less than or equal to 0.95"):
        await checks.run(project.id, "balance", target=2)
    with pytest.raises(InvalidInputError, match=r"surprise cannot be used: it is not known\. Known are: none"):
        await checks.run(project.id, "guessable", surprise=1)
    options: dict[str, Any] = {"check": "balance"}
    with pytest.raises(InvalidInputError, match=r"'check'\. Options of balance: target, keep_confirmed"):
        await checks.run(project.id, "balance", **options)
    with pytest.raises(InvalidInputError, match=r"'check'\. Options of arena: sample, seed, fresh"):
        checks.estimate(project.id, "arena", "", models=[], **options)
    with pytest.raises(InvalidInputError, match=r"Missing a required argument: 'check'\. Use one of guessable,"):
        await checks.run(project.id)  # type: ignore[call-arg]
    with pytest.raises(InvalidInputError, match=r"cost_cap cannot be used: it is not known\. Known are: sample"):
        checks.estimate(project.id, "arena", models=[{"model": "openai/a"}], cost_cap=1.0)
    with pytest.raises(InvalidInputError, match="There is no field called color"):
        await checks.run(project.id, "guessable", "color:red")
