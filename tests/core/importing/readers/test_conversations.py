"""Conversations whose turns are objects with human and assistant, and the names of images in Labelbox."""

from typing import Any

import pytest

from core.importing.answers import RowError
from core.importing.readers.conversations import _messages
from core.importing.readers.labelbox import _image
from tests.core.importing.readers.files import KnownFiles


@pytest.mark.parametrize(
    ("turns", "messages"),
    [
        ([{"human": "Q", "assistant": "A", "system": "S"}],
         [{"from": "system", "value": "S"}, {"from": "human", "value": "Q"}, {"from": "assistant", "value": "A"}]),
        ([{"human": "Q"}], [{"from": "human", "value": "Q"}]),
        ([{"human": "Q"}, {"from": "gpt"}], [{"human": "Q"}, {"from": "gpt"}]),
        (["the human", {"human": "Q"}], ["the human", {"human": "Q"}]),
        ("human", "human"),
        (None, None),
    ],
)  # fmt: skip
def test_turns_of_human_and_assistant_become_messages_when_all_are_such(turns: Any, messages: Any) -> None:
    assert _messages(turns) == messages


def test_an_image_of_labelbox_is_called_by_the_name_that_is_a_text() -> None:
    files = KnownFiles("a.jpg")

    assert _image({"external_id": "dir/a.jpg", "row_data": "https://x.org/b.jpg"}, "row 1", files) == "dir/a.jpg"
    for external_id in (7, "", None):
        with pytest.raises(RowError, match="This row names no image"):
            _image({"external_id": external_id}, "row 1", files)
