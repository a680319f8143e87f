"""JSON schemas and patterns of users never stop the server: each hostile one is one sentence, wherever it comes in."""

import json
import threading
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from core.db import Questions
from core.questions import schema_check
from core.questions.answering import _problem
from core.services import Services
from tests.pictures import png

CATASTROPHIC = {"type": "string", "pattern": "^(a+)+$"}
CATASTROPHIC_ANSWER = json.dumps("a" * 40 + "!")
DEEP = 100_000


def _doubling(levels: int) -> dict[str, Any]:
    """Return a schema of a few lines that takes 2 ** *levels* steps."""
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{levels}": {}}}


def _nested_all_of(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"allOf": [schema]}
    return schema


# Schemas that are refused where they are created and where an answer is checked, with words of the sentence.
UNUSABLE: list[tuple[str, dict[str, Any], str]] = [
    ("a reference to itself", {"$ref": "#"}, "refers back to itself"),
    ("references in a circle", {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
     "refers back to itself"),
    ("doubling references", _doubling(40), "takes longer"),
    ("deep nesting", _nested_all_of(300), "nested"),
    ("an unknown type", {"type": "strin"}, "not a JSON schema"),
    ("a pattern that is none", {"type": "string", "pattern": "("}, "not a JSON schema"),
    ("a reference that leads nowhere", {"properties": {"a": {"$ref": "#/$defs/missing"}}}, "is not in it"),
    ("a reference to another server", {"$ref": "http://127.0.0.1:9/schema.json"}, "is not in it"),
    ("too long a schema", {"enum": ["x" * 100] * 1000}, "longer than"),
]  # fmt: skip
# Schemas that are usable; checking this answer against them is not.
UNUSABLE_WITH: list[tuple[str, dict[str, Any], str, str]] = [
    ("a catastrophic pattern", CATASTROPHIC, CATASTROPHIC_ANSWER, "takes longer"),
    ("a catastrophic property pattern", {"patternProperties": {"^(a+)+$": {}}}, json.dumps({"a" * 40 + "!": 1}),
     "takes longer"),
    ("multipleOf with a large number", {"multipleOf": 0.1}, "1e400", "too large"),
    ("a long answer", {"type": "array"}, json.dumps(["x"] * 10_000), "Shorten the answer"),
    ("a deep answer", {"type": "array"}, "[" * DEEP + "]" * DEEP, "nested"),
    ("an answer that never ends", {"type": "array"}, "[" * DEEP, "nested"),
    ("not a number", {"type": "number"}, "NaN", "not a number of JSON"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the schemas that were too slow in another test."""
    schema_check._slow_schemas.clear()
    schema_check._schema_problem.cache_clear()
    schema_check._breach.cache_clear()


@pytest.fixture
def project_id(client: TestClient) -> str:
    return str(client.post("/api/projects", json={"name": "Shelf"}).json()["id"])


@pytest.fixture
def image_id(client: TestClient, project_id: str) -> str:
    sent = client.post(f"/api/projects/{project_id}/images", files=[("files", ("red.png", png("red")))])
    return str(sent.json()["results"][0]["image"]["id"])


def _check(client: TestClient, answer: str, schema: dict[str, Any]) -> Response:
    return client.post("/desk/check", json={"answer": answer, "answer_type": "custom_format", "options": schema})


def _sentence(response: Response) -> str:
    assert response.status_code == 422, response.text
    body = response.json()
    assert body["code"] == "invalid"
    assert body["field"] in ("answer", "options")
    return str(body["detail"])


@pytest.mark.parametrize(("schema", "words"), [pytest.param(*case[1:], id=case[0]) for case in UNUSABLE])
def test_a_hostile_schema_is_one_sentence_everywhere(
    client: TestClient, project_id: str, image_id: str, services: Services, schema: dict[str, Any], words: str
) -> None:
    assert words in _sentence(_check(client, "[]", schema))
    entry = services.dataset.create_dataset_entry(project_id, image_id, "How many?", "[]", "m", "custom_format")
    with pytest.raises(ValueError, match=words):
        services.dataset.update_dataset_entry(entry.id, options=schema)
    with pytest.raises(ValueError, match=words):
        services.questions.templates.add_template(project_id, "How many?", answer_type="custom_format", options=schema)
    with pytest.raises(ValueError, match=words):
        services.questions.add_manual_question(image_id, "How many?", answer_type="custom_format", options=schema)


@pytest.mark.parametrize(("schema", "answer", "words"), [pytest.param(*case[1:], id=case[0]) for case in UNUSABLE_WITH])
def test_a_hostile_answer_is_one_sentence_everywhere(
    client: TestClient,
    services: Services,
    project_id: str,
    image_id: str,
    schema: dict[str, Any],
    answer: str,
    words: str,
) -> None:
    template = services.questions.templates.add_template(
        project_id, "How many?", answer_type="custom_format", options=schema
    )
    services.questions.templates.add_to_images(project_id)
    (question,) = [q for q in services.questions.list_questions(project_id) if q.template_id == template.id]
    body = {"question_id": question.id, "answer": answer, "answer_type": "custom_format"}
    sent = client.post(f"/api/projects/{project_id}/image-datasets", json=body)
    assert sent.status_code == 422
    assert len(answer) > 20_000 or words in _sentence(sent)
    assert words in _sentence(_check(client, answer, schema))


def test_the_server_answers_while_a_catastrophic_pattern_is_checked(client: TestClient) -> None:
    replies: list[Response] = []
    checking = threading.Thread(target=lambda: replies.append(_check(client, CATASTROPHIC_ANSWER, CATASTROPHIC)))
    checking.start()
    answered = 0
    while checking.is_alive():
        answered += client.get("/api/health").status_code == 200
    checking.join()
    assert "takes longer" in _sentence(replies[0])
    assert answered > 5


def test_a_schema_that_was_too_slow_is_refused_without_running_it_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check(client, CATASTROPHIC_ANSWER, CATASTROPHIC)

    def run(*_: object) -> None:
        raise AssertionError("the worker was asked again")

    monkeypatch.setattr(schema_check._worker, "get", run)
    assert "takes longer" in _sentence(_check(client, CATASTROPHIC_ANSWER, CATASTROPHIC))


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"type": "string", "pattern": "^[0-9]{4}$"}, '"2026"'),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, "3"),
        ({"properties": {"left": {"$ref": "#"}}, "additionalProperties": False}, '{"left": {"left": {}}}'),
        ({"anyOf": [{"type": "null"}, {"type": "number", "multipleOf": 0.5}]}, "1.5"),
        ({"type": "array", "uniqueItems": True}, "[1, 2]"),
    ],
)  # fmt: skip
def test_schemas_of_every_day_still_work(client: TestClient, schema: dict[str, Any], answer: str) -> None:
    assert _check(client, answer, schema).json() == {"ok": True}
    assert "breaks its schema" in _sentence(_check(client, '{"right": [1, 1]}', {**schema, "maxProperties": 0}))


def test_a_model_reply_that_makes_a_pattern_explode_is_a_problem_of_that_answer() -> None:
    question = Questions(
        project_id="x", image_id="x", question="?", question_key="?", answer_type="custom_format",
        options=CATASTROPHIC,
    )  # fmt: skip
    assert "takes longer" in _problem(CATASTROPHIC_ANSWER, question)
