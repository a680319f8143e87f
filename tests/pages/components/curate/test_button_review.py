"""Review with buttons: images that are gone, entries about several, and decisions of a second reviewer."""

import pytest
import streamlit as st

from core import ImageDatasets, Images
from pages.components.curate import button_review
from pages.components.shared import zoom
from tests.pages.running import services
from tests.pictures import striped


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> list[Images]:
    monkeypatch.setattr(st, "session_state", {})
    project = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(project.id, [("a.png", striped(1)), ("b.png", striped(2))])
    return [outcome.image for outcome in outcomes if outcome.image is not None]


def made(images: list[Images]) -> ImageDatasets:
    ids = [image.id for image in images]
    return services().dataset.create_dataset_entry(
        images[0].project_id, ids[0], "Same?", "yes", "m", image_ids=ids if len(ids) > 1 else None
    )


def test_several_images_are_numbered_and_a_deleted_one_is_named(
    images: list[Images], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(st, "caption", drawn.append)
    monkeypatch.setattr(st, "text", drawn.append)
    monkeypatch.setattr(zoom, "show", lambda image, *, key: drawn.append(f"{key}: {image.image_name}"))
    several, single = made(images), made(images[:1])

    button_review._image(single)
    assert drawn == ["plain-image-1: a.png"]
    drawn.clear()
    services().library.delete_images([images[1].id])
    button_review._image(several)
    assert drawn == [r"1. a\.png", "plain-image-1: a.png", r"2. b\.png", "This image was deleted."]


def test_a_reason_is_stored_with_a_rejection_and_not_with_a_second_review(images: list[Images]) -> None:
    first, second = made(images[:1]), made(images[:1])
    st.session_state[f"plain-reason-{first.id}"] = "bad question"
    st.session_state[f"plain-reason-{second.id}"] = "bad question"
    services().review.decide(second.id, 1, "confirm", actor="Ben")

    button_review._decide(first.id, 1, "reject", "yes", "Anna", False)
    button_review._decide(second.id, 2, "reject", "yes", "Anna", True)

    stored = [services().dataset.get_dataset_entry(entry.id) for entry in (first, second)]
    assert [(entry.decision, entry.reject_reason, entry.flagged) for entry in stored] == [
        ("rejected", "bad question", False), ("confirmed", "", True),
    ]  # fmt: skip
    assert st.session_state["plain-message"] == "Rejected: Same?"


def test_a_skipped_second_review_is_no_verdict(images: list[Images]) -> None:
    entry = made(images[:1])
    services().review.decide(entry.id, 1, "confirm", actor="Ben")
    button_review._decide(entry.id, 2, "skip", "yes", "Anna", True)
    assert [event.action for event in services().entries.history(entry.id)] == ["create", "confirm", "skip"]
    button_review._undo(entry.project_id, "Anna")
    assert st.session_state["plain-message"] == "Undone."
    button_review._undo(entry.project_id, "Anna")
    assert st.session_state["plain-message"] == "There is nothing to undo."
