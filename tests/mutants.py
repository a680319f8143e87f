"""Mutation testing: changes one place of the code at a time and runs the tests that should notice it.

``make mutants`` takes 60 places by seed and prints which changes no test noticed; each survivor is a missing test or
a change without an effect. ``make mutants MUTANTS='--seed 2 --only core/export'`` takes others; ``--list`` prints the
places and runs nothing.

Five kinds of places are left alone, because what they say is not behavior that a test can state:

- the number in a tuning constant, which says how much is read, held or asked at once, or how often something is looked
  at (``_CHUNK_BYTES``, ``_IDS_PER_QUERY``, ``_POLL_S``, ...): the benchmarks judge it, and one more changes nothing.
  ``_TUNING`` lists the names;
- the 1 of ``limit(1)`` where ``first()`` takes the row, and of ``select(1)`` below EXISTS: nobody looks at more;
- ``strict=`` of ``zip``, an assertion that never fails;
- in ``pages``, sizes, borders and columns: ``make screenshots`` shows them. ``_LOOKS`` lists the arguments;
- migrations, which run once, and the texts that the command prints.
"""

import argparse
import ast
import copy
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[1]
_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip
_TIMEOUT_S = 900
# A test that fails without the mutant too, such as one that waits too short for this machine, is left out so often.
_MAX_TRIES = 3
_LEFT_OUT = ("core/db/migrations/", "core/cli/")
_TUNING = re.compile(
    r"_?(CHUNK|BUFFER|COPY|PIECE|STEP|WINDOW|READ|BATCH|SHARD|DICTIONARY|ROW_GROUP)_BYTES|_?[A-Z]+_PER_[A-Z]+"
    r"|_PREFETCHED|_(ROWS|CHARS)_AT_ONCE|_TILES_AT_A_TIME|_BATCH_ROWS|_BAND_ROWS|_READ_ROWS|PART_ROWS|_ROW_GROUP_ROWS|_CONCURRENT_FETCHES|_SYNC_THREADS|_MAX_BATCH"
    r"|_MAX_GROUP_SIZE|_MAX_JOBS_PER_GROUP"
    r"|_?([A-Z]+_)*(POLL|LOOK|REFRESH|PAUSE|GATHER|PASS|TIDY|BEAT|PING|INTERVAL|AGAIN)_S|_?([A-Z]+_)*THREADS|_POOL_SIZE"
    r"|_(ROWS|COLUMNS|BLOCK|LEVEL)"
)
_LOOKS = (
    "border",
    "height",
    "height_px",
    "horizontal",
    "min_column_width",
    "min_width_px",
    "width",
    "wrap",
    "wrap_lines",
)
# Rooms with code for PostgreSQL alone; the tests of that code run with VITRINE_TEST_DATABASE=postgresql only.
_ON_POSTGRESQL = ("core/tasks/engines/", "core/db/", "core/llm/rate", "core/vision/vectors/", "core/backup/")


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
    unread = set(_unread(tree))
    for node in _code(tree, is_page=file.startswith("pages/")):
        if node in unread:
            continue
        for changed, what in _changes(node):
            if (mutant := _mutant(file, source, node, changed, what)) is not None:
                yield mutant


def _code(node: ast.AST, *, is_page: bool) -> Iterator[ast.expr]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.JoinedStr) or not isinstance(child, ast.AST) or _is_left_alone(child, is_page):
                continue
            if isinstance(child, ast.expr):
                yield child
            yield from _code(child, is_page=is_page)


def _is_left_alone(node: ast.AST, is_page: bool) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg == "strict" or (is_page and node.arg in _LOOKS)
    if isinstance(node, ast.Call):
        return is_page and isinstance(node.func, ast.Attribute) and node.func.attr in ("columns", "grid")
    if isinstance(node, ast.Assign):
        names = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        return bool(names) and all(_TUNING.fullmatch(name) for name in names)
    return False


