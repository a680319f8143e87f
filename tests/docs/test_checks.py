"""The examples of docs/CHECKS.md, with a fake model in the place of the named ones."""

import json
import re

import pytest

from core import DatasetChecks, Projects
from core.services import Services
from tests.docs.blocks import to_run
from tests.fakes.provider import Call, FakeProvider, Reply
from tests.pictures import png


def _answer(call: Call) -> Reply:
    """Give each line of a judge's rubric five points, and answer everything else with yes."""
    prompt = next((text for text in call.texts if "Lines:" in text), "")
    lines = re.findall(r"^\d\. ", prompt.partition("Lines:")[2], re.MULTILINE)
    scores = [{"number": number, "reason": "", "score": 5} for number in range(1, len(lines) + 1)]
    return Reply(json.dumps({"lines": scores} if lines else {"answers": [{"number": 1, "answer": "Yes."}]}))


async def test_the_examples_of_the_page_about_checks_run(services: Services, project: Projects) -> None:
    (added,) = services.intake.add_images(project.id, [("shelf.png", png("red"))])
    assert added.image is not None
    for number in range(20):
        services.dataset.create_dataset_entry(project.id, added.image.id, f"Is it {number}?", "Yes.", confirmed=True)
    checks = DatasetChecks(services.db)
    with FakeProvider(_answer) as provider:
        host = provider.url.removeprefix("http://")
        for example in to_run("docs/CHECKS.md", "python"):
            code = example.replace('"openai/gpt-4o-mini"}', f'"openai/gpt-4o-mini", "api_base": "{provider.url}/v1"}}')
            code = code.replace('"openai/gpt-4o-mini", "openai/mine@', f'"openai/gpt-4o-mini@{host}", "openai/mine@')
            code = code.replace("localhost:8000", host)
            await _run(code, {"checks": checks, "project_id": project.id})
    assert sorted(standing.model for standing in checks.arena_models(project.id)) == [
        f"openai/gpt-4o-mini@{host}", f"openai/mine@{host}",
    ]  # fmt: skip


async def _run(code: str, names: dict[str, object]) -> None:
    body = "\n".join(f"    {line}" for line in code.splitlines())
    exec(compile(f"async def example():\n{body}\n", "docs/CHECKS.md", "exec"), names)  # noqa: S102
    await names["example"]()  # type: ignore[operator]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_KEY_127_0_0_1", "key-of-the-tests")
