"""The recipes of tasks in words."""

from typing import Any

import pytest

from core import Tasks
from core.export import ExportRecipe, parse_recipe
from pages.components.shared import recipe_words

SPLIT = parse_recipe({"entries": {"search": "kind:count"}, "splits": {"train": 80, "test": 20}})
MODEL = {"model": "openai/gpt-4o", "temperature": 0.7, "api_base": None}


@pytest.mark.parametrize(
    ("task_type", "config", "lines"),
    [
        (
            "image-question-generation",
            {
                "num_questions": 3, "kinds": {"count": 2, "yes/no": 1}, "language": "tr", "with_answers": True,
                "only_without_questions": True, "custom_prompt": None, "example_ids": [], "models": [MODEL],
                "verifiable": True, "batch": False,
            },
            [
                ("Images", "without a question of their own"),
                ("Questions", "3 per image: count, yes/no, in the ratio 2 : 1"), ("Answers", "with the questions"),
                ("Language", "Turkish"), ("Model", "openai/gpt-4o, temperature 0.7"),
                ("Also", "only answers that a program can verify"),
            ],
        ),
        (
            "image-question-generation",
            {"num_questions": 1, "sets": "pdf", "set_size": 5, "image_ids": ["a", "b"], "models": [{"model": "m"}]},
            [
                ("Images", "Sets of up to 5 images, of the pages of one PDF, of 2 images that were chosen"),
                ("Questions", "1 per set, of any kind"), ("Answers", "not asked for"), ("Language", "English"),
                ("Model", "m"),
            ],
        ),
        (
            "image-answer-generation",
            {"which": "all", "models": [{"model": "m"}, {"model": "n"}]},
            [
                ("Images", "all"), ("Questions", "all, also those with an answer"), ("Language", "English"),
                ("Models", "m; n"),
            ],
        ),
        (
            "image-import",
            {"source": "path", "path": "uploads/x", "name": "shelf.zip", "format": "llava", "first_page": 2},
            [("From", "shelf.zip"), ("Read as", "LLaVA, ShareGPT"), ("First page", "2")],
        ),
        (
            "dataset-export",
            {"recipe": SPLIT.as_dict()},
            [
                ("Format", "LLaVA"), ("Entries", "confirmed"), ("Search", "kind:count"),
                ("Splits", "train 80%, test 20%"), ("Written as", "zip"),
            ],
        ),
        (
            "style-generation",
            {"request": {"aspect_ratio": "16:9", "wording": "strong"}, "prompts": ["A fox", "A cup"], "variants": 2},
            [
                ("Prompts", "A fox; A cup"), ("Variants", "2"), ("Aspect ratio", "16:9"),
                ("Weight of the references", "strong"),
            ],
        ),
        ("dataset-check", {"check": "guessable", "q": "", "options": {"folds": 5, "seed": 0}}, [
            ("Check", "guessable"), ("Options", "folds 5"),
        ]),
        ("dataset-export", {"recipe": ExportRecipe().as_dict()}, [
            ("Format", "LLaVA"), ("Entries", "confirmed"), ("Splits", "train 100%"), ("Written as", "zip"),
        ]),
    ],
)  # fmt: skip
def test_a_recipe_is_told_in_words(task_type: str, config: dict[str, Any], lines: list[tuple[str, str]]) -> None:
    assert recipe_words.lines(Tasks(project_id="p", task_type=task_type, config=config)) == lines
