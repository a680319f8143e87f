"""Windows, macOS and newer versions of Python: what they lack is not needed, and the names of files hold there."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIMULATION = ROOT / "tests" / "other_system.py"
# Of the standard library, up to Python 3.14.
_REMOVED = {
    "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp",
    "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "pkg_resources", "smtpd", "sndhdr",
    "spwd", "sunau", "telnetlib", "uu", "xdrlib",
}  # fmt: skip
_REMOVED_NAMES = {
    "ast.Bytes", "ast.Ellipsis", "ast.NameConstant", "ast.Num", "ast.Str", "asyncio.coroutine",
    "asyncio.get_child_watcher", "asyncio.set_child_watcher", "collections.Mapping", "configparser.SafeConfigParser",
    "importlib.find_loader", "inspect.formatargspec", "inspect.getargspec", "locale.resetlocale", "os.popen2",
    "pkgutil.find_loader", "pkgutil.get_loader", "pty.master_open", "sqlite3.enable_shared_cache", "ssl.match_hostname",
    "ssl.wrap_socket", "tempfile.template", "typing.ByteString", "typing.io", "typing.re", "unittest.makeSuite",
    "urllib.request.FancyURLopener", "urllib.request.URLopener", "webbrowser.MacOSX",
}  # fmt: skip


def test_the_main_job_works_without_what_windows_and_macos_lack_and_its_file_names_hold_there(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_bytes(SIMULATION.read_bytes())  # for the worker processes too
    work = tmp_path / "work"
    work.mkdir()
    environment = {
        "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}", "VITRINE_WATCHED": str(work),
        "VITRINE_DATA_DIR": str(work / "data"), "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, str(SIMULATION)], cwd=work, env=os.environ | environment, capture_output=True, text=True,
        timeout=170, check=False,
    )  # fmt: skip
    assert "REFUSED" not in ended.stderr, ended.stderr
    assert ended.returncode == 0, ended.stdout + ended.stderr
    printed = ended.stdout.splitlines()
    assert printed[1].startswith("8 images added, 0 known")
    assert printed[2:6] == [
        "8 new questions with their answers",
        "out: 8 entries",
        "out.zip: 8 entries",
        "project-AUX.zip",
    ]
    assert (printed[0], printed[-1]) == ("True", "False False")
    names = sorted(path.name.lower() for path in (work / "out").rglob("*.png"))
    assert len(names) == len(set(names)) == 8


def test_nothing_that_newer_versions_of_python_removed_is_used() -> None:
    files = [*ROOT.glob("*.py"), *(file for name in ("core", "pages") for file in (ROOT / name).rglob("*.py"))]
    used = {f"{file.relative_to(ROOT)}: {name}" for file in files for name in _names(file) if _is_removed(name)}
    assert used == set()


def _names(file: Path) -> set[str]:
    """Return the modules that a file imports, with the names that it takes from them; not those of its variables."""
    found: set[str] = set()
    attributes: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Attribute):
            attributes.add(ast.unparse(node))
    imported = {name.partition(".")[0] for name in found}
    return found | {name for name in attributes if name.partition(".")[0] in imported}


def _is_removed(name: str) -> bool:
    return name.partition(".")[0] in _REMOVED or name in _REMOVED_NAMES
