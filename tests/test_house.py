"""The walls of the house: who may import whom, what importing costs, and what must not be in the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

import core
from hatch_build import rewritten

ROOT = Path(__file__).parents[1]
_NOT_OURS = {
    ".git", ".venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "data",
    "results", "screenshots", "site",
}  # fmt: skip

# Each room with the rooms it may use; core/app.py knows all of them.
_BOTTOM = {
    "errors", "config", "lazy", "background_loop", "measure", "flatten", "pluralize", "container", "json_schema",
    "addresses", "secret_key", "password", "number_values", "verifiers", "search_line", "caller", "spreadsheet",
    "disk", "request_ids", "arguments", "progress", "portable", "object_storage", "bucket_address",
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
    "request_ids": set(),
    "arguments": {"errors"},
    "progress": set(),
    "portable": set(),
    "metrics": _BOTTOM | {"db", "backup"},
    "logs": {"request_ids", "errors"},
    "warmup": {"interpreter", "errors"},
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
    "services": _MIDDLE | {"access", "accounts", "webhooks", "projects", "ownership", "listings", *_DOMAINS},
    "housekeeping": {"caller", "errors"},
    "runtime": _MIDDLE | {"housekeeping", "backup", "logs", "metrics", "warmup", "services"},
    "api": _MIDDLE
    | {"metrics", "webhooks", "access", "accounts", "projects", "ownership", "services", "runtime", *_DOMAINS},
    "backup": _BOTTOM | {"db", "images"},
    "notebook": _BOTTOM | {"db", "images", "cli"},
    "agents": _BOTTOM | {"accounts", "api", "services"},
    "cli": _MIDDLE | {"access", "accounts", "agents", "backup", "doctor", "projects", "services", *_DOMAINS},
    "doctor": _MIDDLE | {"accounts", "backup", "projects", *_DOMAINS},
}

# The outermost edges, where whatever comes must not pass: an error there is logged with an id or handed on.
MAY_CATCH_EVERYTHING = {
    "core/api/error_responses.py",
    "core/warmup.py",
    "core/db/group_commit.py",
    "core/images/worker.py",  # decoders of untrusted files raise anything; it costs one file and is logged
    "core/llm/litellm_client.py",  # litellm's errors share no base class; each becomes one of ours
    "core/tasks/engines/embedded.py",
    "core/tasks/engines/worker.py",
    "core/tasks/runner.py",
    "core/webhooks/dispatcher.py",
    "core/vision/embedding/words.py",  # tokenizers raises Exception itself; it becomes a ConfigurationError
    "pages/components/shared/page.py",
}

PROMISED = {
    "BusinessProfiles", "DatasetChecks", "DatasetExporterService", "DatasetImporter", "GeneratedImages",
    "ImageAnalysisTask", "ImageAnswerGenerationTask", "ImageDatasetExporter",
    "ImageDatasetService", "ImageDatasets", "ImageQuestionGenerationTask", "ImageService", "Images", "ImportProblem",
    "ImportReport", "LLMService", "ProjectService", "Projects", "Questions", "StyleDatasetImages", "StyleDatasets",
    "StyleGenerationService", "TaskService", "Tasks", "VitrineError", "connect", "read_vitrine", "run", "sample_images",
    "show",
}  # fmt: skip


def _sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _tracked_text() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if path.is_file() and not _NOT_OURS.intersection(inside.parts):
            try:
                yield str(inside), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


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


# --- floors ------------------------------------------------------------------------------------------------


def test_every_room_imports_only_rooms_below_it_or_on_its_left() -> None:
    climbing = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _sources("core")
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
        for path in _sources("core")
        for name in _imports(path)
        if _is_below(name, "streamlit") or _is_below(name, "pages")
    }
    assert climbing == set()


def test_pages_know_neither_the_tables_nor_the_model_library() -> None:
    forbidden = ("sqlmodel", "sqlalchemy", "litellm", "core.db")
    climbing = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in [*_sources("pages"), ROOT / "Home.py"]
        for name in _imports(path)
        if any(_is_below(name, module) for module in forbidden)
    }
    assert climbing == set()


def test_only_the_llm_room_knows_litellm() -> None:
    elsewhere = {
        str(path.relative_to(ROOT))
        for path in _sources("core", "pages")
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
    files = {_module_name(path): str(path.relative_to(ROOT)) for path in _sources("core", "pages")}
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


# --- what importing costs ------------------------------------------------------------------------------------


def _loaded_by(statement: str) -> set[str]:
    """Return the top-level modules besides the standard library that a fresh process has after *statement*."""
    code = (
        f"import sys; before = set(sys.modules); {statement}; "
        "print(*{n.partition('.')[0] for n in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_import_core_brings_in_nothing_but_itself() -> None:
    assert _loaded_by("import core") == {"core"}


def test_what_the_server_and_each_page_import_first_stays_light() -> None:
    heavy = {
        "litellm", "datasets", "pandas", "numpy", "pyarrow", "PIL", "fastapi", "openai", "alembic", "jsonschema",
        "pypdfium2", "pebble", "tenacity", "streamlit", "torch", "huggingface_hub", "httpx", "aiohttp", "requests",
    }  # fmt: skip
    assert _loaded_by("import core.app") & heavy == set()


def test_the_services_of_the_first_page_bring_in_no_decoder_and_no_model_library() -> None:
    heavy = {
        "litellm",
        "datasets",
        "pandas",
        "numpy",
        "pyarrow",
        "PIL",
        "pebble",
        "loky",
        "httpx",
        "aiohttp",
        "alembic",
    }
    assert _loaded_by("import core.services") & heavy == set()


def test_core_offers_exactly_the_promised_names() -> None:
    assert set(core.__all__) == set(dir(core)) == PROMISED
    for name in PROMISED:
        assert getattr(core, name).__name__ == name


def test_an_unknown_name_of_core_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Job'"):
        _ = core.Job


# --- manner --------------------------------------------------------------------------------------------------


def test_every_source_can_go_into_the_package() -> None:
    for path in _sources("core", "pages"):
        rewritten(path.read_text(encoding="utf-8"))  # raises the name that could not be rewritten


def test_files_stay_readable_in_one_sitting() -> None:
    # Tests are lists of short sentences: a longer one is still read a sentence at a time.
    first_migration = "core/db/migrations/versions/m0001_initial.py"
    long = {
        f"{inside}: {lines} lines"
        for path in _sources("core", "pages", "tests", "bench")
        if (inside := str(path.relative_to(ROOT))) != first_migration
        and (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > (450 if inside.startswith("tests/") else 350)
    }
    assert long == set()


def test_functions_stay_readable_at_one_glance() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {node.name} has {lines} lines"
        for path in _sources("core", "pages")
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := _lines_of_code(node)) > 50
    }
    assert long == set()


def _lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of the body without its docstring."""
    has_docstring = ast.get_docstring(function, clean=False) is not None
    body = function.body[1:] if has_docstring else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_only_the_outermost_edges_catch_everything() -> None:
    def catches_everything(node: ast.AST) -> bool:
        if not isinstance(node, ast.ExceptHandler):
            return False
        names = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else {"Exception"}
        return bool(names & {"Exception", "BaseException"}) and not _raises_again(node)

    catching = {
        str(path.relative_to(ROOT))
        for path in [*_sources("core", "pages"), ROOT / "Home.py"]
        if any(catches_everything(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert catching - MAY_CATCH_EVERYTHING == set()


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_pages_hand_no_data_to_anything_that_reads_html() -> None:
    def is_open(node: ast.Call) -> bool:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        unsafe = any(
            keyword.arg == "unsafe_allow_html"
            and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
            for keyword in node.keywords
        )
        return (name == "html" or unsafe) and not (node.args and _is_constant(node.args[0]))

    open_places = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _sources("pages")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and is_open(node)
    }
    numbers_only = {
        place
        for place in open_places
        if place.startswith(("pages/components/export/recipe_form.py:", "pages/components/check/card.py:"))
    }
    assert open_places - numbers_only == set()


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.isupper())


def test_pages_speak_calmly() -> None:
    """No exclamation marks and no emoji in what a person reads."""
    loud = re.compile(r"[A-Za-z]!|[\U0001f300-\U0001faff]")
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value[:60]}"
        for path in _sources("pages")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and loud.search(node.value)
        and "\n" not in node.value  # styles and scripts
    }  # fmt: skip
    assert found == set()