def _unread(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the numbers of ``limit(1)`` before ``first()``, and of ``select(1)``."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id == "select":
            yield from (argument for argument in call.args if _is_one(argument))
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "first":
            inner = (node for node in ast.walk(call.func.value) if isinstance(node, ast.Call))
            limits = (node for node in inner if isinstance(node.func, ast.Attribute) and node.func.attr == "limit")
            yield from (argument for limit in limits for argument in limit.args if _is_one(argument))


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


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
    """Return the tests that should notice a change of *file*, the nearest first.

    These are the tests of its module with the declared values of its room, the tests that name the module or belong to
    one that imports it, all tests of its room, and the rooms that import it if they are one or two. Tests elsewhere,
    such as those in a browser, take too long, and a room's own tests have to notice.
    """
    importers = importers_of(file)
    nearest = _present([_test_of(file), f"{_room_of(file)}/test_declared_values.py"])
    other_rooms = sorted({_room_of(other) for other in importers} - {_room_of(file), "tests/core", "tests/pages"})
    about = [*map(_test_of, importers), *_naming(Path(file).stem, _room_of(file))]
    groups = [nearest, [test for test in _present(about) if test not in nearest], _tests_in(_room_of(file))]
    groups += [_tests_in(room) for room in other_rooms if len(other_rooms) <= 2]
    return [group for number, group in enumerate(groups) if group and group not in groups[:number]]


def _room_of(file: str) -> str:
    folders = Path(file).parts[:-1]
    return "/".join(("tests", *folders[: 2 if folders[0] == "core" else 1]))


def _naming(module: str, room: str) -> list[str]:
    """Return the tests of a room whose text names *module*; none when they are most of the room."""
    tests = sorted((ROOT / room).glob("test_*.py") if room == "tests/core" else (ROOT / room).rglob("test_*.py"))
    word = re.compile(rf"\b{re.escape(module)}\b")
    found = [str(test.relative_to(ROOT)) for test in tests if word.search(test.read_text(encoding="utf-8"))]
    return found if len(found) <= len(tests) // 2 else []


def _tests_in(room: str) -> list[str]:
    """Return the tests of a room; those of the modules directly in ``core`` without the rooms beside them."""
    return (
        sorted(str(path.relative_to(ROOT)) for path in (ROOT / room).glob("test_*.py"))
        if room == "tests/core"
        else [room]
    )


def _test_of(file: str) -> str:
    return str(Path("tests", Path(file).parent, f"test_{Path(file).stem.removeprefix('__init__')}.py"))


def _present(tests: Iterable[str]) -> list[str]:
    return [test for test in dict.fromkeys(tests) if (ROOT / test).is_file()]


@cache
def _imports() -> dict[str, set[str]]:
    """Return for each file of the code the dotted names that it imports, those from a room as their modules too."""
    found: dict[str, set[str]] = {}
    sources: dict[str, str] = {}
    for path in (path for folder in ("core", "pages") for path in (ROOT / folder).rglob("*.py")):
        file = str(path.relative_to(ROOT))
        names = found.setdefault(file, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
                if path.name == "__init__.py":
                    room = ".".join(Path(file).parts[:-1])
                    sources |= {f"{room}.{alias.name}": str(node.module) for alias in node.names}
    return {
        file: names | {sources[name] for name in names & sources.keys()}
        for file, names in found.items()
        if not file.endswith("__init__.py")
    }


def importers_of(file: str) -> list[str]:
    """Return the files that import *file*; none when there are more than ten, which are no nearer than its room."""
    name = ".".join(Path(file).with_suffix("").parts)
    importers = sorted(other for other, names in _imports().items() if name in names)
    return importers if len(importers) <= 10 else []


def killer_of(mutant: Mutant, checkout: Path) -> str:
    """Return the test that fails, or does not end, with *mutant* and passes without it; empty when there is none."""
    groups = [(tests, "") for tests in tests_of(mutant.file)]
    if mutant.file.startswith(_ON_POSTGRESQL):
        folder = str(Path("tests", mutant.file).parent)
        groups.append(([folder] if (ROOT / folder).is_dir() else [_room_of(mutant.file)], "postgresql"))
    for tests, database in groups:
        selected = list(tests)
        for _ in range(_MAX_TRIES):
            mutant.apply(checkout)
            try:
                failing = _failing(checkout, selected, database)
            finally:
                mutant.revert(checkout)
            if not failing:
                break
            if not _failing(checkout, [failing], database):
                return failing
            selected.append(f"--deselect={failing}")
    return ""


def _failing(checkout: Path, tests: list[str], database: str) -> str:
    """Run *tests* and return the id of the first one that fails, or the first of *tests* when they do not end."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        ended = subprocess.run(
            command, cwd=checkout, capture_output=True, timeout=_TIMEOUT_S, check=False, encoding="utf-8",
            errors="replace", env={**os.environ, "VITRINE_TEST_DATABASE": database},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return tests[0]
    if ended.returncode in (0, 5):
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (tests/.+?)(?: - |$)", ended.stdout, re.MULTILINE)
    return found[1] if found else tests[0]


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
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    options = parser.parse_args()
    mutants = chosen(options.seed, options.count, options.only)
    if options.list:
        print(*(f"{mutant.file}:{mutant.first} {mutant.what}" for mutant in mutants), sep="\n")
        return 0
    with tempfile.TemporaryDirectory() as directory:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(options.processes):
            free.put(_copy_of_checkout(Path(directory, str(number))))

        def killed(mutant: Mutant) -> bool:
            checkout = free.get()
            try:
                killer = killer_of(mutant, checkout)
            finally:
                free.put(checkout)
            print(
                f"killed by {killer}:" if killer else "SURVIVED",
                f"{mutant.file}:{mutant.first}",
                mutant.what,
                flush=True,
            )
            return bool(killer)

        with ThreadPoolExecutor(options.processes) as pool:
            results = list(pool.map(killed, mutants))
    print(f"{sum(results)} of {len(results)} mutants killed")
    return int(sum(results) < 0.9 * len(results))


if __name__ == "__main__":
    sys.exit(main())
