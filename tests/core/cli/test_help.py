"""What --help says of each verb, and what it costs to ask."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer.main
from typer.testing import CliRunner

from core.cli import app

runner = CliRunner()


def _verbs(group: typer.Typer, *before: str) -> Iterator[tuple[str, ...]]:
    yield from ((*before, str(command.name)) for command in group.registered_commands)
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from _verbs(inner.typer_instance, *before, str(inner.name))


@pytest.mark.parametrize("verb", sorted(_verbs(app)), ids=" ".join)
def test_the_help_of_each_verb_has_an_example_that_can_be_typed(verb: tuple[str, ...]) -> None:
    shown = runner.invoke(app, [*verb, "--help"], env={"COLUMNS": "200"}).stdout
    (example,) = [line.partition("Example: ")[2] for line in shown.splitlines() if "Example: " in line]
    assert example.startswith(f"vitrine {' '.join(verb)}") or f" {' '.join(verb)} " in example
    assert runner.invoke(app, [*verb, "--nonsense"]).exit_code == 2


def test_help_and_version_import_neither_the_services_nor_their_libraries() -> None:
    code = (
        "import sys; from core.cli import app; app(['--help'], standalone_mode=False); "
        "print({'sqlalchemy', 'litellm', 'numpy', 'streamlit', 'PIL', 'pandas'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "set()"
