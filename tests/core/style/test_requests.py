"""A style request as it is stored, and what it may not be."""

import pytest

from core.db import Images
from core.errors import InvalidInputError
from core.style.requests import Reference, StyleRequest


def test_a_request_is_read_back_as_it_was_written() -> None:
    request = StyleRequest("A lamp", "d", pinned=("a", "b"), excluded=("c",), overrides={"style": "x"})

    stored = request.to_dict()

    assert (stored["pinned"], stored["excluded"]) == (["a", "b"], ["c"])
    assert StyleRequest.from_dict(stored) == request
    assert StyleRequest.from_dict({"prompt": "A lamp", "pinned": None}) == StyleRequest("A lamp")
    assert (StyleRequest("A").aspect_ratio, StyleRequest("A").reference_image_count) == ("1:1", 5)


def test_an_unknown_field_or_a_missing_prompt_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"A style request has no field b, c\.") as raised:
        StyleRequest.from_dict({"prompt": "A", "c": 1, "b": 2})
    assert raised.value.field == "b"
    for values in ({}, {"prompt": None}, {"prompt": 3}):
        with pytest.raises(InvalidInputError, match="The prompt is missing") as raised:
            StyleRequest.from_dict(values)
        assert raised.value.field == "prompt"


def test_a_reference_is_called_by_its_image_or_its_url() -> None:
    image = Images(project_id="p", image_name="a.png", path="", size=1, sha256="", format="PNG")

    assert Reference(1, "r", "nearest", False, image, "https://x/b.png").name == "a.png"
    assert Reference(1, "r", "nearest", False, None, "https://x/b.png").name == "https://x/b.png"
