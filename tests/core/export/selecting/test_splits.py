"""Splits do not change when images are added, and related images share one."""

import io
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core import Projects
from core.db import GeneratedImages, Images
from core.export import SplitShares, parse_recipe
from core.export.restore.restore import read_vitrine
from core.export.selecting.splits import Families, load_families, pdf_of, prevented_leaks, split_of
from core.services import Services
from core.tasks import TaskRunner
from tests.core.export.hostile import HostileProject
from tests.core.images.pictures import drawn, encoded
from tests.core.importing.uploaded import uploaded

SHARES = SplitShares(train=70, validation=20, test=10, seed=1)


def test_shares_are_approximate() -> None:
    splits = [split_of(f"{number:064x}", SHARES) for number in range(10_000)]

    assert abs(splits.count("train") - 7000) < 150
    assert abs(splits.count("validation") - 2000) < 150
    assert abs(splits.count("test") - 1000) < 100


def test_another_seed_gives_other_splits() -> None:
    other = SHARES.model_copy(update={"seed": 2})

    assert [split_of(str(n), SHARES) for n in range(50)] != [split_of(str(n), other) for n in range(50)]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_related_images_share_a_split_through_any_chain(pairs: list[tuple[int, int]]) -> None:
    families = _families(31)
    for first, second in pairs:
        families.join(str(first), str(second), "alike")

    for first, second in pairs:
        assert _split(families, first) == _split(families, second)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(31, 60)), max_size=40, unique_by=lambda pair: pair[1]))
def test_a_younger_related_image_moves_no_other_image(pairs: list[tuple[int, int]]) -> None:
    before = {number: _split(_families(31), number) for number in range(31)}
    grown = _families(61)

    for old, new in pairs:
        grown.join(str(new), str(old), "alike")

    assert {number: _split(grown, number) for number in range(31)} == before


def test_pages_of_a_pdf_near_duplicates_and_references_are_families(hostile: HostileProject) -> None:
    with hostile.db.reading() as session:
        families = load_families(session, hostile.project_id)

    names = {image.id: image.image_name for image in hostile.images}
    assert sorted((names[first][:12], names[second][:12], why) for first, second, why in families.pairs) == [
        ("n" * 12, 'quote"s and ', "pages of one PDF"),
        ("same name.jp", "plain.jpg", "near-duplicates"),
        ("ünïcödé 图片 ص", "passwd.jpg", "generated from a reference"),
    ]


def test_images_with_near_vectors_are_families_and_each_way_is_counted_once(hostile: HostileProject) -> None:
    with hostile.db.reading() as session:
        pairs = {why: (first, second) for first, second, why in load_families(session, hostile.project_id).pairs}
        (same, plain), (other, _) = pairs["near-duplicates"], pairs["generated from a reference"]
        families = load_families(session, hostile.project_id, [(same, plain), (plain, other), ("gone", plain)])

    assert families.root(same) == families.root(other)
    assert families.joined == {
        "near-duplicates": 1, "near vectors": 1, "pages of one PDF": 1, "generated from a reference": 1,
    }  # fmt: skip


def test_the_report_names_the_pairs_that_would_have_leaked(hostile: HostileProject) -> None:
    splits = {"train": 34, "validation": 33, "test": 33}
    leaks = []
    for seed in range(6):
        recipe = parse_recipe({"format": "default", "images": "none", "splits": {**splits, "seed": seed}})
        leaks += hostile.exports.export(hostile.project_id, recipe).report["leaks_prevented"]["named"]

    assert {why for _, _, why in leaks} == {"near-duplicates", "pages of one PDF", "generated from a reference"}


