import pytest

from core import ImageQuestionGenerationTask, Images
from core.errors import InvalidInputError
from core.questions import prompts
from core.questions.recipe import PROMPT_VARIABLES
from tests.fakes.model import FakeModel


@pytest.mark.parametrize("language", ["en", "zh-CN", "tr"])
@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("questions", {"count", "kinds", "existing"}),
        ("questions_and_answers", {"count", "kinds", "existing"}),
        ("answers", {"count", "questions"}),
    ],
)
def test_every_prompt_uses_the_same_variables_in_every_language(name: str, language: str, variables: set[str]) -> None:
    prompt = prompts.load(name, language)

    assert prompt.name == f"{language}/{name}"
    # The English ones are also used for languages without prompts of their own; the others name theirs.
    assert prompt.variables == variables | ({"language"} if language == "en" else set())


def test_every_language_has_a_folder_with_every_prompt_and_nothing_else() -> None:
    folders = {path.name: {file.name for file in path.iterdir()} for path in prompts.DIRECTORY.iterdir()}

    assert folders == {code: {f"{name}.txt" for name in prompts.NAMES} for code in prompts.LANGUAGES}


async def test_a_language_is_added_by_a_folder_of_prompts_and_one_line(
    asking: ImageQuestionGenerationTask, model: FakeModel, images: list[Images], toy_language: str
) -> None:
    model.enqueue_questions("Kara var?")

    await asking.generate_questions_for_image(images[0], {"model": "openai/gpt-4o"}, 1, language=toy_language)

    assert model.history[0].prompt == "Toy questions: 1, object, attribute, count, position, text, reasoning, yes/no, -"
    assert [question.language for question in asking.list_questions(images[0].project_id)] == [toy_language]


def test_a_language_without_prompts_is_requested_by_name_in_the_english_prompt() -> None:
    prompt = prompts.load("questions", "Portuguese")

    text = prompt.render(count="2", language=prompts.language_name("Portuguese"), kinds="object", existing="-")

    assert text.startswith("Look at the image and write exactly 2 questions about it in Portuguese.")


def test_a_missing_value_names_the_prompt_and_the_variable() -> None:
    with pytest.raises(InvalidInputError, match=r"custom uses the unknown variable \$count"):
        prompts.Prompt("custom", "Ask $count questions").render(language="English")


def test_a_lone_dollar_sign_is_explained() -> None:
    with pytest.raises(InvalidInputError, match=r"Write \$\$ for a dollar sign"):
        prompts.Prompt("custom", "What costs 5 $ here?").check(PROMPT_VARIABLES)


def test_a_doubled_dollar_sign_is_a_literal_one() -> None:
    assert prompts.Prompt("custom", "$$5").render() == "$5"
