"""Recipes of tasks in words: images and entries, kinds, models, sources, and values without words of their own."""

from typing import Any

import pytest

from core import Tasks
from pages.components.shared import recipe_words


def said(task_type: str, config: dict[str, Any]) -> dict[str, str]:
    return dict(recipe_words.lines(Tasks(project_id="p", task_type=task_type, config=config)))


@pytest.mark.parametrize(
    ("config", "images"),
    [
        ({}, "all"),
        ({"image_ids": ["a"]}, "1 image that was chosen"),
        ({"image_ids": []}, "0 images that were chosen"),
        ({"image_ids": ["a"], "only_failed": True}, "that failed before, of 1 image that was chosen"),
        ({"top_up": True, "only_failed": False}, "with fewer questions than wanted"),
        ({"sets": "similar"}, "Sets of up to 4 images, of similar images"),
        ({"sets": "own", "set_size": 2}, "Sets of up to 2 images, own"),
    ],
)
def test_images_are_all_or_those_without_or_those_chosen(config: dict[str, Any], images: str) -> None:
    assert said("image-question-generation", config)["Images"] == images


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [
        ({"which": "all"}, "Questions", "all, also those with an answer"),
        ({"which": "open"}, "Questions", "those without an answer"),
        ({"num_questions": 2, "kinds": {"count": 1, "color": 1}}, "Questions", "2 per image: count, color"),
        ({"num_questions": 2, "kinds": {"count": 3}}, "Questions", "2 per image: count"),
        ({"num_questions": 2, "with_answers": False}, "Answers", "not asked for"),
        ({"custom_prompt": "Ask."}, "Prompt of your own", "Ask."),
        ({"example_ids": ["a"]}, "Examples", "1 confirmed entry sent along"),
        ({"batch": True}, "Also", "sent in batches, at a lower price"),
        ({"concurrency": 1_200}, "Parallel calls", "1,200"),
        ({"models": [{"model": "m", "provider": "p", "max_tokens": 0, "api_base": ""}]}, "Model", "m, max tokens 0"),
        ({"models": [{"model": "m"}, {"model": "n"}]}, "Models", "m; n"),
    ],
)
def test_what_was_asked_is_told_as_far_as_it_was_set(config: dict[str, Any], name: str, value: str) -> None:
    assert said("image-answer-generation", config)[name] == value
    unset = said("image-answer-generation", {})
    assert list(unset) == ["Images", "Questions", "Language"]


@pytest.mark.parametrize(
    ("entries", "which"),
    [
        ({}, "confirmed"),
        ({"confirmed_only": True, "rejected": None}, "confirmed"),
        ({"confirmed_only": False, "rejected": False}, "all but rejected"),
        ({"confirmed_only": False, "rejected": None}, "all"),
        ({"confirmed_only": False}, "all"),
    ],
)
def test_the_entries_of_an_export_are_told_by_their_decision(entries: dict[str, Any], which: str) -> None:
    assert said("dataset-export", {"recipe": {"entries": entries}}) == {"Format": "LLaVA", "Entries": which}


def test_the_rest_of_an_export_is_told_where_it_is_set() -> None:
    recipe = {
        "format": "llava", "entries": {"leave_out": ["empty", "label"]}, "splits": {"train": 50, "validation": 50},
        "container": "directory", "title": "Shelf", "license": "mit",
    }  # fmt: skip
    assert said("dataset-export", {"recipe": recipe}) == {
        "Format": "LLaVA", "Entries": "confirmed", "Left out": "empty, label",
        "Splits": "train 50%, validation 50%", "Written as": "directory", "Title": "Shelf", "License": "mit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        ({"source": "urls", "urls": ["a", "b"]}, {"From": "2 web addresses"}),
        ({"source": "urls", "urls": ["a"]}, {"From": "1 web address"}),
        ({"hub": "owner/name", "split": "train"}, {"From": "owner/name", "Split": "train"}),
        ({"path": "/srv/a", "format": "own"}, {"From": "/srv/a", "Read as": "own"}),
        ({"address": "cam"}, {"From": "cam"}),
        ({}, {}),
    ],
)
def test_an_import_says_where_it_comes_from(config: dict[str, Any], lines: dict[str, str]) -> None:
    assert said("image-import", config) == lines


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        ({"prompts": ["A cup"], "variants": 1}, {"Prompt": "A cup"}),
        ({"prompts": ["A cup", "A fox"]}, {"Prompts": "A cup; A fox"}),
        ({"variants": 3}, {"Variants": "3"}),
        ({}, {}),
    ],
)
def test_a_request_for_images_says_its_prompts_and_variants(config: dict[str, Any], lines: dict[str, str]) -> None:
    assert said("style-generation", config) == lines


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"), (3, "3"), (0, "0"), ({"a_b": 2, "c": 0, "d": True}, "a b 2, d yes"),
        (list(range(8)), "0, 1, 2, 3, 4, 5, 6, 7"), (list(range(9)), "9 chosen"), ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 300 + "…"),
    ],
)  # fmt: skip
def test_a_value_without_words_of_its_own_is_shown_in_short(value: Any, words: str) -> None:
    assert recipe_words._value(value) == words


def test_what_is_not_set_is_not_told() -> None:
    unset = {"a": None, "b": "", "c": [], "d": {}, "e": False}
    assert said("work", {**unset, "some_name": "x", "llm_config": {"model": "m"}}) == {"Some name": "x", "Model": "m"}
