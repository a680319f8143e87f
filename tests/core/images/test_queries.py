"""Search lines find images by what is in them and what is known of them, with true counts."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from core import Projects
from core.db import ImageAnalyses, Images, Questions
from core.errors import InvalidInputError, NotFoundError
from core.images import ImageFilter, parse_image_query, query_facets
from core.images.queries import EmptyReason
from core.services import Services
from core.vision.store import derive
from core.vision.vectors.rows import packed
from tests.core.vision.conftest import add_images

NAMES = ("beach.jpg", "street.jpg", "sign.jpg", "new.jpg")


@pytest.fixture
def ids(services: Services, project: Projects) -> dict[str, str]:
    """Four images: two dogs on the beach, a dog and a bus in a street, a sign, and one that was never analyzed."""
    made = add_images(services, project.id, *NAMES)
    results: dict[str, dict[str, dict[str, object]]] = {
        "beach.jpg": {"objects": _objects("dog", "dog", "surfboard"), "text": _lines(), "tags": _tags("dog", "sea")},
        "street.jpg": {"objects": _objects("dog", "traffic light"), "text": _lines("BUS STOP"), "tags": _tags("dog")},
        "sign.jpg": {"objects": _objects(), "text": _lines("Stop here", "STOP"), "tags": _tags()},
    }
    with services.db.transaction() as session:
        for name, found in results.items():
            for analyzer, result in found.items():
                row = ImageAnalyses(
                    project_id=project.id, image_id=made[name], analyzer=analyzer, version="1", result=result
                )
                session.add(row)
        session.flush()
        derive(session, project.id, list(made.values()))
        session.add(Questions(project_id=project.id, image_id=made["sign.jpg"], question="?", question_key="q"))
        values = {"width": 3000, "height": 1000, "sharpness": 12.0, "brightness": 50.0, "contrast": 30.0}
        session.execute(update(Images).where(col(Images.id) == made["beach.jpg"]).values(**values))
        values |= {"width": 500, "height": 900, "sharpness": 400.0}
        others = [made[name] for name in NAMES[1:]]
        session.execute(update(Images).where(col(Images.id).in_(others)).values(**values))
    services.library.tag_images([made["beach.jpg"]], ["Sea", "holiday"])
    return made


def _objects(*labels: str) -> dict[str, object]:
    return {"items": [{"label": label, "score": 0.9, "box_xyxy": [0, 0, 1, 1]} for label in labels]}


def _lines(*texts: str) -> dict[str, object]:
    return {"lines": [{"text": text, "score": 0.9, "box_xyxy": [0, 0, 1, 1]} for text in texts]}


def _tags(*tags: str) -> dict[str, object]:
    return {"tags": [{"tag": tag, "score": 0.9} for tag in tags]}


def _found(services: Services, project: Projects, line: str) -> set[str]:
    page = services.image_queries.find(project.id, line)
    names = {image.image_name.removesuffix(".jpg") for image in page.items}
    assert page.total == len(names) == services.image_queries.count(project.id, line)
    assert {image.id for image in page.items} == set(services.image_queries.find_ids(project.id, line))
    return names


FOUND: tuple[tuple[str, set[str]], ...] = (
    ("", {"beach", "street", "sign", "new"}),
    ("object:dog", {"beach", "street"}),
    ("object:DOG>=2", {"beach"}),
    ("object:dog<2", {"street", "sign"}),
    ("object:dog=0", {"sign"}),
    ('object:"traffic light">=1', {"street"}),
    ("object:dog object:surfboard", {"beach"}),
    ("object:none", {"sign"}),
    ("-object:dog", {"sign", "new"}),
    ("text:stop", {"street", "sign"}),
    ("text:stop text:here", {"sign"}),
    ("text:none", {"beach"}),
    ("tag:sea", {"beach"}),
    ("tag:holiday", {"beach"}),
    ("tag:dog", {"beach", "street"}),
    ("tag:none", {"sign", "new"}),
    ("-dog", {"sign", "new"}),
    ("quality:blurred", {"beach"}),
    ("quality:blurred quality:dark", set()),
    ("shape:portrait side:<1000", {"street", "sign", "new"}),
    ("side:>=2560", {"beach"}),
    ("questions:yes", {"sign"}),
    ("questions:no object:dog", {"beach", "street"}),
    ("entries:yes", set()),
    ("variant:yes", set()),
    ("source:upload source:zip", {"beach", "street", "sign", "new"}),
    ("format:JPEG name:s", {"street", "sign"}),
    ("analyzed:objects -analyzed:caption", {"beach", "street", "sign"}),
    ("added:<2020-01-01", set()),
    ("dog object:surfboard", {"beach"}),
)


@pytest.mark.usefixtures("ids")
def test_a_search_line_finds_what_it_says(services: Services, project: Projects) -> None:
    assert {line: _found(services, project, line) for line, _ in FOUND} == dict(FOUND)
    assert _found(services, project, "dog") >= {"beach", "street"}
    assert "sign" in _found(services, project, "sign")


def test_words_bring_the_best_image_first(services: Services, project: Projects, ids: dict[str, str]) -> None:
    found = services.image_queries.find(project.id, "a dog on a surfboard")
    assert found.items[0].id == ids["beach.jpg"]
    assert list(found.scores.values()) == sorted(found.scores.values(), reverse=True)


def test_pages_follow_each_other_sorted_and_ranked(services: Services, project: Projects, ids: dict[str, str]) -> None:
    for line, sort in (("-object:bird", "name"), ("jpg", "newest")):
        names, after = [], None
        for _ in NAMES:
            page = services.image_queries.find(
                project.id, line, image_filter=ImageFilter(sort=sort), limit=1, after=after
            )
            names += [image.image_name for image in page.items]
            after = page.next_cursor
        assert (sorted(names), after) == (sorted(NAMES), None)
        if sort == "name":
            assert names == sorted(NAMES)
    with pytest.raises(InvalidInputError, match="does not exist any more"):
        services.image_queries.find(project.id, "jpg", after="gone")


def _facets(services: Services, project: Projects, line: str) -> dict[str, dict[str, int]]:
    found = services.image_queries.facets(project.id, parse_image_query(line))
    return {facet.field: {value.value: value.count for value in facet.values} for facet in found}


@pytest.mark.usefixtures("ids")
def test_facets_count_what_a_click_would_find(services: Services, project: Projects) -> None:
    everything = _facets(services, project, "")
    assert everything["object"] == {"dog": 2, "surfboard": 1, "traffic light": 1}
    assert everything["tag"] == {"Sea": 1, "dog": 2, "holiday": 1}
    assert everything["text"] == {"stop": 2, "bus": 1, "here": 1}
    assert everything["questions"] == {"yes": 1, "no": 3}
    for line in ("", "object:dog", "shape:portrait", "text:stop", "-tag:sea", "dog"):
        query = parse_image_query(line)
        for facet in services.image_queries.facets(project.id, query):
            for value in facet.values:
                rest = query if facet.field in ("object", "text", "tag", "quality") else query.without(facet.field)
                clicked = rest.with_term(facet.field, value.value)
                assert services.image_queries.count(project.id, clicked) == value.count, (line, facet.field, value)


@pytest.mark.usefixtures("ids")
def test_words_are_counted_in_as_many_images_as_the_limit_and_in_no_more(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_facets, "MAX_TEXTS", 2)
    assert _facets(services, project, "")["text"] == {"stop": 2, "bus": 1, "here": 1}
    monkeypatch.setattr(query_facets, "MAX_TEXTS", 1)
    assert "text" not in _facets(services, project, "-object:bird")
    assert _facets(services, project, "text:here")["text"] == {"stop": 1, "here": 1}


@pytest.mark.usefixtures("ids")
def test_a_deleted_image_is_in_no_facet(services: Services, project: Projects, ids: dict[str, str]) -> None:
    services.library.delete_images([ids["beach.jpg"]])
    assert _facets(services, project, "")["object"] == {"dog": 1, "traffic light": 1}
    assert "beach" not in _found(services, project, "dog")


@pytest.mark.usefixtures("ids")
def test_the_part_that_leaves_nothing_is_named(services: Services, project: Projects) -> None:
    reasons = {
        "object:dog": None,
        "object:dogg tag:sea": EmptyReason("object:dogg", 0, 1, "object:dog"),
        "object:surfboard text:stop shape:portrait": EmptyReason("object:surfboard", 1, 2),
        "tag:zebra": EmptyReason("tag:zebra", 0, 4),
    }
    assert {line: services.image_queries.why_empty(project.id, line) for line in reasons} == reasons


def test_what_cannot_be_read_is_refused(services: Services, project: Projects) -> None:
    for line, message in (
        ("objet:dog", "There is no field called objet. Did you mean object:"),
        ("shape:round", "shape: takes landscape, portrait, square, not round"),
        ("side:wide", "side: takes a number"),
        ("object:>=2", "Write which object"),
        ("object:cup>=x", "Write a whole number"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            services.image_queries.find(project.id, line)


def test_similar_images_come_by_their_cosine(services: Services, project: Projects, ids: dict[str, str]) -> None:
    import numpy as np

    from core.db import ImageVectors

    vectors = {"beach.jpg": (1.0, 0.0), "street.jpg": (0.6, 0.8), "sign.jpg": (0.0, 1.0)}
    stored = {name: packed(np.array(vector, np.float32)) for name, vector in vectors.items()}
    with services.db.transaction() as session:
        for name, vector in stored.items():
            session.add(ImageVectors(project_id=project.id, image_id=ids[name], kind="two", vector=vector))
    found = services.image_queries.find(project.id, f"similar:{ids['beach.jpg']}")
    assert [image.image_name for image in found.items] == ["beach.jpg", "street.jpg", "sign.jpg"]
    assert [round(score, 2) for score in found.scores.values()] == [1.0, 0.6, 0.0]
    assert _found(services, project, f"similar:{ids['beach.jpg']} text:stop") == {"street", "sign"}

    example = services.image_queries.add_example("pier.jpg", {"two": stored["sign.jpg"], "other": b"\0\0"})
    found = services.image_queries.find(project.id, f"similar:{example}")
    assert found.items[0].image_name == "sign.jpg"
    assert services.image_queries.similar_name(example) == "pier.jpg"
    with pytest.raises(NotFoundError, match="Drop it"):
        services.image_queries.find(project.id, "similar:example-0")
    with pytest.raises(NotFoundError):
        services.image_queries.find(project.id, "similar:nowhere")


def test_all_images_of_a_search_are_read(services: Services, project: Projects, ids: dict[str, str]) -> None:
    found = services.images.iter_images(project.id, search="object:dog", sort="name")
    assert [image.image_name for image in found] == ["beach.jpg", "street.jpg"]


def test_the_values_of_fields_complete_the_line(services: Services, project: Projects, ids: dict[str, str]) -> None:
    queries = services.image_queries
    assert queries.field_values(project.id, "object") == ("dog", "surfboard", "traffic light", "none")
    assert queries.field_values(project.id, "shape") == ("landscape", "portrait", "square")
    assert queries.field_values(project.id, "analyzed") == ("objects", "tags", "text")


def test_the_paths_of_originals_are_those_of_all_or_of_some_images(
    services: Services, project: Projects, ids: dict[str, str]
) -> None:
    chosen = {ids["beach.jpg"], ids["sign.jpg"], "nowhere"}
    assert set(services.images.file_paths(project.id)) == set(ids.values())
    services.images.file_paths(project.id)[ids["sign.jpg"]].unlink()
    found = services.images.file_paths(project.id, chosen)
    assert {id_: path.is_file() for id_, path in found.items()} == {ids["beach.jpg"]: True}


def test_suggestions_have_counts_and_names_the_most_frequent_first(
    services: Services, project: Projects, ids: dict[str, str]
) -> None:
    queries = services.image_queries
    counted = {one.value: one.count for one in queries.value_counts(project.id, "object")}
    assert counted == {"dog": 2, "surfboard": 1, "traffic light": 1, "none": 1}
    within = queries.value_counts(project.id, "shape", "", parse_image_query("object:dog"))
    assert {one.value: one.count for one in within} == {"landscape": 1, "portrait": 1, "square": 0}
    assert [one.value for one in queries.value_counts(project.id, "name", "st")] == ["street.jpg"]
    assert queries.similar_name(ids["sign.jpg"]) == "sign.jpg"
    services.library.delete_images([ids["sign.jpg"]])
    assert queries.similar_name(ids["sign.jpg"]) is None
