"""The walls of the house: who may import whom."""

import ast
from collections.abc import Container
from pathlib import Path

from tests.source_files import ROOT, sources

# Each room with the rooms it may use; core/app.py knows all of them.
_BOTTOM = {
    "errors", "config", "lazy", "background_loop", "measure", "flatten", "pluralize", "container", "json_schema",
    "addresses", "secret_key", "password", "number_values", "verifiers", "search_line", "caller", "spreadsheet",
    "disk", "request_ids", "arguments", "progress", "portable", "object_storage", "bucket_address",
    "shared_files",
}  # fmt: skip
_MIDDLE = _BOTTOM | {"db", "audit", "tasks", "llm", "fetch"}
_DOMAINS = (
    "images", "vision", "questions", "dataset", "transform", "style", "export",
    "checks", "importing", "overlap", "moving", "bin", "sample",
)  # fmt: skip
MAY_USE: dict[str, set[str]] = {
    "errors": set(),
    "allowed_hosts": set(),
    "addresses": set(),
    "secret_key": {"errors"},
    "password": {"secret_key"},
    "config": {"errors", "allowed_hosts", "oidc_settings", "password", "storage_settings"},
    "storage_settings": set(),
    "oidc_settings": {"addresses"},
    "lazy": set(),
    "interpreter": set(),
    "background_loop": {"interpreter"},
    "flatten": set(),
    "measure": {"errors", "flatten"},
    "container": {"errors"},
    "pluralize": set(),
    "uvicorn_private": set(),
    "json_schema": set(),
    "number_values": set(),
    "verifiers": {"number_values"},
    "search_line": {"errors"},
    "caller": set(),
    "spreadsheet": set(),
    "disk": {"errors", "config"},
    "object_storage": {"errors", "config", "bucket_address"},
    "bucket_address": {"errors", "config"},
    "shared_files": {"errors", "config", "bucket_address", "object_storage", "disk", "portable"},
    "request_ids": set(),
    "arguments": {"errors"},
    "progress": set(),
    "portable": set(),
    "metrics": _BOTTOM | {"db", "backup"},
    "logs": {"request_ids", "errors"},
    "warmup": {"interpreter", "errors", "lazy"},
    "fetch": {"errors", "config", "allowed_hosts"},
    "access": _BOTTOM | {"db", "audit", "accounts"},
    "db": _BOTTOM,
    "accounts": _BOTTOM | {"db", "audit"},
    "audit": _BOTTOM | {"db"},
    "tasks": _BOTTOM | {"db", "audit"},
    "llm": _BOTTOM | {"db", "audit", "fetch", "allowed_hosts"},
    "webhooks": _BOTTOM | {"db", "audit", "tasks", "fetch", "allowed_hosts"},
    "project_counts": _MIDDLE,
    "projects": _MIDDLE | {"project_counts"},
    "ownership": _BOTTOM | {"db"},
    "listings": _BOTTOM | {"db", "ownership"},
    **{room: _MIDDLE | {"projects", *_DOMAINS[:place]} for place, room in enumerate(_DOMAINS)},
    "rooms": _MIDDLE | {"webhooks", *_DOMAINS},
    "services": _MIDDLE | {"access", "accounts", "projects", "ownership", "listings", "rooms", *_DOMAINS},
    "housekeeping": {"caller", "errors"},
    "runtime": _MIDDLE | {"housekeeping", "backup", "logs", "metrics", "warmup", "services", "rooms"},
    "api": _MIDDLE
    | {"metrics", "webhooks", "access", "accounts", "projects", "ownership", "services", "runtime", *_DOMAINS},
    "backup": _BOTTOM | {"db", "images"},
    "notebook": _BOTTOM | {"db", "images", "cli"},
    "agents": _BOTTOM | {"accounts", "api", "services"},
    "cli": _MIDDLE
    | {"access", "accounts", "agents", "backup", "doctor", "housekeeping", "projects", "services", *_DOMAINS},
    "doctor": _MIDDLE | {"accounts", "backup", "projects", "webhooks", *_DOMAINS},
}


def _imports(path: Path, most_specific: Container[str] = ()) -> set[str]:
    """Return the dotted names that a file imports anywhere, also inside functions.

    ``from a import b`` counts as ``a`` and ``a.b``, but as ``a.b`` alone when that is in *most_specific*.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if all(name in most_specific for name in names) else names | {node.module}
    return found


def _is_below(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def _room(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "core" and len(parts) > 1 else None


def test_every_room_imports_only_rooms_below_it_or_on_its_left() -> None:
    climbing = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("core")
        if (own := path.relative_to(ROOT / "core").parts[0].removesuffix(".py")) not in {"app", "__init__"}
        for name in _imports(path)
        if (room := _room(name)) is not None and room in {*MAY_USE, "app"} and room not in MAY_USE[own] | {own}
    }
    assert climbing == set()


def test_every_room_has_its_floor() -> None:
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "core").iterdir() if not path.name.startswith("_")}
    assert rooms - set(MAY_USE) == {"app"}


def test_core_never_imports_streamlit_or_a_page() -> None:
    climbing = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("core")
        for name in _imports(path)
        if _is_below(name, "streamlit") or _is_below(name, "pages")
    }
    assert climbing == set()


def test_pages_know_neither_the_tables_nor_the_model_library() -> None:
    forbidden = ("sqlmodel", "sqlalchemy", "litellm", "core.db")
    climbing = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in [*sources("pages"), ROOT / "Home.py"]
        for name in _imports(path)
        if any(_is_below(name, module) for module in forbidden)
    }
    assert climbing == set()


def test_only_the_llm_room_knows_litellm() -> None:
    elsewhere = {
        str(path.relative_to(ROOT))
        for path in sources("core", "pages")
        if any(_is_below(name, "litellm") for name in _imports(path)) and not path.is_relative_to(ROOT / "core" / "llm")
    }
    assert elsewhere == set()


def test_no_files_import_each_other_in_a_circle() -> None:
    assert _circles(_import_graph()) == []


def test_a_circle_is_found_also_through_a_third_file_and_through_types() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"e"}}
    assert _circles(graph) == [["a", "b", "c"]]


def _import_graph() -> dict[str, set[str]]:
    """Return for each file the files it imports, also inside functions and for types only.

    A module of another package brings in the ``__init__`` of that package as well.
    """
    files = {_module_name(path): str(path.relative_to(ROOT)) for path in sources("core", "pages")}
    graph = {}
    for module, own in files.items():
        names = _imports(ROOT / own, most_specific=files)
        packages = {".".join(name.split(".")[:end]) for name in names for end in range(1, name.count(".") + 1)}
        others = {name for name in packages if not _is_below(module, name)}
        graph[own] = {files[name] for name in names | others if name in files} - {own}
    return graph


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of files that reach each other, each sorted."""
    reached = {name: _reachable(graph, name) for name in graph}
    groups = {
        tuple(sorted({other for other in reached[name] if name in reached[other]} | {name}))
        for name in graph
        if any(name in reached[other] for other in reached[name] - {name})
    }
    return [list(group) for group in sorted(groups)]


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph.get(name, ())
    return found