async def test_imported_and_generated_images_stay_together(services: Services, project: Projects) -> None:
    families = await _real_families(services, project)
    exports = services.exports
    separated, leaks = [], set()
    for seed in range(12):
        shares = {"train": 34, "validation": 33, "test": 33, "seed": seed}
        recipe = parse_recipe(
            {"format": "vitrine", "container": "directory", "splits": shares, "entries": {"confirmed_only": False}}
        )
        made = exports.export(project.id, recipe)
        split_by_image = {row["image"]["id"]: row["split"] for row in read_vitrine(services.db.data_dir / made.path)}
        separated += [name for name, ids in families.items() if len({split_by_image[id_] for id_ in ids}) != 1]
        leaks |= {why for _, _, why in made.report["leaks_prevented"]["named"]}

    assert separated == []
    assert leaks == {"near-duplicates", "pages of one PDF", "generated from a reference"}


async def _real_families(services: Services, project: Projects) -> dict[str, set[str]]:
    """Add a PDF, an image with a smaller copy, and a generated image with its reference; an entry on each."""
    shelf = drawn(50, (640, 480))
    alike = [encoded(shelf), encoded(shelf.resize((320, 240)))]
    outcomes = services.intake.add_images(project.id, [(f"shelf-{n}.jpg", data) for n, data in enumerate(alike)])
    assert [outcome.outcome for outcome in outcomes] == ["added", "near-duplicate"]
    pages = io.BytesIO()
    drawn(60).save(pages, "PDF", save_all=True, append_images=[drawn(seed) for seed in (61, 62)])
    path = uploaded(services, "book.pdf", pages.getvalue())
    task = services.tasks.create_task(project.id, "image-import", {"source": "pdf", "path": path})
    await TaskRunner(services.db, services.kinds).run(task.id)
    reference, made = (
        outcome.image
        for outcome in services.intake.add_images(
            project.id, [("reference.jpg", encoded(drawn(70))), ("made.jpg", encoded(drawn(80)))]
        )
    )
    assert reference is not None
    assert made is not None
    with services.db.transaction() as session:
        session.get_one(Images, made.id).source = "generated"
        session.add(
            GeneratedImages(
                project_id=project.id, prompt="x", image_id=made.id, kept=True,
                recipe={"references": [{"image_id": reference.id}]},
            )
        )  # fmt: skip
    images = services.images.list_images(project.id)
    for image in images:
        services.dataset.create_dataset_entry(project.id, image.id, "What?", "That.", "offline/measure")
    return {
        "alike": {outcome.image.id for outcome in outcomes if outcome.image is not None},
        "pdf": {image.id for image in images if image.source == "pdf"},
        "generated": {made.id, reference.id},
    }


async def test_copies_that_roboflow_augmented_of_one_image_are_a_family(services: Services, project: Projects) -> None:
    names = [f"{name}_jpg.rf.{number:032x}.jpg" for name in ("pier", "dune") for number in range(2)]
    for number, name in enumerate((*names, "pier_jpg.rf.short.jpg", "pier.jpg")):
        await services.images.upload_image(project.id, name, encoded(drawn(number)))
    ids = {image.image_name: image.id for image in services.images.iter_images(project.id)}

    with services.db.reading() as session:
        families = load_families(session, project.id)

    roots = [families.root(ids[name]) for name in names]
    assert roots[0] == roots[1] != roots[2] == roots[3]
    assert families.joined == {"augmented copies of one image": 2}


def test_one_split_has_no_leaks() -> None:
    families = _families(3)
    families.join("0", "1", "alike")

    assert prevented_leaks(families, SplitShares()) == []


def test_a_page_names_its_pdf() -> None:
    assert pdf_of("report.pdf#page=3") == "report.pdf"
    assert pdf_of("report.pdf, page 3, image 1") == "report.pdf"
    assert pdf_of("report.pdf") == "report.pdf"


def _families(count: int) -> Families:
    made = Families()
    for number in range(count):
        made.ages[str(number)] = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number), str(number))
        made.hashes[str(number)] = f"{number:064x}"
    return made


def _split(families: Families, number: int) -> str:
    return split_of(families.split_key(str(number), f"{number:064x}"), SHARES)
