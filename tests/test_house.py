"""What importing costs, and what must not be in the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

import core
from hatch_build import rewritten
from tests.source_files import ROOT, sources

_NOT_OURS = {
    ".git", ".venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "data",
    "results", "screenshots", "site",
}  # fmt: skip

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


def _tracked_text() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if path.is_file() and not _NOT_OURS.intersection(inside.parts):
            try:
                yield str(inside), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


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
    assert _loaded_by("import core.services, core.rooms") & heavy == set()


def test_the_server_has_sqlalchemy_and_no_table_before_it_listens() -> None:
    code = "import Home, logging, sys; print({'sqlalchemy.orm', 'core.db'} & set(sys.modules), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr.splitlines()[-1] == "{'sqlalchemy.orm'}"


def test_what_the_server_imports_before_it_listens_is_frozen() -> None:
    code = (
        "import gc, streamlit; before = gc.get_stats()[2]['collections']; import Home; "
        "assert gc.isenabled(); print(gc.get_stats()[2]['collections'] - before, gc.get_freeze_count() > 50_000)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "0 True\n"


def test_the_first_page_imports_no_room_but_those_it_shows() -> None:
    """What Overview's script imports is there before it runs, so no page run imports beside the warm-up."""
    code = (
        "import ast, logging, sys; logging.disable(); import pages.components.frame.first_page; "
        "first = set(sys.modules); "
        "script = ast.parse(open('pages/overview.py').read()); "
        "imports = [node for node in script.body if isinstance(node, ast.Import | ast.ImportFrom)]; "
        "exec(compile(ast.Module(imports, []), 'overview', 'exec')); "
        "print({n for n in set(sys.modules) - first if n.startswith(('core', 'pages'))}, "
        "{n.split('.')[1] for n in first if n.startswith('core.')} & set(sys.argv[1:]))"
    )
    rooms = ["bin", "export", "llm", "overlap", "rooms", "style", "transform", "webhooks"]
    run = subprocess.run([sys.executable, "-c", code, *rooms], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "set() set()\n"


def test_core_offers_exactly_the_promised_names() -> None:
    assert set(core.__all__) == set(dir(core)) == PROMISED
    for name in PROMISED:
        assert getattr(core, name).__name__ == name


def test_an_unknown_name_of_core_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Job'"):
        _ = core.Job


# --- manner --------------------------------------------------------------------------------------------------


def test_every_source_can_go_into_the_package() -> None:
    for path in sources("core", "pages"):
        rewritten(path.read_text(encoding="utf-8"))  # raises the name that could not be rewritten


def test_files_stay_readable_in_one_sitting() -> None:
    # Tests are lists of short sentences: a longer one is still read a sentence at a time.
    first_migration = "core/db/migrations/versions/m0001_initial.py"
    long = {
        f"{inside}: {lines} lines"
        for path in sources("core", "pages", "tests", "bench")
        if (inside := str(path.relative_to(ROOT))) != first_migration
        and (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > (450 if inside.startswith("tests/") else 350)
    }
    assert long == set()


def test_functions_stay_readable_at_one_glance() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {node.name} has {lines} lines"
        for path in sources("core", "pages")
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
        for path in [*sources("core", "pages"), ROOT / "Home.py"]
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
        for path in sources("pages")
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
        for path in sources("pages")
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
