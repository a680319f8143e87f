"""Every block of code in the documentation is run by a test, or says why not; commands in the text exist."""

import ast
import re
import shlex

import pytest
from typer.main import get_command

from core.cli import app
from tests.docs.blocks import ROOT, all_blocks, pages, to_run

_QUICK_START = "tests/docs/test_quick_start.py::test_the_quick_start_and_the_recipe_for_fine_tuning"
RUN_BY = {
    ("README.md", "python"): "tests/test_interface_example.py::test_the_readme_example_runs_as_it_stands",
    ("README.md", "sh"): _QUICK_START,
    ("docs/ACCESS.md", "sh"): "tests/deploy/test_deploy.py::test_the_command_of_the_page_about_access_lets_people_in",
    ("docs/AGENTS.md", "json"): (
        "tests/docs/test_agents.py::test_the_settings_of_clients_start_the_verb_with_options_that_it_has"
    ),
    ("docs/AGENTS.md", "sh"): "tests/docs/test_agents.py::test_the_token_of_the_page_can_be_made",
    ("docs/API.md", "python"): ("tests/docs/test_api.py::test_the_examples_of_the_api_documentation_run_unchanged"),
    ("docs/CHECKS.md", "python"): "tests/docs/test_checks.py::test_the_examples_of_the_page_about_checks_run",
    ("docs/COMMAND.md", "sh"): "tests/docs/test_command.py::test_every_line_of_the_page_about_the_command_works",
    ("docs/NOTEBOOK.md", "python"): "tests/docs/test_notebook.py::test_each_block_of_the_page_runs",
    ("docs/RUNNING.md", "sh"): "tests/docs/test_running.py::test_every_command_of_the_page_about_running_works",
    ("docs/STORAGE.md", "sh"): "tests/docs/test_storage.py::test_the_settings_put_the_originals_into_a_bucket",
    ("docs/TEAM.md", "sh"): "tests/docs/test_team.py::test_ten_commands_set_up_a_server_with_accounts",
    ("docs/WEBHOOKS.md", "json"): (
        "tests/docs/test_webhooks.py::test_the_blocks_run_in_order_and_the_receiver_can_check_what_it_gets"
    ),
    ("docs/WEBHOOKS.md", "python"): (
        "tests/docs/test_webhooks.py::test_the_blocks_run_in_order_and_the_receiver_can_check_what_it_gets"
    ),
    ("docs/index.md", "sh"): _QUICK_START,
    ("docs/recipes/annotators.md", "sh"): "tests/docs/test_quick_start.py::test_ten_commands_set_up_five_annotators",
    ("docs/recipes/fine-tune.md", "sh"): _QUICK_START,
}
"""Which test runs the blocks of a page in a language; it takes them from ``to_run``."""


def test_every_block_is_run_by_a_test_or_says_why_not() -> None:
    blocks = [block for page in pages() for block in all_blocks(page)]
    assert len(blocks) > 70
    nobody = [
        f"{block.page}:{block.line} has no test that runs it, and no <!-- not run: reason --> before it"
        for block in blocks
        if block.language != "text" and block.reason is None and (block.page, block.language) not in RUN_BY
    ]
    assert nobody == []


def test_each_fence_of_a_page_is_seen() -> None:
    for page in pages():
        fences = re.findall(r"^ *```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(list(all_blocks(page))), page


@pytest.mark.parametrize("file", sorted({node.partition("::")[0] for node in RUN_BY.values()}))
def test_the_named_tests_exist_and_take_the_blocks_of_their_page(file: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    functions = {
        each.name for each in ast.parse(source).body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for (page, language), node in RUN_BY.items():
        if node.startswith(f"{file}::"):
            assert node.partition("::")[2] in functions
            assert f'to_run("{page}", "{language}")' in source, (page, language)
            assert to_run(page, language), (page, language)


def test_commands_within_the_text_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(" ".join(re.findall(r"^([\w -]+):(?!=)", makefile, re.MULTILINE)).split())
    for page in pages():
        text = re.sub(r"^ *```.*?^ *```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for code in re.findall(r"`((?:vitrine|make) [^`]+)`", text):
            words = shlex.split(code.replace("'", ""))
            if words[0] == "make":
                assert [word for word in words[1:] if "=" not in word and word not in targets] == [], (page, code)
            else:
                _check_command(words[1:], f"{page}: {code}")


def _check_command(words: list[str], place: str) -> None:
    """Fail when a verb or an option of *words* does not exist; what stands for a value is not looked at."""
    command = get_command(app)
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    for word in words:
        inside = getattr(command, "commands", {})
        if word.startswith("--"):
            assert word.partition("=")[0] in {*known, "--help"}, place
        elif inside and word in inside:
            command = inside[word]
            known |= {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        elif inside and word not in ("VERB",) and not _is_value(words, word):
            pytest.fail(f"{place} names no verb that exists: {word}")


def _is_value(words: list[str], word: str) -> bool:
    """Whether *word* is the value of the option before it."""
    place = words.index(word)
    return place > 0 and words[place - 1].startswith("--")
