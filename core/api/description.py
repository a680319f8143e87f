"""The OpenAPI description, in the form that generators of clients understand."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token from the settings page or the command line."}
}
# Servers without sign-in take requests of this machine without a token.
_SECURITY: list[dict[str, list[str]]] = [{"token": []}, {}]
_OTHER_NAMES = {"files[]"}
"""Fields that are taken under a second name, which generators would turn into the same one."""
EXAMPLES: dict[str, dict[str, Any]] = {
    "NewProject": {"name": "Shelf"},
    "AskQuestions": {
        "num_questions": 3, "language": "en", "with_answers": True, "llm_config": {"model": "offline/measure"},
    },
    "AskAnswers": {"which": "unanswered", "llm_config": {"model": "offline/measure"}},
    "NewEntry": {"image_id": "V1StGXR8_Z5jdHi6B-myT", "question": "Which color is it?", "answer": "Red."},
    "EntryChange": {"answer": "Dark red.", "version": 1},
    "EntryDecision": {"decision": "confirm", "version": 1},
    "BulkAct": {"action": "tag", "value": "night", "q": "kind:count score:<3"},
    "NewExport": {"format_style": "llava", "file_format": "bundle", "q": "is:confirmed", "license": "CC-BY-4.0"},
    "ImageRequest": {"prompt": "A lamp.", "aspect_ratio": "16:9"},
    "RunCheck": {"check": "guessable"},
    "AnalyzeImages": {"analyzers": ["text"]},
}  # fmt: skip
"""A body for each of the main routes, by the name of its schema."""


def describe(api: FastAPI) -> None:
    """Let *api* return its description with uploads as binary, security schemes and examples."""
    generated = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            _complete(generated())
        return generated()

    api.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for schema in _objects(schemas):
        # What FastAPI writes for an upload means a text to generators; both forms are valid in OpenAPI 3.1.
        if schema.get("contentMediaType") == "application/octet-stream":
            del schema["contentMediaType"]
            schema["format"] = "binary"
    for name, schema in schemas.items():
        if name.startswith("Body_"):
            for other in _OTHER_NAMES & schema["properties"].keys():
                del schema["properties"][other]
    for name, example in EXAMPLES.items():
        schemas[name]["examples"] = [example]
    document["components"]["securitySchemes"] = _SCHEMES
    document["security"] = _SECURITY


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in list(value.values()):
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
