"""The images as pages of thumbnails, groups of similar ones, and putting some into a split."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import Images
from core.images import parse_image_query
from core.vision.duplicates import DuplicateGroup, DuplicatePair
from pages.components.images import duplicates, library, make_variants, split_dialog
from pages.components.shared import cards, page
from tests.pages.reading import draw, read
from tests.pages.running import services

AT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def image(id_: str, **changed: Any) -> Images:
    given = {"project_id": "p", "image_name": f"{id_}.png", "width": 1_600, "height": 120, "size": 2_000, **changed}
    return Images(id=id_, sha256="0" * 64, format="PNG", create_at=AT, **given)


@pytest.mark.parametrize(
    ("count", "before", "cursor", "pages"),
    [
        (0, 0, None, None),
        (60, 0, None, [("1 to 60 of 200 images", False, False)]),
        (61, 0, None, [("1 to 60 of 200 images", False, True), ("61 to 61 of 200 images", True, False)]),
        (120, 60, "c", [("61 to 120 of 200 images", True, True), ("121 to 180 of 200 images", True, True)]),
    ],
)
def test_a_page_has_sixty_images_and_the_next_one_is_read_with_it(
    count: int, before: int, cursor: str | None, pages: list[tuple[str, bool, bool]] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    limits: list[int] = []

    def find(_project_id: str, _query: object, *, limit: int, **_how: object) -> SimpleNamespace:
        limits.append(limit)
        return SimpleNamespace(
            items=[image(str(n)) for n in range(count)], total=200, next_cursor=cursor, scores={}
        )  # fmt: skip

    monkeypatch.setattr(services().image_queries, "find", find)
    found = library._read("p", parse_image_query(""), "newest", before, None)
    assert limits == [120]
    if found is None:
        assert pages is None
        return
    shown = [one for one in (found.shown, found.following) if one is not None]
    assert [(one.where, one.has_previous, one.has_next) for one in shown] == pages


def test_a_thumbnail_says_how_similar_it_is_or_what_it_is_like_or_its_tags_or_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = SimpleNamespace(items=[image("a")], total=1, next_cursor=None, scores={"a": 0.98765})
    monkeypatch.setattr(services().image_queries, "find", lambda *_of, **_how: found)
    similar = library._read("p", parse_image_query("similar:b"), "newest", 0, None)
    assert similar is not None
    assert similar.shown.items[0].caption == "0.988 similar"
    twin = image("c", near_duplicate_of="a", tags="front")
    assert [library._caption(one, {"a": "a.png"}) for one in (image("b"), image("b", tags="x,y"), twin)] == [
        "1,600 x 120", "x, y", "similar to a.png",
    ]  # fmt: skip
    assert library._caption(twin, {}) == "similar to another image"
    assert library._first_ones([image("b")]) == {}


def test_pages_are_turned_and_another_search_begins_at_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    places = []
    for about, turn in (("a", "next"), ("a", "next"), ("a", "previous"), ("a", ""), ("b", "")):
        places.append(library._position(about))
        state["images-trail"]["last"] = f"i{len(places)}"
        if turn:
            library._turn(turn)
    assert places == [(0, None), (60, "i1"), (120, "i2"), (60, "i1"), (0, None)]


def group(monkeypatch: pytest.MonkeyPatch, act: cards.Act | None = None, **changed: Any) -> tuple[Any, list[str]]:
    drawn: list[Any] = []
    monkeypatch.setattr(cards, "show", lambda shown, **_looks: drawn.append(shown) or act)
    pairs = [DuplicatePair("b", "a", ("hash", "vectors"), cosine=0.987), DuplicatePair("b", "gone", ("hash",))]
    found = {"images": [image("a"), image("b")], "pairs": pairs, "variants": 0, **changed}
    lines = read(draw(duplicates._group, DuplicateGroup(**found)))
    return drawn[-1], lines


def test_the_images_of_a_group_say_which_is_oldest_and_what_the_others_are_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown, lines = group(monkeypatch)
    assert [card.lines for card in shown] == [
        ("1,600 x 120 px, 2.0 kB PNG", "oldest"),
        ("1,600 x 120 px, 2.0 kB PNG", "added 2026-05-01 09:00 UTC", "like a.png by hash, by vectors (0.987)"),
    ]
    assert lines == ["2 images", "[Keep all]", "[Merge]"]
    assert group(monkeypatch, variants=1)[1][0] == "2 images, with 1 variant"
    other = [DuplicatePair("b", "gone", ("hash",))]
    assert group(monkeypatch, pairs=other)[0][1].lines[-1] == "like another by hash"


def test_more_groups_are_shown_when_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []

    def find(*_of: object, limit: int) -> SimpleNamespace:
        limits.append(limit)
        return SimpleNamespace(groups=["g"] * limit, total=9, next_cursor="c" if limit == 8 else None)

    monkeypatch.setattr(services().duplicate_search, "find_groups", find)
    monkeypatch.setattr(duplicates, "_group", lambda _found: None)
    at = draw(duplicates.show, services().projects.create_project("Shelf").id)
    by_hash = "Found by hash alone. Analyze images for similarity to find crops and mirrored copies too."
    assert read(at) == [by_hash, "9 groups of similar images; the oldest image comes first.", "[Show more]"]
    at.button(key="duplicates-more").click().run()
    assert limits == [8, 8, 16]
    assert "[Show more]" not in read(at)
    monkeypatch.setattr(services().analysis.store, "has_results", lambda *_of: True)
    assert by_hash not in read(at.run())


def test_an_image_without_questions_and_entries_is_deleted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(duplicates.image_deletion, "ask", lambda _ids: done.append("asked"))
    monkeypatch.setattr(duplicates.image_deletion, "delete", lambda _ids: done.append("deleted"))
    monkeypatch.setattr(st, "rerun", lambda: None)
    for questions, entries in ((0, 0), (1, 0), (0, 1)):
        counts = SimpleNamespace(questions=questions, entries=entries)
        monkeypatch.setattr(services().library, "count_dependents", lambda _ids, counts=counts: counts)
        duplicates._delete("a")
    assert done == ["deleted", "asked", "asked"]


def test_what_was_put_into_a_split_is_said_and_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [split_dialog._sentence(*of) for of in (("test", 1, 0), ("train", 2, 3), ("by hash", 1, 3))] == [
        "1 image is in test now.", "2 images are in train now, with 3 that stay together with them.",
        "1 image is split by hash again.",
    ]  # fmt: skip
    monkeypatch.setattr(page, "project_id", lambda: "p")
    undone: list[str] = []
    monkeypatch.setattr(
        services().splits, "undo", lambda *of, **_by: undone.append(of[1]) or SimpleNamespace(conflicts=1)
    )

    def notice(*done: str) -> Any:
        def script() -> None:
            st.session_state.setdefault("split-images", list(done))
            split_dialog.undo_notice()

        return draw(script)

    assert read(notice("another", "b", "test", "1", "0")) == []
    at = notice("p", "b", "test", "0", "0")
    assert [toast.value for toast in at.toast] == ["The splits of these images are by hash already."]
    at = notice("p", "b", "test", "1", "0")
    assert read(at) == ["1 image is in test now.", "[Undo]"]
    at.button(key="split-undo").click().run()
    assert undone == ["b"]


@pytest.mark.parametrize(
    ("choice", "label"), [("test", "Put 1 image into test"), ("by hash", "Put back 1 image to hash")]
)
def test_a_split_is_chosen_and_hash_takes_images_back(choice: str, label: str) -> None:
    at = draw(split_dialog.ask, "p", ["a"])
    assert at.segmented_control[0].value == "test"
    at.segmented_control[0].set_value(choice).run()
    assert at.button(key="split-confirm").label == label


def test_variants_come_with_entries_unless_that_is_switched_off() -> None:
    at = draw(make_variants.ask, "p", ["a", "b"])
    assert at.toggle(key="make-entries").value is True
    assert at.button(key="make-start").label == "Make variants of 2 images"
