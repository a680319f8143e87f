"""Questions and entries with several images: which of them a query finds, and what an entry says of itself."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from core.db import (
    HELD_BACK,
    Database,
    ImageDatasets,
    Images,
    Projects,
    Questions,
    further_images,
    has_one_image,
    is_about,
    is_further_image,
    utc_now,
)

Table = type[Questions] | type[ImageDatasets]


def _row(table: Table, id_: str, project_id: str, *images: str, deleted: bool = False) -> Questions | ImageDatasets:
    values = {
        "id": id_, "project_id": project_id, "image_id": images[0], "more_image_ids": ",".join(images[1:]),
        "question": "Which?", "deleted_at": utc_now() if deleted else None,
    }  # fmt: skip
    if table is Questions:
        return Questions(**values, question_key=id_)
    return ImageDatasets(**values, image_name="a.jpg", answer="The first.")


@pytest.fixture(params=[Questions, ImageDatasets])
def table(request: pytest.FixtureRequest, db: Database) -> Table:
    """Rows of two projects: one image, two images, three images, and a deleted one with two."""
    table: Table = request.param
    with db.transaction() as session:
        for project_id in ("p", "q"):
            session.add(Projects(id=project_id, name=project_id))
        session.flush()
        for name in ("a", "b", "c", "d", "e"):
            session.add(
                Images(
                    id=name, project_id="q" if name == "e" else "p", image_name=name, path=name, size=1, width=1,
                    height=1, sha256=name, format="PNG",
                )
            )  # fmt: skip
        session.flush()
        session.add_all([
            _row(table, "one", "p", "a"), _row(table, "two", "p", "a", "b"), _row(table, "three", "p", "b", "a", "c"),
            _row(table, "deleted", "p", "a", "d", deleted=True), _row(table, "other", "q", "a", "e"),
        ])  # fmt: skip
    return table


def test_rows_are_found_by_their_first_and_further_images(db: Database, table: Table) -> None:
    def about(*ids: str) -> list[str]:
        with db.reading() as session:
            return sorted(session.exec(select(table.id).where(is_about(table, ids))))

    assert about("a") == ["deleted", "one", "other", "three", "two"]
    assert about("b") == ["three", "two"]
    assert about("c", "d") == ["deleted", "three"]
    assert about() == []


def test_further_images_are_those_of_rows_that_exist_in_the_project(db: Database, table: Table) -> None:
    with db.reading() as session:
        assert set(session.scalars(further_images(table, "p"))) == {"a", "b", "c"}
        assert set(session.scalars(further_images(table, "q"))) == {"e"}
        further = select(Images.id).where(is_further_image(table, col(Images.id)))
        assert set(session.exec(further)) == {"a", "b", "c", "e"}
        assert list(session.exec(select(table.id).where(has_one_image(table)))) == ["one"]


@pytest.mark.parametrize(
    ("generated_question", "generated_answer", "edited"),
    [
        (None, None, False), ("Q?", "A", False), (None, "A", False), ("Q?", "B", True), ("P?", "A", True),
        ("P?", None, True), (None, "B", True),
    ],
)  # fmt: skip
def test_an_entry_is_edited_when_its_question_or_answer_is_not_what_a_model_wrote(
    generated_question: str | None, generated_answer: str | None, edited: bool
) -> None:
    entry = ImageDatasets(
        project_id="p", image_id="a", image_name="a", question="Q?", answer="A",
        generated_question=generated_question, generated_answer=generated_answer,
    )  # fmt: skip

    assert entry.edited is edited


def test_an_entry_that_is_held_back_is_not_deleted() -> None:
    entry = ImageDatasets(project_id="p", image_id="a", image_name="a", question="Q?", answer="A")

    found = []
    for deleted_at in (None, HELD_BACK, HELD_BACK + timedelta(seconds=1)):
        entry.deleted_at = deleted_at
        found.append(entry.is_deleted)
    assert found == [False, False, True]
