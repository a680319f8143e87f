"""The data of cards, and the action that a click reports."""

from pages.components.shared import cards
from pages.components.shared.cards import Act, Action, Bar, Card
from tests.pages.components.recording import RecordedComponents

PLAIN_ACTION = {"name": "open", "label": "Open", "pressed": False, "help": "", "corner": False, "frame": False}


def test_a_card_has_nothing_that_was_not_given(components: RecordedComponents) -> None:
    act = cards.show([Card("1", "/media/1", "shelf.jpg", actions=(Action("open", "Open"),))], key="a__b", label="Some")

    assert act is None
    assert components.keys["vitrine_cards"] == "a_.b"
    assert components.data["vitrine_cards"] == {
        "cards": [
            {
                "id": "1", "url": "/media/1", "name": "shelf.jpg", "aspect": 4 / 3, "number": None, "title": "",
                "lines": (), "swatches": (), "bars": (), "verdicts": (), "judged_by": "", "alarm": "",
                "actions": (PLAIN_ACTION,),
            }
        ],
        "label": "Some",
        "min_width_px": 150,
        "fit": "contain",
    }  # fmt: skip


def test_bars_are_passed_with_their_words(components: RecordedComponents) -> None:
    cards.show([Card("1", None, "a", bars=(Bar("light", "darker", 1.5),))], key="k", label="Some", min_width_px=90)

    data = components.data["vitrine_cards"]
    assert data["cards"][0]["bars"] == ({"name": "light", "word": "darker", "ratio": 1.5},)
    assert data["min_width_px"] == 90


def test_a_click_is_the_name_of_the_action_and_the_id_of_the_card(components: RecordedComponents) -> None:
    components.reports = {"acted": {"action": "open", "id": "1"}}

    assert cards.show([], key="k", label="Some") == Act("open", "1")
