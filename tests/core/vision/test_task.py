"""Analyzing images as a task: what is missing or stale is done once, and a bad image costs itself only."""

import pytest
from sqlmodel import select

from core import Projects
from core.db import ImageFindings, ImageTexts, ImageVectors, TaskItems
from core.errors import InvalidInputError, NotFoundError
from core.services import Services
from core.vision.store import AnalyzedCount, LabelCount
from tests.core.vision.conftest import add_images, install
from tests.core.vision.toy import ToyAnalyzer


async def test_all_images_are_analyzed_once(services: Services, project: Projects, toy: ToyAnalyzer) -> None:
    ids = add_images(services, project.id, "2 cups.jpg", "1 pots.jpg", "3 cups.jpg")
    first = await services.analysis.analyze(project.id, analyzers=["toy"])
    second = await services.analysis.analyze(project.id, analyzers=["toy"])

    assert (first["analyzed"], first["failed"], first["skipped"]) == (3, 0, {})
    assert (second["analyzed"], len(toy.seen_names)) == (0, 3)
    assert services.analysis.get_analysis(ids["2 cups.jpg"]) == {"toy": {"label": "cups", "count": 2}}
    assert services.analysis.store.labels(project.id, "toy") == [LabelCount("cups", 2), LabelCount("pots", 1)]
    assert services.analysis.store.count(project.id, "toy", "toy 1") == AnalyzedCount(3, 0, 0)


async def test_findings_texts_and_vectors_are_derived(services: Services, project: Projects, toy: ToyAnalyzer) -> None:
    ids = add_images(services, project.id, "2 cups.jpg")
    await services.analysis.analyze(project.id, analyzers=["toy"])
    with services.db.reading() as session:
        finding = session.exec(select(ImageFindings)).one()
        texts = session.exec(select(ImageTexts)).one()
        vector = session.exec(select(ImageVectors).where(ImageVectors.kind == "toy")).one()
    assert (finding.image_id, finding.analyzer, finding.label, finding.count, finding.score) == (
        ids["2 cups.jpg"], "toy", "cups", 2, 0.75,
    )  # fmt: skip
    assert (texts.seen, texts.words) == ("no. 2", "cups")
    assert vector.vector == bytes([2, 60])


async def test_results_of_another_version_are_stale_and_made_again(
    services: Services, project: Projects, toy: ToyAnalyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_images(services, project.id, "2 cups.jpg", "1 pots.jpg")
    await services.analysis.analyze(project.id, analyzers=["toy"])
    install(monkeypatch, ToyAnalyzer("toy 2"))

    assert services.analysis.store.count(project.id, "toy", "toy 2") == AnalyzedCount(0, 2, 0)
    assert (await services.analysis.analyze(project.id, analyzers=["toy"]))["analyzed"] == 2
    assert services.analysis.store.count(project.id, "toy", "toy 2") == AnalyzedCount(2, 0, 0)
    assert services.analysis.store.labels(project.id, "toy") == [LabelCount("cups", 1), LabelCount("pots", 1)]


async def test_an_image_that_cannot_be_analyzed_costs_itself_only(
    services: Services, project: Projects, toy: ToyAnalyzer
) -> None:
    ids = add_images(services, project.id, "2 cups.jpg", "bad.jpg", "1 pots.jpg")
    made = await services.analysis.analyze(project.id, analyzers=["toy"])
    with services.db.reading() as session:
        failed = session.exec(select(TaskItems).where(TaskItems.state == "failed")).one()
    assert (made["analyzed"], made["failed"]) == (2, 1)
    assert (failed.subject_id, failed.error) == (ids["bad.jpg"], "It cannot be opened.")


async def test_a_missing_original_costs_itself_only(services: Services, project: Projects, toy: ToyAnalyzer) -> None:
    ids = add_images(services, project.id, "2 cups.jpg", "1 pots.jpg")
    image = services.images.get_image(ids["1 pots.jpg"])
    assert image is not None
    services.images.original_path(image).unlink()
    made = await services.analysis.analyze(project.id, analyzers=["toy"])
    assert (made["analyzed"], made["failed"]) == (1, 1)


async def test_only_the_chosen_images_are_analyzed(services: Services, project: Projects, toy: ToyAnalyzer) -> None:
    ids = add_images(services, project.id, "2 cups.jpg", "1 pots.jpg")
    await services.analysis.analyze(project.id, [ids["1 pots.jpg"]], ["toy"])
    assert toy.seen_names == ["1 pots.jpg"]


async def test_an_analyzer_that_cannot_run_says_what_is_missing(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, ToyAnalyzer(""))
    add_images(services, project.id, "2 cups.jpg")
    with pytest.raises(InvalidInputError, match="Toys are missing"):
        await services.analysis.analyze(project.id, analyzers=["toy"])


async def test_an_unknown_analyzer_and_foreign_images_are_refused(
    services: Services, project: Projects, toy: ToyAnalyzer
) -> None:
    with pytest.raises(InvalidInputError, match="There is no analyzer nose"):
        await services.analysis.analyze(project.id, analyzers=["nose"])
    with pytest.raises(NotFoundError, match="None of these images"):
        await services.analysis.analyze(project.id, ["x" * 21], ["toy"])
