"""The REST reference: one page for each group of routes, from the OpenAPI description."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

_SCHEMA = re.compile(r"#/components/schemas/(\w+)")


def rest_pages(document: dict[str, Any]) -> dict[str, str]:
    """Return the pages below ``reference/`` by their file names."""
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append((method.upper(), path, operation))
    pages = {f"rest/{tag}.md": "\n".join(_group(tag, routes)) for tag, routes in sorted(groups.items())}
    pages["rest/schemas.md"] = "\n".join(_schemas(document["components"]["schemas"]))
    pages["rest/index.md"] = "\n".join(_index(dict(sorted(groups.items()))))
    return pages


def _index(groups: dict[str, list[tuple[str, str, dict[str, Any]]]]) -> Iterator[str]:
    yield "# REST\n"
    yield "[REST API](../../API.md) tells how to sign in, page, retry and read errors, with examples that run."
    yield "The running app has the same description at `/api/openapi.json`, and at `/api/docs` with a form to try it.\n"
    for tag, routes in groups.items():
        yield f"## [{_title(tag)}]({tag}.md)\n\n| route | |\n|---|---|"
        for method, path, operation in routes:
            yield f"| [`{method} {path}`]({tag}.md#{operation['operationId']}) | {_cell(_first_sentence(operation))} |"
        yield ""


def _group(tag: str, routes: list[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    yield f"# {_title(tag)}\n"
    for method, path, operation in routes:
        name = operation["operationId"]
        yield f"## {method} {path} {{ #{name} data-toc-label='{_title(name).replace('_', ' ')}' }}\n"
        yield f"{_markdown(operation.get('description', ''))}\n"
        yield from _parameters([each for each in operation.get("parameters", []) if each["in"] == "query"])
        for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
            yield f"Body, `{media_type}`: {_type(body['schema'])}\n"
        answers = {code: each for code, each in operation["responses"].items() if code.startswith("2")}
        for code, answer in answers.items():
            yield f"Answer {code}: {', '.join(_answers(answer.get('content') or {})) or 'no content'}\n"


def _parameters(parameters: list[dict[str, Any]]) -> Iterator[str]:
    if parameters:
        yield "| parameter | type | |\n|---|---|---|"
    for each in parameters:
        yield f"| `{each['name']}` | {_type(each['schema'])} | {_cell(each.get('description') or '')} |"
    yield ""


def _answers(content: dict[str, Any]) -> Iterator[str]:
    for media_type, answer in content.items():
        yield _type(answer.get("schema", {})) if media_type == "application/json" else f"`{media_type}`"


def _schemas(schemas: dict[str, Any]) -> Iterator[str]:
    yield "# Bodies and answers\n"
    for name, schema in sorted(schemas.items()):
        yield f"## {name} {{ #{name} }}\n\n{_markdown(schema.get('description', ''))}\n"
        if "enum" in schema:
            yield ", ".join(f"`{value}`" for value in schema["enum"]) + "\n"
        if schema.get("properties"):
            yield "| field | type | default | |\n|---|---|---|---|"
        required = schema.get("required", [])
        for field, value in schema.get("properties", {}).items():
            default = (
                "required" if field in required else f"`{json.dumps(value['default'])}`" if "default" in value else ""
            )
            yield f"| `{field}` | {_type(value)} | {_escaped(default)} | {_cell(value.get('description', ''))} |"
        yield ""
        for example in schema.get("examples", []):
            yield f"```json\n{json.dumps(example, indent=2)}\n```\n"


def _type(schema: dict[str, Any]) -> str:
    """Return the type as text, with a link to each named schema."""
    if found := _SCHEMA.search(schema.get("$ref", "")):
        return f"[{found[1]}](schemas.md#{found[1]})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(each) for each in schema[key]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any").replace("binary", "file")


def _first_sentence(operation: dict[str, Any]) -> str:
    return re.split(r"(?<=[.;:])\s", operation.get("description", ""), maxsplit=1)[0].rstrip(";:")


def _cell(text: str) -> str:
    return _escaped(" ".join(_markdown(text).split()))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def _title(tag: str) -> str:
    return tag[0].upper() + tag[1:]
