"""The limits and defaults in the OpenAPI document, in a form that a test can state line by line."""

from typing import Any

_STATED = (
    "minimum", "exclusiveMinimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems",
    "pattern", "default",
)  # fmt: skip


def parameters(document: dict[str, Any]) -> dict[str, str]:
    """Return what is stated about each parameter of which anything is, by method, route and name."""
    return {
        f"{method.upper()} {path} {parameter['name']}": stated
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", [])
        if (stated := _stated(parameter["schema"]))
    }


def fields(document: dict[str, Any]) -> dict[str, str]:
    """Return what is stated about each field of a body of which more is than that it is required."""
    return {
        f"{name} {field}": stated + (" required" if field in model.get("required", []) else "")
        for name, model in document["components"]["schemas"].items()
        for field, schema in model.get("properties", {}).items()
        if (stated := _stated(schema))
    }


def statuses(document: dict[str, Any]) -> dict[str, str]:
    """Return the statuses that each route declares."""
    return {
        f"{method.upper()} {path}": " ".join(sorted(operation["responses"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _stated(schema: dict[str, Any]) -> str:
    own = [f"{name}={schema[name]}" for name in _STATED if name in schema]
    inner = [*schema.get("anyOf", []), *([schema["items"]] if isinstance(schema.get("items"), dict) else [])]
    if isinstance(schema.get("additionalProperties"), dict):
        inner.append(schema["additionalProperties"])
    return " ".join([*own, *filter(None, (f"({_stated(one)})" if _stated(one) else "" for one in inner))])
