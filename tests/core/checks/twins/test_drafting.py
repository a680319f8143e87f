"""Which entries can have a twin."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.checks.twins.drafting import check_may_be_twin
from core.errors import InvalidInputError


@pytest.mark.parametrize(
    ("more_image_ids", "conversation_id", "image_id", "said"),
    [
        ("b", None, "a", "Only a single question"), ("", "c", "a", "Only a single question"),
        ("b", "c", "a", "Only a single question"), ("", None, "other", r"other\.png was asked this question already"),
    ],
)  # fmt: skip
def test_a_turn_a_set_and_the_image_itself_have_none(
    more_image_ids: str, conversation_id: str | None, image_id: str, said: str
) -> None:
    entry: Any = SimpleNamespace(more_image_ids=more_image_ids, conversation_id=conversation_id, image_id=image_id)
    image: Any = SimpleNamespace(id="other", image_name="other.png")
    session: Any = None

    with pytest.raises(InvalidInputError, match=said):
        check_may_be_twin(session, entry, image)
