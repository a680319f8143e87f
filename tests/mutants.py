"""Mutation testing: changes one place of the code at a time and runs the tests of its room.

``make mutants`` takes 60 places by seed and prints which changes no test noticed; each survivor is a missing test or
a change without an effect. ``make mutants MUTANTS='--seed 2 --only core/export'`` takes others.
"""

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[1]
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip
_TIMEOUT_S = 600
# Not code that runs: what only migrates, prints for people or describes types.
_LEFT_OUT = ("core/db/migrations/", "core/cli/")


@dataclass(frozen=True)
class Mutant:
    """One changed place: lines *first* to *last* (from 1) of *file* become *lines*."""

    file: str
    first: int
    last: int
    lines: tuple[str, ...]
    what: str

    def apply(self, checkout: Path) -> None:
        path = checkout / self.file
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        lines[self.first - 1 : self.last] = self.lines
        path.write_text("".join(lines), encoding="utf-8")

    def revert(self, checkout: Path) -> None:
        shutil.copyfile(ROOT / self.file, checkout / self.file)


def mutants_of(file: str) -> Iterator[Mutant]:
    """Yield every mutant of a file of the checkout; annotations and docstrings are left alone."""
    source = (ROOT / file).read_text(encoding="utf-8")
    tree = ast.parse(source)
    for node in _code(tree):
        for changed, what in _changes(node):
            if (mutant := _mutant(file, source, node, changed, what)) is not None:
                yield mutant


def _code(node: ast.AST) -> Iterator[ast.expr]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.JoinedStr) or not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.expr):
                yield child
            yield from _code(child)


def _changes(node: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    changed = copy.deepcopy(node)
    if isinstance(changed, ast.Compare) and type(changed.ops[0]) in _SWAPS:
        changed.ops[0] = _SWAPS[type(changed.ops[0])]()  # type: ignore[call-overload]
        yield changed, "comparison"
    elif isinstance(changed, ast.BoolOp | ast.BinOp) and type(changed.op) in _SWAPS:
        changed.op = _SWAPS[type(changed.op)]()  # type: ignore[assignment]
        yield changed, "operator"
    elif isinstance(changed, ast.UnaryOp) and isinstance(changed.op, ast.Not):
        yield changed.operand, "not"
    elif isinstance(changed, ast.Constant) and isinstance(changed.value, bool):
        changed.value = not changed.value
        yield changed, "flag"
    elif isinstance(changed, ast.Constant) and isinstance(changed.value, int):
        changed.value += 1
        yield changed, "number"


def _mutant(file: str, source: str, node: ast.expr, changed: ast.expr, what: str) -> Mutant | None:
    first, last = node.lineno, node.end_lineno or node.lineno
    lines = source.splitlines(keepends=True)
    head = lines[first - 1].encode()[: node.col_offset].decode()
    tail = lines[last - 1].encode()[node.end_col_offset :].decode()
    text = f"{head}({ast.unparse(changed)}){tail}"
    before = " ".join("".join(lines[first - 1 : last]).split())
    mutant = Mutant(file, first, last, (text,), f"{what}: {before}  ->  {' '.join(text.split())}")
    try:
        ast.parse("".join([*lines[: first - 1], text, *lines[last:]]))
    except SyntaxError:
        return None
    return mutant


def tests_of(file: str) -> list[list[str]]:
    """Return the nearest tests of a file: first those of its own module, then those of its room."""
    inside = Path(file).with_suffix("")
    room = Path("tests", *inside.parts[: 2 if inside.parts[0] == "core" and len(inside.parts) > 2 else 1])
    if inside.parts[0] == "core" and len(inside.parts) == 2:
        room = Path("tests", "core")
    module = Path("tests", *inside.parent.parts, f"test_{inside.name}.py")
    nearest = [str(module)] if (ROOT / module).is_file() else []
    if room == Path("tests/core"):
        others = [str(path.relative_to(ROOT)) for path in sorted((ROOT / room).glob("test_*.py"))]
        return [nearest, others] if nearest else [others]
    return [nearest, [str(room)]] if nearest else [[str(room)]]


def is_killed(mutant: Mutant, checkout: Path) -> bool:
    """Apply *mutant* in *checkout* and return whether a test of its room fails."""
    mutant.apply(checkout)
    try:
        return any(not _passes(tests, checkout) for tests in tests_of(mutant.file))
    finally:
        mutant.revert(checkout)


def _passes(tests: list[str], checkout: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        return (
            subprocess.run(command, cwd=checkout, capture_output=True, timeout=_TIMEOUT_S, check=False).returncode == 0
        )
    except subprocess.TimeoutExpired:
        return False


def chosen(seed: int, count: int, only: str) -> list[Mutant]:
    """Return *count* mutants, as many of each room as it has files, always the same for one seed."""
    files = [str(path.relative_to(ROOT)) for folder in ("core", "pages") for path in (ROOT / folder).rglob("*.py")]
    files = sorted(file for file in files if file.startswith(only) and not file.startswith(_LEFT_OUT))
    picker = random.Random(seed)
    picker.shuffle(files)
    found = (picker.choice(every) for file in files if (every := list(mutants_of(file))))
    return [mutant for mutant, _ in zip(found, range(count), strict=False)]


def _copy_of_checkout(directory: Path) -> Path:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, directory / name)
    return directory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--only", default="", help="beginning of the paths to mutate")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    mutants = chosen(options.seed, options.count, options.only)
    with tempfile.TemporaryDirectory() as directory:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(options.processes):
            free.put(_copy_of_checkout(Path(directory, str(number))))

        def killed(mutant: Mutant) -> bool:
            checkout = free.get()
            try:
                result = is_killed(mutant, checkout)
            finally:
                free.put(checkout)
            print("killed  " if result else "SURVIVED", f"{mutant.file}:{mutant.first}", mutant.what, flush=True)
            return result

        with ThreadPoolExecutor(options.processes) as pool:
            results = list(pool.map(killed, mutants))
    print(f"{sum(results)} of {len(results)} mutants killed by the tests of their room")
    return int(sum(results) < 0.9 * len(results))


if __name__ == "__main__":
    sys.exit(main())
