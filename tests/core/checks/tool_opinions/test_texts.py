"""Which parts of a line are compared with a text, and what is needed to test an answer at all."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.checks.tool_opinions import reading
from core.checks.tool_opinions.tester import NOT_LOOKED_AT, NOT_SURE, EntryTester
from core.checks.tool_opinions.texts import _parts
from core.db import ImageFindings, Images
from core.llm.offline.see.vocabulary import read_question
from core.services import Services
from tests.core.checks.planted import checked
from tests.pictures import png


@pytest.mark.parametrize(
    ("line", "wanted", "count", "parts"),
    [
        ("a b c", "x", 2, ["a b c", "a b", "b c"]), ("a b", "x", 2, ["a b"]), ("a b", "x", 3, ["a b"]),
        ("a b c", "x", 1, ["a b c", "a", "b", "c"]), ("出口在左边", "出口", 1, ["出口在左边", "出口"]),
        ("EXIT", "EX", 1, ["EXIT"]),
    ],
)  # fmt: skip
def test_parts_of_a_line_have_as_many_words_as_the_text(line: str, wanted: str, count: int, parts: list[str]) -> None:
    assert list(_parts(line, wanted, count)) == parts


@pytest.mark.parametrize(
    ("question", "kind", "lines", "objects", "why"),
    [
        ("What is written in the image?", "", None, [], NOT_LOOKED_AT), ("Is there any text?", "", [], None, NOT_SURE),
        ("Is there a dog?", "", [], None, NOT_LOOKED_AT), ("Is there a dog?", "", None, [], NOT_SURE),
        ("Who painted it?", "", None, None, NOT_SURE), ("Who painted it?", "text", None, [], NOT_LOOKED_AT),
        ("Who painted it?", "text", [], None, NOT_SURE),
    ],
)  # fmt: skip
def test_what_was_not_looked_at_is_told_from_what_is_not_sure(
    question: str, kind: str, lines: Any, objects: Any, why: str
) -> None:
    tester: Any = EntryTester.__new__(EntryTester)
    tester._read = read_question
    scene: Any = SimpleNamespace(lines=lines, objects=objects)

    assert tester._why_not(checked("e", question, "yes", family=0, kind=kind), scene) == why


def test_the_labels_are_those_of_objects_in_the_images_of_the_project(services: Services) -> None:
    projects = [services.projects.create_project(name) for name in ("One", "Other")]
    for project, label in zip(projects, ("dog", "cat"), strict=True):
        (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
        assert isinstance(added.image, Images)
        with services.db.transaction() as session:
            session.add_all(
                ImageFindings(
                    image_id=added.image.id, project_id=project.id, analyzer=analyzer, label=found, count=1, score=0.9
                )
                for analyzer, found in (("objects", label), ("tags", "sunny"))
            )

    assert reading.labels(services.db, projects[0].id) == ("dog",)
