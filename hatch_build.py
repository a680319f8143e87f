"""How a wheel is made: ``core``, ``pages``, ``Home.py`` and ``.streamlit`` go into one package called ``vitrine``.

The checkout keeps its own top level. Installed there must be no module called ``core``, because callers have such
modules of their own: the imports of the copies are rewritten to ``vitrine.core`` and ``vitrine.pages``.
"""

import ast
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PACKAGES = ("core", "pages")
_MAIN = "from vitrine import main\n\nmain()\n"
# A dotted name in a string, such as "core.images" for import_module.
_DOTTED = re.compile(rf"(?:{'|'.join(_PACKAGES)})\.[a-z_][\w.]*")


class PackageBuildHook(BuildHookInterface[Any]):
    """Puts the rewritten sources into the wheel; an editable install leads to the checkout as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        self._built = Path(tempfile.mkdtemp())
        for file in _sources(root):
            inside = file.relative_to(root)
            target = self._built / ("__init__.py" if str(inside) == "vitrine.py" else inside)
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.suffix == ".py":
                target.write_text(rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
            else:
                shutil.copyfile(file, target)
        (self._built / "__main__.py").write_text(_MAIN, encoding="utf-8")
        (self._built / "py.typed").touch()
        build_data["force_include"][str(self._built)] = "vitrine"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            shutil.rmtree(self._built)


def _sources(root: Path) -> list[Path]:
    folders = [path for name in _PACKAGES for path in (root / name).rglob("*")]
    files = [root / "vitrine.py", root / "Home.py", root / ".streamlit" / "config.toml", *folders]
    return [path for path in files if path.is_file() and "__pycache__" not in path.parts]


def rewritten(source: str) -> str:
    """Return *source* with every import of ``core`` and ``pages`` led into the package ``vitrine``.

    Raises:
        ValueError: an import that cannot be rewritten without changing which name it binds, or a module name that
            is put together in a formatted string.
    """
    tree = ast.parse(source)
    in_formatted = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    lines = source.encode().splitlines(keepends=True)
    edits = [
        edit for node in ast.walk(tree) if (edit := _edit(node, is_in_formatted=id(node) in in_formatted)) is not None
    ]
    for line, start, end, new in sorted(edits, reverse=True):
        lines[line - 1] = lines[line - 1][:start] + new.encode() + lines[line - 1][end:]
    return b"".join(lines).decode()


def _edit(node: ast.AST, *, is_in_formatted: bool) -> tuple[int, int, int, str] | None:
    """Return (line, first byte, byte behind, new text) for what has to change at *node*."""
    if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in _PACKAGES:
        start = node.col_offset + len("from ")
        return node.lineno, start, start + len(node.module), f"vitrine.{node.module}"
    if isinstance(node, ast.Import) and any(alias.name.partition(".")[0] in _PACKAGES for alias in node.names):
        (alias,) = node.names
        if alias.asname is None and "." in alias.name:
            raise ValueError(f"import {alias.name} binds {alias.name.partition('.')[0]}: use from ... import ...")
        package, _, name = f"vitrine.{alias.name}".rpartition(".")
        bound = f" as {alias.asname}" if alias.asname else ""
        return node.lineno, node.col_offset, node.end_col_offset or 0, f"from {package} import {name}{bound}"
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    if is_in_formatted and _DOTTED.match(node.value):
        raise ValueError(f"A module name begins with {node.value}: begin it with __name__.")
    if not is_in_formatted and _DOTTED.fullmatch(node.value):
        quoted = node.end_col_offset or 0
        return node.lineno, node.col_offset, quoted, repr(f"vitrine.{node.value}")
    return None