def test_every_key_of_the_streamlit_settings_says_why() -> None:
    bare, explained = [], False
    for line in (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            explained = True
        elif re.match(r"\w+\s*=", line):
            if not explained and "  # " not in line:
                bare.append(line)
            explained = False
        elif not line.startswith(" ") and line != "]":
            explained = False
    assert bare == []


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"(?<![\w.])/(?:root|home/[a-z]|Users/[A-Za-z]|work|opt)/", id="a path of somebody's machine"),
        pytest.param(r"--(?:extra-)?index-url|--find-links|/simple/", id="a package index"),
        pytest.param(
            r"\bsk-(?!canary)[A-Za-z0-9_-]{32,}|\bAIza[\w-]{30,}|\bhf_[A-Za-z]{30,}|\bgh[pousr]_\w{30,}", id="a key"
        ),
        pytest.param(r"-----BEGIN [A-Z ]*PRIVATE", id="a private key"),
    ],
)
def test_nothing_of_one_machine_is_kept(pattern: str) -> None:
    patterns_of_their_own = {"tests/test_house.py", "tests/test_requirements.py"}
    found = {
        f"{inside}: {match[0]}"
        for inside, text in _tracked_text()
        if inside not in patterns_of_their_own
        for match in re.finditer(pattern, text)
    }
    assert found == set()
