"""What a task of analysis takes: a list of ids, and the key that was typed for its model."""

from typing import Any

import pytest

from core import Projects
from core.errors import InvalidInputError, NotFoundError
from core.llm import session_keys
from core.services import Services
from tests.pictures import png

MODEL = {"llm_config": {"model": "openai/gpt-4o"}}


@pytest.mark.parametrize("image_ids", ["one", {"one": 1}, ("one",), ["one", 2], [None]])
def test_ids_are_a_list_of_texts(services: Services, project: Projects, image_ids: Any) -> None:
    with pytest.raises(InvalidInputError, match="must be a list of ids"):
        services.analysis._checked_ids(project.id, image_ids)


def test_at_least_one_of_the_chosen_images_is_in_the_project(services: Services, project: Projects) -> None:
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    assert services.analysis._checked_ids(project.id, None) is None
    assert services.analysis._checked_ids(project.id, []) == []
    assert services.analysis._checked_ids(project.id, ["gone", added.image.id]) == ["gone", added.image.id]
    with pytest.raises(NotFoundError, match="None of these images"):
        services.analysis._checked_ids(project.id, ["gone"])


def test_the_model_has_the_key_that_was_typed_for_the_task(services: Services) -> None:
    session_keys.register("analysis", "key-of-the-first", 0)
    session_keys.register("analysis", "key-of-the-second", 1)

    model = services.analysis.tools(MODEL, "analysis").model
    assert model is not None
    assert (model.litellm_model, model.api_key) == ("openai/gpt-4o", "key-of-the-first")
    without = services.analysis.tools(MODEL).model
    assert without is not None
    assert without.api_key is None
    assert services.analysis.tools({}, "analysis").model is None
