"""Runs consumers of exports, each in an environment of its own, and writes the table in docs/CONSUMERS.md.

    python -m tests.consumers [NAME ...]      all of them, or those named; the other rows of the table stay

Consumers with the same packages share an environment. Environments share uv's cache and are removed after their run.
Programs that are no packages are read from the directory that CONSUMERS_DIR names; without it their rows stay, or say
"not run" with the reason.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from core import connect
from tests.consumers import comparing
from tests.consumers.comparing import Result
from tests.consumers.consumers import CONSUMERS, Consumer
from tests.consumers.shelf import Shelf, build

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "CONSUMERS.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
HEAD = "| format | consumer | version | run on | rows loaded | values equal |\n|---|---|---|---|---|---|\n"


def main(names: list[str]) -> int:
    unknown = set(names) - {consumer.name for consumer in CONSUMERS}
    if unknown:
        sys.exit(f"There is no consumer {', '.join(sorted(unknown))}.")
    chosen = [consumer for consumer in CONSUMERS if not names or consumer.name in names]
    is_whole = True
    with tempfile.TemporaryDirectory() as directory, connect(Path(directory) / "data") as db:
        shelf = build(db)
        for packages in dict.fromkeys(consumer.packages for consumer in chosen):
            sharing = [consumer for consumer in chosen if consumer.packages == packages]
            for consumer, format_, result in _run(sharing, shelf, Path(directory)):
                row = _row(consumer, format_, result)
                print(row, *filter(None, [result.error, result.different]), flush=True)
                _write_row(consumer, format_, row, keep=result.not_run)
                is_whole &= result.is_whole or result.not_run
    return 0 if is_whole else 1


def _run(consumers: list[Consumer], shelf: Shelf, directory: Path) -> Iterator[tuple[Consumer, str, Result]]:
    """Yield what the consumers read, by format, in one environment for all of them."""
    runnable = []
    for consumer in consumers:
        if reason := consumer.not_run or _missing_checkout(consumer):
            yield from ((consumer, format_, Result(error=reason, not_run=True)) for format_ in consumer.formats)
        else:
            runnable.append(consumer)
    if not runnable:
        return
    with tempfile.TemporaryDirectory(dir=directory) as environment:
        python, error = _install(runnable[0].packages, Path(environment))
        if error:
            for consumer in runnable:
                yield from ((consumer, format_, Result(error=error, not_run=True)) for format_ in consumer.formats)
            return
        readings = [
            comparing.prepare(
                consumer, format_, shelf, Path(tempfile.mkdtemp(dir=directory)), CHECKOUT=str(_checkout(consumer))
            )
            for consumer in runnable
            for format_ in consumer.formats
        ]
        for reading, result in comparing.read(readings, shelf, python, Path(environment)):
            yield reading.consumer, reading.format, result


def _install(packages: tuple[str, ...], directory: Path) -> tuple[str, str]:
    """Install *packages* into a new environment; return its Python, and why it is not to be had."""
    uv, venv = [sys.executable, "-m", "uv"], directory / "venv"
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
    python = str(venv / "bin" / "python")
    install = [*uv, "pip", "install", "--quiet", "--python", python, *packages]
    done = subprocess.run(install, capture_output=True, text=True)
    reason = f"its packages do not install: {' '.join(done.stderr.split())[-300:]}"
    return python, reason if done.returncode else ""


def _missing_checkout(consumer: Consumer) -> str:
    return "" if not consumer.repository or _checkout(consumer).is_dir() else "there is no checkout of it"


def _checkout(consumer: Consumer) -> Path:
    return Path(os.environ.get("CONSUMERS_DIR", "nowhere")) / consumer.repository


def _row(consumer: Consumer, format_: str, result: Result) -> str:
    if result.error:
        outcome = f"not run: {result.error}" if result.not_run else "does not run"
        return f"| {format_} | {consumer.name} | | | {outcome.replace('|', '/')} | |"
    today = datetime.now(UTC).date().isoformat()
    return (
        f"| {format_} | {consumer.name} | {result.version} | {today} | {result.loaded} of {result.written} "
        f"| {result.equal} of {result.turns} |"
    )


def _read_table() -> dict[tuple[str, str], str]:
    """Return the rows of the table by consumer and format."""
    _, _, table = TABLE.read_text().partition(BEGIN)
    found = re.findall(r"^(\| ([\w.-]+) \| ([^|]+) \| .*\|)$", table.partition(END)[0], re.MULTILINE)
    return {(consumer, format_): row for row, format_, consumer in found if format_ != "format"}


def _write_row(consumer: Consumer, format_: str, row: str, *, keep: bool) -> None:
    """Write a row into the table at once; with *keep* only when it has none that was run."""
    rows = _read_table()
    before = rows.get((consumer.name, format_), "| not run")
    rows[consumer.name, format_] = before if keep and "| not run" not in before else row
    known = {(consumer.name, format_) for consumer in CONSUMERS for format_ in consumer.formats}
    lines = sorted(row for key, row in rows.items() if key in known)
    head, _, rest = TABLE.read_text().partition(BEGIN)
    TABLE.write_text(head + BEGIN + HEAD + "\n".join(lines) + "\n" + END + rest.partition(END)[2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
