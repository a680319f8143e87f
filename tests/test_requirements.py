"""What the project leans on: named with a reason, locked with hashes, and nothing that runs uninvited."""

import ast
import re
import sys
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXTRAS = (
    "requirements-see.txt", "requirements-postgresql.txt", "requirements-s3.txt", "requirements-mcp.txt",
    "requirements-workers.txt",
)  # fmt: skip
REQUIREMENTS = ("requirements.txt", *EXTRAS, "tests/requirements.txt")
LOCKS = ("requirements.lock", "tests/requirements.lock")

# Imported by name although another requirement brings it: its types are part of that one's interface.
BROUGHT_BY = {
    "cryptography": "authlib",
    "joserfc": "authlib",
    "pyarrow": "datasets",
    "huggingface-hub": "datasets",
    "openai": "litellm",
    "tokenizers": "wordllama",
    "pydantic": "fastapi",
    "requests": "streamlit",
    "referencing": "jsonschema",
    "sqlalchemy": "sqlmodel",
    "starlette": "fastapi",
    "uvicorn": "streamlit",
    "uvloop": "streamlit",
}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _required(file: str) -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {_normal(found[0]) for line in lines if (found := re.match(r"[A-Za-z0-9._-]+", line))}


def _locked(file: str) -> dict[str, str]:
    """Return each pinned name with everything that stands behind it, hashes included."""
    text = (ROOT / file).read_text(encoding="utf-8")
    entries = re.findall(r"^([A-Za-z0-9._-]+)==(.*(?:\n +.*)*)", text, flags=re.MULTILINE)
    return {_normal(name): rest for name, rest in entries}


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_every_requirement_has_a_reason_beside_it(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    bare = [line for line in lines if line and not line.startswith("#") and not re.search(r"  # \w.{4,}", line)]
    assert bare == []


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_pins_everything_with_hashes_and_names_no_address(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(r"://|--(?:extra-)?index-url|--find-links|@ ", text) is None
    assert [name for name, rest in _locked(file).items() if "--hash=sha256:" not in rest] == []


def test_every_required_name_is_locked() -> None:
    extras = (*EXTRAS[:3], "requirements-workers.txt")
    run = set().union(*map(_required, ("requirements.txt", *extras)))
    assert run - set(_locked("requirements.lock")) == set()
    both = run | _required("requirements-mcp.txt") | _required("tests/requirements.txt")
    assert both - set(_locked("tests/requirements.lock")) == set()


def test_tests_run_on_what_users_run_on() -> None:
    runtime, tests = (_locked(file) for file in LOCKS)
    assert {name for name, rest in runtime.items() if tests.get(name) != rest} == set()


def test_the_jpeg_decoder_is_one_without_the_known_hole() -> None:
    version = re.match(r"(\d+)\.", _locked("requirements.lock")["pillow"])
    assert version is not None
    assert int(version[1]) >= 13


def test_what_is_imported_is_required_and_what_is_required_is_imported() -> None:
    homes = packages_distributions()
    files = [*(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "Home.py"]
    modules = {module for path in files for module in _imported_modules(path)} - {"core", "pages"}
    outside = {module for module in modules if module not in sys.stdlib_module_names}
    needed = {_normal(distribution) for module in outside for distribution in homes.get(module, [module])}
    required = _required("requirements.txt")
    extra = {name for file in EXTRAS for name in _required(file)}
    assert needed - required - extra - set(BROUGHT_BY) == set()
    # FastAPI looks for python-multipart itself when a route takes a file; datasets is what exported bundles load with.
    assert required - needed - {"python-multipart", "datasets"} == set()
    assert set(BROUGHT_BY.values()) <= required


def _imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_no_package_runs_code_at_the_start_of_every_python() -> None:
    """A .pth file is how a hijacked release of litellm once ran in every process, imported or not."""
    starting = {
        f"{name}: {file.name}"
        for name in _locked("tests/requirements.lock")
        for distribution in distributions(name=name)
        for file in distribution.files or []
        if file.suffix == ".pth"
    }
    assert starting - {"setuptools: distutils-precedence.pth"} == set()
