"""The prompt that avoids an answer."""

from core.questions import prompts
from pages.components.generate import recipe_prefill


def test_the_answer_to_avoid_stands_before_the_kinds_of_question() -> None:
    built_in = prompts.load("questions_and_answers", "en").text

    made = recipe_prefill._prompt("$5")

    line = 'Ask only questions whose correct answer for this image is not "$$5".\n'
    assert line in made
    assert made.replace(line, "") == built_in
    assert made.index(line) < made.index("Kinds of question:")
