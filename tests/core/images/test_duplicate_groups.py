"""Near-duplicates: separated, merged, and each decision undone."""

import pytest

from core import Projects
from core.db import Database, ImageDatasets, Questions
from core.errors import ConflictError, InvalidInputError
from core.images import ImageFilter
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def test_a_separated_image_is_no_near_duplicate_until_that_is_undone(services: Services, project: Projects) -> None:
    same = drawn(1)
    outcomes = services.intake.add_images(
        project.id, [("a.png", encoded(same, "PNG")), ("b.jpg", encoded(same.resize((120, 90))))]
    )
    second = outcomes[1].image
    assert second is not None

    assert services.duplicates.separate([second.id]) == 1
    assert services.duplicates.separate([second.id]) == 0
    assert services.library.find_images(project.id, ImageFilter(near_duplicates=True)).total == 0
    services.duplicates.undo([second.id])
    assert services.library.find_images(project.id, ImageFilter(near_duplicates=True)).total == 2
    with pytest.raises(ConflictError, match="nothing to undo"):
        services.duplicates.undo([second.id])


def test_a_merge_leaves_the_oldest_image_with_the_questions_and_entries_of_all(
    services: Services, db: Database, project: Projects
) -> None:
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(2)])
    first, second = (outcome.image for outcome in outcomes)
    assert first is not None
    assert second is not None
    with db.transaction() as session:
        for image, question in ((first, "who"), (second, "who"), (second, "where")):
            session.add(
                Questions(project_id=project.id, image_id=image.id, question=f"{question}?", question_key=question)
            )
        session.add(
            ImageDatasets(project_id=project.id, image_id=second.id, image_name="1.jpg", question="?", answer="!")
        )

    kept = services.duplicates.merge([second.id, first.id])

    assert kept.id == first.id
    assert services.images.get_image(second.id) is None
    assert sorted(question.question for question in services.library.questions_of(first.id)) == ["where?", "who?"]
    assert [(entry.answer, entry.image_name) for entry in services.library.entries_of(first.id)] == [("!", "0.jpg")]
    with pytest.raises(InvalidInputError):
        services.duplicates.merge([first.id])


def test_undoing_a_merge_gives_every_image_its_questions_and_entries_again(
    services: Services, db: Database, project: Projects
) -> None:
    scene = drawn(1, (400, 300))
    outcomes = services.intake.add_images(
        project.id, [(f"{side}.jpg", encoded(scene.resize((side, side * 3 // 4)))) for side in (400, 240, 200)]
    )
    ids = [outcome.image.id for outcome in outcomes if outcome.image]
    with db.transaction() as session:
        for at, question in ((0, "who"), (1, "who"), (1, "where"), (2, "where"), (2, "when")):
            asked = Questions(project_id=project.id, image_id=ids[at], question=question, question_key=question)
            session.add(asked)
            session.flush()
            session.add(
                ImageDatasets(
                    project_id=project.id, image_id=ids[at], image_name=outcomes[at].image_name, question=question,
                    question_id=asked.id, answer="!",
                )
            )  # fmt: skip

    def question_of(entry: ImageDatasets) -> object:
        with db.reading() as session:
            asked = session.get(Questions, entry.question_id)
            assert asked is not None
            return asked.question, asked.image_id, asked.deleted_at, asked.answered

    def state() -> list[object]:
        images = services.images
        return [
            (
                images.get_image(id_).near_duplicate_of,  # type: ignore[union-attr]
                sorted(question.question for question in services.library.questions_of(id_)),
                sorted(
                    (entry.question, entry.image_name, question_of(entry)) for entry in services.library.entries_of(id_)
                ),
            )
            for id_ in ids
        ]

    before = state()
    services.duplicates.merge(ids)
    entries = services.library.entries_of(ids[0])
    assert sorted((entry.question, question_of(entry)) for entry in entries) == [
        (question, (question, ids[0], None, True)) for question in ("when", "where", "where", "who", "who")
    ]
    services.duplicates.undo(ids)

    assert state() == before
    assert before[1] == (
        ids[0],
        ["where", "who"],
        [(question, "240.jpg", (question, ids[1], None, True)) for question in ("where", "who")],
    )


def test_groups_are_read_page_by_page_each_with_its_oldest_image_first(services: Services, project: Projects) -> None:
    sizes = [(160, 120), (200, 150), (240, 180)]
    files = [(f"{seed}-{size[0]}.png", encoded(drawn(seed).resize(size), "PNG")) for seed in range(3) for size in sizes]
    services.intake.add_images(project.id, [*files, ("alone.png", encoded(drawn(9), "PNG"))])

    def pages(limit: int) -> list[list[list[str]]]:
        found, after = [], None
        while True:
            page = services.duplicates.find_groups(project.id, limit=limit, after=after)
            assert page.total == 3
            found.append([[image.image_name for image in group] for group in page.groups])
            if (after := page.next_cursor) is None:
                return found

    (all_groups,) = pages(3)
    assert sorted(all_groups) == [[f"{seed}-{width}.png" for width, _ in sizes] for seed in range(3)]
    assert pages(2) == [all_groups[:2], all_groups[2:]]
    assert pages(1) == [[group] for group in all_groups]
    big = services.duplicates.find_groups(project.id, ImageFilter(min_side_px=240))
    assert ([[image.image_name for image in group] for group in big.groups], big.total) == (all_groups, 3)
    assert services.duplicates.find_groups(project.id, ImageFilter(min_side_px=241)).groups == []
    assert services.duplicates.find_groups(project.id, ImageFilter(near_duplicates=True)).total == 3
    services.library.delete_images([big.groups[0][1].id])
    assert sorted(len(group) for group in services.duplicates.find_groups(project.id).groups) == [2, 3, 3]
